# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: TAP, the programs under test, free ports, peers.

A test is a function whose name begins with test_; main() runs those of the calling module in
order. Everything happens in a directory of its own that goes at the end.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

CLI = os.environ["POSTROOM_CLI"]
DOMAIN = "postroom.test"
PASSWORD = "correct horse battery"

# The keyring of whoever runs the tests is none of ours.
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}


class Skip(Exception):
    """Raised by a test that cannot run here; the reason is shown."""


def main(module="__main__"):
    tests = [(name, value) for name, value in vars(sys.modules[module]).items()
             if name.startswith("test_") and callable(value)]
    only = sys.argv[1:]
    tests = [pair for pair in tests if not only or pair[0] in only]
    print(f"1..{len(tests)}")
    failed = False
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
            print(f"ok {number} {name}")
        except Skip as reason:
            print(f"ok {number} {name} # SKIP {reason}")
        except Exception:
            failed = True
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} {name}")
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


def note(text):
    for line in str(text).splitlines():
        print(f"# {line}")


def equal(got, wanted, what="value"):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def contains(text, part):
    if part not in text:
        raise AssertionError(f"{part!r} is not in {text!r}")


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def free_ports(count):
    """Ports that nothing listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextlib.contextmanager
def directory():
    path = tempfile.mkdtemp(prefix="postroom-test-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def cli(data, *arguments, stdin=b"", expect=0, wrapper=()):
    """Runs postroom-cli; the result has .out and .err as text and .raw as bytes."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run([*wrapper, CLI, f"--data-dir={data}", *arguments], input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, timeout=120)
    done.raw = done.stdout
    done.out = done.stdout.decode("utf-8", "replace")
    done.err = done.stderr.decode("utf-8", "replace")
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"postroom-cli {' '.join(arguments)}: exit {done.returncode}, wanted "
                             f"{expect}\n{done.out}{done.err}")
    return done


def cli_json(data, *arguments, **options):
    return json.loads(cli(data, "--json", *arguments, **options).out)


class Server:
    """postroom-cli serve on free ports, with users ann and bob."""

    def __init__(self, data, *options, users=("ann", "bob"), wrapper=()):
        self.data = data
        self.wrapper = wrapper
        self.options = options
        self.users = users
        self.ports = dict.fromkeys(("smtp", "smtps", "submission", "pop3", "pop3s"), 0)
        self.process = None

    def start(self):
        command = [*self.wrapper, CLI, f"--data-dir={self.data}", "--json", "serve",
                   *(f"--{name}-port={port}" for name, port in self.ports.items()),
                   *(f"--user={name}:{PASSWORD}" for name in self.users), *self.options]
        self.log = open(os.path.join(self.data, "serve.log"), "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log,
                                        env=ENVIRONMENT)
        text = b""
        while not text.endswith(b"}\n"):
            line = self.process.stdout.readline()
            if not line:
                with open(self.log.name, encoding="utf-8", errors="replace") as log:
                    raise AssertionError("the server did not start: " + log.read())
            text += line
        ready = json.loads(text)
        self.ports = {name: ready[name] for name in self.ports}
        self.authority = ready["authority"]
        return self

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return None
        self.process.send_signal(how)
        self.process.wait(30)
        self.process.stdout.close()
        self.log.close()
        code, self.process = self.process.returncode, None
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process is not None:
            self.stop()

    def add_account(self, name, data=None, *options):
        """An account of the program at this server."""
        data = data or self.data
        address = f"{name}@{DOMAIN}"
        cli(data, "account", "add", address, "--local", f"--smtp=localhost:{self.ports['smtps']}",
            f"--pop3=localhost:{self.ports['pop3s']}", f"--name={name.title()}", "--password-file=-",
            *options, stdin=PASSWORD + "\n")
        return address


def letter(subject="A test", sender="ann@" + DOMAIN, to="bob@" + DOMAIN, body="Hello.\r\n"):
    """A small letter with CRLF ends, as bytes."""
    text = (f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n"
            f"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{subject.replace(' ', '.')}@test>\r\n"
            f"\r\n{body}")
    return text.encode()


def inbox(data):
    return cli_json(data, "list", "--limit=0", "Inbox")


def source(data, number):
    return cli(data, "show", str(number), "--source").raw
