# SPDX-License-Identifier: MIT
"""How the server is run: its options, its configuration, its journal."""
import socket

from harness import CLI, DOMAIN, PASSWORD, Server, cli, cli_json, contains, directory, equal, main, wait_for

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


if __name__ == "__main__":
    main()
