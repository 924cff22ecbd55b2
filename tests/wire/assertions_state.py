# SPDX-License-Identifier: MIT
"""Assertions 8 to 20: the order of commands, addresses, replies, trace lines and keeping."""
import re
import time

from wire import (SENDER, TIMEOUT, Smtp, Failure, head_of, letter, need, need_feature, secured,
                  show, unique)


def wire_08(server):
    """commands out of order get 503 and change nothing"""
    with Smtp(server, hello=None) as smtp:
        smtp.expect(f"MAIL FROM:<{SENDER}>", 503)
    with Smtp(server) as smtp:
        smtp.expect(f"RCPT TO:<{server.address}>", 503)
        smtp.expect("DATA", 503)
        smtp.expect(f"MAIL FROM:<{SENDER}>", 250)
        smtp.expect("DATA", 503, 554)
        smtp.expect("MAIL FROM:<second@client.test>", 503)
        if server.refuses_unknown:
            reply = smtp.say(f"RCPT TO:<nobody-here@{server.domain}>")
            need(reply.code // 100 == 5, f"an unknown recipient gets {reply}")
            smtp.expect("DATA", 503, 554)
        smtp.expect(f"RCPT TO:<{server.address}>", 250)
        smtp.expect("MAIL FROM:<third@client.test>", 503)
        smtp.data(letter(unique()))


def wire_09(server):
    """EHLO and RSET forget the transaction and nothing else"""
    with Smtp(server) as smtp:
        for reset, code in (("EHLO client.test", 250), ("HELO client.test", 250), ("RSET", 250)):
            smtp.envelope()
            smtp.expect(reset, code)
            smtp.expect("DATA", 503)
            smtp.expect(f"RCPT TO:<{server.address}>", 503)
        smtp.expect("NOOP with an argument", 250)
        smtp.expect("QUIT", 221)
        need(smtp.is_closed(), "QUIT does not close")
    with Smtp(server) as smtp:
        if not smtp.features.has("STARTTLS"):
            return
        smtp.secure()
        if smtp.features.has("AUTH"):
            smtp.log_in()
            again = smtp.say("AUTH PLAIN AHgAeQ==").code
            smtp.expect("RSET", 250)
            smtp.expect("AUTH PLAIN AHgAeQ==", again)
        else:
            smtp.expect("RSET", 250)
        need(not smtp.expect("EHLO client.test", 250).has("STARTTLS"), "RSET forgets TLS")


def wire_10(server):
    """an unknown parameter gets 555, a bad or doubled one 501"""
    with Smtp(server) as smtp:
        smtp.expect(f"MAIL FROM:<{SENDER}> FROBNICATE=1", 555)
        smtp.expect(f"MAIL FROM:<{SENDER}> FROBNICATE", 555)
        if smtp.features.has("SIZE"):
            smtp.expect(f"MAIL FROM:<{SENDER}> SIZE=large", 501)
            smtp.expect(f"MAIL FROM:<{SENDER}> SIZE=1 SIZE=2", 501)
        if smtp.features.has("8BITMIME"):
            smtp.expect(f"MAIL FROM:<{SENDER}> BODY=9BIT", 501)
            smtp.expect(f"MAIL FROM:<{SENDER}> BODY=7BIT BODY=7BIT", 501)
        smtp.expect(f"MAIL FROM:<{SENDER}>", 250)
        smtp.expect(f"RCPT TO:<{server.address}> FROBNICATE=1", 555)
        smtp.expect(f"RCPT TO:<{server.address}>", 250)


def wire_11(server):
    """a hundred recipients are taken, and too many get 452

    A limit beyond 1,200 is not looked for."""
    token = unique()
    line = f"RCPT TO:<{server.address}>\r\n".encode()
    with Smtp(server) as smtp:
        smtp.expect(f"MAIL FROM:<{SENDER}>", 250)
        for number in range(1, 1201):
            smtp.send(line)
            reply = smtp.reply()
            if reply.code != 250:
                need(number > 100, f"recipient {number} gets {reply}")
                need(reply.code == 452, f"a recipient over the limit gets {reply}, not 452")
                need(reply.enhanced in (None, "4.5.3"), f"a recipient over the limit gets {reply}")
                break
        smtp.data(letter(token))
    server.find(token)


def wire_12(server):
    """Postmaster needs no domain, and the case of other local parts is kept"""
    token = unique()
    with Smtp(server) as smtp:
        for name in ("Postmaster", "POSTMASTER", "postmaster"):
            smtp.envelope(name)
            smtp.expect("RSET", 250)
        local_part, domain = server.address.split("@")
        mixed = f"{local_part.title()}@{domain}"
        smtp.expect(f"MAIL FROM:<{SENDER}>", 250)
        if smtp.say(f"RCPT TO:<{mixed}>").code != 250:
            return
        smtp.data(letter(token))
    for name, value in head_of(server.find(token)[0]):
        if name in ("received", "delivered-to", "x-original-to") and \
                f"<{local_part}@".encode() in value.lower():
            need(mixed.encode() in value, f"{mixed} becomes {show(value)}")


def wire_13(server):
    """the null path is accepted, and a source route is read and ignored"""
    token, routed = unique(), unique()
    with Smtp(server) as smtp:
        smtp.envelope(sender="")
        smtp.data(letter(token))
        smtp.expect("MAIL FROM:<@a.test,@b.test:u@client.test>", 250)
        smtp.expect(f"RCPT TO:<@a.test,@b.test:{server.address}>", 250)
        smtp.data(letter(routed))
    for name, value in head_of(server.find(token)[0]):
        need(name != "return-path" or value == b"<>", f"the null path becomes {show(value)}")
    for name, value in head_of(server.find(routed)[0]):
        need(name != "return-path" or value == b"<u@client.test>", f"the route stays in {show(value)}")


def wire_14(server):
    """quoted local parts and address literals are understood, over-long paths refused"""
    label = "d" * 60
    with Smtp(server) as smtp:
        for good in ('"john smith"@client.test', '"a\\"b"@client.test', "u@[127.0.0.1]", "u@[IPv6:::1]",
                     "a" * 64 + "@client.test"):
            smtp.expect(f"MAIL FROM:<{good}>", 250)
            smtp.expect("RSET", 250)
        for bad in ("a" * 65 + "@client.test", "u@" + ".".join([label] * 5),
                    "u" * 60 + "@" + ".".join([label] * 4)):
            reply = smtp.say(f"MAIL FROM:<{bad}>")
            need(reply.code // 100 == 5, f"a path of {len(bad)} octets gets {reply}")


def wire_15(server):
    """VRFY, EXPN and HELP are answered and tell nothing about users"""
    with Smtp(server) as smtp:
        known = smtp.expect(f"VRFY {server.address}", 252, 502)
        unknown = smtp.expect(f"VRFY nobody-here@{server.domain}", 252, 502)
        need(known.lines == unknown.lines or known.code == unknown.code, "VRFY tells who is a user")
        smtp.expect(f"EXPN {server.address}", 502, 550)
        smtp.expect("HELP", 214)


def wire_16(server):
    """replies of several lines have one form, and no line is over 512 octets"""
    with Smtp(server, hello=b"EHLO " + b"a" * 60 + b".test") as smtp:
        replies = [smtp.features]
        for line in ("HELP", "X" * 500, "NOOP", f"MAIL FROM:<{SENDER}> " + "Y" * 470,
                     "VRFY " + "z" * 480, f"MAIL FROM:<{'w' * 64}@{'.'.join(['v' * 60] * 3)}>",
                     "RCPT TO:<" + "u" * 480 + ">"):
            replies.append(smtp.say(line))
        for reply in replies:
            need(reply.code, "it closes at a long argument")
            need(len({one[:3] for one in reply.lines}) == 1, f"codes differ in a reply: {reply}")
            longest = max(len(one) + 2 for one in reply.lines)
            need(longest <= 512, f"a reply has a line of {longest} octets: {reply}")


def wire_17(server):
    """every reply has an enhanced code of its own class"""
    with Smtp(server) as smtp:
        need_feature(smtp.features.has("ENHANCEDSTATUSCODES"), "it does not offer ENHANCEDSTATUSCODES")
        for line in ("NOOP", "FROBNICATE", "RSET", "DATA", f"RCPT TO:<{server.address}>", "HELP", "MAIL",
                     f"VRFY {server.address}", "EXPN list", "AUTH FROBNICATE", "STARTTLS now",
                     f"MAIL FROM:<{SENDER}> X=1", f"MAIL FROM:<{SENDER}>", "RCPT TO:<a b>",
                     "RCPT TO:<x@elsewhere.test>", f"RCPT TO:<{server.address}>", "DATA",
                     letter(unique()) + b".", "QUIT"):
            reply = smtp.say(line)
            if reply.code // 100 == 3:
                continue
            what = show(line if isinstance(line, bytes) else line.encode(), 30)
            need(reply.enhanced is not None, f"{what} gets {reply}")
            need(reply.enhanced[0] == str(reply.code)[0], f"{what} gets {reply}")


def wire_18(server):
    """a silent session gets 421, and so does every one at a shutdown

    Five minutes of silence are waited for only where the server has a setting for less; the
    shutdown is tried with every server."""
    if server.smtp_idle:
        with Smtp(server) as smtp:
            need(smtp.reply(server.smtp_idle + TIMEOUT).code == 421, "silence does not get 421")
            need(smtp.is_closed(), "it does not close behind 421")
    token = unique()
    with Smtp(server) as idle, Smtp(server) as busy:
        busy.envelope()
        busy.expect("DATA", 354)
        busy.send(letter(token, b"the first half\r\n"))
        time.sleep(0.2)
        server.stop(wait=False)
        try:
            reply = idle.reply(server.stop_seconds)
            need(reply.code == 421, f"an idle session hears {reply} at a shutdown")
            reply = busy.reply(server.stop_seconds)
            need(reply.code == 421, f"a session within DATA hears {reply} at a shutdown")
        except Failure:
            idle.close()
            busy.close()
            raise
        finally:
            server.wait_stopped()
            server.start()
    need(not server.find(token, 0), "half a letter was delivered")
    need(not server.leftovers(), f"left behind: {server.leftovers()}")


TRACE = re.compile(
    rb"from client\.test \((?:[^()]*\s)?\[(?:IPv6:)?[0-9a-fA-F.:]+\][^()]*\)\s+by \S+(?: \([^()]*\))?\s+"
    rb"with (E?SMTPS?A?|UTF8SMTPS?A?)\s+id \S+(?:\s+envelope-from \S+)?(?:\s+for <?[^>]*>?)?\s*;\s*"
    rb"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}(?: \([A-Z]+\))?$")


def _trace(server, smtp, protocol):
    token = unique()
    smtp.envelope(sender=server.user_address)
    smtp.data(letter(token, extra=b"Return-Path: <false@client.test>\r\nReturn-Path: <wrong@client.test>\r\n"))
    head = head_of(server.find(token)[0])
    received = [value for name, value in head if name == "received"]
    need(received, "there is no Received")
    # A comment on TLS or on the program may stand in between (RFC 5321 section 4.4).
    plain = re.sub(rb"\s*\((?:using|No client|authenticated|version|Authenticated)[^()]*(?:\([^()]*\)[^()]*)*\)",
                   b"", received[0])
    found = TRACE.match(plain)
    need(found, f"Received is {show(received[0], 200)}")
    need(found.group(1).decode() == protocol, f"Received says {found.group(1).decode()} for {protocol}")
    paths = [value for name, value in head if name == "return-path"]
    need(len(paths) == 1, f"the letter has {len(paths)} Return-Path lines: " +
         ", ".join(show(one) for one in paths))
    need(paths[0] == f"<{server.user_address}>".encode(), f"Return-Path is {show(paths[0])}")


def wire_19(server):
    """Received and Return-Path are right, and a loop is found"""
    need_feature(server.delivers, "it leaves delivery to the program around it")
    with Smtp(server) as smtp:
        _trace(server, smtp, "ESMTP")
        hops = b"".join(b"Received: from a.test ([127.0.0.1]) by b.test with SMTP id %d;\r\n"
                        b"\tMon, 23 Nov 2026 10:00:00 +0000\r\n" % n for n in range(120))
        token = unique()
        smtp.envelope()
        smtp.expect("DATA", 354)
        reply = smtp.say(letter(token, extra=hops) + b".")
        need(reply.code == 554 or reply.code == 250 and not server.find(token, 0),
             f"a letter of 120 hops gets {reply}")
        need(reply.code != 554 or reply.enhanced in (None, "5.4.6"), f"a loop gets {reply}")
    if smtp.features.has("STARTTLS"):
        with Smtp(server).secure() as smtp:
            _trace(server, smtp, "ESMTPS")
        if smtp.features.has("AUTH"):
            with secured(server, login=True) as smtp:
                _trace(server, smtp, "ESMTPSA")


def wire_20(server):
    """250 means kept, for every recipient or for none

    Killed at once behind the 250, the server has the letter when it comes back; on a disk that is
    full, where the server can be given a small one, it says 452 or 451 and keeps nothing."""
    token = unique()
    smtp = Smtp(server)
    smtp.envelope(server.address, server.other_address)
    smtp.data(letter(token))
    server.kill()
    smtp.close()
    server.start()
    for address in (server.address, server.other_address):
        need(len(server.find(token, 1, address)) == 1, f"{address} has not exactly one letter")
    with server.small_disk() as small:
        if small is not None:
            _full_disk(small)


def _full_disk(server):
    taken = []
    for number in range(40):
        token = unique(f"full-{number}")
        with Smtp(server) as smtp:
            smtp.envelope(server.address, server.other_address)
            reply = smtp.expect("DATA", 354, 451, 452)
            if reply.code == 354:
                reply = smtp.say(letter(token, b"x" * 70 + b"\r\n" * 150000) + b".")
        if reply.code == 250:
            taken.append(token)
        else:
            need(reply.code in (451, 452), f"a full disk gets {reply}")
            break
    else:
        raise Failure("the small disk was never full")
    for address in (server.address, server.other_address):
        kept = server.find("full-", len(taken), address)
        need(len(kept) == len(taken), f"{address} has {len(kept)} letters of {len(taken)}")
