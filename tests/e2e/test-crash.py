# SPDX-License-Identifier: MIT
"""SIGKILL in the middle of sending, of fetching and of serving: nothing that was acknowledged is
lost, and nothing is there twice."""
import collections
import os
import poplib
import random
import signal
import smtplib
import ssl
import subprocess
import threading
import time

from harness import (CLI, DOMAIN, ENVIRONMENT, PASSWORD, Server, cli, cli_json, directory, equal, inbox, letter,
                     main, note)

ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"
KILLS = int(os.environ.get("POSTROOM_KILLS", 10))  # of the server under load
SESSIONS = 8
SEED = int(os.environ.get("POSTROOM_SEED", random.randrange(1 << 30)))


def killed_after(seconds, *command, stdin=b""):
    """Runs postroom-cli and kills it; its exit code, negative when the kill came in time."""
    process = subprocess.Popen([CLI, *command], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    try:
        process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode


def subjects(data, folder="Inbox"):
    return collections.Counter(row["subject"] for row in cli_json(data, "list", "--limit=0", folder))


def once(counter, what):
    twice = {subject for subject, count in counter.items() if count > 1}
    assert not twice, f"{what} twice: {twice}"


def timed(function):
    begin = time.monotonic()
    function()
    return time.monotonic() - begin


def test_kill_while_sending():
    dice = random.Random(SEED)
    note(f"seed {SEED}")
    with directory() as data, Server(data) as server:
        server.add_account("ann")
        server.add_account("bob")
        body = b"A line of some length, so that sending takes a while.\r\n" * 20000
        send = ("send", f"--from={ANN}", f"--to={BOB}", "--text-file=-")
        whole = timed(lambda: cli(data, *send, "--subject=Whole", stdin=body))
        sent = {"Whole"}
        for number in range(25):
            code = killed_after(dice.random() * whole * 1.2, f"--data-dir={data}", *send,
                                f"--subject=Nr {number}", stdin=body)
            if code == 0:
                sent.add(f"Nr {number}")
        cli(data, "send", "--queued")
        kept = subjects(data, "Sent") + subjects(data, "Outbox")
        once(kept, "in Sent and Outbox")
        assert sent <= set(kept), sent - set(kept)
        cli(data, "fetch", BOB)
        arrived = subjects(data)
        once(arrived, "arrived")
        assert sent <= set(arrived), sent - set(arrived)
        # What is in Sent has arrived; what has arrived is in Sent, or in doubt in the outbox.
        assert set(subjects(data, "Sent")) <= set(arrived)
        assert set(arrived) <= set(kept), set(arrived) - set(kept)
        note(f"{len(sent)} acknowledged, {len(arrived)} arrived, "
             f"{sum(subjects(data, 'Outbox').values())} in doubt")


def test_kill_while_fetching():
    dice = random.Random(SEED)
    note(f"seed {SEED}")
    with directory() as data, Server(data) as server:
        server.add_account("bob")
        sent = set()

        def deliver(count):
            with smtplib.SMTP("localhost", server.ports["smtp"]) as smtp:
                for _ in range(count):
                    name = f"Nr {len(sent)}"
                    smtp.sendmail(ANN, [BOB], letter(name, body="line of text\r\n" * 2000))
                    sent.add(name)

        deliver(40)
        whole = timed(lambda: cli(data, "fetch"))
        kills = 0
        for _ in range(20):
            deliver(20)
            kills += killed_after(dice.random() * whole, f"--data-dir={data}", "fetch") != 0
        cli(data, "fetch")
        got = subjects(data)
        once(got, "fetched")
        equal(set(got), sent, "letters")
        for row in inbox(data):
            equal(os.path.getsize(row["path"]), row["size"], row["path"])
        assert kills > 0, "no kill came in time"
        note(f"{kills} kills, {len(sent)} letters")


class Load:
    """Sessions that send numbered letters, to one user or to both, until the server is gone."""

    def __init__(self, dice):
        self.dice = dice
        self.lock = threading.Lock()
        self.attempts = 0
        self.sent, self.acknowledged = {}, {}

    def begin(self, port):
        self.stopped = threading.Event()
        self.workers = [threading.Thread(target=self.run, args=(port,)) for _ in range(SESSIONS)]
        for one in self.workers:
            one.start()

    def next(self):
        with self.lock:
            self.attempts += 1
            name = f"Nr {self.attempts}"
            self.sent[name] = self.dice.choice((["bob"], ["ann", "bob"]))
            return name, self.sent[name], "line of text\r\n" * self.dice.choice((1, 10, 1000))

    def run(self, port):
        while not self.stopped.is_set():
            try:
                with smtplib.SMTP("localhost", port, timeout=20) as smtp:
                    while not self.stopped.is_set():
                        name, users, body = self.next()
                        smtp.sendmail(ANN, [f"{user}@{DOMAIN}" for user in users],
                                      letter(name, body=body))
                        self.acknowledged[name] = users
            except (OSError, smtplib.SMTPException):
                pass

    def end(self):
        self.stopped.set()
        for one in self.workers:
            one.join()


def collect(server, user):
    """Numbers of the letters in the maildrop, which is empty then."""
    box = poplib.POP3_SSL("localhost", server.ports["pop3s"], timeout=60,
                          context=ssl.create_default_context(cafile=server.authority))
    box.user(user)
    box.pass_(PASSWORD)
    count, octets = box.stat()
    names, total = [], 0
    for number in range(1, count + 1):
        lines = box.retr(number)[1]
        names += [line[9:].decode() for line in lines if line.startswith(b"Subject: ")]
        total += sum(len(line) + 2 for line in lines)
        box.dele(number)
    equal((len(names), total), (count, octets), "letters and octets")
    box.quit()
    return names


def test_kill_the_server_under_load():
    dice = random.Random(SEED)
    note(f"seed {SEED}")
    with directory() as data:
        server = Server(data).start()
        load = Load(random.Random(SEED + 1))
        got = {"ann": collections.Counter(), "bob": collections.Counter()}
        for _ in range(KILLS):
            load.begin(server.ports["smtp"])
            time.sleep(0.05 + dice.random() * 0.5)
            server.stop(signal.SIGKILL)
            load.end()
            server.start()
            for user, seen in got.items():
                seen.update(collect(server, user))
        for user, seen in got.items():
            once(seen, f"for {user}")
            wanted = {name for name, users in load.acknowledged.items() if user in users}
            assert wanted, "no letter was acknowledged"
            assert wanted <= set(seen), f"lost for {user}: {wanted - set(seen)}"
            strange = {name for name in seen if user not in load.sent[name]}
            assert not strange, f"not for {user}: {strange}"
        both = {name for name, users in load.sent.items() if len(users) == 2}
        equal(both & set(got["ann"]), both & set(got["bob"]), "letters to both")
        server.stop()
        left = [name for _, _, names in os.walk(os.path.join(data, "server")) for name in names
                if name.endswith(".eml") or name.isdigit()]
        equal(left, [], "left behind")
        note(f"{KILLS} kills: {len(load.acknowledged)} acknowledged of {load.attempts}, "
             f"{len(got['bob'])} arrived")


if __name__ == "__main__":
    main()
