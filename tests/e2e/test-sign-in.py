# SPDX-License-Identifier: MIT
"""Signing in with a browser: an authorization server of the test's own gives the tokens, Dovecot (for
Postfix, too) judges them, and a few lines of Python are the person with the browser."""
import contextlib
import os
import signal
import subprocess
import urllib.error
import urllib.request

from harness import (CLI, ENVIRONMENT, cli, cli_json, contains, directory, equal, inbox, main, note,
                     wait_for)
from peers import DOMAIN, Peers
from provider import CLIENT_ID, CLIENT_SECRET, SCOPE, Provider

ANN = f"ann@{DOMAIN}"

DOVECOT = """
auth_mechanisms = plain {mechanisms}
auth_failure_delay = 0 secs
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {path}
}}
"""

OAUTH2 = """\
introspection_mode = post
introspection_url = {introspect}
username_attribute = username
active_attribute = active
active_value = true
openid_configuration_url = {configuration}
"""

FILE = """\
[test]
name=Test Mail
domains={domain};
pop3=localhost:{pop3}
pop3-security={security}
smtp=localhost:{smtp}
smtp-security={security}
authorize={authorize}
token={token}
scope={scope}
issuer=https://test.example
parameters=prompt=consent
client-id={client_id}
client-secret={client_secret}
"""


@contextlib.contextmanager
def configuration(text):
    """What lies in the person's configuration folder."""
    with directory() as place:
        os.makedirs(os.path.join(place, "postroom"))
        with open(os.path.join(place, "postroom", "providers.ini"), "w", encoding="utf-8") as file:
            file.write(text)
        before = ENVIRONMENT.get("XDG_CONFIG_HOME")
        ENVIRONMENT["XDG_CONFIG_HOME"] = place
        try:
            yield
        finally:
            del ENVIRONMENT["XDG_CONFIG_HOME"]
            if before is not None:
                ENVIRONMENT["XDG_CONFIG_HOME"] = before


@contextlib.contextmanager
def site(mechanisms="xoauth2 oauthbearer", security="tls", client_id=CLIENT_ID):
    with directory() as data, directory() as top, Provider(ANN) as provider:
        path = os.path.join(top, "oauth2.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(OAUTH2.format(introspect=provider.uri("introspect"),
                                     configuration=provider.uri("configuration")))
        with Peers(top, dovecot=DOVECOT.format(mechanisms=mechanisms, path=path)) as peers, \
                configuration(FILE.format(
                    domain=DOMAIN, security=security, scope=SCOPE, client_id=client_id,
                    client_secret=CLIENT_SECRET, authorize=provider.uri("authorize"),
                    token=provider.uri("token"),
                    smtp=peers.ports["smtps" if security == "tls" else "smtp"],
                    pop3=peers.ports["pop3s" if security == "tls" else "pop3"])):
            try:
                yield data, peers, provider
            except BaseException:
                note(peers.logs())
                raise
        equal(provider.wrong, [], "what the program did wrong")


def visit(uri):
    """The browser: its last status and page."""
    try:
        with urllib.request.urlopen(uri, timeout=60) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextlib.contextmanager
def begun(data, peers, *arguments):
    """A command that wants somebody to sign in; yields the process and the address."""
    process = subprocess.Popen([*peers.trusting, CLI, f"--data-dir={data}", *arguments,
                                "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=ENVIRONMENT, text=True)
    try:
        contains(process.stderr.readline(), "Sign in")
        yield process, process.stderr.readline().strip()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def sign_in(data, peers, *arguments, expect=0, status=200):
    arguments = arguments or ("account", "add", ANN, "--oauth")
    with begun(data, peers, *arguments) as (process, uri):
        equal(visit(uri)[0], status, "the browser's last status")
        out, err = process.communicate(timeout=60)
        equal(process.returncode, expect, f"exit code ({err})")
        return out + err


def fetch(data, peers, **options):
    return cli(data, "fetch", "--trace", wrapper=peers.trusting, **options)


def send(data, peers, subject, **options):
    return cli(data, "send", f"--from={ANN}", f"--to={ANN}", f"--subject={subject}", "--text=Hello",
               "--trace", wrapper=peers.trusting, **options)


def round_trip(mechanism, **options):
    with site(**options) as (data, peers, provider):
        sign_in(data, peers)
        [account] = cli_json(data, "account", "list")
        equal(account["sign_in"], "test", "provider")
        trace = send(data, peers, "Signed").out
        wait_for(lambda: peers.count("ann"), "Postfix's delivery")
        trace += fetch(data, peers).out
        equal([row["subject"] for row in inbox(data)], ["Signed"], "letters")
        contains(peers.logs(), f"method={mechanism}")
        contains(trace, f"AUTH {mechanism}")
        for token in provider.access | provider.refresh:
            assert token not in trace, trace
        equal(provider.asked, ["authorization_code"], "grants")
        equal(os.stat(os.path.join(data, "secrets.ini")).st_mode & 0o777, 0o600, "mode")


def test_oauthbearer_over_tls():
    round_trip("OAUTHBEARER")


def test_xoauth2_over_starttls():
    round_trip("XOAUTH2", mechanisms="xoauth2", security="starttls")


def test_a_long_token_that_ends_soon():
    """It is renewed before it is used, with the refresh token that came last."""
    with site() as (data, peers, provider):
        provider.token_bytes = 1500
        provider.lifetime = 30
        sign_in(data, peers)
        fetch(data, peers)
        fetch(data, peers)
        equal(provider.asked, ["authorization_code"] + ["refresh_token"] * 2, "grants")
        provider.lifetime = 3600
        fetch(data, peers)
        fetch(data, peers)
        equal(provider.asked[3:], ["refresh_token"], "grants when it lasts")


def test_a_refused_token_is_renewed_once():
    with site() as (data, peers, provider):
        sign_in(data, peers)
        provider.revoke()
        trace = fetch(data, peers).out
        equal(provider.asked[1:], ["refresh_token"], "grants")
        equal(trace.count("AUTH OAUTHBEARER"), 2, "log-ins")
        provider.revoke()
        send(data, peers, "Renewed")
        equal(provider.asked[1:], ["refresh_token"] * 2, "grants after sending")
        wait_for(lambda: peers.count("ann") == 1, "Postfix's delivery")


def test_a_revoked_sign_in_asks_for_another():
    with site() as (data, peers, provider):
        sign_in(data, peers)
        provider.revoke(refresh=True)
        contains(fetch(data, peers, expect=77).err, "Sign in again")
        contains(send(data, peers, "Kept", expect=77).err, "Sign in again")
        equal(len(cli_json(data, "list", "Outbox")), 1, "letters in the outbox")
        sign_in(data, peers, "account", "login", ANN)
        fetch(data, peers)
        send(data, peers, "Signed in again")
        wait_for(lambda: peers.count("ann") == 1, "Postfix's delivery")
        equal(len(cli_json(data, "list", "Outbox")), 1, "letters kept in the outbox")


def test_what_comes_back_must_be_right():
    with site() as (data, peers, provider):
        provider.refusal = "access_denied"
        contains(sign_in(data, peers, expect=77, status=400), "was not allowed")
        provider.refusal = None
        provider.issuer = "https://other.example"
        contains(sign_in(data, peers, expect=77, status=400), "was not from Test Mail")
        equal(provider.asked, [], "grants")

        # Somebody else who finds the port neither ends nor takes over the sign-in.
        provider.issuer = "https://test.example"
        with begun(data, peers, "account", "add", ANN, "--oauth") as (process, uri):
            provider.state = "x" * 43
            equal(visit(uri)[0], 404, "status for a wrong state")
            provider.state = None
            equal(visit(uri)[0], 200, "status for the right one")
            process.communicate(timeout=60)
            equal(process.returncode, 0, "exit code")
        equal(provider.asked, ["authorization_code"], "grants")


def test_a_sign_in_is_given_up():
    with site() as (data, peers, provider):
        with begun(data, peers, "account", "add", ANN, "--oauth") as (process, _):
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            assert process.returncode != 0
        equal(provider.asked, [], "grants")
        equal(cli_json(data, "account", "list"), [], "accounts")


def test_nobody_registered_the_program():
    with site(client_id="") as (data, peers, _):
        done = cli(data, "account", "add", ANN, "--oauth", expect=65, wrapper=peers.trusting)
        contains(done.err, "client-id")
        contains(done.err, "[test]")
        rows = {row["id"]: row for row in cli_json(data, "providers")}
        equal(rows["test"]["sign_in"], "browser-unregistered", "sign-in")
        equal(rows["qq"]["sign_in"], "app-password", "sign-in")
        cli(data, "account", "add", "ann@nowhere.example", "--oauth", expect=64)
        contains(cli(data, "account", "add", "ann@qq.com", "--oauth", expect=65).err, "password")


def test_another_client_id_is_told():
    with site(client_id="another") as (data, peers, provider):
        contains(sign_in(data, peers, expect=76, status=400), "does not know this program")
        provider.wrong.remove("client_id")


if __name__ == "__main__":
    main()
