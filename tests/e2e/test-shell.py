# SPDX-License-Identifier: MIT
"""postroom-cli without a verb on a terminal: its shell, typed at through a pseudo-terminal."""
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

from harness import (CLI, DOMAIN, ENVIRONMENT, Server, cli, cli_json, contains, directory, equal, inbox, main,
                     wait_for)

ANN = f"ann@{DOMAIN}"
PROMPT = re.compile(r"(Inbox|Sent|Drafts|Outbox|Trash|Junk)( \d+)?> $")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


class Shell:
    """A terminal of 100 columns and 30 lines with the shell in it."""

    def __init__(self, data, *options, **environment):
        self.environment = {**ENVIRONMENT, "TERM": "xterm", "XDG_STATE_HOME": os.path.join(data, "state"),
                            "PAGER": "cat", "NO_COLOR": "1", "COLUMNS": "100", "LINES": "30",
                            **environment}
        self.master, slave = pty.openpty()
        subprocess.run(["stty", "rows", "30", "columns", "100"], stdin=slave, check=True)
        self.process = subprocess.Popen(
            [os.path.abspath(CLI), f"--data-dir={data}", *options], stdin=slave, stdout=slave,
            stderr=slave, env=self.environment, cwd=data, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.seen = ""

    def __enter__(self):
        self.first = self.until(PROMPT)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)

    def type(self, text):
        os.write(self.master, text.encode())

    def read_some(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            more = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += more.decode("utf-8", "replace")
        return bool(more)

    def until(self, pattern):
        """What comes until the screen ends with @pattern, without control sequences."""
        end = time.monotonic() + 60
        while not re.search(pattern, shown := CONTROL.sub("", self.seen)):
            if time.monotonic() > end or (not self.read_some(1) and self.process.poll() is not None):
                raise AssertionError(f"waited for {pattern!r}, saw {self.seen!r}")
        self.seen = ""
        return shown

    def say(self, line):
        """Types a line; what was answered, as far as the next prompt."""
        self.type(line + "\n")
        shown = self.until(PROMPT)
        return shown.split("\n", 1)[1].rsplit("\n", 1)[0] if "\n" in shown else ""

    def leave(self, how="\x15\x04"):
        # What is typed between a verb's end and the next prompt may be lost, as on any terminal.
        wait_for(lambda: self.process.poll() is not None
                 or (self.type(how), self.read_some(1)) is None, "the end")
        return self.process.returncode


def test_reads_answers_and_files():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        server.add_account("bob")
        with open(os.path.join(data, "plan.bin"), "wb") as file:
            file.write(bytes(range(256)))
        with Shell(data) as shell:
            contains(shell.first, "help")
            contains(shell.say(f"send --to={ANN} --subject='One letter' --text='Hello 你好' --attach=plan.bin"),
                     "sent")
            contains(shell.say(f"send --to={ANN} --subject=Other --text=Again"), "sent")
            contains(shell.say("fetch"), "2 new")
            listed = shell.say("open inbox")
            contains(listed, "One letter")
            contains(shell.say("next"), "Subject:")
            rows = inbox(data)
            newest, older = rows[0], rows[1]
            wait_for(lambda: cli_json(data, "list")[0]["seen"], "the mark of having been read")
            shown = shell.say("next")
            contains(shown, older["subject"])
            contains(shell.say("next"), "no other letter")
            contains(shell.say("previous"), newest["subject"])
            first = newest if newest["subject"] == "One letter" else older
            contains(shell.say(f"read {first['id']}"), "Hello 你好")
            contains(shell.say("save out"), "plan.bin")
            with open(os.path.join(data, "out", "plan.bin"), "rb") as file:
                equal(file.read(), bytes(range(256)), "attachment")

            shell.type("reply\n")
            shell.until(r"Ctrl\+C gives up\.\n$")
            shell.type("Typed answer\n\x04")
            contains(shell.until(PROMPT), "sent")
            shell.say("fetch")
            answer = [row for row in inbox(data) if row["subject"] == "Re: One letter"][0]
            contains(cli(data, "show", str(answer["id"]), "--text").out, "Typed answer\n\nOn ")

            contains(shell.say("delete"), "moved to Trash")
            equal([row["id"] for row in cli_json(data, "list", "Trash")], [first["id"]], "Trash")
            contains(shell.say("open trash"), "One letter")
            contains(shell.say("list"), "One letter")
            contains(shell.say("user list"), ANN)
            contains(shell.say("server stats"), "Serving")
            contains(shell.say("account list"), "SMTP localhost")
            equal(shell.leave("quit\n"), 0, "exit")


def test_writes_a_letter_piece_by_piece():
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        with open(os.path.join(data, "plan.bin"), "wb") as file:
            file.write(b"x")
        with Shell(data) as shell:
            shell.type("write\n")
            for question, answer in (("To:", ANN), ("Copy to:", ""), ("Subject:", "Asked 信"),
                                     ("no more\\):", "nowhere.bin"), ("no more\\):", "plan.bin"),
                                     ("no more\\):", "")):
                shell.until(question + " $")
                shell.type(answer + "\n")
            shell.until(r"gives up\.\n$")
            shell.type("Some text\n\x04")
            contains(shell.until(PROMPT), "sent")
            shell.say("fetch")
            row = inbox(data)[0]
            equal((row["subject"], row["attachments"]), ("Asked 信", True), "letter")

            # Given up in the middle of its text, it goes nowhere, and the shell goes on.
            shell.type(f"send --to={ANN} --subject=Never\n")
            shell.until(r"gives up\.\n$")
            shell.type("half a li")
            shell.until("half a li$")
            shell.type("\x03")
            shell.until(PROMPT)
            shell.say("fetch")
            equal(len(inbox(data)), 1, "letters")
            equal(cli_json(data, "list", "Outbox"), [], "Outbox")


def test_mistakes_are_told():
    with directory() as data, Shell(data) as shell:
        contains(shell.say("dance"), "Unknown word")
        contains(shell.say("read one"), "number")
        contains(shell.say("read 99"), "no letter 99")
        contains(shell.say("save"), "No letter is open")
        contains(shell.say("open attic"), "The folders are")
        contains(shell.say("show 'unfinished"), "quot")
        contains(shell.say("previous"), "no other letter")
        shell.say("")
        shell.type("half a word")
        shell.until("half a word$")
        shell.type("\x03")
        shell.until(PROMPT)
        contains(shell.say("help"), "Words of this shell")
        contains(shell.say("help user add"), "postroom-cli user add")
        equal(shell.leave(), 0, "exit")


def test_completes_words_options_folders_and_files():
    with directory() as data:
        os.mkdir(os.path.join(data, "papers"))
        with open(os.path.join(data, "papers", "plan.bin"), "wb") as file:
            file.write(b"x")
        with Shell(data) as shell:
            for typed, added in (("prev\t", "ious "), ("user disa\t", "ble "), ("send --html\t", "-file="),
                                 ("open tra\t", "sh "), ("send --attach=pap\tpl\t", "an.bin ")):
                shell.type(typed)
                shell.until(re.escape(added) + "$")
                shell.type("\x15")
            shell.type("se\t\t")
            shell.until("send  serve  server\nInbox> se$")
            shell.type("\x15")
            shell.leave()


def test_remembers_lines_but_no_passwords():
    with directory() as data:
        with Shell(data) as shell:
            shell.say("account list")
            shell.say(" user list")
            shell.say("help serve --user=ann:secret")
            shell.leave()
        path = os.path.join(data, "state", "postroom", "history")
        equal(os.stat(path).st_mode & 0o777, 0o600, "mode of the history")
        with open(path, encoding="utf-8") as file:
            kept = file.read()
        assert "secret" not in kept and "user" not in kept, kept
        with Shell(data) as shell:
            shell.type("\x1b[A")
            shell.until("account list$")
            shell.type("\n")
            contains(shell.until(PROMPT), "No accounts yet")
            shell.leave()


def test_colours_only_where_they_are_wanted():
    with directory() as data:
        with Shell(data) as shell:
            shell.type("account list\n")
            while "No accounts" not in shell.seen:
                shell.read_some(5)
            assert "\x1b[1" not in shell.seen, shell.seen
        with Shell(data, NO_COLOR="") as shell:
            shell.type("\n")
            wait_for(lambda: (shell.read_some(1), "\x1b[1;31mInbox>\x1b[0m" in shell.seen)[1], "the colour")


def test_long_answers_are_paged():
    with directory() as data:
        pager = os.path.join(data, "pager")
        with open(pager, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nsed 's/^/paged: /'\n")
        os.chmod(pager, 0o755)
        with Shell(data, PAGER=pager) as shell:
            contains(shell.say("list"), "paged: Nothing in Inbox.")
            contains(shell.say("help send"), "paged: Usage:")
            assert "paged" not in shell.say("fetch")


def test_without_a_terminal_there_is_no_shell():
    with directory() as data:
        contains(cli(data, expect=64, stdin="quit\n").out, "Verbs:")


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(240)
    main()
