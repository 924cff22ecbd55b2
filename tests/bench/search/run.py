#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Indexes letters from their .eml files and searches them, with Postroom, notmuch and mu in turn.

    tests/bench/search/run.py [--letters=100000] [--cli=build/src/cli/postroom-cli] [--folder=DIR]

Every program gets the same files, on the same disk, warm in memory, and its first 50 results,
newest first, are asked for on its command line, so that the start of the program is a part of every
time; "start" is what a search for nothing takes, so that it can be taken off. A peer that is not
installed is left out. Nothing stays in DIR (a new one in /tmp) afterwards.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import letters  # noqa: E402

ABSENT = "zzzzzzzzzzzzqqqq"


def run(command, environment):
    start = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return time.monotonic() - start, done


def size_of(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def write_letters(root, count):
    author = letters.Author()
    octets = 0
    for number in range(count):
        folder = root / f"{number // 3000:04}"
        if number % 3000 == 0:
            folder.mkdir(parents=True)
        data = author.letter(number)
        octets += len(data)
        (folder / f"{number}.eml").write_bytes(data)
    return author, octets


class Postroom:
    name = "postroom"

    def __init__(self, root, mail, cli):
        self.home = root / "postroom"
        self.cli = cli
        place = self.home / "mail" / "Inbox"
        place.parent.mkdir(parents=True)
        os.rename(mail, place)
        self.mail = place
        self.environment = dict(os.environ)

    def index(self):
        return run([self.cli, f"--data-dir={self.home}", "store", "check"], self.environment)

    def index_size(self):
        return sum(file.stat().st_size for file in self.home.glob("cabinet.db*"))

    def search(self, query):
        took, done = run([self.cli, f"--data-dir={self.home}", "--json", "search", "-n", "50", "--",
                          query], self.environment)
        return took, len(json.loads(done.stdout)["found"])


class Notmuch:
    name = "notmuch"

    def __init__(self, root, mail, cli):
        self.home = root / "notmuch"
        self.home.mkdir()
        self.mail = mail
        config = self.home / "config"
        config.write_text(f"[database]\npath={self.home}\nmail_root={mail}\n[new]\ntags=\n"
                          "[user]\nname=A\nprimary_email=a@bench.example\n")
        self.environment = dict(os.environ, NOTMUCH_CONFIG=str(config), HOME=str(self.home))

    def index(self):
        return run(["notmuch", "new", "--quiet"], self.environment)

    def index_size(self):
        return size_of(self.home)

    def search(self, query):
        # Xapian sees Chinese as pairs of characters in a phrase only.
        took, done = run(["notmuch", "search", "--output=messages", "--limit=50", query],
                         self.environment)
        return took, len(done.stdout.split())


class Mu:
    name = "mu"

    def __init__(self, root, mail, cli):
        self.home = root / "mu"
        self.mail = mail
        # mu reads only what lies in a Maildir's "cur".
        maildir = root / "maildir"
        (maildir / "inbox").mkdir(parents=True)
        for part in ("new", "tmp", "cur"):
            (maildir / "inbox" / part).mkdir()
        for file in mail.rglob("*.eml"):
            os.link(file, maildir / "inbox" / "cur" / f"{file.stem}:2,S")
        self.environment = dict(os.environ, HOME=str(root))
        run(["mu", "init", f"--muhome={self.home}", f"--maildir={maildir}"], self.environment)

    def index(self):
        return run(["mu", "index", f"--muhome={self.home}", "--quiet"], self.environment)

    def index_size(self):
        return size_of(self.home)

    def search(self, query):
        took, done = run(["mu", "find", f"--muhome={self.home}", "--maxnum=50", "--sortfield=date",
                          "--reverse", "--fields=i", *query.split()], self.environment)
        return took, len(done.stdout.split())


def measure(program, queries, count):
    took, done = program.index()
    if done.returncode != 0:
        print(done.stdout, done.stderr, file=sys.stderr)
    print(f"{program.name:9} indexed {count} letters in {took:.1f} s, {count / took:.0f} a second; "
          f"{program.index_size() / count:.0f} octets a letter", flush=True)
    start = statistics.median(program.search(ABSENT)[0] for _ in range(5))
    times, found = [], 0
    for query in queries:
        spent, results = program.search(query)
        times.append(spent)
        found += results
    times.sort()
    print(f"{program.name:9} first 50 of {len(queries)} queries: median "
          f"{statistics.median(times) * 1000:.1f} ms, 95th {times[len(times) * 95 // 100] * 1000:.1f}"
          f" ms, start {start * 1000:.1f} ms; {found} results", flush=True)
    return took


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--letters", type=int, default=100_000)
    options.add_argument("--cli", default="build/src/cli/postroom-cli")
    options.add_argument("--folder")
    chosen = options.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(prefix="postroom-bench-", dir=chosen.folder))
    try:
        author, octets = write_letters(root / "mail", chosen.letters)
        queries = author.queries(100)
        print(f"{chosen.letters} letters, {octets / chosen.letters:.0f} octets each; "
              f"{os.cpu_count()} cores", flush=True)
        times = {}
        for kind in (Notmuch, Mu, Postroom):
            if kind is not Postroom and shutil.which(kind.name) is None:
                continue
            program = kind(root, root / "mail", os.path.abspath(chosen.cli))
            times[kind.name] = measure(program, queries, chosen.letters)
        for name in times:
            if name != "postroom":
                print(f"index: {name} takes {times[name] / times['postroom']:.2f} times as long")
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
