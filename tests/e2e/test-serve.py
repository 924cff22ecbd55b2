# SPDX-License-Identifier: MIT
"""How the server is run: its options, its configuration, its journal."""
import configparser
import json
import os
import signal
import socket

from harness import DOMAIN, PASSWORD, Server, cli, cli_json, contains, directory, equal, main, wait_for

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
                       "keep-days=7\n[limits]\nerrors=5\n"
                       f"[teaching]\noffer-expn=true\n[faults]\nfile={os.path.basename(rules)}\n")
        printed = configparser.ConfigParser()
        printed.read_string(cli(data, "serve", f"--config={config}", "--max-size=4321", "--print-config").out)
        equal(dict(printed["server"]), {"domain": "file.test", "address": "", "catch-all": "",
                                        "max-size": "4321", "keep-days": "7", "keep-letters": "0",
                                        "judge": "false"}, "server")
        equal(printed["limits"]["errors"], "5", "limit")
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
    "[limits]\nerrors=many\n": ("Line 2", "errors"),
    "[limits]\nwishes=3\n": ("Line 2", "wishes"),
    "nonsense\n": ("nonsense", ""),
    "[server]\naddress=nowhere\n": ("nowhere", ""),
    "[log]\nlevel=loud\n": ("Line 2", "loud"),
    "[log]\nformat=xml\n": ("Line 2", "xml"),
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


def log_of(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_the_log_tells_events_and_no_secret():
    with directory() as data:
        path = os.path.join(data, "server.log")
        with Server(data, f"--log={path}", "--log-format=json", "--auth-in-clear") as server:
            converse(server, "EHLO tester\r\n", f"MAIL FROM:<{ANN}>\r\n", f"RCPT TO:<nobody@{DOMAIN}>\r\n",
                     f"RCPT TO:<{BOB}>\r\n", "DATA\r\n", "Subject: x\r\n\r\nHush, hush.\r\n.\r\n")
            converse(server, "USER b\\b\r\n", "PASS wrong horse\r\n", port="pop3")
            converse(server, "USER bob\r\n", f"PASS {PASSWORD}\r\n", "RETR 1\r\n", "DELE 1\r\n", port="pop3")
            wait_for(lambda: len([e for e in log_of(path) if e["event"] == "disconnect"]) == 3, "three ends")
            events = log_of(path)
            by_name = {event["event"]: event for event in events}
            equal(sorted(by_name), ["auth", "auth-failed", "connect", "deleted", "disconnect", "refused",
                                    "retrieved", "stored"], "events")
            stored = by_name["stored"]
            equal((stored["from"], stored["recipients"], stored["size"], stored["level"], stored["protocol"]),
                  (ANN, 1, 27, "info", "SMTP"), "stored")
            contains(stored["reply"], "250 2.0.0 Stored as ")
            contains(by_name["refused"]["reply"], "550 5.1.1")
            equal(by_name["refused"]["to"], f"nobody@{DOMAIN}", "refused")
            equal((by_name["auth"]["user"], by_name["deleted"]["user"]), ("bob", "bob"), "user")
            equal((by_name["auth-failed"]["claimed"], by_name["auth-failed"]["level"]),
                  ("b\\b", "warning"), "failure")
            assert all(event["remote"].startswith(("127.0.0.1:", "[::1]:")) for event in events), events
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for secret in ("horse", "Hush"):
                assert secret not in text, secret
            equal(os.stat(path).st_mode & 0o777, 0o600, "mode")
            os.rename(path, path + ".1")
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: os.path.exists(path), "a new file")
            converse(server)
            wait_for(lambda: "disconnect" in [event["event"] for event in log_of(path)], "new events")


def test_the_log_has_levels_and_one_line_for_an_event():
    with directory() as data:
        path = os.path.join(data, "server.log")
        with Server(data, f"--log={path}", "--log-level=warning", "--auth-in-clear") as server:
            converse(server, "USER a\"b\r\n", "PASS x\r\n", port="pop3")
            wait_for(lambda: os.path.getsize(path) > 0, "a line")
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        equal(len(lines), 1, "lines")
        for part in (" warning auth-failed ", "session=", "protocol=\"POP3\"", 'claimed="a\\"b"'):
            contains(lines[0], part)
        with Server(data, "--log=-") as server:
            converse(server)
            wait_for(lambda: "disconnect" in open(server.log.name, encoding="utf-8").read(), "standard error")
        contains(cli(data, "serve", "--log-level=loud", expect=64).err, "loud")
        contains(cli(data, "serve", "--log-format=xml", expect=64).err, "xml")
        assert cli(data, "serve", f"--log={data}/none/log", expect=None).returncode != 0


if __name__ == "__main__":
    main()
