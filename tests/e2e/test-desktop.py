# SPDX-License-Identifier: MIT
"""What a desktop hands to the program: mailto: addresses, .eml files, the actions of its menu."""
import os
import subprocess

from harness import cli_json, contains, directory, equal, letter, main, wait_for
from window import BUS_NAME, PATH, Window


def again(window, *arguments):
    """The program started once more beside the one that runs; it hands over and leaves."""
    done = subprocess.run([os.environ["POSTROOM"], f"--data-dir={window.data}", *arguments],
                          env=window.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60)
    equal((done.returncode, done.stdout), (0, ""), " ".join(arguments))


def with_accounts(window):
    window.act("try-local")
    composer = window.composer()
    window.act("discard", window=composer)
    wait_for(lambda: window.windows() == [1], "the first letter's end")


def test_a_mailto_address_begins_a_letter():
    with directory() as data, Window(data) as window:
        with_accounts(window)
        again(window, "mailto:ann@postroom.test,b%2Bc@postroom.test?subject=1+1%20%E4%BF%A1&cc=bob@postroom.test"
              "&to=eve@postroom.test&body=first%0D%0Asecond#part")
        composer = window.composer()
        window.picture("13-mailto")
        window.act("save", window=composer)
        row = wait_for(lambda: cli_json(data, "list", "Drafts"), "the draft")[0]
        shown = cli_json(data, "show", str(row["id"]))
        equal(row["subject"], "1+1 信", "subject")
        for address in ("ann@", "b+c@", "eve@"):
            contains(shown["headers"].split("\nCc:")[0], address)
        contains(shown["headers"], "Cc: bob@postroom.test")
        contains(shown["text"], "first\nsecond")


def test_without_an_account_the_main_window_says_so():
    with directory() as data, Window(data, "mailto:ann@postroom.test") as window:
        equal(window.windows(), [1], "windows")
        again(window, "--compose")
        window.picture("14-no-account")
        equal(window.windows(), [1], "windows")


def test_an_eml_file_is_shown():
    with directory() as data:
        path = os.path.join(data, "A file.eml")
        with open(path, "wb") as file:
            file.write(letter("Kept as a file"))
        other = os.path.join(data, "empty.eml")
        open(other, "wb").close()
        with Window(data, path) as window:
            wait_for(lambda: "Kept as a file" in window.titles(), "the letter")
            window.picture("15-file")
            again(window, other, os.path.join(data, "nowhere.eml"))
            wait_for(lambda: {"empty.eml", "nowhere.eml"} <= set(window.titles()), "the other two")
            window.picture("16-no-letter")
            equal(window.complaints(), "", "complaints")
        equal(cli_json(data, "list", "Inbox"), [], "Inbox")


def test_actions_of_the_menu():
    with directory() as data, Window(data) as window:
        with_accounts(window)
        again(window, "--compose")
        window.act("discard", window=window.composer())
        wait_for(lambda: window.windows() == [1], "the composer's end")
        done = window.gdbus("call", "--session", "--dest", BUS_NAME, "--object-path", PATH, "--method",
                            "org.freedesktop.Application.ActivateAction", "compose", "[]", "{}")
        equal(done.returncode, 0, done.stdout)
        composer = window.composer()
        window.act("set-to", "bob@postroom.test", window=composer)
        window.act("set-subject", "From the menu", window=composer)
        window.act("write", "Some text.", window=composer)
        window.act("send", window=composer)
        wait_for(lambda: cli_json(data, "list", "Sent"), "sending")
        again(window, "--check-mail")
        wait_for(lambda: cli_json(data, "list", "Inbox"), "the letter")


if __name__ == "__main__":
    main()
