# SPDX-License-Identifier: MIT
"""postroom-cli as a person and as a script use it."""
import hashlib
import json
import os
import subprocess
import sys

from harness import (CLI, DOMAIN, ENVIRONMENT, PASSWORD, Server, cli, cli_json, contains, directory, equal,
                     inbox, letter, main, source)

VERBS = ("serve", "server stats", "server sessions", "server trace", "server reload", "user add",
         "user list", "user passwd", "user disable", "user enable", "user quota", "user remove",
         "alias add", "alias list", "alias remove", "domain add", "domain list", "domain remove",
         "recall", "account add", "account list", "account remove", "account login",
         "providers", "import", "export", "send", "fetch", "list", "show",
         "reply", "forward", "move", "mark", "delete",
         "search", "store check", "store rebuild", "tag add", "tag list", "tag remove",
         "demo")
ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"


def test_help_is_everywhere():
    with directory() as data:
        text = cli(data, "--help").out
        for verb in VERBS:
            contains(text, verb)
            one = cli(data, *verb.split(), "--help").out
            contains(one, "Usage:")
            contains(one, f"postroom-cli {verb}")
        contains(cli(data, "--version").out, "Postroom ")


def test_usage_errors_are_64():
    with directory() as data:
        for arguments in ((), ("dance",), ("send", "--nonsense"), ("send",), ("show",),
                          ("show", "first"), ("show", "-1"), ("list", "Attic"), ("user", "add"),
                          ("serve", "--smtp-port=99999"), ("serve", "--certificate=x"),
                          ("user", "quota"), ("user", "quota", "a", "--octets=-2"),
                          ("user", "disable"), ("alias", "add", "a"), ("alias", "remove"),
                          ("alias", "list", "x"), ("domain", "add"), ("domain", "list", "x"),
                          ("recall", "a@x"), ("recall", "--from=ann"),
                          ("reply",), ("reply", "x"), ("forward", "1"), ("move", "Attic", "1"),
                          ("move", "Outbox", "1"), ("move", "Trash"), ("mark",), ("delete",),
                          ("mark", "--star", "--unstar", "1"),
                          ("account", "add"), ("serve", "now"), ("fetch", "--frobnicate")):
            done = cli(data, *arguments, expect=64)
            equal(done.out if arguments else "", "", f"stdout of {arguments}")


def test_demo_makes_the_round_trip():
    with directory() as data:
        text = cli(data, "demo").out
        contains(text, "made the round trip")
        contains(text, "EHLO")
        contains(text, "RETR 1")
        contains(text, "[secret]")
        contains(text, "every-octet.bin")
        path = [line.split(" as ", 1)[1] for line in text.splitlines() if line.endswith(".eml")][0]
        with open(path, "rb") as file:
            assert file.read(12) == b"Return-Path:"[:12]


def test_replies_and_forwards():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        server.add_account("bob")
        blob = os.path.join(data, "plan.bin")
        with open(blob, "wb") as file:
            file.write(bytes(range(256)))
        cli(data, "send", f"--from={ANN}", f"--to={BOB}", "--cc=cy@elsewhere.test, " + ANN,
            "--subject=Plan 计划", f"--attach={blob}", stdin="First line\n> older\n", expect=None)
        cli(data, "fetch")
        first = [row for row in inbox(data) if row["account"] == 2][0]
        cli(data, "reply", str(first["id"]), "--text=Yes.")
        cli(data, "fetch")
        answer = [row for row in inbox(data) if row["subject"] == "Re: Plan 计划"][0]
        head = cli(data, "show", str(answer["id"]), "--headers").out
        contains(head, f"In-Reply-To: <{first['message_id']}>")
        contains(head, f"References: <{first['message_id']}>")
        contains(answer["from"], BOB)
        contains(answer["to"], ANN)
        assert "cy@" not in head, "only the sender was asked for"
        text = cli(data, "show", str(answer["id"]), "--text").out
        contains(text, "Yes.\n\nOn ")
        contains(text, "> First line\n>> older\n")

        cli(data, "reply", "--all", "--no-quote", "--later", str(first["id"]), stdin="Once more.")
        waiting = cli_json(data, "show", str(cli_json(data, "list", "Outbox")[0]["id"]))
        contains(waiting["headers"], "Cc: cy@elsewhere.test")
        assert "First line" not in waiting["text"]
        assert BOB not in waiting["headers"].replace("From: Bob <" + BOB, ""), "an answer to oneself"

        cli(data, "forward", str(first["id"]), f"--to={BOB}", "--text=See below.")
        cli(data, "fetch")
        sent = [row for row in inbox(data) if row["subject"] == "Fwd: Plan 计划"][0]
        whole = cli(data, "show", str(sent["id"]), "--text").out
        contains(whole, "See below.")
        contains(whole, "Subject: Plan 计划")
        saved = cli(data, "show", str(sent["id"]), f"--save={data}/saved").out.strip()
        with open(saved, "rb") as file:
            equal(file.read(), bytes(range(256)), "the attachment")
        cli(data, "reply", "999", "--text=x", expect=67)
        cli(data, "forward", str(first["id"]), "--to=nobody at all", "--text=x", expect=65)


def test_files_marks_and_deletes():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        for number in range(3):
            cli(data, "send", f"--to={ANN}", f"--subject=Letter {number}", "--text=x")
        cli(data, "fetch")
        ids = [str(row["id"]) for row in inbox(data)]
        contains(cli(data, "mark", *ids).out, "3 letters marked")
        assert all(row["seen"] for row in inbox(data))
        cli(data, "mark", "--unread", ids[0])
        equal(len(cli_json(data, "list", "--unread")), 1, "not read")
        cli(data, "move", "junk", ids[0])
        equal([str(row["id"]) for row in cli_json(data, "list", "Junk")], ids[:1], "Junk")
        contains(cli(data, "delete", ids[1]).out, "1 letter moved to Trash")
        cli(data, "delete", "--for-good", ids[1], ids[2])
        equal((inbox(data), cli_json(data, "list", "Trash")), ([], []), "what is left")
        cli(data, "delete", ids[0], ids[1], expect=67)
        equal(len(cli_json(data, "list", "Junk")), 1, "Junk, after a list with one that is not there")
        cli(data, "send", f"--to={ANN}", "--text=x", "--later")
        waiting = str(cli_json(data, "list", "Outbox")[0]["id"])
        cli(data, "move", "Inbox", waiting, expect=65)
        cli(data, "delete", waiting, expect=65)
        cli(data, "delete", "--for-good", waiting)
        equal(cli_json(data, "list", "Outbox"), [], "Outbox")


def test_sends_and_fetches_html_with_attachments():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        server.add_account("bob")
        blob = os.path.join(data, "Übung 你好.bin")
        with open(blob, "wb") as file:
            file.write(bytes(range(256)) * 400)
        page = os.path.join(data, "page.html")
        with open(page, "w", encoding="utf-8") as file:
            file.write("<p>Grüße, <b>你好</b></p><ul><li>one</li></ul>")
        cli(data, "send", f"--from={ANN}", f"--to=Bob <{BOB}>", f"--bcc={ANN}",
            "--subject=Grüße 你好", f"--html-file={page}", f"--attach={blob}")
        cli(data, "fetch")
        rows = inbox(data)
        equal(len(rows), 2, "letters, one for the Bcc")
        equal({row["subject"] for row in rows}, {"Grüße 你好"}, "subjects")
        assert rows[0]["attachments"]
        raw = source(data, rows[0]["id"])
        assert b"\r\nbcc:" not in raw.lower().split(b"\r\n\r\n")[0], "Bcc crossed the wire"
        assert all(line.endswith(b"\r") for line in raw.split(b"\n")[:-1]), "bare LF"
        contains(cli(data, "show", str(rows[0]["id"])).out, "你好")
        contains(cli(data, "show", str(rows[0]["id"]), "--html").out, "<b>你好</b>")
        contains(cli(data, "show", str(rows[0]["id"]), "--parts").out, "text/html")
        contains(cli(data, "show", str(rows[0]["id"]), "--headers").out, "Message-I")
        saved = os.path.join(data, "saved")
        for expected in ("Übung 你好.bin", "Übung 你好 (2).bin"):
            out = cli(data, "show", str(rows[0]["id"]), f"--save={saved}").out.strip()
            equal(os.path.basename(out), expected, "name")
            with open(out, "rb") as one, open(blob, "rb") as other:
                equal(hashlib.sha256(one.read()).digest(), hashlib.sha256(other.read()).digest(),
                      "attachment")
        sent = cli_json(data, "list", "Sent")
        equal(len(sent), 1, "letters in Sent")
        equal(cli_json(data, "list", "Outbox"), [], "Outbox")


def test_fetch_brings_nothing_twice():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        server.add_account("bob", None, "--keep-on-server")
        for number in range(3):
            cli(data, "send", f"--from={ANN}", f"--to={BOB}", f"--subject=Nr {number}",
                "--text=Hello")
        equal([one["new"] for one in cli_json(data, "fetch", BOB)], [3], "first fetch")
        equal([one["new"] for one in cli_json(data, "fetch", BOB)], [0], "second fetch")
        equal(len(inbox(data)), 3, "letters")
        users = {user["name"]: user for user in cli_json(data, "user", "list")}
        equal(users["bob"]["letters"], 3, "letters left on the server")


def test_large_letters_come_in_part():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        server.add_account("bob", None, "--max-octets=20000")
        text = "\n".join(f"Line {number} of a long letter" for number in range(5000))
        cli(data, "send", f"--from={ANN}", f"--to={BOB}", "--subject=Long", "--text-file=-",
            stdin=text)
        cli(data, "fetch", BOB)
        row = inbox(data)[0]
        assert row["partial_of"] > 100000 > row["size"], row
        contains(cli(data, "list").out, "+")
        cli(data, "tag", "add", "work", str(row["id"]))
        contains(cli(data, "fetch", f"--rest={row['id']}").out, "whole")
        contains(cli(data, "tag", "list", str(row["id"])).out, "work")
        contains(cli(data, "search", "4999").out, "Long")
        whole = inbox(data)[0]
        equal(whole["id"], row["id"], "id")
        equal(whole["size"], row["partial_of"], "size")
        contains(cli(data, "show", "--text", str(row["id"])).out, "Line 4999 ")
        cli(data, "fetch", f"--rest={row['id']}", expect=67)
        cli(data, "fetch", "--rest=99", expect=67)


def test_source_goes_out_as_it_is():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        server.add_account("bob")
        raw = letter("As it is", body="line\r\n..dots\r\n.\r\nlast\r\n")
        cli(data, "send", f"--from={ANN}", "--source=-", stdin=raw)
        cli(data, "fetch", BOB)
        got = source(data, inbox(data)[0]["id"])
        assert got.endswith(raw), got


def test_refused_recipient_is_told_and_kept():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        done = cli(data, "send", f"--from={ANN}", f"--to=nobody@{DOMAIN}", "--text=x", expect=76)
        contains(done.err, "550")
        rows = cli_json(data, "list", "Outbox")
        equal(len(rows), 1, "letters in the outbox")
        done = cli(data, "send", f"--from={ANN}", "--to=someone@example.org", "--text=x", expect=76)
        contains(done.err, "550")


def test_server_away_keeps_the_letter():
    with directory() as data:
        with Server(data) as server:
            server.add_account("ann")
            server.add_account("bob")
        done = cli(data, "send", f"--from={ANN}", f"--to={BOB}", "--subject=Later", "--text=x",
                   expect=75)
        equal(len(cli_json(data, "list", "Outbox")), 1, "letters waiting")
        assert done.err.strip(), "no words"
        cli(data, "fetch", expect=69)


def test_bad_addresses_and_files_are_refused():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        base = ("send", f"--from={ANN}", "--text=x")
        cli(data, *base, "--to=not an address", expect=65)
        cli(data, *base, f"--to={BOB}", "--attach=/nonexistent/file", expect=65)
        cli(data, "send", "--from=x@example.org", f"--to={BOB}", "--text=x", expect=67)
        cli(data, *base, f"--to={BOB}\r\nBcc: evil@example.org", expect=65)
        cli(data, "user", "add", "../etc", "--password-file=-", stdin="x\n", expect=65)
        cli(data, "user", "add", "ann", "--password-file=-", stdin="x\n", expect=65)
        cli(data, "user", "remove", "nobody", expect=67)
        cli(data, "show", "424242", expect=67)
        cli(data, "account", "remove", "x@example.org", expect=67)
        equal(cli_json(data, "list", "Outbox"), [], "Outbox")
        equal(cli_json(data, "list", "Sent"), [], "Sent")


def test_account_check_says_why():
    with directory() as data, Server(data) as server:
        places = (f"--smtp=localhost:{server.ports['smtps']}", f"--pop3=localhost:{server.ports['pop3s']}")
        done = cli(data, "account", "add", ANN, "--local", *places, "--password-file=-",
                   stdin="zyxwvut\n", expect=77)
        assert "zyxwvut" not in done.err
        # Without --local the authority is not trusted, and nothing switches that off.
        done = cli(data, "account", "add", ANN, *places, "--password-file=-", stdin=PASSWORD + "\n",
                   expect=69)
        contains(done.err.lower(), "certificate")
        equal(cli_json(data, "account", "list"), [], "accounts")
        server.add_account("ann")
        cli(data, "account", "remove", ANN)
        equal(cli_json(data, "account", "list"), [], "accounts")


def test_passwords_are_nowhere_in_clear():
    with directory() as data, Server(data) as server:
        needle = PASSWORD.encode()
        for root, _, names in os.walk(os.path.join(data)):
            for name in names:
                path = os.path.join(root, name)
                if not os.path.isfile(path):
                    continue  # a socket
                with open(path, "rb") as file:
                    assert needle not in file.read(), name


def test_a_second_server_is_refused():
    with directory() as data, Server(data):
        done = cli(data, "serve", "--smtp-port=0", "--smtps-port=0", "--submission-port=0", "--pop3-port=0",
                   "--pop3s-port=0", expect=75)
        assert done.err.strip()


def test_a_newer_database_is_refused():
    with directory() as data:
        cli(data, "list")
        path = os.path.join(data, "cabinet.db")
        subprocess.run([sys.executable, "-c", "import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);"
                        "c.execute('PRAGMA user_version=9999');c.commit()", path], check=True)
        done = cli(data, "list", expect=74)
        contains(done.err, "newer")


def test_ctrl_c_stops_the_server_cleanly():
    import signal
    with directory() as data:
        server = Server(data).start()
        equal(server.stop(signal.SIGINT), 0, "exit code")


if __name__ == "__main__":
    main()
