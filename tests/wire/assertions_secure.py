# SPDX-License-Identifier: MIT
"""Assertions 21 to 29: pipelining, chunking, UTF-8, STARTTLS and AUTH."""
import base64

from wire import (QUIET, SENDER, Smtp, b64, body_of, letter, need, need_feature, secured, show, unique)

UMLAUT = "jürgen@client.test".encode()


def wire_21(server):
    """a group of commands in one segment is answered in order"""
    token = unique()
    with Smtp(server) as smtp:
        need_feature(smtp.features.has("PIPELINING"), "it does not offer PIPELINING")
        smtp.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{server.address}>\r\n"
                  f"RCPT TO:<{server.other_address}>\r\nDATA\r\n".encode())
        codes = [smtp.reply().code for _ in range(4)]
        need(codes == [250, 250, 250, 354], f"a group gets {codes}")
        smtp.expect(letter(token) + b".", 250)
        smtp.send(f"RSET\r\nRCPT TO:<{server.address}>\r\nMAIL FROM:<{SENDER}>\r\nRSET\r\nNOOP\r\n".encode())
        codes = [smtp.reply().code for _ in range(5)]
        need(codes == [250, 503, 250, 250, 250], f"a group with a fault in it gets {codes}")
        server.find(token)
        refused = b"RCPT TO:<nobody-here@elsewhere.test>\r\n"
        smtp.send(f"MAIL FROM:<{SENDER}>\r\n".encode() + refused + b"DATA\r\n")
        codes = [smtp.reply().code for _ in range(3)]
        if codes[1] == 250:
            return  # it takes every recipient there is
        if codes[2] == 354:
            need(smtp.say(".").code == 554, "a message without recipients is accepted")
        else:
            need(codes[2] in (503, 554), f"DATA without a valid recipient gets {codes[2]}")


def wire_22(server):
    """what is sent too early behind DATA, EHLO or AUTH is no command of another kind

    Text behind DATA is text; a line behind AUTH is the response. Where the server has a trace, the
    early line is flagged there."""
    before = sum(text.count(server.early_hint) for text in server.logs()) if server.early_hint else 0
    token = unique()
    with Smtp(server) as smtp:
        smtp.envelope()
        smtp.send(b"DATA\r\n" + letter(token, b"RSET\r\n") + b".\r\n")
        codes = [smtp.reply().code for _ in range(2)]
        if codes[0] == 354:
            need(codes[1] == 250, f"a message right behind DATA gets {codes}")
            need(body_of(server.find(token)[0]) == b"RSET\r\n", "text behind DATA is lost")
        else:
            need(codes[0] >= 400, f"a message right behind DATA gets {codes}")
    with Smtp(server) as smtp:
        smtp.send(b"EHLO client.test\r\nNOOP\r\n")
        codes = [smtp.reply().code for _ in range(2)]
        need(codes[0] == 250 and codes[1] in (250, 503, 554) or codes[0] >= 500,
             f"EHLO and NOOP in one segment get {codes}")
    with Smtp(server) as smtp:
        if smtp.features.has("STARTTLS") and smtp.secure().features.has("AUTH"):
            smtp.send(b"AUTH PLAIN\r\nNOOP\r\n")
            codes = [smtp.reply().code for _ in range(2)]
            need(codes[0] != 334 or codes[1] in (501, 535),
                 f"a line behind AUTH is not taken for the response: replies {codes}")
    if server.early_hint:
        server.wait_for(lambda: sum(text.count(server.early_hint) for text in server.logs())
                        >= before + 3, "a hint in the trace at each early line")


def wire_23(server):
    """BDAT counts octets, and obeys the order of commands"""
    with Smtp(server) as smtp:
        need_feature(smtp.features.has("CHUNKING"), "it does not offer CHUNKING")
        smtp.send(b"BDAT 6\r\nNOOP\r\nNOOP\r\n")
        codes = [smtp.reply().code for _ in range(2)]
        need(codes == [503, 250], f"BDAT without a recipient and NOOP get {codes}")
        smtp.expect("RSET", 250)
        token = unique()
        whole = letter(token, b".\r\n..\r\nRSET\r\n.\r\n\r\n")
        smtp.envelope()
        smtp.send(b"BDAT %d\r\n" % 20 + whole[:20])
        need(smtp.reply().code == 250, "a first chunk is refused")
        smtp.send(b"BDAT %d\r\n" % (len(whole) - 20) + whole[20:])
        need(smtp.reply().code == 250, "a second chunk is refused")
        smtp.expect("BDAT 0 LAST", 250)
        need(server.find(token)[0].endswith(whole), "a letter in chunks is not stored as it was")
        smtp.envelope()
        smtp.send(b"BDAT 3\r\na\r\n")
        need(smtp.reply().code == 250, "a chunk is refused")
        smtp.expect("DATA", 503)
        smtp.expect("RSET", 250)
        dropped, binary = unique(), unique()
        smtp.envelope()
        part = letter(dropped)
        smtp.send(b"BDAT %d\r\n" % len(part) + part)
        need(smtp.reply().code == 250, "a chunk is refused")
        smtp.expect("RSET", 250)
        smtp.expect("BDAT 0 LAST", 503)
        smtp.expect("RSET", 250)
        need(smtp.expect("NOOP", 250) and not server.find(dropped, 0), "RSET does not drop a chunk")
        raw = letter(binary, b"a\nb\0c\rd\r\n")
        has_binary = smtp.features.has("BINARYMIME")
        smtp.envelope(parameters=" BODY=BINARYMIME" if has_binary else "")
        smtp.send(b"BDAT %d LAST\r\n" % len(raw) + raw + b"NOOP\r\n")
        first, second = smtp.reply(), smtp.reply()
        need(first.code == 250 or not has_binary and first.code // 100 == 5,
             f"a chunk with a bare LF and a NUL gets {first}")
        need(second.code == 250, f"behind a chunk with a bare LF and a NUL, NOOP gets {second}")
        if has_binary:
            smtp.envelope(parameters=" BODY=BINARYMIME")
            smtp.expect("DATA", 503)


def wire_24(server):
    """addresses beyond ASCII are refused, or SMTPUTF8 is offered with all that it needs"""
    with Smtp(server) as smtp:
        replies = []
        for line in (b"MAIL FROM:<" + UMLAUT + b">", b"VRFY " + UMLAUT, b"EHLO client.test"):
            replies.append(smtp.say(line))
        need(replies[0].code == 553 and replies[0].enhanced in (None, "5.6.7"),
             f"a sender beyond ASCII without SMTPUTF8 gets {replies[0]}")
        smtp.expect(f"MAIL FROM:<{SENDER}>", 250)
        replies.append(smtp.say(b"RCPT TO:<" + UMLAUT + b">"))
        need(replies[-1].code == 553, f"a recipient beyond ASCII without SMTPUTF8 gets {replies[-1]}")
        smtp.expect("RSET", 250)
        if smtp.features.has("SMTPUTF8"):
            need(smtp.features.has("8BITMIME"), "it offers SMTPUTF8 without 8BITMIME")
            smtp.expect(b"MAIL FROM:<" + UMLAUT + b"> SMTPUTF8", 250)
            replies.append(smtp.say(f"RCPT TO:<{server.address}>"))
            token = unique()
            smtp.data(letter(token, "Grüße\r\n".encode()))
            need("Grüße\r\n".encode() in server.find(token)[0], "UTF-8 text is changed")
        for reply in replies:
            need(all(max(line) < 0x80 for line in reply.lines), f"a reply is not in ASCII: {reply}")


def wire_25(server):
    """eight-bit text is stored as it came"""
    text = bytes(octet for octet in range(1, 256) if octet not in b"\r\n") + b"\r\nGr\xc3\xbc\xc3\x9fe\r\n"
    with Smtp(server) as smtp:
        need_feature(smtp.features.has("8BITMIME"), "it does not offer 8BITMIME")
        for parameter in (" BODY=8BITMIME", " BODY=7BIT", ""):
            token = unique()
            whole = letter(token, text, b"X-Raw: caf\xe9\r\n")
            smtp.envelope(parameters=parameter)
            smtp.expect("DATA", 354)
            reply = smtp.say(whole + b".")
            if parameter == " BODY=7BIT" and reply.code // 100 == 5:
                continue
            need(reply.code == 250, f"eight-bit text with{parameter or ' no BODY'} gets {reply}")
            stored = server.find(token)[0]
            need(body_of(stored) == text, f"eight-bit text with{parameter or ' no BODY'} is changed")
            need(b"X-Raw: caf\xe9\r\n" in stored, "a header with eight-bit text is changed")


def _injected(server, lines, after):
    """Puts plaintext behind STARTTLS in the same segment; what the server says in TLS to @after."""
    with Smtp(server) as smtp:
        need_feature(smtp.features.has("STARTTLS"), "it does not offer STARTTLS")
        smtp.send(b"STARTTLS\r\n" + lines)
        if smtp.reply().code != 220:
            need(not smtp.rest().count(b"250"), "commands behind a refused STARTTLS are run")
            return None
        try:
            smtp.start_tls()
        except AssertionError:
            return None  # it dropped the connection, which is as good
        extra = smtp.rest(QUIET)
        need(not extra, f"an injected command is answered in TLS: {show(extra)}")
        return smtp.say(after) if not smtp.ended else None


def wire_26(server):
    """plaintext behind STARTTLS is never run in TLS"""
    reply = _injected(server, b"NOOP\r\n", "EHLO client.test")
    need(reply is None or reply.code == 250, f"behind injected plaintext, EHLO gets {reply}")
    reply = _injected(server, f"EHLO evil.test\r\nMAIL FROM:<{SENDER}>\r\n".encode(),
                      f"RCPT TO:<{server.address}>")
    need(reply is None or reply.code == 503, f"an injected MAIL is in force in TLS: RCPT gets {reply}")


def wire_27(server):
    """TLS begins anew, once, and a failed handshake ends the session"""
    with Smtp(server) as smtp:
        need_feature(smtp.features.has("STARTTLS"), "it does not offer STARTTLS")
        smtp.expect("STARTTLS now", 501)
        smtp.expect(f"MAIL FROM:<{SENDER}>", 250)
        if smtp.expect("STARTTLS", 220, 503).code == 503:
            smtp.expect("RSET", 250)
            smtp.expect("STARTTLS", 220)
        smtp.start_tls()
        smtp.expect(f"RCPT TO:<{server.address}>", 503)
        smtp.expect(f"MAIL FROM:<{SENDER}>", 503)
        features = smtp.expect("EHLO client.test", 250)
        need(not features.has("STARTTLS"), "STARTTLS is offered within TLS")
        smtp.expect("STARTTLS", 503)
        smtp.expect("NOOP", 250)
    with Smtp(server) as smtp:
        smtp.expect("STARTTLS", 220)
        smtp.send(b"NOOP\r\nNOOP\r\nQUIT\r\n" * 20)
        need(smtp.is_closed(), "a failed handshake does not close")
        need(b"250 " not in smtp.rest() and b"221 " not in smtp.buffer,
             "it speaks SMTP behind a failed handshake")


def wire_28(server):
    """AUTH needs TLS, comes once, and has no place in a transaction"""
    with Smtp(server) as smtp:
        words = smtp.features.words("AUTH")
        need(not {"PLAIN", "LOGIN"} & set(words), f"it offers {' '.join(words)} in clear text")
        need_feature(smtp.features.has("STARTTLS"), "it does not offer STARTTLS")
        reply = smtp.say(b"AUTH PLAIN " + b64(b"", b"x", b"y"))
        need(reply.code in (538, 530), f"AUTH in clear text gets {reply}, not 538")
    with secured(server) as smtp:
        smtp.expect("AUTH FROBNICATE", 504, enhanced="5.5.4")
        smtp.expect(f"MAIL FROM:<{server.user_address}>", 250)
        smtp.expect("AUTH PLAIN", 503)
        smtp.expect("RSET", 250)
        smtp.log_in()
        smtp.expect("AUTH PLAIN", 503)
    with Smtp(server) as smtp:
        smtp.expect("STARTTLS", 220)
        smtp.start_tls()
        smtp.expect("AUTH PLAIN", 503)


def wire_29(server):
    """each way in which AUTH can fail has its code

    That a wrong password takes constant time is not measured here."""
    user, password = server.user.encode(), server.password.encode()
    with secured(server) as smtp:
        smtp.expect("AUTH PLAIN not*base64", 501, enhanced="5.5.2")
        smtp.expect("AUTH PLAIN", 334)
        smtp.expect("*", 501)
        smtp.expect("AUTH PLAIN =", 501, 535)
        smtp.expect("AUTH PLAIN", 334)
        smtp.expect("not*base64", 501)
        smtp.expect("NOOP", 250)
    with secured(server) as smtp:
        smtp.expect(b"AUTH PLAIN " + b64(b"", user, b"wrong"), 535, enhanced="5.7.8")
        smtp.expect(b"AUTH PLAIN " + b64(server.other_user.encode(), user, password), 535)
        if "LOGIN" in smtp.features.words("AUTH"):
            smtp.expect("AUTH LOGIN", 334)
            smtp.expect(base64.b64encode(user), 334)
            smtp.expect(base64.b64encode(b"wrong"), 535)
    with secured(server) as smtp:
        smtp.expect("AUTH PLAIN", 334)
        smtp.expect(b"A" * 12290, 500, enhanced="5.5.6")
        smtp.expect("NOOP", 250)
        smtp.log_in()
    if server.ports.get("submission"):
        with Smtp(server, service="submission") as smtp:
            smtp.secure()
            smtp.expect(f"MAIL FROM:<{server.user_address}>", 530, enhanced="5.7.0")
