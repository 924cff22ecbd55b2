# SPDX-License-Identifier: MIT
"""A letter is acknowledged when it would survive a power cut, as its system calls show; where one of
them fails, it is refused and nothing of it is left."""
import contextlib
import glob
import os
import poplib
import re
import signal
import smtplib
import ssl
import subprocess
import threading

from harness import (DOMAIN, PASSWORD, Server, Skip, cli_json, directory, equal, letter, main, note,
                     wait_for)

ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"
SYNCS = ("fsync", "fdatasync", "syncfs")


def deliver(port, names, to=(BOB,), replies=None):
    """The replies to each end of DATA, by name."""
    replies = {} if replies is None else replies
    with smtplib.SMTP("localhost", port, timeout=60) as smtp:
        smtp.ehlo("test")
        for name in names:
            smtp.mail(ANN)
            for one in to:
                smtp.rcpt(one)
            try:
                replies[name] = smtp.data(letter(name))
            except smtplib.SMTPDataError as error:  # in place of 354
                replies[name] = error.smtp_code, error.smtp_error
            smtp.rset()
    return replies


def deliver_at_once(port, sessions, each, to=(BOB,)):
    replies = {}
    threads = [threading.Thread(target=deliver,
                                args=(port, [f"S{one} N{number}" for number in range(each)], to, replies))
               for one in range(sessions)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    equal(len(replies), sessions * each, "replies")
    return replies


# ---- what the system calls show ----

CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+|\?)")


class Call:
    """One system call; begun and ended are lines of the log."""

    def __init__(self, begun, ended, text):
        found = CALL.match(text)
        self.begun, self.ended = begun, ended
        self.name, self.arguments, result = found.groups() if found else ("", "", "?")
        self.failed = result == "?" or result.startswith("-")
        path = re.match(r"\d+<([^>]*)>", self.arguments)
        self.path = path.group(1) if path else ""


def read_calls(path):
    calls, unfinished = [], {}
    with open(path, encoding="ascii", errors="replace") as log:
        for line, text in enumerate(log):
            thread, _, text = text.rstrip("\n").partition(" ")
            text = text.lstrip()
            resumed = re.match(r"<\.\.\. \w+ resumed>", text)
            if text.endswith(" <unfinished ...>"):
                unfinished[thread] = line, text[:-len(" <unfinished ...>")]
            elif resumed:
                begun, head = unfinished.pop(thread)
                calls.append(Call(begun, line, head + text[resumed.end():]))
            else:
                calls.append(Call(line, line, text))
    return [call for call in calls if call.name]


def synced(calls, path, after, before):
    """Whether @path was, or its whole file system, between two lines of the log."""
    for call in calls:
        if call.name in SYNCS and not call.failed and call.begun > after and call.ended < before \
                and (call.path == path or call.name == "syncfs"):
            return call.ended
    return None


def first(calls, what, condition):
    found = [call for call in calls if condition(call)]
    assert found, f"no {what}"
    return found


def check_letter(calls, number):
    """That the letter stored as @number was durable before its 250 began to leave."""
    reply = first(calls, f"reply {number}",
                  lambda call: call.name in ("sendto", "sendmsg", "write")
                  and f"250 2.0.0 Stored as {number}" in call.arguments)[0]
    spool = first(calls, f"spool {number}", lambda call: call.name == "write" and "/tmp/" in call.path
                  and f" id {number}" in call.arguments)[0].path
    written = max(call.ended for call in calls if call.name == "write" and call.path == spool)
    data = synced(calls, spool, written, reply.begun)
    assert data, f"{spool} was not synced before its 250"
    created = first(calls, f"creation of {spool}", lambda call: call.name == "openat"
                    and f'{spool}"' in call.arguments and "O_CREAT" in call.arguments)[0].ended
    assert synced(calls, os.path.dirname(spool), created, reply.begun), \
        f"the folder of {spool} was not synced before its 250"
    name = "/".join(spool.split("/")[-2:]) + r"(?!\d)"
    row = first(calls, f"row of {spool}", lambda call: call.name == "pwrite64"
                and call.path.endswith("site.db-wal") and re.search(name, call.arguments))[0]
    assert row.begun > data, f"the row of {spool} was written before the letter was safe"
    assert synced([call for call in calls if call.name != "syncfs"], row.path, row.ended, reply.begun), \
        f"the row of {spool} was not synced before its 250"
    return reply


def check_order(*inject):
    with directory() as data:
        log = os.path.join(data, "calls")
        calls = "trace=openat,write,pwrite64,sendto,sendmsg," + ",".join(SYNCS)
        server = Server(data, wrapper=("strace", "-D", "-f", "-y", "-s", "9000", "-o", log, "-e", calls,
                                       *inject))
        try:
            server.start()
        except AssertionError as error:
            raise Skip("strace cannot trace here") from error
        replies = deliver(server.ports["smtp"], ["Alone"])
        replies.update(deliver(server.ports["smtp"], ["To both"], to=(ANN, BOB)))
        replies.update(deliver_at_once(server.ports["smtp"], 8, 5))
        server.stop()
        wait_for(lambda: read_end(log), "the end of the trace")
        seen = read_calls(log)
        for name, (code, text) in replies.items():
            equal(code, 250, name)
            check_letter(seen, text.decode().rsplit(" ", 1)[1])
        commits = sum(call.name == "fdatasync" and call.path.endswith("site.db-wal") for call in seen)
        whole = sum(call.name == "syncfs" and not call.failed for call in seen)
        note(f"{len(replies)} letters, {commits} syncs of the database's log, {whole} of the file system")


def read_end(log):
    with open(log, encoding="ascii", errors="replace") as file:
        return re.search(r"\+\+\+ (exited|killed)[^\n]*\n\Z", file.read())


def test_nothing_is_acknowledged_before_it_is_durable():
    check_order()


def test_nor_where_files_are_synced_one_by_one():
    check_order("-e", "inject=syncfs:error=EIO")


# ---- faults ----


@contextlib.contextmanager
def fault(server, calls, error, paths=()):
    """While it lasts these system calls of the server fail, at these paths or at all."""
    only = [f"--trace-path={path}" for path in paths]
    log = os.path.join(server.data, "faults")
    tracer = subprocess.Popen(["strace", "-f", "-o", log, *only, "-e", f"trace={calls}",
                               "-e", f"inject={calls}:error={error}", "-p", str(server.process.pid)],
                              stderr=subprocess.PIPE)
    line = tracer.stderr.readline()
    if b"attached" not in line:
        tracer.wait()
        raise Skip("strace may not trace here: " + line.decode().strip())
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()
    with open(log, encoding="ascii", errors="replace") as file:
        assert "(INJECTED)" in file.read(), f"{calls} did not fail"


def kept(data):
    """The letters of each user, as the rows have it."""
    return {user["name"]: user["letters"] for user in cli_json(data, "user", "list")}


def files(data):
    """Letters that are under tmp/ only, and in the maildrops."""
    top = os.path.join(data, "server")
    spools = [path for path in glob.glob(f"{top}/tmp/*/*")
              if os.path.isfile(path) and os.stat(path).st_nlink == 1]
    return spools, glob.glob(f"{top}/maildrops/*/*.eml")


def next_spools(data, count):
    """What the next letters will be called under tmp/, when @count came before."""
    owners = [path for path in glob.glob(os.path.join(data, "server", "tmp", "*")) if os.path.isdir(path)]
    equal(len(owners), 1, "owners of tmp/")
    return [os.path.join(owners[0], str(number)) for number in range(count + 1, count + 20)]


def collect(server, user, remove=False):
    """The subjects of the letters of @user, each sent whole."""
    box = poplib.POP3_SSL("localhost", server.ports["pop3s"], timeout=60,
                          context=ssl.create_default_context(cafile=server.authority))
    box.user(user)
    box.pass_(PASSWORD)
    subjects = []
    for number in range(1, box.stat()[0] + 1):
        lines = box.retr(number)[1]
        subjects += [line[9:].decode() for line in lines if line.startswith(b"Subject: ")]
        equal(lines[-1], b"Hello.", "the last line")
        if remove:
            box.dele(number)
    box.quit()
    return subjects


FAULTS = [
    ("a failing sync of letters", "fdatasync,syncfs", "EIO", "spools", 451, b"4.3.0"),
    ("a failing sync of their folder", "fsync,syncfs", "EIO", "spools", 451, b"4.3.0"),
    ("a failing write of letters", "write", "EIO", "spools", 451, b"4.3.0"),
    ("a letter without room", "write", "ENOSPC", "spools", 452, b"4.3.1"),
    ("a letter that cannot be begun", "openat", "ENOSPC", "spools", 452, b"4.3.1"),
    ("a failing sync of the rows", "fdatasync,fsync", "EIO", "rows", 451, b"4.3.0"),
    ("a failing write of the rows", "pwrite64", "EIO", "rows", 451, b"4.3.0"),
    ("rows without room", "pwrite64", "ENOSPC", "rows", 452, b"4.3.1"),
]


def check_fault(server, fault_of, count, *, sessions):
    """Letters begun so far; those of a fault are refused, with nothing left."""
    what, calls, error, where, code, status = fault_of
    before = kept(server.data), sorted(files(server.data)[1])
    spools = next_spools(server.data, count)
    at = [*spools, os.path.dirname(spools[0])] if where == "spools" \
        else [os.path.join(server.data, "server", "site.db-wal")]
    with fault(server, calls, error, at):
        replies = deliver_at_once(server.ports["smtp"], sessions, 1) if sessions > 1 \
            else deliver(server.ports["smtp"], ["Alone"])
    for name, (got, text) in replies.items():
        assert got == code and text.startswith(status), (what, name, got, text)
    equal((kept(server.data), sorted(files(server.data)[1])), before, what)
    equal(files(server.data)[0], [], f"spools after {what}")
    return count + len(replies)


def test_a_failing_disk_refuses_and_leaves_nothing():
    with directory() as data, Server(data) as server:
        good, count = set(), 0
        for number, one in enumerate(FAULTS):
            for sessions in (1, 6):
                count = check_fault(server, one, count, sessions=sessions)
                name = f"After {number} with {sessions}"
                equal(deliver(server.ports["smtp"], [name])[name][0], 250, name)
                count += 1
                good.add(name)
        equal(sorted(collect(server, "bob")), sorted(good), "letters")


def test_a_failed_commit_does_not_come_back_after_a_crash():
    for one in [fault_of for fault_of in FAULTS if fault_of[3] == "rows"]:
        with directory() as data:
            server = Server(data).start()
            equal(deliver(server.ports["smtp"], ["Before"])["Before"][0], 250, "before")
            check_fault(server, one, 1, sessions=4)
            server.stop(signal.SIGKILL)
            server.start()
            equal(collect(server, "bob"), ["Before"], one[0])
            equal(kept(data)["bob"], 1, "rows")
            equal(deliver(server.ports["smtp"], ["After"])["After"][0], 250, "after")
            equal(sorted(collect(server, "bob")), ["After", "Before"], one[0])
            server.stop()


def test_a_letter_without_a_place_is_there_all_the_same():
    with directory() as data:
        server = Server(data).start()
        equal(deliver(server.ports["smtp"], ["First"], to=(ANN, BOB))["First"][0], 250, "first")
        with fault(server, "rename,renameat2,link", "EIO"):
            replies = deliver(server.ports["smtp"], ["One"])
            replies.update(deliver(server.ports["smtp"], ["Both"], to=(ANN, BOB)))
        for name, (code, _) in replies.items():
            equal(code, 250, name)
        for how in (None, signal.SIGKILL, signal.SIGTERM):
            if how:
                server.stop(how)
                server.start()
            equal(sorted(collect(server, "bob")), ["Both", "First", "One"], f"for bob after {how}")
            equal(sorted(collect(server, "ann")), ["Both", "First"], f"for ann after {how}")
        server.stop()
        spools, letters = files(data)
        equal((spools, len(letters)), ([], 5), "files")


def test_many_at_once_fill_the_disk():
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        raise Skip("only root may mount a small disk")
    with directory() as data:
        small = os.path.join(data, "small")
        os.mkdir(small)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small], check=True)
        try:
            ballast = os.path.join(small, "ballast")
            with open(ballast, "wb") as file:
                file.write(bytes(1 << 20))
            with Server(small) as server:
                codes = [code for code, _ in deliver_at_once(server.ports["smtp"], 8, 120).values()]
                assert set(codes) == {250, 452} or set(codes) == {250, 451, 452}, set(codes)
                equal(kept(small)["bob"], codes.count(250), "rows")
                equal(len(files(small)[1]), codes.count(250), "files")
                equal(len(collect(server, "bob")), codes.count(250), "letters")
                os.unlink(ballast)
                equal(len(collect(server, "bob", remove=True)), codes.count(250), "letters")
                equal(deliver(server.ports["smtp"], ["Again"])["Again"][0], 250, "again")
                equal(collect(server, "bob"), ["Again"], "letters")
            equal(files(small)[0], [], "left behind")
        finally:
            subprocess.run(["umount", "-l", small], check=True)


if __name__ == "__main__":
    main()
