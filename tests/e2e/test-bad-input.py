# SPDX-License-Identifier: MIT
"""Bad input gets a clear answer, and nothing is lost."""
import contextlib
import os
import smtplib
import socket
import subprocess

from harness import (DOMAIN, PASSWORD, Server, Skip, cli, cli_json, contains, directory, equal, free_ports,
                     inbox, letter, main)

ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"


class Wire:
    """A session by hand: lines out, the first line of each reply back."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.stream = self.socket.makefile("rwb")
        self.stream.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def say(self, line, expect):
        self.stream.write(line + b"\r\n")
        self.stream.flush()
        answer = self.stream.readline()
        while answer[3:4] == b"-" and answer[:3].isdigit():
            answer = self.stream.readline()
        assert answer.startswith(expect), (line[:60], answer, expect)
        return answer


def test_long_lines_and_wrong_order_in_smtp():
    with directory() as data, Server(data) as server, Wire(server.ports["smtp"]) as wire:
        wire.say(b"MAIL FROM:<a@b.test>", b"503")
        wire.say(b"EHLO test", b"250")
        wire.say(b"RCPT TO:<" + ANN.encode() + b">", b"503")
        wire.say(b"DATA", b"503")
        wire.say(b"NOOP " + b"x" * 100000, b"500")
        wire.say(b"FROBNICATE", b"500")
        wire.say(b"MAIL FROM:<a b@c>", b"501")
        wire.say(b"MAIL FROM:<a@b.test> SIZE=lots", b"501")
        wire.say(b"MAIL FROM:<a@b.test> FOO=bar", b"555")
        wire.say(b"MAIL FROM:<a@b.test>", b"250")
        wire.say(b"MAIL FROM:<a@b.test>", b"503")
        wire.say(b"RCPT TO:<" + ANN.encode() + b">", b"250")
        wire.say(b"DATA", b"354")
        wire.say(b"Subject: fine\r\n\r\ntext\r\n.", b"250")
        wire.say(b"QUIT", b"221")


def test_long_lines_and_wrong_order_in_pop3():
    with directory() as data, Server(data, "--auth-in-clear") as server, \
            Wire(server.ports["pop3"]) as wire:
        wire.say(b"RETR 1", b"-ERR")
        wire.say(b"PASS secret", b"-ERR")
        wire.say(b"x" * 100000, b"-ERR")
        wire.say(b"USER ann", b"+OK")
        wire.say(b"PASS wrong", b"-ERR [AUTH]")
        wire.say(b"USER ann", b"+OK")
        wire.say(b"PASS " + PASSWORD.encode(), b"+OK")
        for bad in (b"RETR 1", b"RETR 0", b"RETR -1", b"RETR one", b"RETR 99999999999999999999",
                    b"TOP 1", b"DELE", b"USER bob"):
            wire.say(bad, b"-ERR")
        wire.say(b"QUIT", b"+OK")


def test_broken_letters_are_kept_and_shown():
    broken = [
        b"",
        b"no header at all\r\n",
        b"Subject: =?utf-8?B?broken\r\nContent-Type: multipart/mixed; boundary=never\r\n\r\ntext\r\n",
        b"Subject: \xff\xfe raw\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe\xfd\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 50 + b"end\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!\r\n",
        b"From: \"unclosed <x@y\r\nDate: never\r\nTo: ,,,;:\r\n\r\nbody\r\n",
    ]
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        with smtplib.SMTP("localhost", server.ports["smtp"]) as smtp:
            for text in broken:
                smtp.sendmail(BOB, [ANN], text)
        cli(data, "fetch")
        rows = inbox(data)
        equal(len(rows), len(broken), "letters")
        for row in rows:
            cli(data, "show", str(row["id"]))
            cli(data, "--json", "show", str(row["id"]))
            cli(data, "show", str(row["id"]), "--headers")
        sources = [cli(data, "show", str(row["id"]), "--source").raw for row in rows]
        for text in broken:
            assert any(source.endswith(text) for source in sources), text


def test_a_data_folder_that_cannot_be_used():
    with directory() as data:
        path = os.path.join(data, "file")
        with open(path, "w", encoding="ascii") as file:
            file.write("here is no folder")
        contains(cli(path, "list", expect=74).err, path)
        contains(cli("/proc/postroom", "list", expect=74).err, "/proc/postroom")


def test_a_damaged_database_is_left_alone():
    with directory() as data:
        cli(data, "list")
        path = os.path.join(data, "cabinet.db")
        for name in ("cabinet.db-wal", "cabinet.db-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(data, name))
        with open(path, "wb") as file:
            file.write(b"this is no database " * 100)
        contains(cli(data, "list", expect=74).err, "cabinet.db")
        with open(path, "rb") as file:
            equal(file.read(), b"this is no database " * 100, "the file")


def test_a_port_that_is_taken():
    with directory() as data, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        smtps, submission, pop3, pop3s = free_ports(4)
        done = cli(data, "serve", f"--smtp-port={port}", f"--smtps-port={smtps}",
                   f"--submission-port={submission}", f"--pop3-port={pop3}", f"--pop3s-port={pop3s}", expect=None)
        assert done.returncode != 0
        contains(done.err, str(port))


def test_certificates_that_cannot_be_read():
    with directory() as data:
        for content in (None, b"", b"no certificate"):
            path = os.path.join(data, "certificate.pem")
            if content is not None:
                with open(path, "wb") as file:
                    file.write(content)
            done = cli(data, "serve", "--smtp-port=0", "--smtps-port=0", "--submission-port=0", "--pop3-port=0",
                       "--pop3s-port=0", f"--certificate={path}", f"--key={path}", expect=None)
            assert done.returncode not in (0, -6, -11), done.returncode
            assert done.err.strip(), "no words"


def test_a_full_disk_refuses_and_loses_nothing():
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        raise Skip("only root may mount a small disk")
    with directory() as data:
        small = os.path.join(data, "small")
        os.mkdir(small)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small], check=True)
        try:
            with Server(small) as server:
                taken, refused = 0, 0
                for number in range(60):
                    with smtplib.SMTP("localhost", server.ports["smtp"], timeout=30) as smtp:
                        try:
                            smtp.sendmail(BOB, [ANN], letter(f"Nr {number}", body="x" * 70 + "\r\n" * 70000))
                            taken += 1
                        except smtplib.SMTPResponseException as error:
                            assert error.smtp_code in (451, 452), error
                            refused += 1
                assert taken > 0 and refused > 0, (taken, refused)
                users = {user["name"]: user for user in cli_json(small, "user", "list")}
                equal(users["ann"]["letters"], taken, "letters kept")
            # The last ones had their second name there until the server went.
            spools = [name for _, _, names in os.walk(os.path.join(small, "server", "tmp"))
                      for name in names if not name.endswith(".lock")]
            equal(spools, [], "left behind")
        finally:
            subprocess.run(["umount", "-l", small], check=True)


if __name__ == "__main__":
    main()
