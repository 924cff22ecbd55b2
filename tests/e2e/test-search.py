# SPDX-License-Identifier: MIT
"""Letters' files, found again: postroom-cli search, tag and store."""
import pathlib

from harness import cli, cli_json, contains, directory, equal, main

LETTER = """From: Ann Lee <ann@example.org>
Subject: %s
Date: Mon, 02 Nov 2026 10:00:00 +0000
Content-Type: text/plain; charset=utf-8

%s
"""


def put(data, name, subject, text, folder="Inbox"):
    place = pathlib.Path(data, "mail", folder)
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(LETTER % (subject, text), encoding="utf-8")


def subjects(data, *query):
    return [one["letter"]["subject"] for one in cli_json(data, "search", *query)["found"]]


def test_files_become_letters_that_are_found():
    with directory() as data:
        put(data, "a.eml", "Meeting", "明天在北京大学见面")
        put(data, "b.eml", "Tea", "green tea")
        put(data, "c.eml", "Waste", "green", "Trash")
        equal(cli_json(data, "store", "check")["adopted"], 3, "files adopted")
        equal(subjects(data, "北京"), ["Meeting"], "Chinese")
        equal(subjects(data, "green"), ["Tea"], "without Trash")
        equal(subjects(data, "green", "in:trash"), ["Waste"], "in Trash")
        equal(subjects(data, "--folder=Trash", "green"), ["Waste"], "in the folder")
        contains(cli(data, "search", "nothing").out, "No letters found")


def test_a_wrong_query_still_searches_and_says_so():
    with directory() as data:
        put(data, "a.eml", "Tea", "green tea")
        cli(data, "store", "check")
        done = cli(data, "search", "tea before:soon")
        contains(done.out, "Tea")
        contains(done.err, "character 5")
        notice = cli_json(data, "search", "tea before:soon")["notices"][0]
        equal((notice["start"], notice["length"]), (4, 11), "place of the notice")
        cli(data, "search", expect=64)
        cli(data, "search", "--sort=colour", "tea", expect=64)
        contains(cli(data, "search", "--help-query").out, "from:ann")


def test_tags():
    with directory() as data:
        put(data, "a.eml", "Tea", "green tea")
        cli(data, "store", "check")
        cli(data, "tag", "add", "work", "1")
        equal(subjects(data, "tag:work"), ["Tea"], "tagged")
        equal(cli(data, "tag", "list").out, "work\n", "tags")
        cli(data, "tag", "remove", "work", "1")
        equal(subjects(data, "tag:work"), [], "not tagged")
        cli(data, "tag", "add", "work", "7", expect=67)


def test_check_finds_and_mends():
    with directory() as data:
        put(data, "a.eml", "Tea", "green tea")
        equal(cli(data, "store", "check", "--look-only", expect=65).err, "", "errors")
        cli(data, "store", "check")
        cli(data, "store", "check", "--look-only")
        pathlib.Path(data, "mail", "Inbox", "a.eml").unlink()
        equal(cli_json(data, "store", "check")["lost"], 1, "lost")
        equal(subjects(data, "tea"), [], "found")


def test_a_damaged_index_is_made_anew():
    with directory() as data:
        put(data, "a.eml", "Tea", "green tea")
        cli(data, "store", "check")
        pathlib.Path(data, "cabinet.db").write_bytes(b"no database" * 1000)
        cli(data, "search", "tea", expect=74)
        done = cli(data, "store", "rebuild", "--from-files")
        contains(done.out, "cabinet.db.damaged-")
        equal(done.err, "", "errors")
        equal(subjects(data, "tea"), ["Tea"], "found")
        cli(data, "store", "rebuild")
        equal(subjects(data, "tea"), ["Tea"], "found after a second one")


if __name__ == "__main__":
    main()
