# SPDX-License-Identifier: MIT
"""Letters go out and come in through proxies that we did not write: microsocks and tinyproxy."""
import contextlib
import os
import shutil
import subprocess

from harness import (ENVIRONMENT, Server, Skip, cli, cli_json, contains, directory, equal, free_ports,
                     inbox, is_open, main, note, wait_for)
from peers import DOMAIN, PASSWORD, Peers

ANN = f"ann@{DOMAIN}"

TINYPROXY_CONF = """\
Port {port}
Listen 127.0.0.1
Timeout 60
LogFile "{log}"
LogLevel Connect
MaxClients 20
"""


def command(top, kind, port, login):
    log = os.path.join(top, "proxy.log")
    if kind == "socks5":
        return ["microsocks", "-i", "127.0.0.1", "-p", str(port),
                *(["-u", login[0], "-P", login[1]] if login else [])]
    path = os.path.join(top, "tinyproxy.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(TINYPROXY_CONF.format(port=port, log=log))
        if login:
            file.write(f"BasicAuth {login[0]} {login[1]}\n")
    return ["tinyproxy", "-d", "-c", path]


@contextlib.contextmanager
def proxy(top, kind, login=None):
    """Yields the proxy's port and a function that returns its log."""
    [port] = free_ports(1)
    arguments = command(top, kind, port, login)
    if shutil.which(arguments[0]) is None:
        raise Skip(f"{arguments[0]} is not installed")
    log = os.path.join(top, "proxy.log")
    with open(log, "ab") as file:
        process = subprocess.Popen(arguments, stdout=file, stderr=file)

    def read():
        with open(log, encoding="utf-8", errors="replace") as lines:
            return lines.read()

    try:
        wait_for(lambda: is_open(port), "the proxy's start")
        yield port, read
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def site(**options):
    with directory() as data, directory() as top, Peers(top, **options) as peers:
        try:
            yield data, peers
        except BaseException:
            note(peers.logs())
            raise


def add_account(data, peers, uri, security="tls", pop3_security=None, expect=0):
    pop3_security = pop3_security or security
    smtp = peers.ports["smtps" if security == "tls" else "smtp"]
    pop3 = peers.ports["pop3s" if pop3_security == "tls" else "pop3"]
    return cli(data, "account", "add", ANN, f"--smtp=localhost:{smtp}",
               f"--smtp-security={security}", f"--pop3=localhost:{pop3}",
               f"--pop3-security={pop3_security}", f"--proxy={uri}", "--password-file=-",
               stdin=PASSWORD + "\n", expect=expect, wrapper=peers.trusting)


def round_trip(kind, security, pop3_security=None, login=None):
    with site(secure=pop3_security != "none") as (data, peers), directory() as top, \
            proxy(top, kind, login) as (port, log):
        user = "{}:{}@".format(*login) if login else ""
        add_account(data, peers, f"{kind}://{user}127.0.0.1:{port}", security, pop3_security)
        cli(data, "send", f"--from={ANN}", f"--to={ANN}", "--subject=Through", "--text=Hello",
            wrapper=peers.trusting)
        wait_for(lambda: peers.count("ann"), "Postfix's delivery")
        equal(sum(one["new"] for one in cli_json(data, "fetch", wrapper=peers.trusting)), 1, "new")
        equal(inbox(data)[0]["subject"], "Through", "subject")
        for name in ("smtps" if security == "tls" else "smtp",
                     "pop3s" if (pop3_security or security) == "tls" else "pop3"):
            # The proxy looks the name up, not we.
            contains(log(), f"localhost:{peers.ports[name]}")
        if login:
            shown = cli_json(data, "account", "list")[0]["proxy"]
            contains(shown, f"127.0.0.1:{port}")
            assert login[1] not in shown, shown


def test_socks5_with_tls():
    round_trip("socks5", "tls")


def test_socks5_with_starttls():
    round_trip("socks5", "starttls")


def test_socks5_with_a_password_and_clear_text():
    round_trip("socks5", "tls", "none", ("ann", "proxysecret"))


def test_http_with_tls():
    round_trip("http", "tls")


def test_http_with_starttls():
    round_trip("http", "starttls")


def test_http_with_a_password_and_clear_text():
    round_trip("http", "tls", "none", ("ann", "proxysecret"))


def test_the_systems_proxy():
    """Without one of its own, an account takes the way that the system says."""
    with site() as (data, peers), directory() as top, proxy(top, "socks5") as (port, log):
        words = {"http_proxy": f"socks5://127.0.0.1:{port}", "no_proxy": ""}
        old = {name: ENVIRONMENT.get(name) for name in words}
        ENVIRONMENT.update(words)
        try:
            add_account(data, peers, "")
            # The server of this very program needs no way out.
            with directory() as local, Server(local) as server:
                server.add_account("bob")
        finally:
            for name, value in old.items():
                if value is None:
                    del ENVIRONMENT[name]
                else:
                    ENVIRONMENT[name] = value
        contains(log(), f"localhost:{peers.ports['pop3s']}")
        contains(log(), f"localhost:{peers.ports['smtps']}")
        assert str(server.ports["pop3s"]) not in log(), log()


def test_a_proxy_that_does_not_serve():
    with site() as (data, peers), directory() as top:
        [port] = free_ports(1)
        done = add_account(data, peers, f"socks5://ann:proxysecret@127.0.0.1:{port}", expect=69)
        contains(done.err, "through the proxy 127.0.0.1")
        assert "proxysecret" not in done.err, done.err
        with proxy(top, "socks5", ("ann", "proxysecret")) as (port, _):
            done = add_account(data, peers, f"socks5://ann:wrong@127.0.0.1:{port}", expect=69)
            contains(done.err, "through the proxy")
        equal(cli_json(data, "account", "list"), [], "accounts")


def test_what_is_no_proxy():
    with directory() as data:
        for uri in ("proxy.example.org", "ftp://proxy.example.org", "socks5://", "http://a/b"):
            done = cli(data, "account", "add", ANN, "--smtp=localhost", "--pop3=localhost",
                       f"--proxy={uri}", "--password-file=-", stdin="x\n", expect=65)
            contains(done.err, "no proxy")


if __name__ == "__main__":
    main()
