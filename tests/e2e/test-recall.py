# SPDX-License-Identifier: MIT
"""Recall by the SMTP extension XRECALL and by postroom-cli, beside sessions that hold a maildrop."""
import poplib
import smtplib
import ssl

from harness import DOMAIN, PASSWORD, Server, cli, cli_json, contains, directory, equal, letter, main

ANN = "ann@" + DOMAIN
BOB = "bob@" + DOMAIN
CARL = "carl@" + DOMAIN


def trust(server):
    return ssl.create_default_context(cafile=server.authority)


def site(data):
    return Server(data, users=("ann", "bob", "carl"))


def smtp(server, user=None):
    wire = smtplib.SMTP_SSL("localhost", server.ports["smtps"], context=trust(server), timeout=30)
    wire.ehlo()
    if user is not None:
        wire.login(user, PASSWORD)
    return wire


def pop3(server, user):
    wire = poplib.POP3_SSL("localhost", server.ports["pop3s"], context=trust(server), timeout=30)
    wire.user(user)
    wire.pass_(PASSWORD)
    return wire


def send(server, subject, *recipients, user="ann"):
    with smtp(server, user) as wire:
        wire.sendmail(f"{user}@{DOMAIN}", recipients, letter(subject))


def xrecall(wire, subject):
    code, words = wire.docmd(f"XRECALL <{subject}@test>")
    return code, words.decode().splitlines()


def refused(call):
    try:
        call()
    except poplib.error_proto as error:
        return error.args[0].decode()
    raise AssertionError("it was given away")


def test_outcomes():
    with directory() as data, site(data) as server:
        send(server, "One", ANN, BOB, CARL)
        reader = pop3(server, "bob")
        reader.retr(1)
        reader.quit()
        reader = pop3(server, "carl")
        reader.dele(1)
        reader.quit()
        with smtp(server) as wire:
            assert wire.has_extn("xrecall"), wire.esmtp_features
            equal(xrecall(wire, "One")[0], 530, "without a login")
        with smtp(server, "bob") as wire:
            equal(xrecall(wire, "One")[0], 550, "someone else's letter")
        with smtp(server, "ann") as wire:
            wanted = (250, [f"2.1.5 <{ANN}> recalled", f"2.1.5 <{BOB}> fetched", f"2.1.5 <{CARL}> not-found"])
            equal(xrecall(wire, "One"), wanted, "recall")
            equal(xrecall(wire, "One"), wanted, "the same again")
            equal(xrecall(wire, "Two")[0], 550, "a letter that there is not")
            wire.docmd(f"MAIL FROM:<{ANN}>")
            equal(xrecall(wire, "One")[0], 503, "in a transaction")
        rows = {row["name"]: row["letters"] for row in cli_json(data, "user", "list")}
        equal(rows, {"ann": 0, "bob": 1, "carl": 0}, "letters")


def test_an_open_session():
    """It keeps its numbers and sizes; what it has fetched is fetched, though it has not ended."""
    with directory() as data, site(data) as server:
        for subject in ("One", "Two", "Three"):
            send(server, subject, BOB)
        reader = pop3(server, "bob")
        listed, uids = reader.list()[1], reader.uidl()[1]
        reader.retr(1)
        reader.top(2, 0)
        with smtp(server, "ann") as wire:
            equal(xrecall(wire, "One")[1], [f"2.1.5 <{BOB}> fetched"], "what RETR has given away")
            equal(xrecall(wire, "Two")[1], [f"2.1.5 <{BOB}> recalled"], "what TOP has shown")
        for call in (lambda: reader.retr(2), lambda: reader.top(2, 0)):
            contains(refused(call), "-ERR [SYS/PERM] The sender has recalled this letter")
        equal((reader.list()[1], reader.uidl()[1]), (listed, uids), "the snapshot")
        reader.retr(3)
        reader.quit()
        equal(len(pop3(server, "bob").list()[1]), 2, "letters")


def test_a_pipelined_group():
    with directory() as data, site(data) as server:
        send(server, "One", BOB)
        with smtp(server, "ann") as wire:
            wire.send("NOOP\r\nXRECALL <One@test>\r\nNOOP\r\n")
            equal([wire.getreply() for _ in range(3)],
                  [(250, b"2.0.0 Still here"), (250, f"2.1.5 <{BOB}> recalled".encode()),
                   (250, b"2.0.0 Still here")], "replies")


def test_cli_sees_open_sessions():
    with directory() as data, site(data) as server:
        send(server, "One", BOB, CARL)
        reader = pop3(server, "bob")
        reader.retr(1)
        equal(cli_json(data, "recall", "<One@test>", "--from=ann"),
              [{"user": "bob", "outcome": "fetched"}, {"user": "carl", "outcome": "recalled"}], "recall")
        reader.quit()
        cli(data, "recall", "One@test", "--from=bob", expect=67)
        cli(data, "recall", "One@test", "--from=nobody", expect=67)
        cli(data, "recall", "<>", "--from=ann", expect=65)
        contains(cli(data, "recall", "One@test", f"--from={ANN}").out, "bob: too late")


def test_cli_without_a_server():
    with directory() as data:
        with site(data) as server:
            send(server, "One", BOB, CARL)
            reader = pop3(server, "bob")
            reader.retr(1)
            reader.quit()
        equal(cli_json(data, "recall", "One@test", "--from=ann"),
              [{"user": "bob", "outcome": "fetched"}, {"user": "carl", "outcome": "recalled"}], "recall")


if __name__ == "__main__":
    main()
