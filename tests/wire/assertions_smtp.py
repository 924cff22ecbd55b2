# SPDX-License-Identifier: MIT
"""Assertions 1 to 7: where a message and a command begin and end."""
import time

from wire import QUIET, SENDER, Smtp, body_of, letter, need, need_feature, show, unique

# The ten false ends of message that the tool smtpsmug tries.
FALSE_ENDS = (b"\n.\n", b"\r.\r", b"\r.\n", b"\n.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r",
              b"\r\n\0.\r\n", b"\r\n.\0\r\n")


def wire_01(server):
    """only CRLF.CRLF ends a message

    A false end that is taken shows in the number of replies: the text behind it, and the true end,
    would be commands. A message that is refused for its bare line ends is as good as one that is
    taken whole."""
    for end in FALSE_ENDS:
        with Smtp(server) as smtp:
            smtp.envelope()
            smtp.expect("DATA", 354)
            smtp.send(letter(unique()) + b"text" + end + b"NOOP\r\n.\r\n")
            first = smtp.reply()
            rest = smtp.rest(QUIET / 2)
            need(first.code == 250 or first.code >= 400, f"{show(end)} gets {first}")
            need(not rest or rest.startswith(b"421"),
                 f"{show(end)} ends a message: it gets {first} and then {show(rest)}")


def _dotted():
    """Lines that begin with dots, of every length, so that dots fall on the edge of any buffer."""
    lines = [b".", b"..", b"...", b".x", b"x.", b". ", b""]
    return b"\r\n".join(lines + [b"." * (1 + n % 3) + b"y" * (n % 71) for n in range(4000)]) + b"\r\n"


def wire_02(server):
    """exactly one dot is taken from the front of a line"""
    body = _dotted()
    for text in (body, b".\r\nfirst\r\n", b"..\r\n"):
        token = unique()
        with Smtp(server) as smtp:
            smtp.envelope()
            smtp.data(letter(token, text))
        got = body_of(server.find(token)[0])
        need(got == text, f"{len(text)} octets of dotted lines are stored as {len(got)} others: "
             f"{show(got)} for {show(text)}")
    token = unique()
    with Smtp(server) as smtp:
        smtp.envelope()
        smtp.expect("DATA", 354)
        for piece in (letter(token, b""), b".", b".a\r\n", b"..", b"\r\n.", b"...", b"\r", b"\n.", b"\r",
                      b"\n"):
            smtp.send(piece)
            time.sleep(0.02)
        need(smtp.reply().code == 250, "a message that comes in pieces is refused")
    got = body_of(server.find(token)[0])
    need(got == b".a\r\n.\r\n...\r\n", f"a message that comes in pieces is stored as {show(got)}")


def wire_03(server):
    """the same bytes split anywhere give the same replies and the same letter"""
    token = unique()
    text = b"x\r\n..y\r\n\r\n"
    message = letter(token, text) + b".\r\n"
    kept = letter(token, b"x\r\n.y\r\n\r\n")
    start = len(message) - len(text) - 9
    with Smtp(server) as smtp:
        for octet in f"MAIL FROM:<{SENDER}>\r\n".encode():
            smtp.send(bytes([octet]))
        need(smtp.reply().code == 250, "a command that comes octet by octet is refused")
        smtp.expect(f"RCPT TO:<{server.address}>", 250)
        smtp.expect("DATA", 354)
        for octet in message:
            smtp.send(bytes([octet]))
        replies = {smtp.reply().code}
        for offset in range(start, len(message)):
            smtp.envelope()
            smtp.expect("DATA", 354)
            smtp.send(message[:offset])
            time.sleep(0.002)
            smtp.send(message[offset:])
            replies.add(smtp.reply().code)
        need(replies == {250}, f"the replies differ: {sorted(replies)}")
    wanted = 1 + len(message) - start
    got = server.find(token, wanted)
    need(len(got) == wanted, f"{len(got)} letters of {wanted} arrived")
    for one in got:
        need(body_of(one) == body_of(kept), f"one is stored as {show(body_of(one))}")


def _memory(server):
    """The most that the server's processes ever used, in octets, or None."""
    total = 0
    for pid in server.pids():
        try:
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
                total += sum(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
        except OSError:
            pass
    return total * 1024


def wire_04(server):
    """a line that is too long gets 500, and its rest is not run"""
    with Smtp(server) as smtp:
        smtp.expect("NOOP " + "x" * 495, 250)
        smtp.expect("NOOP " + "x" * 600, 500, enhanced="5.5.2")
        smtp.expect("NOOP", 250)
        # Wherever a buffer ends, a command would begin.
        smtp.expect("NOOP " + "QUIT " * 20000, 500)
        need(not smtp.rest(), "one line that is too long gets several replies")
        smtp.expect("NOOP", 250)
    token = unique()
    with Smtp(server) as smtp:
        smtp.envelope()
        smtp.data(letter(token, b"y" * 1500 + b"\r\nNOOP\r\n"), (250, 500, 550, 552, 554))
        smtp.expect("NOOP", 250)
    before = _memory(server)
    with Smtp(server) as smtp:
        piece = b"z" * 1048576
        for _ in range(48):
            smtp.send(piece)
            if smtp.ended:
                break
        smtp.rest(0.2)
    grown = _memory(server) - before
    need(grown < 32 * 1048576, f"a line without an end takes {grown // 1048576} MiB of memory")
    _grown_mail_line(server)


def _grown_mail_line(server):
    """AUTH= may make MAIL longer than 512 octets (RFC 4954 section 5)."""
    smtp = Smtp(server)
    if smtp.features.has("STARTTLS"):
        smtp.secure()
    if smtp.features.has("AUTH"):
        smtp.log_in()
        reply = smtp.say(f"MAIL FROM:<{server.user_address}> AUTH=" + "a" * 490)
        need(reply.code != 500, f"MAIL with a long AUTH= gets {reply}")
    smtp.close()


def wire_05(server):
    """a message over the limit is read to its end, then gets 552"""
    commands = b"RSET\r\nNOOP\r\nMAIL FROM:<evil@client.test>\r\nVRFY x\r\nQUIT\r\n"
    body = commands * (server.max_size // len(commands) + 2000)
    with Smtp(server) as smtp:
        smtp.envelope()
        smtp.data(letter(unique(), body), (552,))
        extra = smtp.rest()
        need(not extra, f"lines of the message are run as commands: {show(extra)}")
        need(not smtp.ended, "it closes behind the message")
        smtp.expect("NOOP", 250)
        token = unique()
        smtp.envelope()
        smtp.data(letter(token))
    server.find(token)


def wire_06(server):
    """SIZE is judged at MAIL, and the true size at the end"""
    with Smtp(server) as smtp:
        need_feature(smtp.features.has("SIZE"), "it does not offer SIZE")
        limit = server.max_size
        smtp.expect(f"MAIL FROM:<{SENDER}> SIZE={limit * 2}", 552)
        for bad in ("9" * 21, "9" * 40, "-1", "x", ""):
            smtp.expect(f"MAIL FROM:<{SENDER}> SIZE={bad}", 501)
        smtp.envelope(parameters=" SIZE=10")
        smtp.data(letter(unique(), b"more than was said\r\n" * 100), (250,))
        smtp.envelope(parameters=" SIZE=10")
        smtp.data(letter(unique(), b"more than is allowed\r\n" * (limit // 20 + 5000)), (552,))


def wire_07(server):
    """control characters in the envelope get 501 and reach neither header nor log"""
    for bad in (b"\0", b"\x01", b"\x07", b"\x1b[31m", b"\x7f", b"\r", b"\n", b"\rX-Injected: 1",
                b"\nX-Injected: 1"):
        with Smtp(server) as smtp:
            for line in (b"MAIL FROM:<a" + bad + b"b@client.test>",
                         b"RCPT TO:<" + server.address.encode() + bad + b">"):
                if line.startswith(b"RCPT"):
                    smtp.expect(f"MAIL FROM:<{SENDER}>", 250)
                # A server that ends lines at a bare LF answers twice.
                reply = smtp.say(line)
                need(reply.code in (500, 501), f"{show(line)} gets {reply}, not 501")
                need(not smtp.rest(QUIET / 4), f"{show(line)} is taken for two lines")
            token = unique()
            smtp.expect("RSET", 250)
            smtp.say(b"EHLO client" + bad + b".test")
            if bad[:1] not in (b"\r", b"\n"):
                smtp.rest(QUIET / 4)
        with Smtp(server) as smtp:
            smtp.envelope()
            smtp.data(letter(token))
        stored = server.find(token)[0]
        need(b"X-Injected" not in stored and not set(stored) & {0, 1, 7, 0x1b},
             f"{show(bad)} reaches the letter")
    for text in server.logs():
        found = [octet for octet in text if octet < 0x20 and octet not in b"\t\n"] + \
                [0x7f] * (0x7f in text)
        need(not found, f"the octet 0x{found[0]:02x} reaches the log" if found else "")
