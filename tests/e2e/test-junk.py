# SPDX-License-Identifier: MIT
"""Junk: rules, lists, learning, the server's verdict and the fetcher's sorting, through postroom-cli."""
import contextlib
import email
import os
import smtplib
import ssl

import harness
from harness import (DOMAIN, Server, cli, cli_json, contains, directory, equal, letter, main, source)

BOB = "bob@" + DOMAIN
WORDS = "apple table window river garden music paper stone cloud winter summer island bridge forest"


@contextlib.contextmanager
def home():
    """A data directory with a configuration of its own; the rules file's path is second."""
    with directory() as data:
        harness.ENVIRONMENT["XDG_CONFIG_HOME"] = os.path.join(data, "config")
        os.makedirs(os.path.join(data, "config", "postroom"))
        yield data, os.path.join(data, "config", "postroom", "junk.rules")


def write(path, content):
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return path


def send(server, raw):
    with smtplib.SMTP("localhost", server.ports["smtp"], timeout=30) as wire:
        wire.starttls(context=ssl.create_default_context(cafile=server.authority))
        wire.sendmail("sender@example.org", [BOB], raw)


def subjects(data, folder):
    return sorted(row["subject"] for row in cli_json(data, "list", "--limit=0", folder))


def number_of(data, folder, subject):
    return [row["id"] for row in cli_json(data, "list", "--limit=0", folder)
            if row["subject"] == subject][0]


def teach(data):
    """Twelve letters of either kind."""
    paths = {"junk": [], "good": []}
    for i in range(12):
        for kind, body in (("junk", "cheap watches shipped worldwide order yours"),
                           ("good", "minutes of our meeting about the budget")):
            word = WORDS.split()[i]
            paths[kind].append(write(os.path.join(data, f"{kind}{i}.eml"),
                                     letter(f"{word}", body=f"{body} {word}\r\n", to="x@y.example")))
    cli(data, "junk", "train", *paths["junk"])
    cli(data, "junk", "train", "--good", *paths["good"])
    return paths


def test_rules_of_a_person():
    with home() as (data, rules):
        plain = cli_json(data, "junk", "rules")
        equal(plain["file"], rules)
        write(rules, "# mine\nphrase ZEBRA 7.5 subject zebra : Zebras\noff PILLS\n")
        equal(cli_json(data, "junk", "rules")["rules"], plain["rules"])
        path = write(os.path.join(data, "a.eml"), letter("A zebra"))
        report = cli_json(data, "junk", "rules", "--test", path)
        equal((report["verdict"], report["score"], report["required"]), ("junk", 7.5, 5))
        equal(report["reasons"], [{"rule": "ZEBRA", "points": 7.5, "words": "Zebras"}])
        write(rules, "phrase ZEBRA 7.5 subject zebra\nphrase B x text y\n")
        wrong = cli(data, "junk", "rules", expect=None)
        equal(wrong.returncode, 65, "exit")
        contains(wrong.err, f"{rules}, line 2: “x” is no number")
        contains(cli(data, "junk", "rules", "--default").out, "required 5")


def test_learning():
    with home() as (data, _):
        paths = teach(data)
        status = cli_json(data, "junk", "status")
        equal((status["junk"], status["good"]), (12, 12))
        junk = write(os.path.join(data, "n.eml"), letter("New", body="order cheap watches worldwide\r\n"))
        good = write(os.path.join(data, "m.eml"), letter("New", body="the budget meeting minutes\r\n"))
        report = cli_json(data, "junk", "explain", junk)
        equal(report["verdict"], "junk")
        equal(report["reasons"][0]["rule"], "LEARNED")
        contains(" ".join(report["clues"]), "watches")
        equal(cli_json(data, "junk", "explain", good)["verdict"], "good")
        # The same letter again teaches nothing; the other way round it is moved over.
        cli(data, "junk", "train", *paths["junk"])
        equal(cli_json(data, "junk", "status")["junk"], 12)
        cli(data, "junk", "train", "--good", paths["junk"][0])
        status = cli_json(data, "junk", "status")
        equal((status["junk"], status["good"]), (11, 13))
        cli(data, "junk", "forget")
        status = cli_json(data, "junk", "status")
        equal((status["junk"], status["good"]), (0, 0))
        equal(cli(data, "junk", "train", os.path.join(data, "none.eml"), expect=None).returncode, 67)


def test_server_and_fetch():
    with home() as (data, rules), Server(data, "--judge") as server:
        write(rules, "phrase ZEBRA 9 subject zebra\n")
        server.add_account("bob")
        send(server, letter("A zebra"))
        send(server, letter("A horse"))
        cli(data, "fetch")
        equal(subjects(data, "Inbox"), ["A horse"])
        equal(subjects(data, "Junk"), ["A zebra"])
        got = email.message_from_bytes(source(data, number_of(data, "Junk", "A zebra")))
        equal(got["X-Spam-Flag"].strip(), "YES")
        equal(got["X-Spam-Score"].strip(), "9.0")
        contains(got["X-Spam-Status"], "Yes, score=9.0 required=5.0")
        contains(got["X-Spam-Status"], "tests=ZEBRA")
        got = email.message_from_bytes(source(data, number_of(data, "Inbox", "A horse")))
        equal(got["X-Spam-Flag"].strip(), "NO")


def test_mark():
    with home() as (data, _), Server(data) as server:
        server.add_account("bob")
        send(server, letter("One"))
        send(server, letter("Two"))
        cli(data, "fetch")
        one = number_of(data, "Inbox", "One")
        cli(data, "junk", "mark", str(one))
        equal((subjects(data, "Inbox"), subjects(data, "Junk")), (["Two"], ["One"]))
        report = cli_json(data, "junk", "explain", str(one))
        equal((report["marked"], report["foreign"]), ("junk", None))
        equal(cli_json(data, "junk", "status")["junk"], 1)
        cli(data, "junk", "mark", "--not", str(one))
        equal((subjects(data, "Inbox"), subjects(data, "Junk")), (["One", "Two"], []))
        status = cli_json(data, "junk", "status")
        equal((status["junk"], status["good"]), (0, 1))
        equal(cli(data, "junk", "mark", "x", expect=None).returncode, 64)


def test_lists_and_settings():
    with home() as (data, rules), Server(data) as server:
        write(rules, "phrase ZEBRA 9 subject zebra\n")
        server.add_account("bob")
        cli(data, "junk", "block", "@Bad.example")
        cli(data, "junk", "allow", "ann@good.example")
        equal(cli(data, "junk", "block", "no body", expect=None).returncode, 65)
        send(server, letter("Blocked", sender="x@mail.bad.example"))
        send(server, letter("Allowed zebra", sender="ann@good.example"))
        cli(data, "fetch")
        equal((subjects(data, "Inbox"), subjects(data, "Junk")), (["Allowed zebra"], ["Blocked"]))
        cli(data, "junk", "unlist", "bad.example")
        cli(data, "junk", "status", "--move=no")
        send(server, letter("A zebra"))
        cli(data, "fetch")
        equal(subjects(data, "Junk"), ["Blocked"])
        equal(cli_json(data, "junk", "status")["senders"],
              [{"address": "ann@good.example", "allowed": True}])


def test_foreign_verdict_only_when_trusted():
    flagged = b"X-Spam-Flag: YES\r\nX-Spam-Status: Yes, by another\r\n"
    with home() as (data, _), Server(data) as server:
        server.add_account("bob")
        send(server, flagged + letter("Before"))
        cli(data, "fetch")
        equal(subjects(data, "Inbox"), ["Before"])
        cli(data, "junk", "status", f"--trust={BOB}")
        contains(cli(data, "junk", "status").out, f"{BOB}: X-Spam-Flag of its server is believed")
        send(server, flagged + letter("After"))
        cli(data, "fetch")
        equal((subjects(data, "Inbox"), subjects(data, "Junk")), (["Before"], ["After"]))
        contains(cli(data, "junk", "explain", str(number_of(data, "Junk", "After"))).out,
                 "Yes, by another")


if __name__ == "__main__":
    main()
