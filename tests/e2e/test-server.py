# SPDX-License-Identifier: MIT
"""Asking a running server about itself, and telling it things: postroom-cli server …"""
import hashlib
import os
import poplib
import signal
import smtplib
import socket
import ssl
import stat
import subprocess

from harness import (CLI, DOMAIN, ENVIRONMENT, PASSWORD, Server, cli, cli_json, contains, directory, equal,
                     letter, main, wait_for)

ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"


def smtp_of(server):
    return smtplib.SMTP("localhost", server.ports["smtp"], timeout=30)


def trusting(server):
    return ssl.create_default_context(cafile=server.authority)


def test_nobody_to_ask():
    with directory() as data:
        for question in ("stats", "sessions", "trace", "reload"):
            contains(cli(data, "server", question, expect=67).err, "No local server runs here")
            cli(data, "server", question, "now", expect=64)
        assert not os.path.exists(os.path.join(data, "cabinet.db")), "asking made a cabinet"


def test_stats_count_what_was_done():
    with directory() as data, Server(data) as server:
        with smtp_of(server) as smtp:
            smtp.sendmail(ANN, [BOB], letter("one"))
            smtp.sendmail(ANN, [BOB], letter("two"))
            try:
                smtp.sendmail(ANN, ["nobody@" + DOMAIN], letter("three"))
                raise AssertionError("nobody got a letter")
            except smtplib.SMTPRecipientsRefused:
                pass
        box = poplib.POP3_SSL("localhost", server.ports["pop3s"], context=trusting(server), timeout=30)
        box.user("bob")
        try:
            box.pass_("wrong")
            raise AssertionError("a wrong password was taken")
        except poplib.error_proto:
            pass
        box.user("bob")
        box.pass_(PASSWORD)
        box.retr(1)
        box.dele(1)
        box.quit()
        wait_for(lambda: cli_json(data, "server", "stats")["open"] == 0, "the sessions' end")
        stats = cli_json(data, "server", "stats")
        for name, count in (("sessions", 2), ("encrypted", 1), ("letters", 2), ("refused", 1), ("logins", 1),
                            ("wrong-passwords", 1), ("retrieved", 1), ("removed", 1), ("turned-away", 0)):
            equal(stats[name], count, name)
        equal(stats["port-pop3s"], server.ports["pop3s"], "port")
        equal(stats["domain"], DOMAIN, "domain")
        contains(cli(data, "server", "stats").out, "2 taken")


def test_sessions_are_listed():
    with directory() as data, Server(data) as server:
        equal(cli_json(data, "server", "sessions"), [], "sessions")
        contains(cli(data, "server", "sessions").out, "Nobody")
        with smtp_of(server) as smtp:
            smtp.starttls(context=trusting(server))
            smtp.login("ann", PASSWORD)
            # More than one worker has some.
            others = [socket.create_connection(("localhost", server.ports["pop3"])) for _ in range(9)]
            wait_for(lambda: len(cli_json(data, "server", "sessions")) == 10, "ten sessions")
            sessions = cli_json(data, "server", "sessions")
            equal(sorted(session["port"] for session in sessions), ["pop3"] * 9 + ["smtp"], "ports")
            one = [session for session in sessions if session["port"] == "smtp"][0]
            equal(one["user"], "ann", "user")
            contains(one["tls"], "TLSv1.3")
            equal(len({session["session"] for session in sessions}), 10, "numbers")
            contains(cli(data, "server", "sessions").out, "ann")
            for other in others:
                other.close()


def test_trace_shows_the_wire_and_no_password():
    with directory() as data, Server(data) as server:
        path = os.path.join(data, "trace.txt")
        with open(path, "wb") as out:
            watcher = subprocess.Popen([CLI, f"--data-dir={data}", "server", "trace", "--bodies"],
                                       stdout=out, env=ENVIRONMENT)

        def trace():
            with open(path, encoding="utf-8") as file:
                return file.read()

        # It is there once it shows something.
        def knock():
            with smtp_of(server) as smtp:
                smtp.noop()
            return "noop" in trace()
        wait_for(knock, "the trace")
        with smtp_of(server) as smtp:
            smtp.starttls(context=trusting(server))
            smtp.login("ann", PASSWORD)
            smtp.sendmail(ANN, [BOB], letter("seen by all"))
        wait_for(lambda: "seen by all" in trace(), "the letter")
        contains(trace(), "C: STARTTLS")
        contains(trace(), "[secret]")
        assert PASSWORD not in trace()
        equal(server.stop(), 0, "exit code")
        equal(watcher.wait(20), 0, "exit code of the trace")


def test_bad_questions_do_no_harm():
    with directory() as data, Server(data):
        path = os.path.join(data, "control.sock")
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "mode")
        for question, answer in ((b"frobnicate\n", b"(false, <"), (b"\n", b"(false, <"),
                                 (b"stats\n", b"(true, <"), (b"x" * 100000 + b"\n", b"(false, <"),
                                 (b"\x00\xff\n", b"(false, <"), (b"stats", b"(true, <")):
            with socket.socket(socket.AF_UNIX) as asker:
                asker.settimeout(30)
                asker.connect(path)
                asker.sendall(question)
                asker.shutdown(socket.SHUT_WR)
                got = asker.recv(100000)
                assert got.startswith(answer), (question[:20], got)
        contains(cli(data, "server", "stats").out, DOMAIN)


def test_a_killed_server_leaves_no_trouble():
    with directory() as data:
        with Server(data) as server:
            server.stop(signal.SIGKILL)
        assert os.path.exists(os.path.join(data, "control.sock"))
        cli(data, "server", "stats", expect=67)
        with Server(data):
            cli(data, "server", "stats")
        assert not os.path.exists(os.path.join(data, "control.sock"))


def make_certificate(path, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3",
                    "-subj", f"/CN={name}", "-keyout", path + ".key", "-out", path],
                   check=True, stderr=subprocess.DEVNULL)


def fingerprint(server):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("localhost", server.ports["pop3s"])) as wire:
        with context.wrap_socket(wire) as tls:
            return hashlib.sha256(tls.getpeercert(binary_form=True)).hexdigest()


def test_a_certificate_is_read_again():
    with directory() as data:
        path = os.path.join(data, "server.pem")
        make_certificate(path, "one.example")
        with Server(data, f"--certificate={path}", f"--key={path}.key") as server:
            first = fingerprint(server)
            make_certificate(path, "two.example")
            equal(fingerprint(server), first, "certificate before the reload")
            cli(data, "server", "reload")
            second = fingerprint(server)
            assert second != first, "the same certificate"
            with open(path, "w", encoding="ascii") as file:
                file.write("no certificate")
            contains(cli(data, "server", "reload", expect=76).err, path)
            equal(fingerprint(server), second, "certificate after a reload that failed")
    with directory() as data, Server(data):
        contains(cli(data, "server", "reload", expect=76).err, "its own")


if __name__ == "__main__":
    main()
