# SPDX-License-Identifier: MIT
"""A server as the assertions see it, and Postroom as one."""
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import harness  # noqa: E402
from wire import TIMEOUT, Failure, Pop3, Smtp, show  # noqa: E402

MAX_SIZE = 1000000
SPACED = "a b "


def tree(pid):
    """A process and all that came from it."""
    found, parents = [pid], {}
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{int(name)}/stat", encoding="ascii", errors="replace") as stat:
                parents[int(name)] = int(stat.read().rsplit(")", 1)[1].split()[1])
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def kill_all(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class Target:
    """What an assertion may ask of a server. Ports that are not there are services that it has not;
    a limit of None is one that cannot be set, or is not known."""

    name = "?"
    smtp = True  # whether it speaks that at all
    pop3 = True
    domain = harness.DOMAIN
    password = harness.PASSWORD
    max_size = MAX_SIZE
    smtp_idle = None  # seconds
    pop3_idle = None
    stop_seconds = 5
    early_hint = None  # what the log says of a line that was sent too early
    refuses_unknown = True
    delivers = True  # and does not just hand letters to its user's own code
    deposits_files = False
    trusts_loopback = False  # for passwords in clear text
    wanted_capabilities = ()
    full_names = False  # whether users log in by their address

    def __init__(self, top):
        self.top = top
        self.ports = {}
        self.process = None
        self.authority = None

    # Who lives there: ann sends, bob receives, carol's password has spaces.

    def login(self, user):
        return f"{user}@{self.domain}" if self.full_names else user

    user = property(lambda self: self.login("ann"))
    other_user = property(lambda self: self.login("bob"))
    pop3_user = property(lambda self: self.login("bob"))
    spaced = property(lambda self: (self.login("carol"), SPACED))
    address = property(lambda self: "bob@" + self.domain)
    user_address = property(lambda self: "ann@" + self.domain)
    other_address = property(lambda self: "ann@" + self.domain)

    # Living and dying.

    def start(self):
        raise NotImplementedError

    def stop(self, wait=True):
        self.process.terminate()
        if wait:
            self.wait_stopped()

    def wait_stopped(self):
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def pids(self):
        return tree(self.process.pid)

    def kill(self):
        kill_all(self.pids())
        self.process.wait()

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.stop()

    # What it keeps.

    def stored(self, address):
        """The letters of a user, with CRLF."""
        raise NotImplementedError

    def deposit(self, letter):
        """Puts a letter into the maildrop of address."""
        with Smtp(self) as smtp:
            smtp.envelope()
            smtp.data(letter)

    def logs(self):
        """What it has logged, without what it took from nobody."""
        return []

    def leftovers(self):
        """Files of letters that were never whole."""
        return []

    @contextlib.contextmanager
    def small_disk(self):
        """Another of the kind on a disk of a few megabytes, or None."""
        yield None

    def wait_for(self, condition, what):
        end = time.monotonic() + TIMEOUT
        while not condition():
            if time.monotonic() > end:
                raise Failure(f"{what} did not happen within {TIMEOUT} s")
            time.sleep(0.05)

    def find(self, token, count=1, address=None):
        """The letters that have @token in them, once there are so many; for none, after a while."""
        address = address or self.address
        end = time.monotonic() + (TIMEOUT if count else 0.5)
        while True:
            found = [one for one in self.stored(address) if token.encode() in one]
            if count and len(found) >= count:
                return found
            if time.monotonic() > end:
                if count and not found:
                    raise Failure(f"the letter to {address} is not stored")
                return found
            time.sleep(0.1)


def read_files(folder):
    """The letters in a folder, by their age; line ends as on the wire."""
    letters = []
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            with contextlib.suppress(FileNotFoundError):
                with open(os.path.join(root, name), "rb") as file:
                    text = file.read()
                letters.append(text if b"\r\n" in text else text.replace(b"\n", b"\r\n"))
    return letters


class Postroom(Target):
    name = "Postroom"
    early_hint = b" before it was answered"
    stop_seconds = 12  # a letter under way has five
    wanted_capabilities = (b"TOP", b"UIDL", b"RESP-CODES", b"AUTH-RESP-CODE", b"PIPELINING", b"SASL",
                           b"EXPIRE", b"LOGIN-DELAY", b"UTF8", b"IMPLEMENTATION")

    def __init__(self, top):
        super().__init__(top)
        self.server = harness.Server(top, f"--max-size={MAX_SIZE}", "--trace", f"--user=carol:{SPACED}",
                                     users=("ann", "bob"))

    def start(self):
        # New ports at each start: another may have taken the old ones meanwhile.
        self.server.ports = dict.fromkeys(self.server.ports, 0)
        self.server.start()
        self.process = self.server.process
        self.ports = dict(self.server.ports)
        self.authority = self.server.authority
        trace = open(os.path.join(self.top, "trace"), "ab")
        threading.Thread(target=self._drain, args=(self.process.stdout, trace), daemon=True).start()
        return self

    @staticmethod
    def _drain(source, trace):
        with contextlib.suppress(ValueError, OSError), source, trace:
            for line in iter(source.readline, b""):
                trace.write(line)
                trace.flush()

    def wait_stopped(self):
        super().wait_stopped()
        self.server.log.close()
        if self.process.returncode != 0:
            raise Failure(f"the server ends with {self.process.returncode}: {show(self.logs()[1][-500:], 500)}")

    def stored(self, address):
        with Pop3(self) as session:
            session.ok("UTF8")
            for _ in range(40):
                session.ok(f"USER {address.split('@')[0]}")
                if session.say(f"PASS {self.password}").startswith(b"+OK"):
                    break
                time.sleep(0.05)
            letters = [session.text(f"RETR {number + 1}") for number in range(session.stat()[0])]
            session.ok("QUIT")
        return letters

    def logs(self):
        texts = []
        for name in ("trace", "serve.log"):
            with open(os.path.join(self.top, name), "rb") as file:
                texts.append(file.read())
        return texts

    def leftovers(self):
        return [name for root, _, names in os.walk(os.path.join(self.top, "server", "tmp"))
                for name in names if not name.endswith(".lock")]

    @contextlib.contextmanager
    def small_disk(self):
        mounted = os.path.join(self.top, "small")
        os.makedirs(mounted)
        if os.geteuid() != 0 or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", mounted], check=False,
                stderr=subprocess.DEVNULL).returncode:
            yield None
            return
        try:
            with Postroom(mounted) as small:
                yield small
        finally:
            subprocess.run(["umount", "-l", mounted], check=True)


@contextlib.contextmanager
def folder():
    """A new folder that other users may enter: some servers change to one."""
    path = tempfile.mkdtemp(prefix="postroom-wire-")
    os.chmod(path, 0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
