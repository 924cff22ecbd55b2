# SPDX-License-Identifier: MIT
"""Faults on demand: what the rules do to a client, and that a seed replays them."""
import os
import poplib
import re
import smtplib
import socket

from harness import DOMAIN, PASSWORD, Server, cli, cli_json, contains, directory, equal, letter, main, wait_for

ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"


class Wire:
    """A client that says lines and reads octets."""

    def __init__(self, server, port="smtp"):
        self.socket = socket.create_connection(("localhost", server.ports[port]), timeout=30)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def line(self):
        return self.file.readline().decode()

    def reply(self):
        text = self.line()
        while text[3:4] == "-":
            text = self.line()
        return text

    def say(self, text):
        self.socket.sendall(text.encode() + b"\r\n")

    def do(self, text):
        self.say(text)
        return self.reply()

    def ended(self):
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def begin(self, to=BOB, data=False):
        self.reply()
        self.do("EHLO tester")
        self.do(f"MAIL FROM:<{ANN}>")
        text = self.do(f"RCPT TO:<{to}>")
        return self.do("DATA") if data else text


def add(data, *rules):
    cli(data, "server", "faults", "clear")
    for rule in rules:
        cli(data, "server", "faults", "add", rule)


def fetch(server, *commands):
    with Wire(server, "pop3") as wire:
        wire.line()
        for command in ("USER bob", f"PASS {PASSWORD}"):
            wire.say(command)
            wire.line()
        wire.say(commands[0])
        return wire.file.read()


def test_reply_to_a_recipient_each_third_time():
    with directory() as data, Server(data) as server:
        add(data, f"smtp RCPT to=*@{DOMAIN} every=3 => reply 452 4.2.2 The mailbox is full of tests")
        with Wire(server) as wire:
            wire.reply()
            wire.do("EHLO tester")
            wire.do(f"MAIL FROM:<{ANN}>")
            codes = [wire.do(f"RCPT TO:<{BOB}>") for _ in range(6)]
        equal([code[:3] for code in codes], ["250", "250", "452"] * 2, "codes")
        equal(codes[2], "452 4.2.2 The mailbox is full of tests\r\n", "reply")
        equal(cli_json(data, "server", "stats")["faults"], 2, "faults counted")
        rule, = cli_json(data, "server", "faults")
        equal((rule["matched"], rule["injected"]), (6, 2), "counts")
        contains(cli(data, "server", "stats").out, "2 injected on demand")


def test_commands_that_ask_nothing():
    with directory() as data, Server(data, "--auth-in-clear") as server:
        add(data, "smtp EHLO nth=1 => reply 502 5.5.1 Not today", "smtp NOOP => reply 421 4.3.2 Go away",
            "pop3 STAT => reply -ERR [SYS/TEMP] Not today", "pop3 QUIT => drop")
        with Wire(server) as wire:
            wire.reply()
            equal(wire.do("EHLO tester"), "502 5.5.1 Not today\r\n", "EHLO")
            equal(wire.do(f"MAIL FROM:<{ANN}>")[:3], "503", "the EHLO was not taken")
            equal(wire.do("EHLO tester")[:3], "250", "EHLO again")
            equal(wire.do("NOOP"), "421 4.3.2 Go away\r\n", "NOOP")
            assert wire.ended()
        with smtplib.SMTP("localhost", server.ports["smtp"], timeout=30) as smtp:
            smtp.sendmail(ANN, [BOB], letter("one"))
        with Wire(server, "pop3") as wire:
            wire.line()
            for command in ("USER bob", f"PASS {PASSWORD}"):
                wire.say(command)
                contains(wire.line(), "+OK")
            wire.say("STAT")
            equal(wire.line(), "-ERR [SYS/TEMP] Not today\r\n", "STAT")
            wire.say("DELE 1")
            contains(wire.line(), "+OK")
            wire.say("QUIT")
            assert wire.ended()
        cli(data, "server", "faults", "clear")
        with Wire(server, "pop3") as wire:
            wire.line()
            for command in ("USER bob", f"PASS {PASSWORD}", "STAT"):
                wire.say(command)
                text = wire.line()
            contains(text, "+OK 1 ")


def test_connect():
    with directory() as data, Server(data) as server:
        add(data, "smtp connect nth=1 => reply 421 4.3.2 Closed", "smtp connect nth=1 => drop",
            "pop3 connect => reply -ERR Closed")
        with Wire(server) as wire:
            equal(wire.line(), "421 4.3.2 Closed\r\n", "greeting")
            assert wire.ended()
        with Wire(server) as wire:
            assert wire.ended()
        with Wire(server) as wire:
            contains(wire.line(), "220 ")
        with Wire(server, "pop3") as wire:
            equal(wire.line(), "-ERR Closed\r\n", "greeting")
            assert wire.ended()


def test_letters_are_refused_and_dropped():
    with directory() as data, Server(data) as server:
        add(data, "smtp END over=5k nth=1 => reply 451 4.3.0 Try again", "smtp DATA nth=2 => drop 3000")
        with Wire(server) as wire:
            contains(wire.begin(data=True), "354")
            equal(wire.do("Subject: x\r\n\r\n" + "y" * 70 + "\r\n.")[:3], "250", "small letter")
        text = "Subject: x\r\n\r\n" + ("z" * 70 + "\r\n") * 100 + "."
        with Wire(server) as wire:
            contains(wire.begin(data=True), "354")
            wire.say(text)
            assert wire.ended()
        with Wire(server) as wire:
            contains(wire.begin(data=True), "354")
            equal(wire.do(text), "451 4.3.0 Try again\r\n", "large letter")
            equal(wire.do(f"MAIL FROM:<{ANN}>")[:3], "250", "after it")
        stats = cli_json(data, "server", "stats")
        equal((stats["letters"], stats["faults"]), (1, 2), "letters and faults")
        spool = [name for _, _, names in os.walk(data) for name in names if name.endswith(".eml")]
        equal(len(spool), 1, "files")


def test_letters_end_too_early():
    with directory() as data, Server(data, "--auth-in-clear") as server:
        with smtplib.SMTP("localhost", server.ports["smtp"], timeout=30) as smtp:
            smtp.sendmail(ANN, [BOB], letter("one"))
        whole = fetch(server, "RETR 1\r\nQUIT").split(b"\r\n", 1)[1]
        add(data, "pop3 RETR user=bob nth=1 => truncate 50", "pop3 RETR nth=1 => drop 50")
        short = fetch(server, "RETR 1\r\nQUIT").split(b"\r\n", 1)[1]
        assert short.startswith(whole[:50] + b"\r\n.\r\n+OK"), short
        equal(fetch(server, "RETR 1\r\nQUIT").split(b"\r\n", 1)[1], whole[:50], "dropped letter")
        equal(fetch(server, "RETR 1\r\nQUIT").split(b"\r\n", 1)[1], whole, "whole letter")


def test_delay_throttle_half_close():
    with directory() as data, Server(data) as server:
        add(data, "smtp NOOP => delay 200ms", "smtp NOOP => throttle 2000", "smtp RSET => half-close")
        with Wire(server) as wire:
            wire.reply()
            equal(wire.do("NOOP")[:3], "250", "late and slow")
            equal(wire.do("NOOP")[:3], "250", "again")
            equal(wire.do("RSET")[:3], "250", "last words")
            assert wire.ended()
            wire.say("NOOP")
            wait_for(lambda: cli_json(data, "server", "faults")[0]["injected"] == 3, "it hears on")


def test_greylist():
    with directory() as data, Server(data) as server:
        add(data, "smtp RCPT => greylist 1")
        with Wire(server) as wire:
            equal(wire.begin()[:9], "450 4.7.1", "first time")
            equal(wire.do(f"RCPT TO:<{ANN}>")[:3], "450", "another triple")
            wait_for(lambda: wire.do(f"RCPT TO:<{BOB}>")[:3] == "250", "a later try")


def test_magic_recipients():
    with directory() as data, Server(data) as server:
        with Wire(server) as wire:
            equal(wire.begin(f"452-4.2.2+x@{DOMAIN}")[:9], "550 5.1.1", "off")
        add(data, "magic-recipients")
        with Wire(server) as wire:
            equal(wire.begin(f"452-4.2.2+any.thing@{DOMAIN}")[:9], "452 4.2.2", "on")
            for local, code in (("550-5.7.1", "550 5.7.1"), ("552-4.2.2+x", "550 5.1.1"),
                                ("250-2.0.0+x", "550 5.1.1"), ("499-4.2.2+x", "550 5.1.1")):
                equal(wire.do(f"RCPT TO:<{local}@{DOMAIN}>")[:9], code, local)
            equal(wire.do("RCPT TO:<452-4.2.2+x@example.org>")[:9], "550 5.7.1", "elsewhere")
            equal(wire.do("RCPT TO:<421-4.3.2@localhost>")[:9], "421 4.3.2", "closing")
            assert wire.ended()


def run_chance(rules, seed):
    with directory() as data:
        path = os.path.join(data, "rules")
        with open(path, "w", encoding="utf-8") as file:
            file.write(rules)
        with Server(data, f"--faults={path}", f"--fault-seed={seed}") as server, Wire(server) as wire:
            wire.begin()
            return "".join(wire.do(f"RCPT TO:<{BOB}>")[0] for _ in range(60))


def test_a_seed_replays():
    rules = "# to be replayed\n\nsmtp RCPT chance=40% => reply 451 4.3.0 Bad luck\n"
    first = run_chance(rules, 7)
    equal(run_chance(rules, 7), first, "the same seed")
    assert run_chance(rules, 8) != first
    assert 8 < first.count("4") < 45, first


def test_the_journal_tells():
    with directory() as data:
        with Server(data, "--trace", users=("bob",)) as server:
            add(data, "smtp NOOP => reply 451 4.0.0 No")
            with Wire(server) as wire:
                wire.reply()
                wire.do("NOOP")
            text = wait_for(lambda: (lambda line: line if b"fault" in line else None)(
                server.process.stdout.readline()), "the note")
            contains(text.decode(), "fault injected: smtp NOOP => reply 451 4.0.0 No")


WRONG = {
    "smtp RCPT": "no =>",
    "imap RCPT => drop": "“imap”",
    "smtp RETR => drop": "“RETR”",
    "pop3 MAIL => drop": "“MAIL”",
    "smtp RCPT every=0 => drop": "“every=0”",
    "smtp RCPT sometimes => drop": "“sometimes”",
    "smtp RCPT chance=2 => drop": "“chance=2”",
    "smtp MAIL to=x => drop": "“to=”",
    "smtp NOOP over=5 => drop": "“over=”",
    "smtp RCPT => reply 250 2.0.0 x": "“250”",
    "smtp RCPT => reply 452 5.2.2 x": "“5.2.2”",
    "pop3 RETR => reply 452": "“452”",
    "any NOOP => reply 452": "smtp or pop3",
    "smtp RCPT => drop 5": "“5”",
    "smtp RCPT => truncate 5": "“truncate”",
    "smtp RCPT => delay long": "“long”",
    "smtp RCPT => explode": "“explode”",
}


def test_bad_rules_are_named():
    with directory() as data, Server(data) as server:
        add(data, "smtp NOOP => drop")
        path = os.path.join(data, "rules")
        for rule, words in WRONG.items():
            contains(cli(data, "server", "faults", "add", rule, expect=76).err, words)
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"# one\nsmtp DATA => drop\n{rule}\n")
            error = cli(data, "server", "faults", "set", path, expect=76).err
            contains(error, words)
            assert re.search(r"\bLine 3: ", error), error
        equal([rule["rule"] for rule in cli_json(data, "server", "faults", "list")], ["smtp NOOP => drop"], "rules")
        cli(data, "server", "faults", "fix", expect=64)
        error = cli(data, "serve", f"--faults={path}", expect=None)
        assert error.returncode != 0
        contains(error.err, "Line 3")
        server.stop()
        cli(data, "server", "faults", expect=67)


if __name__ == "__main__":
    main()
