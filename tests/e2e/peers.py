# SPDX-License-Identifier: MIT
"""A Postfix and a Dovecot of the test's own: their configuration, queue and mailboxes in one
directory, on free loopback ports, with a certificate of a test authority."""
import os
import pwd
import shutil
import signal
import subprocess
import time

from harness import Skip, free_ports, is_open, wait_for

DOMAIN = "example.test"
PASSWORD = "peers' own secret"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"  # where Debian's GnuTLS looks

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {top}/queue
data_directory = {top}/data
daemon_directory = {daemons}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {top}/postfix.log
maillog_file_prefixes = {top}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
alias_maps =
alias_database =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {top}/mail
virtual_mailbox_maps = texthash:{top}/boxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_security_level = may
smtpd_tls_cert_file = {top}/server.pem
smtpd_tls_key_file = {top}/server-key.pem
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {top}/auth.sock
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_delay_reject = yes
message_size_limit = 20000000
"""

MASTER_CF = """\
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

DOVECOT_CONF = """\
base_dir = {top}/dovecot
state_dir = {top}/dovecot-state
log_path = {top}/dovecot.log
protocols = pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{top}/server.pem
ssl_key = <{top}/server-key.pem
disable_plaintext_auth = {secure}
auth_mechanisms = plain login apop scram-sha-256
mail_location = maildir:{top}/mail/{domain}/%n
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {top}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={top}/mail/{domain}/%n
}}
service auth {{
  unix_listener {top}/auth.sock {{
    mode = 0666
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service stats {{
  unix_listener stats-reader {{
    mode = 0600
  }}
}}
"""


def need():
    """The peers start as root and change to their own users."""
    if os.geteuid() != 0:
        raise Skip("Postfix and Dovecot can only be started by root")
    for program in ("/usr/sbin/postfix", "/usr/sbin/dovecot"):
        if not os.path.exists(program):
            raise Skip(f"{program} is not installed, another mail server being in its place")
    if not os.path.exists(BUNDLE):
        raise Skip(f"the system's authorities are not in {BUNDLE}")
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
        raise Skip("mount namespaces are not allowed here")


def openssl(top, *arguments):
    subprocess.run(["openssl", *arguments], cwd=top, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_certificate(top):
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(top, "req", "-x509", *key, "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", "30",
            "-subj", "/CN=Test authority", "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign")
    openssl(top, "req", *key, "-keyout", "server-key.pem", "-out", "server.csr", "-subj",
            "/CN=localhost")
    with open(os.path.join(top, "san"), "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
    openssl(top, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem",
            "-CAcreateserial", "-out", "server.pem", "-days", "30", "-extfile", "san")
    with open(BUNDLE, "rb") as system, open(os.path.join(top, "ca.pem"), "rb") as ours, \
            open(os.path.join(top, "bundle.crt"), "wb") as bundle:
        bundle.write(system.read() + ours.read())


class Peers:
    def __init__(self, top, users=("ann", "bob"), secure=True, main="", passwords=None,
                 dovecot=""):
        """@main is more of Postfix's configuration, @dovecot of Dovecot's, @passwords those that are
        not PASSWORD."""
        need()
        self.top = top
        self.secure = secure
        self.users = users
        self.passwords = passwords or {}
        self.more = {"main.cf": main, "dovecot.conf": dovecot}
        self.dovecot = None
        names = ("smtp", "smtps", "pop3", "pop3s")
        self.ports = dict(zip(names, free_ports(len(names))))
        # Runs a program that trusts the test's authority as it trusts the system's own.
        self.trusting = ("unshare", "--mount", "sh", "-c",
                         f'mount --bind "{top}/bundle.crt" {BUNDLE} && exec "$@"', "sh")

    def configure(self):
        os.chmod(self.top, 0o755)
        nobody = pwd.getpwnam("nobody")
        daemons = subprocess.run(["postconf", "-d", "-h", "daemon_directory"], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout.strip()
        fill = dict(top=self.top, domain=DOMAIN, uid=nobody.pw_uid, gid=nobody.pw_gid,
                    daemons=daemons, secure="yes" if self.secure else "no", **self.ports)
        for name, text in (("main.cf", MAIN_CF), ("master.cf", MASTER_CF),
                           ("dovecot.conf", DOVECOT_CONF)):
            with open(os.path.join(self.top, name), "w", encoding="ascii") as file:
                file.write(text.format(**fill) + self.more.get(name, ""))
        with open(os.path.join(self.top, "boxes"), "w", encoding="ascii") as file:
            file.writelines(f"{user}@{DOMAIN} {DOMAIN}/{user}/\n" for user in self.users)
        with open(os.path.join(self.top, "users"), "w", encoding="ascii") as file:
            file.writelines(f"{user}@{DOMAIN}:{{PLAIN}}{self.passwords.get(user, PASSWORD)}\n"
                            for user in self.users)
        for name in ("queue", "data", "mail", f"mail/{DOMAIN}", "dovecot-state"):
            os.makedirs(os.path.join(self.top, name))
        shutil.chown(os.path.join(self.top, "data"), "postfix")
        shutil.chown(os.path.join(self.top, "mail"), "nobody")
        shutil.chown(os.path.join(self.top, f"mail/{DOMAIN}"), "nobody")
        for user in self.users:
            os.makedirs(os.path.join(self.top, "mail", DOMAIN, user, "new"))
        for root, folders, _ in os.walk(os.path.join(self.top, "mail", DOMAIN)):
            for folder in folders:
                os.chown(os.path.join(root, folder), nobody.pw_uid, nobody.pw_gid)
        make_certificate(self.top)

    def start_postfix(self):
        subprocess.run(["postfix", "-c", self.top, "start"], check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: is_open(self.ports["smtp"]), "Postfix's start")

    def stop_postfix(self):
        subprocess.run(["postfix", "-c", self.top, "stop"], check=False, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start_dovecot(self):
        self.dovecot = subprocess.Popen(["dovecot", "-F", "-c", os.path.join(self.top, "dovecot.conf")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: is_open(self.ports["pop3"]) and is_open(self.ports["pop3s"]), "Dovecot's start")

    def __enter__(self):
        self.configure()
        try:
            self.start_dovecot()
            self.start_postfix()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop_postfix()
        self.stop_dovecot()

    def stop_dovecot(self):
        if self.dovecot is None:
            return
        self.dovecot.send_signal(signal.SIGTERM)
        try:
            self.dovecot.wait(20)
        except subprocess.TimeoutExpired:
            self.dovecot.kill()
            self.dovecot.wait()
        time.sleep(0.1)

    def count(self, user):
        """Letters that lie in a user's mailbox."""
        box = os.path.join(self.top, "mail", DOMAIN, user)
        return sum(len(os.listdir(os.path.join(box, part))) for part in ("new", "cur")
                   if os.path.isdir(os.path.join(box, part)))

    def logs(self):
        text = ""
        for name in ("postfix.log", "dovecot.log"):
            try:
                with open(os.path.join(self.top, name), encoding="utf-8", errors="replace") as file:
                    text += file.read()
            except OSError:
                pass
        return text
