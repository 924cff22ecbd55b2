# SPDX-License-Identifier: MIT
"""What the forty assertions stand on: SMTP and POP3 sessions of raw bytes that never wait for long,
and the description of a server that they are held against."""
import base64
import itertools
import os
import re
import select
import socket
import ssl
import struct
import time

TIMEOUT = 8  # seconds that any single answer may take
PATIENCE = 25  # and to a password: some servers let each failure wait longer than the last
QUIET = 0.4  # seconds of silence that are taken for "says nothing"

SENDER = "sender@client.test"
_numbers = itertools.count(1)


class Failure(AssertionError):
    """The server does not do what the assertion says; the text says in words what it does."""


class NotApplicable(Exception):
    """The server has no such service, or does not advertise the extension."""


def need(condition, why):
    if not condition:
        raise Failure(why)


def need_feature(condition, why):
    if not condition:
        raise NotApplicable(why)


def show(raw, limit=70):
    """Foreign bytes in a form that no terminal minds."""
    text = ascii(bytes(raw[:limit]).decode("latin-1"))[1:-1]
    return text + ("…" if len(raw) > limit else "")


def b64(*parts):
    return base64.b64encode(b"\0".join(parts))


def unique(word="wire"):
    return f"{word}-{os.getpid()}-{next(_numbers)}"


class Reply:
    """An SMTP reply; code is 0 when the server closed the connection instead."""

    def __init__(self, lines):
        self.lines = lines
        self.code = int(lines[-1][:3]) if lines else 0
        found = re.match(rb"\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})( |$)", lines[-1]) if lines else None
        self.enhanced = found.group(1).decode() if found else None

    def __str__(self):
        return show(self.lines[-1]) if self.lines else "nothing, the connection being closed"

    def has(self, keyword):
        """Whether an EHLO reply offers @keyword."""
        return any(line[4:].upper().split(b" ")[0] == keyword.encode() for line in self.lines[1:])

    def words(self, keyword):
        for line in self.lines[1:]:
            if line[4:].upper().split(b" ")[0] == keyword.encode():
                return line[4:].decode("latin-1").upper().split(" ")[1:]
        return []


class Wire:
    """Bytes out and in, with a deadline for each answer."""

    def __init__(self, server, port, tls):
        self.server = server
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.said = b""
        self.ended = False
        if tls:
            self.start_tls()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Goes away with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def start_tls(self):
        context = ssl.create_default_context(cafile=self.server.authority)
        self.buffer = b""
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        except (OSError, ValueError) as error:
            raise Failure(f"TLS does not start: {error}") from error

    def send(self, data):
        self.said = data
        self.socket.settimeout(TIMEOUT)
        try:
            self.socket.sendall(data)
        except socket.timeout as error:
            raise Failure(f"reads no more in the middle of {show(data, 30)}") from error
        except OSError:
            self.ended = True  # what it said before may still be there to read

    def fill(self, timeout=TIMEOUT):
        """Reads more; FALSE when there is none."""
        if self.ended and timeout == TIMEOUT:
            timeout = 0.5
        pending = isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()
        if not pending and not select.select([self.socket], [], [], timeout)[0]:
            return False
        try:
            # What is readable may be TLS's own.
            self.socket.settimeout(max(timeout, 0.01))
            piece = self.socket.recv(65536)
        except socket.timeout:
            return False
        except OSError:
            piece = b""
        self.ended = self.ended or not piece
        self.buffer += piece
        return bool(piece)

    def line(self, timeout=TIMEOUT):
        """One line without its end, or None when the connection was closed."""
        end = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            if not self.fill(max(0, end - time.monotonic())):
                if self.ended:
                    return None
                raise Failure(f"no answer within {timeout} s to {show(self.said, 40)}")
        line, self.buffer = self.buffer.split(b"\n", 1)
        if not line.endswith(b"\r"):
            raise Failure(f"a line of its own ends in a bare LF: {show(line)}")
        return line[:-1]

    def rest(self, timeout=QUIET):
        """Whatever comes until there is silence or the end."""
        while not self.ended and self.fill(timeout):
            pass
        rest, self.buffer = self.buffer, b""
        return rest

    def is_closed(self, timeout=TIMEOUT):
        """Whether the server closes within that time, whatever it still says."""
        end = time.monotonic() + timeout
        while not self.ended and time.monotonic() < end:
            self.fill(max(0, end - time.monotonic()))
        return self.ended


class Smtp(Wire):
    def __init__(self, server, hello=b"EHLO client.test", service="smtp", greet=True):
        need_feature(server.ports.get(service), f"it has no port for {service}")
        super().__init__(server, server.ports[service], service in ("smtps",))
        if greet:
            need(self.reply().code == 220, "it does not greet with 220")
        self.features = self.expect(hello, 250) if hello else None

    def reply(self, timeout=TIMEOUT):
        lines = []
        while True:
            line = self.line(timeout)
            if line is None:
                return Reply(lines)
            need(re.match(rb"[2-5]\d\d([ -]|$)", line), f"this is no reply: {show(line)}")
            lines.append(line)
            if line[3:4] != b"-":
                return Reply(lines)

    def say(self, line):
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return self.reply(PATIENCE if self.said.startswith(b"AUTH") else TIMEOUT)

    def expect(self, line, *codes, enhanced=None):
        """Says a line and wants one of these codes, and this enhanced code if it uses them."""
        reply = self.say(line)
        what = show(line if isinstance(line, bytes) else line.encode(), 40)
        wanted = " or ".join(str(code) for code in codes)
        need(reply.code in codes, f"{what} gets {reply}, not {wanted}")
        if enhanced is not None and reply.enhanced is not None:
            need(reply.enhanced == enhanced, f"{what} gets {reply}, not {wanted} {enhanced}")
        return reply

    def envelope(self, *recipients, sender=SENDER, parameters=""):
        self.expect(f"MAIL FROM:<{sender}>{parameters}", 250)
        for recipient in recipients or (self.server.address,):
            self.expect(f"RCPT TO:<{recipient}>", 250)

    def data(self, letter, codes=(250,)):
        """DATA with these bytes, dots doubled here."""
        self.expect("DATA", 354)
        letter = re.sub(rb"(?m)^\.", b"..", letter)
        return self.expect(letter + (b"" if letter.endswith(b"\r\n") or not letter else b"\r\n") + b".",
                           *codes)

    def secure(self):
        need_feature(self.features.has("STARTTLS"), "it does not offer STARTTLS")
        self.expect("STARTTLS", 220)
        self.start_tls()
        self.features = self.expect("EHLO client.test", 250)
        return self

    def log_in(self, user=None, password=None):
        user, password = user or self.server.user, password or self.server.password
        self.expect(b"AUTH PLAIN " + b64(b"", user.encode(), password.encode()), 235)
        return self


def secured(server, login=False):
    """A session in which AUTH may be offered."""
    session = Smtp(server).secure()
    need_feature(session.features.has("AUTH"), "it does not offer AUTH")
    return session.log_in() if login else session


class Pop3(Wire):
    def __init__(self, server, service="pop3s"):
        need_feature(server.ports.get(service), f"it has no port for {service}")
        super().__init__(server, server.ports[service], service == "pop3s")
        self.greeting = self.line() or b""
        need(self.greeting.startswith(b"+OK"), f"it greets with {show(self.greeting)}")

    def say(self, line):
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        secret = self.said.upper().startswith((b"PASS ", b"APOP ", b"AUTH "))
        return self.line(PATIENCE if secret else TIMEOUT) or b""

    def ok(self, line):
        answer = self.say(line)
        need(answer.startswith(b"+OK"), f"{show(self.said.strip(), 40)} gets {show(answer)}, not +OK")
        return answer

    def err(self, line, code=None):
        answer = self.say(line)
        wanted = "-ERR" + (f" [{code}]" if code else "")
        need(answer.startswith(wanted.encode()),
             f"{show(self.said.strip(), 40)} gets {show(answer) or 'no answer'}, not {wanted}")
        return answer

    def lines(self):
        """The lines of a multi-line answer behind its first, dots still doubled."""
        seen = 0
        while not self.buffer.startswith(b".\r\n"):
            end = self.buffer.find(b"\r\n.\r\n", seen)
            if end >= 0:
                text, self.buffer = self.buffer[:end], self.buffer[end + 5:]
                need(text.count(b"\n") == text.count(b"\r\n"), "a multi-line answer has a bare LF")
                return text.split(b"\r\n")
            seen = max(0, len(self.buffer) - 4)
            need(self.fill(), "a multi-line answer has no end")
        self.buffer = self.buffer[3:]
        return []

    def text(self, line):
        """A multi-line answer as the octets it stands for."""
        self.ok(line)
        lines = self.lines()
        return re.sub(rb"(?m)^\.", b"", b"\r\n".join(lines) + b"\r\n" * bool(lines))

    def listing(self, line):
        self.ok(line)
        return self.lines()

    def log_in(self, user=None, password=None):
        self.ok(f"USER {user or self.server.pop3_user}")
        self.ok(f"PASS {password or self.server.password}")
        return self

    def stat(self):
        words = self.ok("STAT").split()
        return int(words[1]), int(words[2])


def open_maildrop(server):
    """A session in the TRANSACTION state; the one before it may just be going."""
    for _ in range(20):
        session = Pop3(server)
        session.ok(f"USER {server.pop3_user}")
        answer = session.say(f"PASS {server.password}")
        if b"IN-USE" not in answer:
            break
        session.close()
        time.sleep(0.1)
    need(answer.startswith(b"+OK"), f"PASS gets {show(answer)}")
    return session


def fill_maildrop(server, *letters):
    """Empties the maildrop, then puts these letters into it."""
    need_feature(server.ports.get("pop3s"), "it has no POP3")
    with open_maildrop(server) as session:
        for number in range(1, session.stat()[0] + 1):
            session.ok(f"DELE {number}")
        session.ok("QUIT")
    for count, letter in enumerate(letters, 1):
        server.deposit(letter)
        server.wait_for(lambda wanted=count: count_letters(server) == wanted, "the letters' arrival")


def count_letters(server):
    with open_maildrop(server) as session:
        count = session.stat()[0]
        session.ok("QUIT")
        return count


def letter(subject, body=b"Hello.\r\n", extra=b""):
    """A letter with every header that a server might otherwise add."""
    return (extra + f"From: <{SENDER}>\r\nTo: <someone@client.test>\r\nSubject: {subject}\r\n"
            f"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{subject}@client.test>\r\n"
            "\r\n".encode() + body)


def body_of(raw):
    return raw.split(b"\r\n\r\n", 1)[1]


def head_of(raw):
    """The header's fields, unfolded, in their order."""
    head = re.sub(rb"\r\n[ \t]+", b" ", raw.split(b"\r\n\r\n", 1)[0])
    return [(line.split(b":", 1)[0].lower().decode("latin-1"), line.split(b":", 1)[1].strip())
            for line in head.split(b"\r\n") if b":" in line]
