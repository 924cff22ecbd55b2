# SPDX-License-Identifier: MIT
"""The local server copied while mail comes and goes, and put back."""
import os
import poplib
import smtplib
import ssl
import threading

from harness import (DOMAIN, PASSWORD, Server, cli, cli_json, contains, directory, equal, letter, main)


def trust(server):
    return ssl.create_default_context(cafile=server.authority)


def pop3(server, user):
    wire = poplib.POP3_SSL("localhost", server.ports["pop3s"], context=trust(server), timeout=30)
    wire.user(user)
    wire.pass_(PASSWORD)
    return wire


def subject(lines):
    return next(line[9:].decode() for line in lines if line.startswith(b"Subject: "))


def fetch(server, user):
    """Each letter's subject and whether its body came whole."""
    wire = pop3(server, user)
    found = {}
    for number in range(1, wire.stat()[0] + 1):
        lines = wire.retr(number)[1]
        found[subject(lines)] = lines[-1] == b"end" and len(lines) > 50
    wire.quit()
    return found


class Load:
    """Ann sends letters; every third one Bob gets is removed."""

    def __init__(self, server):
        self.server = server
        self.acknowledged = []
        self.removed = []
        self.over = threading.Event()
        self.failure = None
        self.threads = [threading.Thread(target=self.guard, args=(one,)) for one in (self.send, self.read)]

    def guard(self, work):
        try:
            work()
        except Exception as failure:  # shown by the test
            self.failure = failure

    def send(self):
        body = "".join(f"line {number}\r\n" for number in range(60)) + "end\r\n"
        with smtplib.SMTP("localhost", self.server.ports["smtp"], timeout=30) as wire:
            while not self.over.is_set():
                name = f"L{len(self.acknowledged)}"
                wire.sendmail("ann@" + DOMAIN, ["ann@" + DOMAIN, "bob@" + DOMAIN], letter(name, body=body))
                self.acknowledged.append(name)

    def read(self):
        while not self.over.is_set():
            wire = pop3(self.server, "bob")
            for number in range(1, wire.stat()[0] + 1, 3):
                self.removed.append(subject(wire.top(number, 0)[1]))
                wire.dele(number)
            wire.quit()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if self.failure is not None:
            raise self.failure


def check(data, must, may, removed):
    with Server(data, users=()) as server:
        ann, bob = fetch(server, "ann"), fetch(server, "bob")
        assert all(ann.values()) and all(bob.values()), "letters are not whole"
        assert set(must) <= set(ann) <= set(may), sorted(set(must) - set(ann))
        assert set(must) - set(bob) <= set(removed), sorted(set(must) - set(bob) - set(removed))
        rows = {row["name"]: row["letters"] for row in cli_json(data, "user", "list")}
        equal(rows, {"ann": len(ann), "bob": len(bob)}, "rows")


def test_under_load():
    with directory() as data, directory() as other:
        copies = [os.path.join(other, f"copy{number}") for number in range(3)]
        marks = []
        with Server(data) as server:
            with Load(server) as load:
                for copy in copies:
                    while len(load.acknowledged) < 40 * (len(marks) + 1) and load.failure is None:
                        load.over.wait(0.01)
                    marks.append(list(load.acknowledged))
                    told = cli_json(data, "server", "backup", copy)
                    equal(told["directory"], copy, "directory")
                    assert told["letters"] >= len(marks[-1]), told
            everything, removed = list(load.acknowledged), list(load.removed)
        equal(sorted(os.listdir(other)), ["copy0", "copy1", "copy2"], "what is left")
        for copy, mark in zip(copies, marks):
            check(copy, mark, everything, removed)


def test_restore():
    with directory() as data, directory() as other:
        copy, back = os.path.join(other, "copy"), os.path.join(other, "back")
        with Server(data, "--max-size=123456") as server:
            with smtplib.SMTP("localhost", server.ports["smtp"], timeout=30) as wire:
                wire.sendmail("x@example.org", ["bob@" + DOMAIN], letter("One"))
            wire = pop3(server, "bob")
            uid = wire.uidl()[1][0].split()[1]
            wire.quit()
            with open(server.authority, "rb") as file:
                authority = file.read()
        contains(cli(data, "server", "backup", copy).out, "1 letter is in")
        contains(cli(back, "server", "restore", copy).out, "1 letter is back")
        with open(os.path.join(back, "server.ini"), encoding="utf-8") as file:
            contains(file.read(), "max-size=123456")
        with Server(back, users=()) as server:
            with open(server.authority, "rb") as file:
                equal(file.read(), authority, "authority")
            with smtplib.SMTP("localhost", server.ports["smtp"], timeout=30) as wire:
                wire.sendmail("x@example.org", ["bob@" + DOMAIN], letter("Two"))
            wire = pop3(server, "bob")
            uids = [line.split()[1] for line in wire.uidl()[1]]
            equal(uids[0], uid, "uid")
            # The original's next letter has not the uid of the copy's next one.
            assert int(uids[1].split(b".")[0]) > int(uid.split(b".")[0]) + 1000000, uids
            wire.quit()


def test_nothing_is_overwritten():
    with directory() as data, directory() as other:
        copy = os.path.join(other, "copy")
        cli(data, "server", "backup", copy, expect=67)
        equal(os.listdir(other), [], "what is left")
        with Server(data):
            cli(data, "server", "backup", copy)
            contains(cli(data, "server", "backup", copy, expect=65).err, "nothing is overwritten")
            contains(cli(data, "server", "restore", copy, expect=65).err, "nothing is overwritten")
        cli(data, "server", "backup", expect=64)
        cli(data, "server", "backup", os.path.join(other, "none", "copy"), expect=74)
        cli(os.path.join(other, "new"), "server", "restore", os.path.join(other, "none"), expect=67)
        assert not os.path.exists(os.path.join(other, "new", "server")), "a server of nothing"


def test_a_letter_that_is_damaged():
    """A backup is not said to be good when something is missing."""
    with directory() as data, directory() as other:
        with Server(data) as server, smtplib.SMTP("localhost", server.ports["smtp"], timeout=30) as wire:
            wire.sendmail("x@example.org", ["bob@" + DOMAIN], letter("One"))
        folder = os.path.join(data, "server", "maildrops", "bob")
        (name,) = os.listdir(folder)
        whole = os.path.join(folder, name)
        os.rename(whole, whole + "~")
        contains(cli(data, "server", "backup", os.path.join(other, "copy"), expect=74).err, "is missing")
        open(whole, "wb").close()
        contains(cli(data, "server", "backup", os.path.join(other, "copy"), expect=74).err, "is not whole")
        equal(os.listdir(other), [], "what is left")


if __name__ == "__main__":
    main()
