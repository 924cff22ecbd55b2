# SPDX-License-Identifier: MIT
"""Letters from other programs and for them. The peer is Python's own mailbox module."""
import email
import mailbox
import os

from harness import cli, cli_json, contains, directory, equal, inbox, letter, main

ODD = "First\n\nFrom here on\n>From there\n>>From everywhere\n\nFrom ann@x.org Mon Nov 23 10:00:00 2026\n.\n 你好\n"


def letters():
    """As they stand in the cabinet, by their subjects."""
    found = {}
    for row in inbox(DATA):
        with open(row["path"], "rb") as file:
            found[row["subject"]] = file.read()
    return found


def fill(box, count=3):
    """Letters in a mailbox of Python's; what they should be in the cabinet."""
    wanted = {}
    for number in range(count):
        text = letter(subject=f"Letter {number}", body=ODD.replace("\n", "\r\n"))
        message = email.message_from_bytes(text.replace(b"\r\n", b"\n"))
        box.add(message)
        wanted[f"Letter {number}"] = text
    box.flush()
    box.close()
    return wanted


def strip_status(text):
    return b"".join(line for line in text.splitlines(True) if not line.startswith((b"Status:", b"X-Status:")))


DATA = None


def fresh(function):
    def run():
        global DATA  # pylint: disable=global-statement
        with directory() as data, directory() as outside:
            DATA = data
            function(data, outside)
    run.__name__ = function.__name__
    return run


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(text)
    return path


@fresh
def test_takes_an_mbox_once(data, outside):
    text = b"".join(b"From ann@x.org Mon Nov 23 10:0%d:00 2026\nSubject: %d\nMessage-ID: <%d@x>\n%b\n>From the start\n>>From two\nend\n\n"
                    % (n, n, n, b"Status: RO\n" if n == 1 else b"X-Status: F\n" if n == 2 else b"") for n in range(4))
    path = write(outside, "old", text)
    equal(cli_json(data, "import", path), {"letters": 4, "same": 0, "problems": 0}, "counts")
    equal(letters()["1"], b"Subject: 1\r\nMessage-ID: <1@x>\r\n\r\nFrom the start\r\n>From two\r\nend\r\n", "letter")
    seen = {row["subject"]: row["seen"] for row in inbox(data)}
    equal(seen, {"0": True, "1": True, "2": False, "3": True}, "read")
    equal(cli_json(data, "import", "--folder=Trash", path), {"letters": 0, "same": 4, "problems": 0}, "again")
    equal(len(inbox(data)), 4, "letters")
    contains(cli(data, "search", "two").out, "two")


@fresh
def test_takes_a_maildir_with_its_flags(data, outside):
    box = mailbox.Maildir(os.path.join(outside, "box"))
    wanted = {}
    for number, flags in enumerate(("S", "RS", "F", None)):
        text = letter(subject=f"Letter {number}")
        message = mailbox.MaildirMessage(email.message_from_bytes(text.replace(b"\r\n", b"\n")))
        if flags is not None:
            message.set_subdir("cur")
            message.set_flags(flags)
        box.add(message)
        wanted[f"Letter {number}"] = text
    equal(cli_json(data, "import", os.path.join(outside, "box"))["letters"], 4, "letters")
    equal(letters(), wanted, "letters")
    rows = {row["subject"]: row for row in inbox(data)}
    equal([rows[f"Letter {n}"]["seen"] for n in range(4)], [True, True, False, False], "read")
    contains(cli(data, "search", "is:flagged").out, "Letter 2")


@fresh
def test_folders_of_eml_files_come_octet_for_octet(data, outside):
    os.mkdir(os.path.join(outside, "more"))
    wanted = {"One": letter(subject="One"), "Two": letter(subject="Two", body="8 bit ü\r\n \x01\r\n\r\n")}
    write(outside, "1.eml", wanted["One"])
    write(os.path.join(outside, "more"), "2.eml", wanted["Two"])
    write(outside, "notes.txt", b"no letter")
    equal(cli_json(data, "import", outside)["letters"], 2, "letters")
    equal(letters(), wanted, "letters")


@fresh
def test_every_form_comes_back_the_same(data, outside):
    texts = {f"Letter {n}": letter(subject=f"Letter {n}", body=ODD.replace("\n", "\r\n")) for n in range(5)}
    for number, text in enumerate(texts.values()):
        write(outside, f"{number}.eml", text)
    cli(data, "import", outside)
    cli(data, "mark", "--unread", str(inbox(data)[0]["id"]))
    before = {row["subject"]: row["seen"] for row in inbox(data)}
    for name, options in (("eml", ["--format=eml"]), ("maildir", ["--format=maildir"]), ("rd", []),
                          ("cl", ["--dialect=mboxcl"]), ("cl2", ["--dialect=mboxcl2"])):
        target = os.path.join(outside, "to-" + name)
        equal(cli_json(data, "export", target, *options)["letters"], 5, name)
        contains(cli(data, "export", target, *options, expect=65).err, "already")
        with directory() as other:
            more = ["--dialect=mboxcl2"] if name == "cl2" else []
            equal(cli_json(other, "import", target, *more), {"letters": 5, "same": 0, "problems": 0}, name)
            rows = inbox(other)
            if name == "cl":  # what began with ">From " in the letter cannot be told from what was quoted
                continue
            for row in rows:
                with open(row["path"], "rb") as file:
                    equal(file.read(), texts[row["subject"]], name)
            if name != "eml":
                equal({row["subject"]: row["seen"] for row in rows}, before, name)


@fresh
def test_python_reads_what_was_written(data, outside):
    texts = {f"Letter {n}": letter(subject=f"Letter {n}") for n in range(3)}
    for number, text in enumerate(texts.values()):
        write(outside, f"{number}.eml", text)
    cli(data, "import", outside)
    cli(data, "export", os.path.join(outside, "box"))
    cli(data, "export", os.path.join(outside, "dir"), "--format=maildir")
    for box in mailbox.mbox(os.path.join(outside, "box"), create=False), \
            mailbox.Maildir(os.path.join(outside, "dir"), create=False):
        read = {message["Subject"]: strip_status(bytes(message)).replace(b"\n", b"\r\n") for message in box}
        equal(read, texts, type(box).__name__)
        assert all("S" in message.get_flags() or "R" in message.get_flags() for message in box), "read"


@fresh
def test_what_python_wrote_is_read(data, outside):
    wanted = fill(mailbox.mbox(os.path.join(outside, "box")))
    equal(cli_json(data, "import", "--dialect=mboxo", os.path.join(outside, "box"))["letters"], 3, "letters")
    got = {subject: text.replace(b">From", b"From") for subject, text in letters().items()}
    equal(got, {subject: text.replace(b">From", b"From") for subject, text in wanted.items()}, "letters")


@fresh
def test_damage_is_told_and_the_rest_comes(data, outside):
    text = b"From a@x Mon Nov 23 10:00:00 2026\nSubject: 1\nContent-Length: 99999\n\none\n\n" \
           b"From a@x Mon Nov 23 10:00:00 2026\nSubject: 2\n\ntwo without an end"
    path = write(outside, "broken.mbox", b"From x Mon Nov 23 10:00:00 2026\nSubject: 0\nContent-Length: 2\n\n0\ntoo much\n\n" + text)
    done = cli(data, "--json", "import", path, os.path.join(outside, "nothing"), expect=74)
    contains(done.err, "nothing")
    equal(sorted(letters()), ["0", "1", "2"], "letters")
    equal(letters()["2"], b"Subject: 2\r\n\r\ntwo without an end", "the last")


if __name__ == "__main__":
    main()
