# SPDX-License-Identifier: MIT
"""Programs that we did not write talk to "postroom-cli serve": curl, swaks, smtplib and poplib,
openssl s_client."""
import os
import poplib
import smtplib
import socket
import ssl
import subprocess

from harness import DOMAIN, PASSWORD, Server, cli, contains, directory, equal, letter, main

ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"
DOTS = letter("Dots", body=".\r\n..\r\n.start\r\nGr=C3=BC=C3=9Fe\r\n\r\n.end\r\n")


def run(*command, stdin=b"", expect=0):
    done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60)
    text = done.stdout.decode("utf-8", "replace")
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{text}")
    return text


def trust(server):
    return ssl.create_default_context(cafile=server.authority)


def take_all(server, user="bob", remove=True):
    """Fetches with poplib over TLS; the letters without what the server put on top."""
    box = poplib.POP3_SSL("localhost", server.ports["pop3s"], context=trust(server), timeout=30)
    box.user(user)
    box.pass_(PASSWORD)
    letters = []
    for number in range(1, box.stat()[0] + 1):
        raw = b"".join(line + b"\r\n" for line in box.retr(number)[1])
        letters.append(without_trace(raw))
        if remove:
            box.dele(number)
    box.quit()
    return letters


def without_trace(raw):
    """Return-Path, Delivered-To (for a single recipient) and Received are the server's; the rest is
    as it was sent."""
    lines = raw.split(b"\r\n")
    assert lines[0].startswith(b"Return-Path: "), lines[0]
    index = 2 if lines[1].startswith(b"Delivered-To: ") else 1
    assert lines[index].startswith(b"Received: "), lines[index]
    index += 1
    while lines[index][:1] in (b" ", b"\t"):
        index += 1
    return b"\r\n".join(lines[index:])


def curl_send(server, data, url, *options):
    path = os.path.join(data, "letter.eml")
    with open(path, "wb") as file:
        file.write(DOTS)
    run("curl", "-sS", "--url", url, "--cacert", server.authority, "--mail-from", ANN,
        "--mail-rcpt", BOB, "--upload-file", path, *options)


def test_curl_sends_in_every_way():
    with directory() as data, Server(data) as server:
        smtp, smtps = server.ports["smtp"], server.ports["smtps"]
        login = ("--user", f"ann:{PASSWORD}")
        curl_send(server, data, f"smtp://localhost:{smtp}")
        curl_send(server, data, f"smtp://localhost:{smtp}", "--ssl-reqd", *login)
        curl_send(server, data, f"smtp://localhost:{smtp}", "--ssl-reqd", *login,
                  "--login-options", "AUTH=LOGIN")
        curl_send(server, data, f"smtps://localhost:{smtps}", *login)
        curl_send(server, data, f"smtps://localhost:{smtps}", *login, "--sasl-ir")
        equal(take_all(server), [DOTS] * 5, "letters")


def test_curl_fetches_in_every_way():
    with directory() as data, Server(data) as server:
        curl_send(server, data, f"smtp://localhost:{server.ports['smtp']}")
        pop3, pop3s = server.ports["pop3"], server.ports["pop3s"]
        common = ("curl", "-sS", "--cacert", server.authority, "--user", f"bob:{PASSWORD}")
        for url, options in (
                (f"pop3://localhost:{pop3}/1", ("--ssl-reqd",)),
                (f"pop3://localhost:{pop3}/1", ("--ssl-reqd", "--login-options", "AUTH=PLAIN")),
                (f"pop3://localhost:{pop3}/1", ("--ssl-reqd", "--login-options", "AUTH=LOGIN")),
                (f"pop3s://localhost:{pop3s}/1", ()),
                (f"pop3s://localhost:{pop3s}/1", ("--sasl-ir",))):
            done = subprocess.run([*common, "--url", url, *options], stdout=subprocess.PIPE,
                                  check=True, timeout=60)
            equal(without_trace(done.stdout), DOTS, url)
        contains(run(*common, "--url", f"pop3s://localhost:{pop3s}/", "--list-only"), "1 ")


def test_curl_is_refused_a_wrong_password():
    with directory() as data, Server(data) as server:
        # 67: CURLE_LOGIN_DENIED
        run("curl", "-sS", "--cacert", server.authority, "--user", "bob:wrong",
            "--url", f"pop3s://localhost:{server.ports['pop3s']}/", expect=67)
        # 60: the certificate is not trusted without our authority
        run("curl", "-sS", "--user", f"bob:{PASSWORD}",
            "--url", f"pop3s://localhost:{server.ports['pop3s']}/", expect=60)


def swaks(server, *options, expect=0):
    return run("swaks", "--server", "127.0.0.1", "--from", ANN, "--to", BOB, "--timeout", "20",
               *options, expect=expect)


def test_swaks_uses_every_mechanism():
    with directory() as data, Server(data) as server:
        sent = 0
        for mechanism in ("PLAIN", "LOGIN"):
            for options in (("--port", str(server.ports["smtp"]), "--tls"),
                            ("--port", str(server.ports["smtps"]), "--tls-on-connect")):
                text = swaks(server, *options, "--auth", mechanism, "--auth-user", "ann",
                             "--auth-password", PASSWORD)
                contains(text, "235 ")
                sent += 1
        equal(len(take_all(server)), sent, "letters")


def test_swaks_meets_the_refusals():
    with directory() as data, Server(data) as server:
        port = ("--port", str(server.ports["smtp"]))
        # 28: authentication failed; 24: no recipient was accepted
        contains(swaks(server, *port, "--tls", "--auth", "PLAIN", "--auth-user", "ann",
                       "--auth-password", "wrong", expect=28), "535 ")
        contains(run("swaks", "--server", "127.0.0.1", *port, "--from", ANN, "--to",
                     f"nobody@{DOMAIN}", expect=24), "550 ")
        contains(run("swaks", "--server", "127.0.0.1", *port, "--from", ANN, "--to",
                     "someone@example.org", expect=24), "550 ")
        # Without TLS no mechanism is offered at all.
        swaks(server, *port, "--auth", "PLAIN", "--auth-user", "ann", "--auth-password", PASSWORD,
              expect=28)
        equal(take_all(server), [], "letters")


def test_smtplib_sends_to_several():
    with directory() as data, Server(data) as server:
        with smtplib.SMTP("localhost", server.ports["smtp"], timeout=30) as smtp:
            smtp.starttls(context=trust(server))
            smtp.login("ann", PASSWORD)
            refused = smtp.sendmail(ANN, [BOB, ANN, f"nobody@{DOMAIN}"], DOTS)
            equal(list(refused), [f"nobody@{DOMAIN}"], "refused")
            equal(refused[f"nobody@{DOMAIN}"][0], 550, "code")
            equal(smtp.vrfy("bob")[0], 252, "VRFY")
            equal(smtp.rset()[0], 250, "RSET")
            smtp.sendmail("", [BOB], letter("Null path"))
        equal(take_all(server), [DOTS, letter("Null path")], "bob's letters")
        equal(take_all(server, "ann"), [DOTS], "ann's letters")


def test_smtplib_meets_the_limit():
    with directory() as data, Server(data, "--max-size=20000") as server:
        with smtplib.SMTP_SSL("localhost", server.ports["smtps"], context=trust(server)) as smtp:
            try:
                smtp.sendmail(ANN, [BOB], letter("Big", body="x" * 70 + "\r\n" * 20000))
                raise AssertionError("a letter over the limit was taken")
            except smtplib.SMTPResponseException as error:
                equal(error.smtp_code, 552, "code")
            smtp.sendmail(ANN, [BOB], DOTS)
        equal(take_all(server), [DOTS], "letters")


def test_poplib_sees_the_whole_of_rfc_1939():
    with directory() as data, Server(data) as server:
        with smtplib.SMTP("localhost", server.ports["smtp"]) as smtp:
            for number in range(3):
                smtp.sendmail(ANN, [BOB], letter(f"Letter {number}"))
        box = poplib.POP3("localhost", server.ports["pop3"], timeout=30)
        contains(box.capa(), "STLS")
        box.stls(context=trust(server))
        capabilities = box.capa()
        for keyword in ("TOP", "UIDL", "USER", "SASL", "PIPELINING", "RESP-CODES"):
            contains(capabilities, keyword)
        box.user("bob")
        box.pass_(PASSWORD)
        count, octets = box.stat()
        equal(count, 3, "count")
        sizes = [int(line.split()[1]) for line in box.list()[1]]
        equal(sum(sizes), octets, "octets")
        uids = [line.split()[1] for line in box.uidl()[1]]
        equal(len(set(uids)), 3, "different uids")
        equal(len(b"\r\n".join(box.retr(1)[1])) + 2, sizes[0], "RETR's octets")
        equal(box.top(2, 0)[1][-1], b"", "TOP 0 ends with the empty line")
        box.dele(2)
        equal(box.stat()[0], 2, "count after DELE")
        box.rset()
        equal(box.stat()[0], 3, "count after RSET")
        box.noop()
        box.dele(1)
        box.close()  # without QUIT nothing may go
        box = poplib.POP3_SSL("localhost", server.ports["pop3s"], context=trust(server))
        box.user("bob")
        box.pass_(PASSWORD)
        equal([line.split()[1] for line in box.uidl()[1]], uids, "uids in a new session")
        box.dele(1)
        box.quit()
        equal(len(take_all(server)), 2, "letters left")


def test_openssl_speaks_to_every_port():
    with directory() as data, Server(data) as server:
        common = ("openssl", "s_client", "-CAfile", server.authority, "-verify_return_error",
                  "-verify_hostname", "localhost", "-brief")
        for port, options, wanted in (
                ("smtps", (), "TLSv1.3"), ("pop3s", (), "TLSv1.3"),
                ("smtp", ("-starttls", "smtp"), "TLSv1.3"), ("pop3", ("-starttls", "pop3"), "TLSv1.3"),
                ("smtps", ("-tls1_2",), "TLSv1.2")):
            text = run(*common, "-connect", f"127.0.0.1:{server.ports[port]}", *options,
                       stdin=b"QUIT\r\n")
            contains(text, wanted)
            contains(text, "Verification: OK")
        # An old version may get through the handshake, but not one word is said over it.
        text = run(*common, "-connect", f"127.0.0.1:{server.ports['smtps']}", "-tls1_1",
                   "-cipher", "DEFAULT@SECLEVEL=0", stdin=b"QUIT\r\n", expect=None)
        assert "220 " not in text and "221 " not in text, text


def test_plaintext_behind_starttls_is_refused():
    for port, command in (("smtp", b"STARTTLS\r\nNOOP\r\n"), ("pop3", b"STLS\r\nCAPA\r\n")):
        with directory() as data, Server(data) as server:
            with socket.create_connection(("127.0.0.1", server.ports[port]), timeout=20) as wire:
                stream = wire.makefile("rwb")
                stream.readline()
                stream.write((b"EHLO test\r\n" if port == "smtp" else b"") + command)
                stream.flush()
                answer = stream.read()
                assert not any(line.startswith((b"220 ", b"+OK Begin")) for line in
                               answer.split(b"\r\n")[1:]), answer


def test_a_false_end_ends_nothing():
    """SMTP smuggling: only CRLF.CRLF ends a message, and a bare LF in it is refused."""
    for false_end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n"):
        with directory() as data, Server(data) as server:
            with socket.create_connection(("127.0.0.1", server.ports["smtp"]), timeout=20) as wire:
                stream = wire.makefile("rwb")
                stream.readline()
                for line in (b"HELO test", f"MAIL FROM:<{ANN}>".encode(),
                             f"RCPT TO:<{BOB}>".encode(), b"DATA"):
                    stream.write(line + b"\r\n")
                    stream.flush()
                    stream.readline()
                stream.write(b"Subject: one\r\n\r\ntext" + false_end + b"MAIL FROM:<evil@test>\r\n"
                             b"RCPT TO:<bob@postroom.test>\r\nDATA\r\nsmuggled\r\n.\r\nQUIT\r\n")
                stream.flush()
                answers = stream.read().split(b"\r\n")
                assert answers[0].startswith(b"5"), (false_end, answers)
                assert answers[1].startswith(b"221"), (false_end, answers)
            equal(take_all(server), [], "letters")


def test_users_are_managed_while_it_runs():
    with directory() as data, Server(data) as server:
        cli(data, "user", "add", "carol", "--password-file=-", stdin=PASSWORD + "\n")
        with smtplib.SMTP("localhost", server.ports["smtp"]) as smtp:
            smtp.sendmail(ANN, [f"Carol@{DOMAIN}"], DOTS)
        equal(take_all(server, "carol"), [DOTS], "carol's letters")
        cli(data, "user", "passwd", "carol", "--password-file=-", stdin="another one\n")
        try:
            take_all(server, "carol")
            raise AssertionError("the old password still works")
        except poplib.error_proto:
            pass
        cli(data, "user", "remove", "carol")
        with smtplib.SMTP("localhost", server.ports["smtp"]) as smtp:
            smtp.ehlo()
            smtp.mail(ANN)
            equal(smtp.rcpt(f"carol@{DOMAIN}")[0], 550, "RCPT after removal")


if __name__ == "__main__":
    main()
