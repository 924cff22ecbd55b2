# SPDX-License-Identifier: MIT
"""Our client talks to a Postfix and a Dovecot that run with their own configuration."""
import contextlib
import hashlib
import os

from harness import (cli, cli_json, contains, directory, equal, inbox, letter, main, note, source,
                     wait_for)
from peers import DOMAIN, PASSWORD, Peers

ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"


@contextlib.contextmanager
def site(**options):
    with directory() as data, directory() as top, Peers(top, **options) as peers:
        try:
            yield data, peers
        except BaseException:
            note(peers.logs())
            raise


def add_account(data, peers, address, *options, security="tls", password=PASSWORD, expect=0,
                trusting=True):
    smtp = peers.ports["smtps" if security == "tls" else "smtp"]
    pop3 = peers.ports["pop3s" if security == "tls" else "pop3"]
    return cli(data, "account", "add", address, f"--smtp=localhost:{smtp}",
               f"--smtp-security={security}", f"--pop3=localhost:{pop3}",
               f"--pop3-security={security}", "--password-file=-", *options,
               stdin=password + "\n", expect=expect, wrapper=peers.trusting if trusting else ())


def send(data, peers, *options, expect=0, **others):
    return cli(data, "send", f"--from={ANN}", *options, expect=expect, wrapper=peers.trusting,
               **others)


def fetch(data, peers, *addresses):
    results = cli_json(data, "fetch", *addresses, wrapper=peers.trusting)
    return sum(one["new"] for one in results)


def round_trip(security):
    with site() as (data, peers):
        add_account(data, peers, ANN, "--name=Ann Lee", security=security)
        add_account(data, peers, BOB, security=security)
        blob = os.path.join(data, "Grüße 你好.bin")
        content = bytes(range(256)) * 4000
        with open(blob, "wb") as file:
            file.write(content)
        page = os.path.join(data, "page.html")
        with open(page, "w", encoding="utf-8") as file:
            file.write("<h1>Hello</h1><p>.</p><p><i>Grüße</i></p>")
        send(data, peers, f"--to={BOB}", f"--cc={ANN}", "--subject=Grüße über Postfix",
             f"--html-file={page}", f"--attach={blob}")
        wait_for(lambda: peers.count("bob") and peers.count("ann"), "Postfix's delivery")
        equal(fetch(data, peers), 2, "new letters")
        equal(fetch(data, peers), 0, "new letters the second time")
        equal((peers.count("ann"), peers.count("bob")), (0, 0), "letters left at Dovecot")
        with open(os.path.join(peers.top, "dovecot.log"), encoding="utf-8") as file:
            contains(file.read(), "method=SCRAM-SHA-256")
        for row in inbox(data):
            equal(row["subject"], "Grüße über Postfix", "subject")
            folder = os.path.join(data, f"saved-{row['id']}")
            path = cli(data, "show", str(row["id"]), f"--save={folder}").out.strip()
            with open(path, "rb") as file:
                equal(hashlib.sha256(file.read()).hexdigest(), hashlib.sha256(content).hexdigest(),
                      "attachment")


def test_round_trip_over_tls():
    round_trip("tls")


def test_round_trip_over_starttls():
    round_trip("starttls")


def test_the_best_mechanism_of_what_is_offered():
    """Each with the worse ones beside it; Postfix offers what Dovecot does."""
    offered = ["plain", "login"]
    for mechanism in ("cram-md5", "scram-sha-1", "scram-sha-256"):
        offered.append(mechanism)
        with site(dovecot=f"auth_mechanisms = {' '.join(offered)}\n") as (data, peers):
            add_account(data, peers, ANN)
            trace = send(data, peers, f"--to={ANN}", "--subject=Best", "--text=x", "--trace").out
            contains(trace, f"AUTH {mechanism.upper()}")
            wait_for(lambda: peers.count("ann"), "Postfix's delivery")
            equal(fetch(data, peers), 1, "new letters")
            contains(peers.logs(), f"method={mechanism.upper()},")


def test_clear_text_only_when_asked_for():
    with site(secure=False) as (data, peers):
        # Postfix offers no AUTH in clear, so only fetching is asked to go without TLS.
        cli(data, "account", "add", ANN, f"--smtp=localhost:{peers.ports['smtps']}",
            f"--pop3=localhost:{peers.ports['pop3']}", "--pop3-security=none",
            "--password-file=-", stdin=PASSWORD + "\n", wrapper=peers.trusting)
        send(data, peers, f"--to={ANN}", "--subject=Clear", "--text=Hello")
        wait_for(lambda: peers.count("ann"), "Postfix's delivery")
        text = cli(data, "fetch", "--trace", wrapper=peers.trusting).out
        assert PASSWORD not in text, text
        equal(len(inbox(data)), 1, "letters")


def test_bytes_come_as_dovecot_has_them():
    with site() as (data, peers):
        add_account(data, peers, ANN)
        add_account(data, peers, BOB, "--keep-on-server")
        body = ".\r\n..\r\n.x\r\n" + "y" * 900 + "\r\n\r\n.\r\n" + "z\r\n" * 30000
        raw = letter("Dots", ANN, BOB, body)
        send(data, peers, f"--to={BOB}", "--source=-", stdin=raw)
        wait_for(lambda: peers.count("bob"), "Postfix's delivery")
        equal(fetch(data, peers, BOB), 1, "new letters")
        got = source(data, inbox(data)[0]["id"])
        # Postfix puts its trace on top; header and body of ours follow as they were.
        assert got.endswith(raw), got[:2000]
        equal(fetch(data, peers, BOB), 0, "new letters the second time")
        equal(peers.count("bob"), 1, "letters kept at Dovecot")


def test_large_letters_go_in_chunks():
    with site() as (data, peers):
        add_account(data, peers, ANN)
        add_account(data, peers, BOB)
        body = "".join(f".{number} dots are nothing to a chunk\r\n" for number in range(30000))
        raw = letter("Large", ANN, BOB, body)
        trace = send(data, peers, f"--to={BOB}", "--source=-", "--trace", stdin=raw).out
        contains(trace, "BDAT 65536")
        contains(trace, "BDAT 0 LAST")
        wait_for(lambda: peers.count("bob"), "Postfix's delivery")
        equal(fetch(data, peers, BOB), 1, "new letters")
        got = source(data, inbox(data)[0]["id"])
        assert got.endswith(raw), len(got)


def test_addresses_beyond_ascii():
    with site() as (data, peers):
        add_account(data, peers, ANN)
        done = send(data, peers, "--to=jörg@" + DOMAIN, "--trace", "--text=x", expect=76)
        contains(done.out, "SMTPUTF8")
        contains(done.err, "550 5.1.1")


def test_wrong_password_and_untrusted_certificate():
    with site() as (data, peers):
        done = add_account(data, peers, ANN, password="zyxwvut", expect=77)
        assert "zyxwvut" not in done.err
        done = add_account(data, peers, ANN, trusting=False, expect=69)
        contains(done.err.lower(), "certificate")
        add_account(data, peers, ANN)


def test_refusals_of_postfix_are_told():
    with site() as (data, peers):
        add_account(data, peers, ANN)
        add_account(data, peers, BOB)
        done = send(data, peers, f"--to={BOB}", f"--to=nobody@{DOMAIN}", "--subject=Half", "--text=x",
                    expect=76)
        contains(done.err, "550 5.1.1")
        contains(done.err, f"nobody@{DOMAIN}")
        wait_for(lambda: peers.count("bob") == 1, "delivery to the recipient that exists")
        done = send(data, peers, "--to=x@example.org", "--text=x", expect=76)
        contains(done.err, "554 5.7.1")


def test_a_letter_waits_for_postfix():
    with site() as (data, peers):
        add_account(data, peers, ANN)
        peers.stop_postfix()
        send(data, peers, f"--to={BOB}", "--subject=Waiting", "--text=x", expect=75)
        peers.start_postfix()
        cli(data, "send", "--queued", wrapper=peers.trusting)
        wait_for(lambda: peers.count("bob") == 1, "delivery after the restart")
        equal(len(cli_json(data, "list", "Sent")), 1, "letters in Sent")
        equal(cli_json(data, "list", "Outbox"), [], "Outbox")


if __name__ == "__main__":
    main()
