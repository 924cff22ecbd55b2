#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients that begin TLS and then say nothing, or not all of it, do not keep others waiting."""
import contextlib
import socket
import ssl

import harness

SILENT = 200
# Of a TLS record: a handshake of 512 octets, of which only a few come.
PART = bytes((22, 3, 1, 2, 0, 1, 0, 1, 252))


def connect(stack, port):
    # Less than the server's patience with a handshake: whoever is served had not to wait for it.
    return stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=15))


def greeted(port, context):
    with socket.create_connection(("127.0.0.1", port), timeout=15) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as wire:
            return wire.recv(1000)


def test_silent_clients():
    with harness.directory() as data, harness.Server(data) as server, contextlib.ExitStack() as stack:
        context = ssl.create_default_context(cafile=server.authority)
        for number in range(SILENT):
            silent = connect(stack, server.ports["smtps" if number % 2 else "pop3s"])
            silent.sendall(PART[:number % (len(PART) + 1)])
        harness.contains(greeted(server.ports["smtps"], context), b"220 ")
        harness.contains(greeted(server.ports["pop3s"], context), b"+OK")


def test_hello_by_the_octet():
    """A hello that comes in pieces is put together."""
    with harness.directory() as data, harness.Server(data) as server, contextlib.ExitStack() as stack:
        wire = connect(stack, server.ports["smtps"])
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=server.authority)
        client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        text = None
        while text is None:
            try:
                text = client.read(1000)
            except ssl.SSLWantReadError:
                for octet in outgoing.read():
                    wire.sendall(bytes((octet,)))
                incoming.write(wire.recv(65536))
        harness.contains(text, b"220 ")


def test_no_tls():
    """What is no TLS at all is closed at once."""
    with harness.directory() as data, harness.Server(data) as server, contextlib.ExitStack() as stack:
        wire = connect(stack, server.ports["smtps"])
        wire.sendall(b"EHLO client.example\r\n")
        with contextlib.suppress(ConnectionResetError):
            while wire.recv(1000):
                pass


harness.main()
