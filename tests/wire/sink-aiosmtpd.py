# SPDX-License-Identifier: MIT
"""An aiosmtpd with its own settings but for the size: letters go to FOLDER/USER/NUMBER.eml.

Arguments: the folder, the port, the port with TLS, the domain, the size; the password of ann and bob
on standard input."""
import asyncio
import os
import signal
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

FOLDER, PORT, TLS_PORT, DOMAIN, SIZE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], \
    int(sys.argv[5])
PASSWORD = sys.stdin.readline().rstrip("\n").encode()
USERS = ("ann", "bob")


def authenticate(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and data.login.decode("utf-8", "replace") in USERS
    return AuthResult(success=known and data.password == PASSWORD, handled=False)


class Handler:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        local_part, _, domain = address.rpartition("@")
        if address.lower() != "postmaster" and (domain.lower() != DOMAIN or local_part.lower() not in USERS):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        for user in {address.split("@")[0].lower() for address in envelope.rcpt_tos}:
            Handler.count += 1
            user = "bob" if user == "postmaster" else user
            os.makedirs(os.path.join(FOLDER, user), exist_ok=True)
            path = os.path.join(FOLDER, user, f"{os.getpid()}-{Handler.count}.eml")
            with open(path, "wb") as file:
                file.write(envelope.original_content)
        return "250 OK"


async def main():
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(os.path.join(FOLDER, "server.pem"), os.path.join(FOLDER, "server-key.pem"))
    loop = asyncio.get_running_loop()

    def make(context=None):
        return SMTP(Handler(), data_size_limit=SIZE, hostname="localhost", tls_context=context,
                    timeout=6, authenticator=authenticate, loop=loop)

    await loop.create_server(lambda: make(tls), "127.0.0.1", PORT)
    await loop.create_server(make, "127.0.0.1", TLS_PORT, ssl=tls)
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    print("ready", flush=True)
    await ended.wait()


asyncio.run(main())
