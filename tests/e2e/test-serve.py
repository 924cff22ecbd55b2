# SPDX-License-Identifier: MIT
"""How the server is run: its options, its configuration, its journal."""
import configparser
import os
import signal
import socket

from harness import DOMAIN, Server, cli, cli_json, contains, directory, equal, main, wait_for

ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"


def converse(server, *pieces, port="smtp"):
    """Says each piece when the one before was answered; all that is heard, as text."""
    with socket.create_connection(("localhost", server.ports[port]), timeout=30) as wire:
        heard = wire.recv(4096)
        for piece in pieces:
            wire.sendall(piece.encode())
            heard += wire.recv(4096)
        wire.sendall(b"QUIT\r\n")
        wire.shutdown(socket.SHUT_WR)
        while True:
            part = wire.recv(4096)
            if not part:
                return heard.decode()
            heard += part


SMUGGLED = f"\n.\nMAIL FROM:<{ANN}>\r\nRCPT TO:<{BOB}>\r\nDATA\r\nSubject: two\r\n\r\nSmuggled.\r\n.\r\n"


def smuggle(server):
    return converse(server, "EHLO tester\r\n", f"MAIL FROM:<{ANN}>\r\n", f"RCPT TO:<{BOB}>\r\n", "DATA\r\n",
                    "Subject: one\r\n\r\nHello." + SMUGGLED)


def test_smuggling_is_a_setting():
    with directory() as data:
        with Server(data) as server:
            contains(smuggle(server), "550 5.6.11")
            equal(cli_json(data, "server", "stats")["letters"], 0, "letters")
        with Server(data, "--lenient-endings", "--trace") as server:
            equal(smuggle(server).count("250 2.0.0 Stored"), 2, "letters taken")
            wait_for(lambda: b"A false end of the message was taken" in server.process.stdout.readline(),
                     "the note")
        with Server(data, "--catch-all=bob") as server:
            contains(smuggle(server), "550 5.6.11")


def test_expn_is_a_setting():
    with directory() as data:
        with Server(data) as server:
            contains(converse(server, "EHLO tester\r\n", "EXPN bob\r\n"), "502 5.5.1")
        with Server(data, "--offer-expn") as server:
            contains(converse(server, "EHLO tester\r\n", "EXPN bob\r\n"), f"250 2.1.5 <{BOB}>")


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def test_settings_from_a_file():
    with directory() as data:
        rules = write(os.path.join(data, "rules"), "smtp NOOP => reply 450 4.0.0 Ruled\n")
        config = write(os.path.join(data, "server.conf"), "[server]\ndomain=file.test\nmax-size=1234\n"
                       f"[teaching]\noffer-expn=true\n[faults]\nfile={os.path.basename(rules)}\n")
        printed = configparser.ConfigParser()
        printed.read_string(cli(data, "serve", f"--config={config}", "--max-size=4321", "--print-config").out)
        equal(dict(printed["server"]), {"domain": "file.test", "address": "", "catch-all": "",
                                        "max-size": "4321"}, "server")
        equal(printed["faults"]["file"], rules, "file of faults")
        equal(printed["teaching"]["offer-expn"], "true", "switch")
        with Server(data, f"--config={config}", "--max-size=4321") as server:
            heard = converse(server, "EHLO tester\r\n", "NOOP\r\n")
            for part in ("250-file.test greets", "SIZE 4321", "250-EXPN", "450 4.0.0 Ruled"):
                contains(heard, part)


def test_the_sample_is_what_holds_without_it():
    sample = os.path.join(os.path.dirname(__file__), "..", "..", "data", "postroom.conf")
    with directory() as data:
        equal(cli(data, "serve", f"--config={sample}", "--print-config").out,
              cli(data, "serve", "--print-config").out, "settings")


WRONG = {
    "[server]\nDomain=x\n": ("Line 2", "Domain"),
    "# x\n\n[sever]\n": ("Line 3", "sever"),
    "[ports]\nsmtp = 70000\n": ("Line 2", "70000"),
    "[ports]\n\npop3=x\n": ("Line 3", "x"),
    "[teaching]\nauth-in-clear=yes\n": ("Line 2", "yes"),
    "[server]\nmax-size=-1\n": ("Line 2", "-1"),
    "nonsense\n": ("nonsense", ""),
    "[server]\naddress=nowhere\n": ("nowhere", ""),
    "[tls]\ncertificate=x.pem\n": ("together", ""),
    "[faults]\nfile=nothing\n": ("nothing", ""),
}


def test_what_is_wrong_in_it_is_named():
    with directory() as data:
        for text, (first, second) in WRONG.items():
            config = write(os.path.join(data, "server.conf"), text)
            done = cli(data, "serve", f"--config={config}", expect=None)
            assert done.returncode != 0, text
            contains(done.err, first)
            contains(done.err, second)
        done = cli(data, "serve", f"--config={data}/none", expect=None)
        assert done.returncode != 0
        contains(done.err, "none")


def test_settings_are_read_again():
    with directory() as data:
        config = write(os.path.join(data, "server.conf"), "[server]\nmax-size=1000\n")
        with Server(data, f"--config={config}") as server:
            contains(converse(server, "EHLO tester\r\n"), "SIZE 1000")
            write(config, "[server]\nmax-size=2000\n[teaching]\noffer-expn=true\n[faults]\nmagic-recipients=true\n")
            contains(cli(data, "server", "reload").out, "New sessions get the new settings.")
            heard = converse(server, "EHLO tester\r\n", f"MAIL FROM:<{ANN}>\r\n",
                             f"RCPT TO:<452-4.5.3@{DOMAIN}>\r\n")
            for part in ("SIZE 2000", "250-EXPN", "452 4.5.3"):
                contains(heard, part)
            write(config, "[server]\ndomain=other.test\nmax-size=3000\n")
            contains(cli(data, "server", "reload").out, "only a restart changes the domain.")
            heard = converse(server, "EHLO tester\r\n")
            contains(heard, "SIZE 3000")
            contains(heard, f"250-{DOMAIN} greets")
            write(config, "[server]\nmax-size=many\n")
            contains(cli(data, "server", "reload", expect=76).err, "Line 2: “many”")
            contains(converse(server, "EHLO tester\r\n"), "SIZE 3000")
            write(config, "[server]\nmax-size=4000\n")
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "SIZE 4000" in converse(server, "EHLO tester\r\n"), "the new size")


if __name__ == "__main__":
    main()
