# SPDX-License-Identifier: MIT
"""The whole story in the real window: switch the local server on, write an HTML letter with
attachments, send it over TLS, fetch it over POP3 with TLS, read it."""
import email
import email.policy
import os

from harness import Server, cli, cli_json, contains, directory, equal, inbox, main, wait_for
from provider import CLIENT_ID, CLIENT_SECRET, Provider
from window import Window

BLOB = bytes(range(256)) * 100


def parse(row):
    with open(row["path"], "rb") as file:
        return email.message_from_binary_file(file, policy=email.policy.default)


def write_file(data, name, content):
    path = os.path.join(data, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def test_a_letter_makes_the_round_trip():
    with directory() as data, Window(data) as window:
        window.picture("01-welcome")
        window.act("try-local")
        composer = window.composer()
        blob = write_file(data, "every octet.bin", BLOB)
        text = write_file(data, "Grüße 你好.txt", "你好\n.\n".encode())
        window.act("set-subject", "Grüße aus dem Fenster 信件", window=composer)
        window.act("write", "Written in the window. ", window=composer)
        window.act("bold", window=composer)
        window.act("write", "Bold 你好. ", window=composer)
        window.act("bold", window=composer)
        window.act("attach-file", blob, window=composer)
        window.act("attach-file", text, window=composer)
        window.picture("02-composer")
        window.act("send", window=composer)
        rows = wait_for(lambda: inbox(data), "the letter's arrival")
        window.picture("03-inbox")
        window.act("next")
        window.picture("04-reader")

        equal(rows[0]["subject"], "Grüße aus dem Fenster 信件", "subject")
        letter = parse(rows[0])
        html = letter.get_body(("html",)).get_content()
        contains(html, "Written in the window.")
        contains(html.replace("&nbsp;", " "), "<b>Bold 你好.")
        contains(letter.get_body(("plain",)).get_content(), "Bold 你好.")
        files = {part.get_filename(): part.get_payload(decode=True)
                 for part in letter.iter_attachments()}
        equal(files["every octet.bin"], BLOB, "attachment")
        equal(files["Grüße 你好.txt"], "你好\n.\n".encode(), "text attachment")
        contains(letter["Received"], "ESMTPSA")
        wait_for(lambda: cli_json(data, "list", "Inbox")[0]["seen"], "the mark of having been read")
        equal(len(cli_json(data, "list", "Sent")), 1, "letters in Sent")
        equal(cli_json(data, "list", "Outbox"), [], "Outbox")
        equal(window.complaints(), "", "complaints")


def begin(window, data):
    """To where the first letter has come back."""
    window.act("try-local")
    composer = window.composer()
    window.act("send", window=composer)
    rows = wait_for(lambda: inbox(data), "the first letter")
    # Sent the moment it was there: the text has to have waited for its page.
    contains(parse(rows[0]).get_body(("plain",)).get_content(), "Hello!")
    wait_for(lambda: len(window.windows()) == 1, "the composer's end")
    window.act("open-folder", "Inbox")
    window.act("next")


def test_reply_forward_and_drafts():
    with directory() as data, Window(data) as window:
        begin(window, data)
        wait_for(lambda: inbox(data)[0]["seen"], "reading")
        window.act("reply-all")
        composer = window.composer()
        window.picture("05-reply")
        window.act("write", "An answer. ", window=composer)
        window.act("send", window=composer)
        wait_for(lambda: len(inbox(data)) == 2, "the answer's arrival")
        answer = next(parse(row) for row in inbox(data) if row["subject"].startswith("Re: "))
        first = next(parse(row) for row in inbox(data) if not row["subject"].startswith("Re: "))
        equal(answer["In-Reply-To"], first["Message-ID"], "In-Reply-To")
        contains(answer["To"], "ann@postroom.test")
        contains(answer["From"], "bob@postroom.test")
        contains(answer.get_body(("plain",)).get_content(), "> Hello!")

        wait_for(lambda: len(window.windows()) == 1, "the composer's end")
        window.act("compose")
        composer = window.composer()
        window.act("set-to", "not yet an address", window=composer)
        window.act("set-subject", "Half a letter", window=composer)
        window.act("write", "To be continued", window=composer)
        window.act("send", window=composer)
        window.picture("06-bad-address")
        window.act("save", window=composer)
        drafts = wait_for(lambda: cli_json(data, "list", "Drafts"), "the draft")
        equal(drafts[0]["subject"], "Half a letter", "subject")
        window.act("save", window=composer)
        # The list is read in two steps; a draft may be replaced between them.
        wait_for(lambda: cli_json(data, "list", "Drafts"), "the draft that was saved again")
        equal(len(cli_json(data, "list", "Drafts")), 1, "drafts after saving again")
        equal(cli_json(data, "list", "Outbox"), [], "Outbox")
        window.kill()

    # A draft survives the program.


def test_an_inline_image_travels():
    with directory() as data, Window(data) as window:
        window.act("try-local")
        composer = window.composer()
        image = write_file(data, "dot.png", bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
            "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"))
        window.act("insert-image-file", image, window=composer)
        window.picture("07-inline-image")
        window.act("send", window=composer)
        rows = wait_for(lambda: inbox(data), "arrival")
        parts = [part for part in parse(rows[0]).walk() if part.get_content_type() == "image/png"]
        equal(len(parts), 1, "images")
        contains(parse(rows[0]).get_body(("html",)).get_content(),
                 "cid:" + parts[0]["Content-ID"].strip("<>"))
        assert not rows[0]["attachments"], "an inline image is no attachment"


def test_folders_move_and_delete():
    with directory() as data, Window(data) as window:
        begin(window, data)
        window.act("delete")
        wait_for(lambda: cli_json(data, "list", "Trash"), "the move to Trash")
        window.act("undo")
        wait_for(lambda: inbox(data), "the way back")
        window.act("next")
        window.act("move", "Junk")
        wait_for(lambda: cli_json(data, "list", "Junk"), "the move to Junk")
        for folder in ("Sent", "Drafts", "Outbox", "Trash", "Junk"):
            window.act("open-folder", folder)
            window.picture("08-" + folder.lower())
        equal(window.complaints(), "", "complaints")


def test_junk():
    with directory() as data, Server(data) as server:
        for name in ("ann", "bob"):
            server.add_account(name)
        cli(data, "send", "--from=ann@postroom.test", "--to=bob@postroom.test",
            "--subject=YOU HAVE WON THE LOTTERY!!", "--text-file=-",
            stdin="Dear friend, you have won. Act now: http://203.0.113.7/claim your prize\n")
        cli(data, "send", "--from=ann@postroom.test", "--to=bob@postroom.test", "--subject=Lunch",
            "--text-file=-", stdin="At noon?\n")
        cli(data, "fetch", "bob@postroom.test")
        equal([row["subject"] for row in inbox(data)], ["Lunch"], "inbox")
        with Window(data) as window:
            window.act("open-folder", "Junk")
            window.act("next")
            window.picture("12-junk")
            window.act("explain-junk")
            window.picture("12-why")
            window.act("not-junk")
            wait_for(lambda: len(inbox(data)) == 2, "the way to the inbox")
            equal(cli_json(data, "junk", "status")["good"], 1, "learned")
            equal(window.complaints(), "", "complaints")


def test_searching_a_folder():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        server.add_account("bob")
        for subject, text in (("Green tea", "At the café"), ("年度报告", "信件的送达时间"), ("Plans", "Road")):
            cli(data, "send", "--from=ann@postroom.test", "--to=bob@postroom.test",
                f"--subject={subject}", f"--text={text}")
        cli(data, "fetch", "bob@postroom.test")
        with Window(data) as window:
            def found(words, subject):
                window.act("set-query", words)
                window.act("next")
                window.picture("10-search-" + subject.lower().replace(" ", "-"))
                wait_for(lambda: subject in [row["subject"] for row in inbox(data) if row["seen"]],
                         f"{subject} being read")
            found("cafe te", "Green tea")
            found("送达", "年度报告")
            equal([row["subject"] for row in inbox(data) if not row["seen"]], ["Plans"], "not found")
            window.act("set-query", 'after:yesteryear "nothing')
            window.picture("10-search-nothing")
            equal(window.complaints(), "", "complaints")


def test_the_rest_of_a_large_letter():
    text = "".join(f"Line {number} of a long letter\n" for number in range(5000))
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        server.add_account("bob", None, "--max-octets=20000")
        cli(data, "send", "--from=ann@postroom.test", "--to=bob@postroom.test", "--subject=Long",
            "--text-file=-", stdin=text)
        cli(data, "fetch", "bob@postroom.test")
        with Window(data) as window:
            window.act("next")
            window.picture("09-beginning")
            window.act("fetch-rest")
            wait_for(lambda: "partial_of" not in inbox(data)[0], "the rest")
            window.picture("09-whole")
            equal(window.complaints(), "", "complaints")


def test_letters_come_from_other_programs_and_go_to_them():
    with directory() as data:
        mbox = write_file(data, "old.mbox", b"".join(
            b"From a@b Mon Nov 23 10:00:00 2026\nFrom: Ann <a@b.org>\nSubject: Old %d\nMessage-ID: <%d@b>\n\nText\n\n"
            % (n, n) for n in range(3)))
        target = os.path.join(data, "new.mbox")
        with Window(data) as window:
            window.act("import-file", mbox)
            wait_for(lambda: len(inbox(data)) == 3, "the letters")
            window.picture("14-imported")
            window.act("import-file", mbox)
            window.act("export-file", target)
            wait_for(lambda: os.path.exists(target), "the export")
            equal(len(inbox(data)), 3, "letters")
            window.act("next")
            window.picture("14-exported")
            equal(window.complaints(), "", "complaints")
        with open(target, "rb") as file:
            equal(file.read().count(b"\nSubject: Old "), 3, "exported")


def test_dialogs_open():
    with directory() as data, Window(data) as window:
        window.act("add-account")
        window.picture("09-account")
        equal(window.complaints(), "", "complaints")
    with directory() as data, Window(data, dark=True) as window:
        begin(window, data)
        window.picture("10-dark")
        window.act("local-server")
        window.picture("11-server")
        equal(window.complaints(), "", "complaints")


PROVIDER = """\
[school]
name=The School
domains=school.test;
pop3=localhost:1
smtp=localhost:1
authorize={authorize}
token={token}
scope=mail:all
parameters=prompt=consent
client-id={client_id}
client-secret={client_secret}
"""

# The person's browser, which does as it is told and says where it came.
BROWSER = """\
[Desktop Entry]
Type=Application
Name=Browser
Exec=curl --silent --show-error --location --output {data}/page.html %u
MimeType=x-scheme-handler/http;
"""


def write_words(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def test_signing_in_with_a_browser():
    with directory() as data, Provider("ann@school.test") as provider:
        write_words(f"{data}/config/postroom/providers.ini", PROVIDER.format(
            authorize=provider.uri("authorize"), token=provider.uri("token"), client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET))
        write_words(f"{data}/share/applications/browser.desktop", BROWSER.format(data=data))
        write_words(f"{data}/config/mimeapps.list",
              "[Default Applications]\nx-scheme-handler/http=browser.desktop\n")
        window = Window(data)
        window.environment["XDG_DATA_HOME"] = f"{data}/share"
        with window:
            window.act("add-account")
            window.picture("09-provider-none")
            window.type("ann@school.test")
            window.picture("09-provider")
            window.key("alt+s")
            wait_for(lambda: provider.asked, "the browser's visit")
            wait_for(lambda: os.path.exists(f"{data}/page.html"), "the last page")
            window.picture("09-signed-in")
            equal(provider.asked, ["authorization_code"], "grants")
            equal(provider.wrong, [], "what the program did wrong")
            equal(window.complaints(), "", "complaints")


def test_a_killed_window_loses_nothing():
    with directory() as data:
        with Window(data) as window:
            begin(window, data)
            before = {row["id"]: row["subject"] for row in inbox(data)}
            window.kill()
        with Window(data) as window:
            equal({row["id"]: row["subject"] for row in inbox(data)}, before, "letters")
            window.picture("12-again")


if __name__ == "__main__":
    main()
