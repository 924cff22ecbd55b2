# SPDX-License-Identifier: MIT
"""Reports on letters that were taken (RFC 3461, RFC 3464), read with Python's own parser."""
import contextlib
import email
import email.policy
import os
import poplib
import smtplib
import ssl

from harness import DOMAIN, PASSWORD, Server, cli, cli_json, contains, directory, equal, letter, main

TEAM = "team@" + DOMAIN
ANN = "ann@" + DOMAIN


@contextlib.contextmanager
def site():
    """A server whose team is ann, bob and carl."""
    with directory() as data, Server(data, users=("ann", "bob", "carl", "sam")) as server:
        cli(data, "alias", "add", "team", "ann", "bob", "carl")
        yield server


def send(server, sender, recipients, raw=None, mail="", rcpt=""):
    """One letter by hand; the reply to it."""
    with smtplib.SMTP("localhost", server.ports["smtp"], timeout=30) as wire:
        wire.ehlo()
        assert wire.has_extn("dsn")
        code, words = wire.docmd(f"MAIL FROM:<{sender}> {mail}".rstrip())
        equal(code, 250, words)
        for recipient in recipients:
            code, words = wire.docmd(f"RCPT TO:<{recipient}> {rcpt}".rstrip())
            equal(code, 250, words)
        code, words = wire.data(raw or letter())
        return f"{code} {words.decode()}"


def letters(server, user):
    """What is in the maildrop, as bytes; it is empty then."""
    wire = poplib.POP3_SSL("localhost", server.ports["pop3s"], timeout=30,
                           context=ssl.create_default_context(cafile=server.authority))
    wire.user(user)
    wire.pass_(PASSWORD)
    found = []
    for number in range(1, wire.stat()[0] + 1):
        found.append(b"\r\n".join(wire.retr(number)[1]) + b"\r\n")
        wire.dele(number)
    wire.quit()
    return found


def counts(server):
    return {row["name"]: row["letters"] for row in cli_json(server.data, "user", "list")}


def log(server):
    with open(os.path.join(server.data, "serve.log"), encoding="utf-8") as file:
        return file.read()


def report(server, user="sam"):
    """The one report in the maildrop: the letter, its fields about the letter, those about each
    recipient, and its last part."""
    found = letters(server, user)
    equal(len(found), 1, "letters for " + user)
    message = email.message_from_bytes(found[0], policy=email.policy.SMTP)
    equal(message["Return-Path"], "<>", "Return-Path")
    equal(message["Auto-Submitted"], "auto-replied", "Auto-Submitted")
    equal(message.get_content_type(), "multipart/report", "type")
    equal(message.get_param("report-type"), "delivery-status", "report-type")
    text, status, enclosed = message.iter_parts()
    equal((text.get_content_type(), status.get_content_type()),
          ("text/plain", "message/delivery-status"), "types")
    first, *recipients = [dict(part.items()) for part in status.get_payload()]
    equal(first["Reporting-MTA"], "dns; " + DOMAIN, "Reporting-MTA")
    return found[0], first, [one for one in recipients if one], enclosed


def test_a_full_member():
    with site() as server:
        cli(server.data, "user", "quota", "bob", "--letters=1")
        cli(server.data, "user", "disable", "carl")
        equal(send(server, "sam@" + DOMAIN, ["bob@" + DOMAIN])[:3], "250", "reply")
        contains(send(server, "sam@" + DOMAIN, [TEAM], mail="RET=FULL ENVID=QQ+2B314",
                      rcpt="ORCPT=rfc822;Team+2B@example.org"), "250 2.0.0")
        equal(counts(server), {"ann": 1, "bob": 1, "carl": 0, "sam": 1}, "letters")
        raw, first, recipients, enclosed = report(server)
        equal(first["Original-Envelope-Id"], "QQ+314", "Original-Envelope-Id")
        equal([(one["Final-Recipient"], one["Action"], one["Status"], one["Original-Recipient"])
               for one in recipients],
              [(f"rfc822; {TEAM}", "failed", "5.2.2", "rfc822;Team+@example.org")], "recipients")
        equal(enclosed.get_content_type(), "message/rfc822", "enclosed")
        contains(raw, letter())


def test_a_secret_list():
    """Where EXPN does not tell who is behind an address, a report does not tell either."""
    with site() as server:
        cli(server.data, "user", "disable", "bob")
        cli(server.data, "user", "disable", "carl")
        send(server, "sam@" + DOMAIN, [TEAM], mail="RET=HDRS")
        raw, _, recipients, enclosed = report(server)
        equal([one["Final-Recipient"] for one in recipients], [f"rfc822; {TEAM}"], "recipients")
        assert b"bob" not in raw.replace(letter(), b"").replace(b"To: <bob@", b""), raw
        equal(enclosed.get_content_type(), "text/rfc822-headers", "enclosed")
        assert b"Hello." not in raw, raw


def test_who_is_told():
    with site() as server:
        cli(server.data, "user", "disable", "bob")
        send(server, "sam@" + DOMAIN, [TEAM], rcpt="NOTIFY=NEVER")
        send(server, "sam@" + DOMAIN, [TEAM], rcpt="NOTIFY=SUCCESS,DELAY")
        send(server, "", [TEAM])
        send(server, "", [TEAM], rcpt="NOTIFY=SUCCESS,FAILURE")
        equal(counts(server), {"ann": 4, "bob": 0, "carl": 4, "sam": 0}, "letters")
        contains(log(server), f"for {TEAM} was not delivered to bob: 550 5.2.1")
        send(server, "who@example.org", [TEAM])
        send(server, "nobody@" + DOMAIN, [TEAM])
        equal(counts(server), {"ann": 6, "bob": 0, "carl": 6, "sam": 0}, "letters")
        contains(log(server), "can be given to who@example.org: Relaying denied")
        contains(log(server), f"can be given to nobody@{DOMAIN}: No such user here")
        send(server, "sam@" + DOMAIN, [TEAM], rcpt="NOTIFY=FAILURE")
        equal(len(report(server)[2]), 1, "recipients")


def test_success():
    with site() as server:
        send(server, "sam@" + DOMAIN, ["bob+x@" + DOMAIN, TEAM],
             rcpt="NOTIFY=SUCCESS ORCPT=rfc822;x@y.example")
        raw, _, recipients, enclosed = report(server)
        equal([(one["Final-Recipient"], one["Action"], one["Status"], one["Original-Recipient"])
               for one in recipients],
              [(f"rfc822; bob+x@{DOMAIN}", "delivered", "2.0.0", "rfc822;x@y.example"),
               (f"rfc822; {TEAM}", "expanded", "2.0.0", "rfc822;x@y.example")], "recipients")
        # RFC 3461 section 4.3: nothing has failed.
        equal(enclosed.get_content_type(), "text/rfc822-headers", "enclosed")
        equal(counts(server), {"ann": 1, "bob": 1, "carl": 1, "sam": 0}, "letters")


def test_no_report_on_a_report():
    """The sender's own maildrop is full, or is the list: nothing goes in circles."""
    with site() as server:
        cli(server.data, "user", "disable", "bob")
        cli(server.data, "user", "quota", "sam", "--letters=1")
        send(server, "sam@" + DOMAIN, ["sam@" + DOMAIN])
        contains(send(server, "sam@" + DOMAIN, [TEAM]), "250 2.0.0")
        contains(log(server), f"can be given to sam@{DOMAIN}: This mailbox is full")
        contains(send(server, TEAM, [TEAM]), "250 2.0.0")
        equal(counts(server), {"ann": 3, "bob": 0, "carl": 3, "sam": 1}, "letters")
        equal([b"multipart/report" in one for one in letters(server, "ann")], [False, False, True],
              "reports")


def test_all_or_nothing():
    """Who is named is no member: his refusal holds for all, and then nobody hears of anything."""
    with site() as server:
        cli(server.data, "user", "quota", "carl", "--octets=600")
        raw = letter(body="x" * 600 + "\r\n")
        contains(send(server, "sam@" + DOMAIN, [TEAM, "carl@" + DOMAIN], raw), "552 5.2.2")
        equal(sum(counts(server).values()), 0, "letters")
        contains(send(server, "sam@" + DOMAIN, [TEAM], raw), "250 2.0.0")
        equal(report(server)[2][0]["Status"], "5.2.3", "status")


def test_a_long_letter():
    """It is not returned whole."""
    with site() as server:
        cli(server.data, "user", "disable", "bob")
        raw = letter(body=("x" * 70 + "\r\n") * 5000)
        send(server, "sam@" + DOMAIN, [TEAM], raw, mail="RET=FULL")
        raw, _, _, enclosed = report(server)
        equal(enclosed.get_content_type(), "text/rfc822-headers", "enclosed")
        contains(raw, b"Subject: A test\r\n")
        assert len(raw) < 10000, len(raw)


if __name__ == "__main__":
    main()
