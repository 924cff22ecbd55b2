# SPDX-License-Identifier: MIT
"""The server as a service: what systemd does with it, done by this test's own hand."""
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys

from harness import CLI, DOMAIN, ENVIRONMENT, contains, directory, equal, main, wait_for

# Puts the sockets at 3, 4, … and names the process that it becomes.
LAUNCH = """
import os, sys
fds = [int(fd) for fd in sys.argv[1].split(",") if fd]
high = [os.dup2(fd, 100 + n) for n, fd in enumerate(fds)]
for n, fd in enumerate(high):
    os.dup2(fd, 3 + n, inheritable=True)
    os.close(fd)
if "LISTEN_PID" not in os.environ:
    os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


class Manager:
    """Starts the server as systemd would, and hears what it says."""

    def __init__(self, data, names=(), options=(), environment=None, abstract=False):
        self.path = "\0postroom-test-%d" % os.getpid() if abstract else os.path.join(data, "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.path)
        self.notify.settimeout(30)
        self.sockets = []
        for name in names:
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            one.bind(("127.0.0.1", 0))
            one.listen(16)
            self.sockets.append(one)
        fds = [one.fileno() for one in self.sockets]
        ports = [f"--{kind}-port=0" for kind in ("smtp", "smtps", "submission", "pop3", "pop3s")]
        self.log = os.path.join(data, "serve.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", LAUNCH, ",".join(map(str, fds)), CLI, f"--data-dir={data}", "serve",
                 *ports, *options],
                env={**ENVIRONMENT, "NOTIFY_SOCKET": self.path.replace("\0", "@"),
                     "LISTEN_FDS": str(len(fds)), "LISTEN_FDNAMES": ":".join(names), **(environment or {})},
                pass_fds=fds, stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.notify.close()
        for one in self.sockets:
            one.close()

    def hear(self):
        return self.notify.recv(4096).decode().split("\n")

    def greeting(self, index):
        with socket.create_connection(self.sockets[index].getsockname(), timeout=30) as wire:
            return wire.recv(4096).decode()


def test_it_tells_its_state():
    for abstract in (False, True):
        with directory() as data, Manager(data, abstract=abstract) as manager:
            equal(manager.hear(), ["READY=1", f"STATUS=Serving {DOMAIN}"], "ready")
            manager.process.send_signal(signal.SIGHUP)
            state = manager.hear()
            equal(state[0], "RELOADING=1", "reloading")
            assert state[1].startswith("MONOTONIC_USEC="), state
            equal(manager.hear(), ["READY=1"], "reloaded")
            manager.process.send_signal(signal.SIGTERM)
            equal(manager.hear()[0], "STOPPING=1", "stopping")
            equal(manager.process.wait(30), 0, "exit code")


def test_sockets_are_taken_by_name():
    with directory() as data, Manager(data, ("pop3", "smtp", "smtp")) as manager:
        # Who comes before it is ready waits in the socket.
        contains(manager.greeting(1), "220 ")
        contains(manager.greeting(2), "220 ")
        contains(manager.greeting(0), "+OK ")
        equal(manager.hear()[0], "READY=1", "ready")
        manager.process.send_signal(signal.SIGTERM)
        equal(manager.process.wait(30), 0, "exit code")
        # The manager's sockets listen on, for the next start.
        with socket.create_connection(manager.sockets[1].getsockname(), timeout=30):
            manager.sockets[1].settimeout(30)
            manager.sockets[1].accept()[0].close()


def test_sockets_that_make_no_sense():
    with directory() as data, Manager(data, ("imap",)) as manager:
        assert manager.process.wait(30) != 0
        with open(manager.log, encoding="utf-8") as log:
            contains(log.read(), "“imap”")
    with directory() as data, Manager(data, ("smtp",), environment={"LISTEN_PID": "1"}) as manager:
        equal(manager.hear()[0], "READY=1", "others' sockets are passed over")
        manager.sockets[0].setblocking(False)
        with socket.create_connection(manager.sockets[0].getsockname(), timeout=30):
            wait_for(lambda: manager.sockets[0].accept(), "the visitor is the manager's")


def test_watchdog():
    with directory() as data, Manager(data, environment={"WATCHDOG_USEC": "200000"}) as manager:
        equal(manager.hear()[0], "READY=1", "ready")
        for _ in range(3):
            equal(manager.hear(), ["WATCHDOG=1"], "alive")


def test_units_are_sound():
    """systemd's own check, with the program's path as it is here."""
    with directory() as data:
        for path in glob.glob(os.path.join(os.environ["POSTROOM_UNITS"], "postroom*.s*")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if path.endswith(".service"):
                lines = [line if not line.startswith("ExecStart=") else f"ExecStart={CLI} serve"
                         for line in text.splitlines()]
                text = "\n".join(lines) + "\n"
            with open(os.path.join(data, os.path.basename(path)), "w", encoding="utf-8") as file:
                file.write(text)
        units = sorted(glob.glob(os.path.join(data, "*.s*")))
        equal(len(units), 6, "units")
        assert shutil.which("systemd-analyze"), "systemd-analyze is needed (package systemd)"
        done = subprocess.run(["systemd-analyze", "--user", "verify", *units], capture_output=True, text=True,
                              env={**os.environ, "XDG_RUNTIME_DIR": data}, timeout=60)
        ours = [line for line in done.stderr.splitlines() if "postroom" in line]
        equal((done.returncode, ours), (0, []), "systemd-analyze: " + done.stderr)


if __name__ == "__main__":
    main()
