# SPDX-License-Identifier: MIT
"""The retention rules of the local server: by age, by number, and never under an open session."""
import contextlib
import os
import poplib
import smtplib
import sqlite3
import ssl

from harness import (DOMAIN, PASSWORD, Server, cli, cli_json, contains, directory, equal, letter, main)


def pop3(server, user="bob"):
    wire = poplib.POP3_SSL("localhost", server.ports["pop3s"], timeout=30,
                           context=ssl.create_default_context(cafile=server.authority))
    wire.user(user)
    wire.pass_(PASSWORD)
    return wire


def send(server, *subjects):
    with smtplib.SMTP("localhost", server.ports["smtp"], timeout=30) as wire:
        for subject in subjects:
            wire.sendmail("ann@" + DOMAIN, ["bob@" + DOMAIN], letter(subject))


def subjects(wire):
    count = wire.stat()[0]
    return [next(line[9:].decode() for line in wire.retr(number)[1] if line.startswith(b"Subject: "))
            for number in range(1, count + 1)]


def expire(data):
    return cli_json(data, "server", "expire")["removed"]


def make_old(data, number):
    """The letter of that row came a long time ago."""
    with contextlib.closing(sqlite3.connect(os.path.join(data, "server", "site.db"))) as base:
        (path,) = base.execute("SELECT path FROM letters WHERE id = ?", (number,)).fetchone()
        old = "20200101" + path[8:]
        folder = os.path.join(data, "server", "maildrops", "bob")
        os.rename(os.path.join(folder, path), os.path.join(folder, old))
        base.execute("UPDATE letters SET path = ?, spool = NULL WHERE id = ?", (old, number))
        base.commit()


def test_by_age():
    with directory() as data:
        with Server(data) as server:
            send(server, "One", "Two")
            wire = pop3(server)
            equal(wire.capa()["EXPIRE"], ["NEVER"], "EXPIRE")
            wire.quit()
            equal(expire(data), 0, "removed without a rule")
        make_old(data, 1)
        with Server(data, "--keep-days=30") as server:
            expire(data)  # it has begun by itself; this comes after that
            wire = pop3(server)
            equal(wire.capa()["EXPIRE"], ["30"], "EXPIRE")
            equal(subjects(wire), ["Two"], "letters")
            wire.quit()


def test_by_number():
    with directory() as data, Server(data, "--keep-letters=2") as server:
        send(server, "One", "Two", "Three", "Four")
        wire = pop3(server)
        assert "EXPIRE" not in wire.capa(), wire.capa()
        equal(expire(data), 0, "removed under a session")
        equal(subjects(wire), ["One", "Two", "Three", "Four"], "letters")
        wire.quit()
        equal(expire(data), 2, "removed")
        contains(cli(data, "server", "expire").out, "removed: 0")
        wire = pop3(server)
        equal(subjects(wire), ["Three", "Four"], "letters")
        wire.quit()


def test_the_rules_stay():
    with directory() as data:
        with Server(data, "--keep-days=7", "--keep-letters=1"):
            pass
        with open(os.path.join(data, "server.ini"), encoding="utf-8") as file:
            text = file.read()
        contains(text, "keep-days=7")
        contains(text, "keep-letters=1")
        cli(data, "serve", "--keep-days=-1", expect=64)
        cli(data, "serve", "--keep-letters=-1", expect=64)
        cli(data, "server", "expire", expect=67)


if __name__ == "__main__":
    main()
