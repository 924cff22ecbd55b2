# SPDX-License-Identifier: MIT
"""Postfix, Dovecot, aiosmtpd and OpenSMTPD, each with a configuration of its own and nothing else of
the machine's."""
import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
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
    pop3 = False
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
    smtp = False
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
    delivers = False
    pop3 = False
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


# Without TLS, and so without AUTH: Debian 12 links it with an OpenSSL that its handling of keys does
# not know, and every handshake fails.
SMTPD_CONF = """\
table virtuals file:{top}/virtuals
table people file:{top}/people
smtp max-message-size "{size}"
listen on 127.0.0.1 port {smtp} hostname localhost
action "in" maildir "{top}/mail/%{{user.username}}" virtual <virtuals> userbase <people>
match from any for domain {{ "{domain}", "localhost" }} action "in"
"""

# OpenSMTPD has its folders and users built in, and Debian's package none beside Postfix: in a mount
# namespace of its own it finds what it looks for.
SMTPD_RUN = """\
mount --bind {top}/passwd /etc/passwd && mount --bind {top}/group /etc/group &&
mount --bind {top}/spool /var/spool && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib &&
mkdir -p /var/lib/opensmtpd/empty && mount --bind {root}/usr/libexec /usr/libexec &&
exec {root}/usr/sbin/smtpd -d -f {top}/smtpd.conf
"""


@functools.lru_cache(maxsize=None)
def unpacked():
    """The folder with OpenSMTPD's package, or why it cannot be had."""
    folder = tempfile.mkdtemp(prefix="postroom-opensmtpd-")
    os.chmod(folder, 0o755)
    for command in (["apt-get", "download", "opensmtpd", "libevent-2.1-7"],
                    ["sh", "-c", "for one in *.deb; do dpkg -x $one root || exit 1; done"]):
        done = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            shutil.rmtree(folder)
            return None, "its package cannot be had: " + done.stderr.strip().rsplit("\n", 1)[-1]
    return os.path.join(folder, "root"), None


def forget():
    if unpacked.cache_info().currsize and unpacked()[0]:
        shutil.rmtree(os.path.dirname(unpacked()[0]))


class Opensmtpd(Target):
    name = "OpenSMTPD"
    pop3 = False

    def __init__(self, top):
        super().__init__(top)
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
            raise harness.Skip("only root may give it the folders that it looks for")
        self.root, missing = unpacked()
        if missing:
            raise harness.Skip(missing)
        self.ports = {"smtp": harness.free_ports(1)[0]}
        self.configure()

    def write(self, name, text):
        with open(os.path.join(self.top, name), "w", encoding="utf-8") as file:
            file.write(text)

    def configure(self):
        for name in ("mail", "spool", "spool/smtpd"):
            os.makedirs(os.path.join(self.top, name))
            os.chmod(os.path.join(self.top, name), 0o711)
        self.write("virtuals", "".join(f"{user}@{self.domain} {user}\n" for user in ("ann", "bob"))
                   + "postmaster bob\n")
        self.write("people", "".join(f"{user} 65534:65534:{self.top}/mail/{user}\n"
                                     for user in ("ann", "bob")))
        for user in ("ann", "bob"):
            os.makedirs(os.path.join(self.top, "mail", user))
            os.chown(os.path.join(self.top, "mail", user), 65534, 65534)
        for name, lines in (("passwd", "opensmtpd:x:991:991::/var/lib/opensmtpd/empty:/bin/false\n"
                             "opensmtpq:x:992:992::/var/lib/opensmtpd/empty:/bin/false\n"),
                            ("group", "opensmtpd:x:991:\nopensmtpq:x:992:\n")):
            with open("/etc/" + name, encoding="utf-8") as file:
                self.write(name, file.read() + lines)
        self.write("smtpd.conf", SMTPD_CONF.format(top=self.top, domain=self.domain,
                                                   size=self.max_size, **self.ports))

    def start(self):
        libraries = os.path.join(self.root, "usr", "lib", os.uname().machine + "-linux-gnu")
        with open(os.path.join(self.top, "log"), "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", SMTPD_RUN.format(top=self.top, root=self.root)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "LD_LIBRARY_PATH": libraries})
        self.wait_for(lambda: harness.is_open(self.ports["smtp"]), "OpenSMTPD's start")

    def stored(self, address):
        return read_files(os.path.join(self.top, "mail", address.split("@")[0]))

    def logs(self):
        with open(os.path.join(self.top, "log"), "rb") as file:
            return [file.read()]
