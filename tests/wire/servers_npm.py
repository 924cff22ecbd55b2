# SPDX-License-Identifier: MIT
"""npm's smtp-server and Haraka, installed into a folder that goes when the scoreboard ends."""
import functools
import os
import re
import shutil
import subprocess
import tempfile

from servers import Target, read_files

import harness
import peers

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = ("smtp-server@3.21.6", "Haraka@3.3.4")

HARAKA = {
    "smtp.ini": "listen=127.0.0.1:{smtp},127.0.0.1:{smtps}\nsmtps_port={smtps}\ninactivity_timeout=6\n"
                "nodes=0\n",
    "me": "localhost\n",
    "host_list": "{domain}\n",
    "plugins": "tls\nauth/flat_file\nsink\n",
    "auth_flat_file.ini": "[core]\nmethods=PLAIN,LOGIN\nconstrain_sender=false\n[users]\n"
                          "ann={password}\nbob={password}\n",
    "tls.ini": "key=server-key.pem\ncert=server.pem\n",
    "log.ini": "level=INFO\n",
}


@functools.lru_cache(maxsize=None)
def installed():
    """The folder with both, or why it cannot be had."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return None, f"{program} is not installed"
    folder = tempfile.mkdtemp(prefix="postroom-npm-")
    done = subprocess.run(["npm", "install", f"--prefix={folder}", "--ignore-scripts", "--no-audit",
                           "--no-fund", *PACKAGES], check=False, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode:
        shutil.rmtree(folder)
        return None, "npm cannot install it: " + done.stderr.strip().rsplit("\n", 1)[-1]
    return folder, None


def forget():
    if installed.cache_info().currsize and installed()[0]:
        shutil.rmtree(installed()[0])


class _Node(Target):
    pop3 = False
    smtp_idle = 6

    def __init__(self, top):
        super().__init__(top)
        self.modules, missing = installed()
        if missing:
            raise harness.Skip(missing)
        peers.make_certificate(top)
        self.authority = os.path.join(top, "ca.pem")
        self.ports = dict(zip(("smtp", "smtps"), harness.free_ports(2)))

    def run(self, *command, **environment):
        with open(os.path.join(self.top, "log"), "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log,
                env={**os.environ, "NODE_PATH": os.path.join(self.modules, "node_modules"), **environment})
        self.process.stdin.write(self.password.encode() + b"\n")
        self.process.stdin.close()
        for name in ("smtp", "smtps"):
            self.wait_for(lambda port=self.ports[name]: harness.is_open(port), f"{self.name}'s start")

    def stored(self, address):
        return read_files(os.path.join(self.top, address.split("@")[0]))

    def logs(self):
        with open(os.path.join(self.top, "log"), "rb") as file:
            return [file.read()]


class SmtpServer(_Node):
    name = "smtp-server"
    delivers = False

    def start(self):
        self.run("node", os.path.join(HERE, "sink-smtp-server.js"), self.top,
                 *(str(port) for port in self.ports.values()), self.domain, str(self.max_size))


class Haraka(_Node):
    name = "Haraka"

    def __init__(self, top):
        super().__init__(top)
        own = os.path.join(self.modules, "node_modules", "Haraka", "config")
        shutil.copytree(own, os.path.join(top, "config"))
        os.makedirs(os.path.join(top, "plugins"))
        with open(os.path.join(own, "connection.ini"), encoding="utf-8") as source, \
                open(os.path.join(top, "config", "connection.ini"), "w", encoding="utf-8") as file:
            file.write(re.sub(r"(?m)^bytes=.*$", f"bytes={self.max_size}", source.read()))
        # It would make its own, which takes long.
        peers.openssl(top, "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048",
                      "-out", "config/dhparams.pem")
        for name, text in HARAKA.items():
            with open(os.path.join(top, "config", name), "w", encoding="ascii") as file:
                file.write(text.format(domain=self.domain, size=self.max_size, password=self.password,
                                       **self.ports))
        for name in ("server.pem", "server-key.pem"):
            shutil.copy(os.path.join(top, name), os.path.join(top, "config", name))
        shutil.copy(os.path.join(HERE, "sink-haraka.js"), os.path.join(top, "plugins", "sink.js"))

    def start(self):
        self.run("node", os.path.join(self.modules, "node_modules", "Haraka", "bin", "haraka"), "-c",
                 self.top, SINK_FOLDER=self.top, SINK_DOMAIN=self.domain)
