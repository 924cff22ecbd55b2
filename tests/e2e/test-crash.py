# SPDX-License-Identifier: MIT
"""SIGKILL in the middle of sending, of fetching and of serving: nothing that was acknowledged is
lost, and nothing is there twice."""
import collections
import os
import random
import signal
import smtplib
import subprocess
import threading
import time

from harness import (CLI, DOMAIN, ENVIRONMENT, Server, cli, cli_json, directory, equal, inbox, letter,
                     main, note)

ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"
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


def test_kill_the_server_under_load():
    dice = random.Random(SEED)
    note(f"seed {SEED}")
    with directory() as data:
        server = Server(data).start()
        acknowledged, attempts, lock = [], 0, threading.Lock()
        for _ in range(6):
            stop = time.monotonic() + 0.3 + dice.random()

            def load(worker, until=stop):
                nonlocal attempts
                while time.monotonic() < until:
                    with lock:
                        attempts += 1
                        name = f"Nr {attempts}"
                    try:
                        with smtplib.SMTP("localhost", server.ports["smtp"], timeout=5) as smtp:
                            smtp.sendmail(ANN, [BOB, ANN], letter(name))
                            with lock:
                                acknowledged.append(name)
                    except (OSError, smtplib.SMTPException):
                        pass

            workers = [threading.Thread(target=load, args=(index,)) for index in range(8)]
            for one in workers:
                one.start()
            time.sleep(max(0, stop - time.monotonic() - 0.05))
            server.stop(signal.SIGKILL)
            for one in workers:
                one.join()
            server.start()
        for name in ("ann", "bob"):
            server.add_account(name)
        cli(data, "fetch")
        rows = inbox(data)
        for account in cli_json(data, "account", "list"):
            got = collections.Counter(row["subject"] for row in rows
                                      if row["account"] == account["id"])
            once(got, f"for {account['address']}")
            lost = set(acknowledged) - set(got)
            assert not lost, f"lost for {account['address']}: {lost}"
        note(f"{len(acknowledged)} acknowledged of {attempts}")
        server.stop()


if __name__ == "__main__":
    main()
