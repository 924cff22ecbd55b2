# SPDX-License-Identifier: MIT
"""Postfix, Dovecot, aiosmtpd and OpenSMTPD, each with a configuration of its own and nothing else of
the machine's."""
import contextlib
import os
import subprocess
import time

from servers import MAX_SIZE, SPACED, Target, kill_all, read_files, tree

import harness
import peers

HERE = os.path.dirname(os.path.abspath(__file__))

# Beyond what peers.py says: letters from this machine are taken without AUTH, for there is a user
# behind every address that the assertions use; and silence is shorter.
POSTFIX = f"""\
smtpd_client_restrictions =
message_size_limit = {MAX_SIZE}
smtpd_timeout = 6s
virtual_alias_domains =
virtual_alias_maps = inline:{{ {{ postmaster@localhost = bob@{peers.DOMAIN} }} }}
mydestination = localhost
local_recipient_maps =
"""


class _Debian(Target):
    domain = peers.DOMAIN
    password = peers.PASSWORD
    full_names = True

    def __init__(self, top):
        super().__init__(top)
        self.peers = peers.Peers(top, users=("ann", "bob", "carol"), main=POSTFIX,
                                 passwords={"carol": SPACED})
        self.authority = os.path.join(top, "ca.pem")

    def stored(self, address):
        return read_files(os.path.join(self.top, "mail", self.domain, address.split("@")[0]))

    def kill_dovecot(self):
        """At the end there is nothing to wait for."""
        if self.peers.dovecot is not None:
            kill_all(tree(self.peers.dovecot.pid))
            self.peers.dovecot.wait()


class Postfix(_Debian):
    name = "Postfix"
    smtp_idle = 6

    def start(self):
        if not self.ports:
            self.peers.__enter__()
            self.ports = {name: self.peers.ports[name] for name in ("smtp", "smtps")}
        else:
            self.peers.start_postfix()

    def stop(self, wait=True):
        self.peers.stop_postfix()

    def wait_stopped(self):
        pass

    def pids(self):
        with open(os.path.join(self.top, "queue", "pid", "master.pid"), encoding="ascii") as file:
            return tree(int(file.read()))

    def kill(self):
        pids = self.pids()
        kill_all(pids)
        self.wait_for(lambda: not any(_lives(pid) for pid in pids), "Postfix's end")

    def __exit__(self, *_):
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.kill()
        self.kill_dovecot()

    def logs(self):
        with open(os.path.join(self.top, "postfix.log"), "rb") as file:
            return [file.read()]


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Dovecot(_Debian):
    name = "Dovecot"
    deposits_files = True
    trusts_loopback = True

    def start(self):
        if not self.ports:
            self.peers.configure()
            self.ports = {name: self.peers.ports[name] for name in ("pop3", "pop3s")}
            self.sequence = 0
        self.peers.start_dovecot()
        self.process = self.peers.dovecot

    def __exit__(self, *_):
        self.kill_dovecot()

    def deposit(self, letter):
        """As a delivery agent does it: whole, then with its name."""
        box = os.path.join(self.top, "mail", self.domain, "bob")
        self.sequence += 1
        name = f"{int(time.time())}.{os.getpid()}_{self.sequence}.localhost"
        path = os.path.join(box, name)
        with open(path, "wb") as file:
            file.write(letter)
        os.chmod(path, 0o666)
        os.rename(path, os.path.join(box, "new", name))


class Aiosmtpd(Target):
    name = "aiosmtpd"
    smtp_idle = 6
    python = "/usr/bin/python3"  # Debian's package is for Debian's Python

    def __init__(self, top):
        super().__init__(top)
        if subprocess.run([self.python, "-c", "import aiosmtpd"], check=False,
                          stderr=subprocess.DEVNULL).returncode:
            raise harness.Skip("python3-aiosmtpd is not installed")
        peers.make_certificate(top)
        self.authority = os.path.join(top, "ca.pem")
        self.ports = dict(zip(("smtp", "smtps"), harness.free_ports(2)))

    def start(self):
        with open(os.path.join(self.top, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [self.python, os.path.join(HERE, "sink-aiosmtpd.py"), self.top,
                 *(str(port) for port in self.ports.values()), self.domain, str(self.max_size)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log)
        self.process.stdin.write(self.password.encode() + b"\n")
        self.process.stdin.close()
        self.wait_for(lambda: harness.is_open(self.ports["smtps"]), "aiosmtpd's start")

    def stored(self, address):
        return read_files(os.path.join(self.top, address.split("@")[0]))

    def logs(self):
        with open(os.path.join(self.top, "log"), "rb") as file:
            return [file.read()]
