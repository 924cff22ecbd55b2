# SPDX-License-Identifier: MIT
"""Assertions 30 to 40: POP3."""
import hashlib
import re
import time

from wire import (QUIET, TIMEOUT, Failure, Pop3, b64, count_letters, fill_maildrop, letter,
                  need, need_feature, open_maildrop, show, unique)


def _three(server):
    fill_maildrop(server, *(letter(unique(), b"line %d\r\n.dot\r\n" % n * n) for n in (1, 2, 3)))
    return open_maildrop(server)


def _keeps(server, count, what):
    """The lock of a session that is gone may take a moment to go too."""
    now = count_letters(server)
    need(now == count, f"{what} leaves {now} letters of {count}")


def wire_30(server):
    """only QUIT in the TRANSACTION state removes letters"""
    session = _three(server)
    session.ok("DELE 1")
    session.reset()
    _keeps(server, 3, "a RST behind DELE")
    session = open_maildrop(server)
    session.ok("DELE 1")
    session.send(b"DELE 2\r\n")
    session.close()
    _keeps(server, 3, "going without QUIT")
    session = open_maildrop(server)
    session.ok("DELE 1")
    server.kill()
    session.close()
    server.start()
    _keeps(server, 3, "a kill behind DELE")
    with Pop3(server) as session:
        session.ok(f"USER {server.pop3_user}")
        session.ok("QUIT")
    _keeps(server, 3, "QUIT in AUTHORIZATION")
    with open_maildrop(server) as session:
        session.ok("DELE 1")
        session.ok("QUIT")
    _keeps(server, 2, "QUIT behind DELE")


def wire_31(server):
    """a maildrop has one session at a time, and is free when that ends"""
    fill_maildrop(server)
    with open_maildrop(server) as first, Pop3(server) as second:
        second.ok(f"USER {server.pop3_user}")
        second.err(f"PASS {server.password}", "IN-USE")
        first.reset()
        end = time.monotonic() + TIMEOUT
        while True:
            second.ok(f"USER {server.pop3_user}")
            answer = second.say(f"PASS {server.password}")
            if answer.startswith(b"+OK") or time.monotonic() > end:
                break
            time.sleep(0.1)
        need(answer.startswith(b"+OK"), f"the maildrop is not freed by a disconnect: {show(answer)}")


def wire_32(server):
    """a deleted number is refused everywhere, and numbers stay fixed"""
    with _three(server) as session:
        uids = session.listing("UIDL")
        total = session.stat()[1]
        size = int(session.ok("LIST 2").split()[2])
        session.ok("DELE 2")
        for line in ("LIST 2", "UIDL 2", "RETR 2", "TOP 2 0", "DELE 2"):
            session.err(line)
        need(session.stat() == (2, total - size), "STAT counts a deleted letter")
        for line in ("LIST", "UIDL"):
            numbers = [one.split()[0] for one in session.listing(line)]
            need(numbers == [b"1", b"3"], f"{line} lists {numbers}")
        server.deposit(letter(unique()))
        time.sleep(QUIET)
        need(session.stat()[0] == 2, "a letter that arrives changes the session")
        session.err("RETR 4")
        session.ok("RSET")
        need(session.listing("UIDL") == uids, "RSET does not restore the letters and their numbers")
        for line in ("RETR 0", "RETR 99", "RETR -1", "DELE x", "LIST 99999999999999999999"):
            session.err(line)
        session.ok("QUIT")
    server.wait_for(lambda: count_letters(server) == 4, "the fourth letter's arrival")


def wire_33(server):
    """STAT, LIST and RETR agree on octets

    Letters with bare LF and without a last line end are tried where the maildrop can be filled
    behind the server's back."""
    letters = [letter(unique()), letter(unique(), b".\r\n..\r\n...x\r\n\r\n.\r\n"), letter(unique(), b""),
               letter(unique(), b"z" * 990 + b"\r\n" + b"y\r\n" * 30000)]
    if server.deposits_files:
        letters += [letter(unique()).replace(b"\r\n", b"\n"), letter(unique(), b"no end")]
    fill_maildrop(server, *letters)
    with open_maildrop(server) as session:
        sizes = [int(line.split()[1]) for line in session.listing("LIST")]
        count, octets = session.stat()
        need((count, octets) == (len(letters), sum(sizes)), f"STAT says {count} {octets}, LIST {sizes}")
        for number, size in enumerate(sizes, 1):
            length = len(session.text(f"RETR {number}"))
            need(length == size, f"LIST says {size} and RETR has {length} octets")


def wire_34(server):
    """TOP gives the headers and as many lines as were asked for"""
    body = b"".join(b".line %d\r\n" % n for n in range(6))
    fill_maildrop(server, letter(unique(), body))
    with open_maildrop(server) as session:
        before = session.listing("UIDL")
        whole = session.text("RETR 1")
        head = whole[:-len(body)]
        need(head.endswith(b"\r\n\r\n") and whole.endswith(body), "RETR changes the letter")
        for lines in (0, 1, 3, 6, 7, 1000000):
            got = session.text(f"TOP 1 {lines}")
            wanted = head + b"".join(body.splitlines(keepends=True)[:lines])
            need(got == wanted, f"TOP 1 {lines} has {len(got)} octets, not {len(wanted)}")
        session.ok("TOP 1 2")
        stuffed = [line for line in session.lines() if line.startswith(b"..line")]
        need(len(stuffed) == 2, "TOP does not double dots")
        for bad in ("TOP 1", "TOP 1 -1", "TOP 1 x", "TOP"):
            session.err(bad)
        need(session.listing("UIDL") == before and session.stat() == (1, len(whole)),
             "TOP changes the letter")


def wire_35(server):
    """a unique-id has 1 to 70 visible characters, lasts, and is never used again"""
    same = letter(unique())
    fill_maildrop(server, same, same, letter(unique()))
    with open_maildrop(server) as session:
        uids = [line.split(b" ", 1)[1] for line in session.listing("UIDL")]
        need(len(set(uids)) == 3, "two letters have one id")
        for uid in uids:
            need(re.fullmatch(rb"[\x21-\x7e]{1,70}", uid), f"this is no id: {show(uid)}")
        need(session.ok("UIDL 2").split()[2] == uids[1], "UIDL 2 differs from UIDL")
        session.ok("DELE 1")
        session.ok("QUIT")
    server.stop()
    server.start()
    with open_maildrop(server) as session:
        now = [line.split(b" ", 1)[1] for line in session.listing("UIDL")]
        need(now == uids[1:], "ids change with a restart or a deletion")
        session.ok("DELE 1")
        session.ok("DELE 2")
        session.ok("QUIT")
    server.deposit(same)
    server.wait_for(lambda: count_letters(server) == 1, "the letter's arrival")
    with open_maildrop(server) as session:
        fresh = session.ok("UIDL 1").split()[2]
        need(fresh not in uids, "an id is used again")


def _probe(server, session, words, secure):
    """Whether @words of CAPA hold in AUTHORIZATION; what must not be offered is probed too."""
    names = {line.split()[0].upper(): line.upper().split()[1:] for line in words}
    offered = [b"STLS" in names, b"UTF8" in names, b"USER" in names]
    answers = []
    if offered[2]:
        session.ok(f"USER {server.pop3_user}")
    else:
        session.err(f"USER {server.pop3_user}")
    for mechanism in names.get(b"SASL", []):
        answers.append(session.say(b"AUTH " + mechanism))
        need(answers[-1].startswith(b"+ "), f"AUTH {mechanism.decode()} gets {show(answers[-1])}")
        session.err("*")
    session.err("AUTH FROBNICATE")
    answer = session.say("UTF8")
    need(answer.startswith(b"+OK") == offered[1], f"UTF8 gets {show(answer)}, which CAPA denies")
    if secure or not offered[0]:
        need(not offered[0], "STLS is offered within TLS")
        session.err("STLS")
    else:
        session.ok("STLS")
    return names


def wire_36(server):
    """CAPA lists in both states exactly what works"""
    fill_maildrop(server, letter(unique()))
    for service in ("pop3", "pop3s"):
        with Pop3(server, service) as session:
            _probe(server, session, session.listing("CAPA"), service == "pop3s")
    with open_maildrop(server) as session:
        words = session.listing("CAPA")
        names = {line.split()[0].upper() for line in words}
        for line, name in (("TOP 1 0", b"TOP"), ("UIDL", b"UIDL")):
            works = session.say(line).startswith(b"+OK")
            if works:
                session.lines()
            need(works == (name in names), f"{line} {'works' if works else 'fails'}, unlike CAPA says")
        need(b"STLS" not in names, "STLS is offered in TRANSACTION")
        for name in (b"RESP-CODES", b"AUTH-RESP-CODE", b"PIPELINING", b"SASL", b"IMPLEMENTATION", b"TOP",
                     b"UIDL", b"EXPIRE", b"LOGIN-DELAY", b"UTF8"):
            need(name in names or name not in server.wanted_capabilities,
                 f"CAPA does not list {name.decode()}")
        if b"PIPELINING" in names:
            session.send(b"NOOP\r\nSTAT\r\nLIST 1\r\nQUIT\r\n")
            answers = [session.line() or b"" for _ in range(4)]
            need(all(one.startswith(b"+OK") for one in answers), "pipelined commands are lost")


def _apop(server):
    """APOP where the greeting offers it: the stamp is new each time, and the digest decides."""
    with Pop3(server) as one, Pop3(server) as other:
        stamps = [re.search(rb"<[^<>]+@[^<>]+>", session.greeting) for session in (one, other)]
        if None in stamps:
            need(not any(stamps), "one greeting has a stamp and one has none")
            one.err(f"APOP {server.pop3_user} {'0' * 32}")
            return
        need(stamps[0].group() != stamps[1].group(), "two greetings have one stamp")
        digests = [hashlib.md5(stamp.group() + server.password.encode()).hexdigest() for stamp in stamps]
        one.err(f"APOP {server.pop3_user} {digests[1]}")
        other.ok(f"APOP {server.pop3_user} {digests[1]}")


def wire_37(server):
    """a password keeps its spaces, and a refusal tells its kind, late, and not who exists"""
    user, password = server.spaced
    for attempt, answer in ((password, b"+OK"), (password.rstrip(), b"-ERR")):
        with Pop3(server) as session:
            session.ok(f"USER {user}")
            got = session.say(f"PASS {attempt}")
            need(got.startswith(answer), f"PASS {attempt!r} for {password!r} gets {show(got)}")
    with Pop3(server) as session:
        known = session.ok(f"USER {server.pop3_user}")
        begin = time.monotonic()
        session.err("PASS wrong", "AUTH")
        need(time.monotonic() - begin > 0.2, "a wrong password costs no delay")
        unknown = session.ok("USER nobody-here@" + server.domain)
        need(known.replace(server.pop3_user.encode(), b"") == unknown.replace(
            b"nobody-here@" + server.domain.encode(), b""), "USER tells who is a user")
        session.err("PASS wrong", "AUTH")
    _apop(server)


def wire_38(server):
    """commands are short, of any case, without more arguments, and answered in order

    Ten minutes of silence are waited for only where the server has a setting for less."""
    with _three(server) as session:
        for line in ("stat", "Noop", "lIsT 1", "uidl 1"):
            session.ok(line)
        for line in ("NOOP now", "STAT 1", "RSET 1", "DELE 1 2", "RETR 1 2", "LIST 1 2", "UIDL 1 2",
                     "QUIT now"):
            session.err(line)
        session.ok("RSET")
        session.send(b"".join(b"LIST %d\r\n" % (1 + n % 3) for n in range(100)))
        for n in range(100):
            answer = session.line() or b""
            need(answer.startswith(b"+OK %d " % (1 + n % 3)), f"command {n} of 100 gets {show(answer)}")
        session.err("NOOP" + " " * 300)
        session.ok("NOOP")
        if server.pop3_idle:
            session.ok("DELE 1")
            need(session.is_closed(server.pop3_idle + TIMEOUT), "silence does not close the session")
            _keeps(server, 3, "the autologout")


def wire_39(server):
    """AUTH is challenged, cancelled and refused rightly, and STLS has its place"""
    user, password = server.pop3_user.encode(), server.password.encode()
    with Pop3(server) as session:
        need_feature(any(line.upper().startswith(b"SASL ") for line in session.listing("CAPA")),
                     "it does not offer SASL")
        need(session.say("AUTH PLAIN").rstrip() == b"+", "AUTH PLAIN is not challenged with \"+ \"")
        session.err("*")
        session.err("AUTH PLAIN =")
        session.err("AUTH PLAIN not*base64")
        need(session.say("AUTH PLAIN").startswith(b"+"), "AUTH cannot be tried again")
        session.ok(b64(b"", user, password))
        session.err("STLS")
        session.err("AUTH PLAIN")
        session.ok("QUIT")
    with Pop3(server, "pop3") as session:
        need(b"STLS" in session.listing("CAPA"), "it does not offer STLS")
        session.ok("STLS")
        session.start_tls()
        need(b"STLS" not in session.listing("CAPA"), "STLS is offered within TLS")
        session.err("STLS")
    with Pop3(server, "pop3") as session:
        session.send(b"STLS\r\nCAPA\r\n")
        if (session.line() or b"").startswith(b"+OK"):
            try:
                session.start_tls()
            except Failure:
                return
            extra = session.rest()
            need(not extra, f"plaintext behind STLS is run in TLS: {show(extra)}")


def _raw_header(server):
    """A letter with UTF-8 in its header, fetched by a client that said nothing of UTF8."""
    fill_maildrop(server, letter(unique(), b"plain\r\n", "X-Name: Jürgen\r\n".encode()))
    with open_maildrop(server) as session:
        for line in ("RETR 1", "TOP 1 0"):
            answer = session.say(line)
            if answer.startswith(b"+OK"):
                head = b"\r\n".join(session.lines()).split(b"\r\n\r\n")[0]
                need(max(head) < 0x80, f"{line} sends UTF-8 in the header without being asked")
            else:
                need(answer.startswith(b"-ERR [UTF8]"), f"{line} gets {show(answer)}")


def wire_40(server):
    """UTF8 is asked for first, TLS is there from the start on its ports, and clear text is refused

    A server that takes passwords in clear text from loopback alone is not held to the last."""
    need_feature(server.ports.get("pop3"), "it has no POP3")
    with Pop3(server, "pop3s") as session:
        capabilities = session.listing("CAPA")
        if b"UTF8" in [line.split()[0] for line in capabilities]:
            session.ok("UTF8")
            session.log_in()
            session.err("UTF8")
            session.ok("QUIT")
    with Pop3(server, "pop3") as session:
        answer = session.say(f"USER {server.pop3_user}")
        if answer.startswith(b"+OK"):
            answer = session.say(f"PASS {server.password}")
        need(answer.startswith(b"-ERR") or server.trusts_loopback, "a password in clear text is accepted")
    _raw_header(server)
