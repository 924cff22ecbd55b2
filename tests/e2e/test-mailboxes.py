# SPDX-License-Identifier: MIT
"""The local server's mailboxes, changed by postroom-cli while the server runs."""
import contextlib
import os
import poplib
import smtplib
import sqlite3
import ssl

from harness import (DOMAIN, PASSWORD, Server, cli, cli_json, contains, directory, equal, letter, main)


def trust(server):
    return ssl.create_default_context(cafile=server.authority)


def smtp(server, user=None):
    wire = smtplib.SMTP("localhost", server.ports["smtp"], timeout=30)
    wire.starttls(context=trust(server))
    wire.ehlo()
    if user is not None:
        wire.login(user, PASSWORD)
    return wire


def pop3(server, user):
    wire = poplib.POP3_SSL("localhost", server.ports["pop3s"], context=trust(server), timeout=30)
    wire.user(user)
    wire.pass_(PASSWORD)
    return wire


def refusal(server, *recipients, raw=None):
    """The code and the words for the only or the last recipient, or for the letter; "" when taken."""
    with smtp(server) as wire:
        try:
            wire.sendmail("sender@example.org", recipients, raw or letter())
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = refused.recipients[recipients[-1]]
            return f"{code} {words.decode()}"
        except smtplib.SMTPDataError as refused:
            return f"{refused.smtp_code} {refused.smtp_error.decode()}"
    return ""


def counts(data):
    return {user["name"]: user["letters"] for user in cli_json(data, "user", "list")}


def test_aliases():
    with directory() as data, Server(data) as server:
        equal(cli_json(data, "alias", "list"), [], "aliases")
        contains(refusal(server, f"team@{DOMAIN}"), "550 5.1.1")
        cli(data, "alias", "add", "Team", "ann", "bob")
        cli(data, "domain", "add", "two.example")
        cli(data, "alias", "add", "help@two.example", "bob")
        equal(refusal(server, f"team+x@{DOMAIN}"), "", "a team's letter")
        equal(refusal(server, "help@two.example"), "", "a letter for help")
        contains(refusal(server, f"help@{DOMAIN}"), "550 5.1.1")
        equal(counts(data), {"ann": 1, "bob": 2}, "letters")
        equal(cli_json(data, "alias", "list"),
              [{"name": "help", "domain": "two.example", "users": ["bob"]},
               {"name": "team", "domain": None, "users": ["ann", "bob"]}], "aliases")
        contains(cli(data, "alias", "list").out, "help@two.example  bob")

        cli(data, "alias", "add", "other", "team", expect=67)
        cli(data, "alias", "add", "a b", "ann", expect=65)
        cli(data, "alias", "add", "sales@three.example", "ann", expect=65)
        cli(data, "alias", "remove", "help", expect=67)
        cli(data, "alias", "remove", "team", "ann")
        cli(data, "alias", "remove", "help@two.example")
        equal(cli_json(data, "alias", "list"),
              [{"name": "team", "domain": None, "users": ["bob"]}], "aliases")
        contains(refusal(server, "help@two.example"), "550 5.1.1")


def test_domains():
    with directory() as data, Server(data) as server:
        contains(refusal(server, "ann@two.example"), "550 5.7.1")
        cli(data, "domain", "add", "Two.Example")
        equal(refusal(server, "ann@two.example"), "", "a letter to the second domain")
        equal(cli_json(data, "domain", "list"),
              [{"name": DOMAIN, "first": True}, {"name": "two.example", "first": False}], "domains")
        cli(data, "domain", "add", "two.example", expect=65)
        cli(data, "domain", "add", DOMAIN, expect=65)
        cli(data, "domain", "add", "no domain", expect=65)
        cli(data, "domain", "remove", DOMAIN, expect=65)
        cli(data, "domain", "remove", "two.example")
        cli(data, "domain", "remove", "two.example", expect=67)
        contains(refusal(server, "ann@two.example"), "550 5.7.1")


def test_catch_all_and_postmaster():
    with directory() as data:
        cli(data, "serve", "--smtp-port=0", "--catch-all=nobody", expect=67)
        with Server(data, "--catch-all=bob") as server:
            equal(refusal(server, f"whoever@{DOMAIN}"), "", "a letter for nobody")
            contains(refusal(server, "whoever@example.org"), "550 5.7.1")
            equal(counts(data), {"ann": 0, "bob": 1}, "letters")
            equal(refusal(server, f"postmaster@{DOMAIN}"), "", "a letter for the first user")
            cli(data, "alias", "add", "postmaster", "bob")
            equal(refusal(server, f"Postmaster@{DOMAIN}"), "", "a letter for the alias")
            equal(counts(data), {"ann": 1, "bob": 2}, "letters")
            wire = pop3(server, "bob")
            assert f"Delivered-To: whoever@{DOMAIN}".encode() in wire.retr(1)[1]
            wire.quit()


def test_quotas():
    with directory() as data, Server(data) as server:
        cli(data, "user", "quota", "Bob", "--letters=1")
        equal(refusal(server, f"bob@{DOMAIN}"), "", "the first letter")
        contains(refusal(server, f"bob@{DOMAIN}"), "452 4.2.2")
        cli(data, "user", "quota", "bob", "--octets=2000")
        quota = cli_json(data, "user", "quota", "bob")
        equal((quota["quota_letters"], quota["quota_octets"], quota["letters"]), (1, 2000, 1), "quota")
        contains(refusal(server, f"bob@{DOMAIN}", raw=letter(body="x" * 2000 + "\r\n")), "552 5.2.2")
        cli(data, "user", "quota", "bob", "--letters=0")
        equal(refusal(server, f"bob@{DOMAIN}"), "", "the second letter")
        contains(cli(data, "user", "quota", "bob").out, "2 letters, no limit")
        cli(data, "user", "quota", "nobody", "--letters=1", expect=67)
        cli(data, "user", "quota", "nobody", expect=67)
        equal(counts(data), {"ann": 0, "bob": 2}, "letters")


def test_disabled_users():
    with directory() as data, Server(data) as server:
        pop3(server, "bob").quit()
        cli(data, "user", "disable", "bob")
        contains(refusal(server, f"bob@{DOMAIN}"), "550 5.2.1")
        contains(cli(data, "user", "list").out, "disabled")
        for login in (lambda: pop3(server, "bob"), lambda: smtp(server, "bob")):
            try:
                login()
            except (poplib.error_proto, smtplib.SMTPAuthenticationError) as refused:
                contains(str(refused), "The user name or the password is wrong")
            else:
                raise AssertionError("a disabled user got in")
        cli(data, "user", "enable", "bob")
        pop3(server, "bob").quit()
        equal(refusal(server, f"bob@{DOMAIN}"), "", "a letter")
        cli(data, "user", "disable", "nobody", expect=67)


def test_recall_under_a_running_session():
    """The server and the recall are two processes; the session is a third one's."""
    with directory() as data, Server(data) as server:
        for subject in ("One", "Two", "Three"):
            with smtp(server, "ann") as wire:
                wire.sendmail("ann@" + DOMAIN, ["bob@" + DOMAIN], letter(subject))
        with smtp(server) as wire:
            wire.sendmail("ann@" + DOMAIN, ["bob@" + DOMAIN], letter("Nobody's"))
        early = pop3(server, "bob")
        early.retr(3)
        early.quit()

        late = pop3(server, "bob")
        listed = late.list()[1]
        equal(cli_json(data, "recall", "<Two@test>", "--from=ann"),
              [{"user": "bob", "outcome": "recalled"}], "recall")
        contains(cli(data, "recall", "Three@test", f"--from=ann@{DOMAIN}").out, "already fetched")
        for call in (lambda: late.retr(2), lambda: late.top(2, 0)):
            try:
                call()
            except poplib.error_proto as refused:
                contains(str(refused), "-ERR [SYS/PERM] The sender has recalled this letter")
            else:
                raise AssertionError("a recalled letter was given away")
        equal(late.list()[1], listed, "numbers and sizes")
        late.dele(2)
        late.retr(1)
        late.quit()
        equal(counts(data)["bob"], 3, "letters")
        contains(cli(data, "recall", "One@test", "--from=ann").out, "already fetched")
        cli(data, "recall", "Nobody's@test", "--from=ann", expect=67)
        cli(data, "recall", "One@test", "--from=bob", expect=67)
        cli(data, "recall", "One@test", "--from=nobody", expect=67)
        cli(data, "recall", "<>", "--from=ann", expect=65)


def test_recall_without_a_server():
    with directory() as data:
        with Server(data) as server, smtp(server, "ann") as wire:
            wire.sendmail("ann@" + DOMAIN, ["ann@" + DOMAIN, "bob@" + DOMAIN], letter("One"))
        equal(cli_json(data, "recall", "<One@test>", "--from=ann"),
              [{"user": "ann", "outcome": "recalled"}, {"user": "bob", "outcome": "recalled"}], "recall")
        equal(counts(data), {"ann": 0, "bob": 0}, "letters")


def test_a_site_of_the_first_version():
    """What is there already is counted, so that a quota holds for it."""
    first = os.path.join(os.path.dirname(__file__), "../../src/store/migrations/site/0001-site.sql")
    with directory() as data:
        os.makedirs(os.path.join(data, "server"))
        with contextlib.closing(sqlite3.connect(os.path.join(data, "server", "site.db"))) as base:
            with open(first, encoding="utf-8") as file:
                base.executescript(file.read())
            base.execute("INSERT INTO users VALUES ('ann', 'x', 1), ('bob', 'x', 1)")
            base.execute("INSERT INTO letters (user, path, size) VALUES ('bob', 'a', 3), ('bob', 'b', 4)")
            base.execute("PRAGMA user_version = 1")
            base.commit()
        rows = cli_json(data, "user", "list")
        equal([(row["name"], row["letters"], row["octets"], row["quota_octets"], row["disabled"])
               for row in rows], [("ann", 0, 0, 0, False), ("bob", 2, 7, 0, False)], "users")
        with Server(data) as server:
            cli(data, "user", "quota", "bob", "--letters=2")
            contains(refusal(server, f"bob@{DOMAIN}"), "452 4.2.2")


if __name__ == "__main__":
    main()
