# SPDX-License-Identifier: MIT
"""Programs that we did not write log in to "postroom-cli serve" by SCRAM, with and without a bond to
TLS, and, where the demonstration is on, by CRAM-MD5 and APOP: msmtp, mpop, gsasl, swaks, smtplib,
poplib and fetchmail."""
import contextlib
import os
import poplib
import shutil
import smtplib
import sqlite3
import ssl
import subprocess

from harness import (DOMAIN, PASSWORD, Server, Skip, cli, cli_json, contains, directory, equal,
                     letter, main, wait_for)

ANN, BOB = f"ann@{DOMAIN}", f"bob@{DOMAIN}"
QUICK = "--limit=delay-seconds=0"


def run(*command, stdin=b"", expect=0, home=None):
    if shutil.which(command[0]) is None:
        raise Skip(f"there is no {command[0]}")
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    if home is not None:
        environment["HOME"] = home
    done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60, env=environment)
    text = done.stdout.decode("utf-8", "replace")
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{text}")
    return text


@contextlib.contextmanager
def serving(*options):
    with directory() as data, Server(data, QUICK, *options) as server:
        yield data, server


def count(data, user="bob"):
    return {one["name"]: one["letters"] for one in cli_json(data, "user", "list")}[user]


def trust(server):
    return ssl.create_default_context(cafile=server.authority)


# ---- SCRAM ----

def msmtp(server, user, password, auth, expect=0, tls=("--tls-starttls=on",), port="submission"):
    return run("msmtp", "--host=localhost", f"--port={server.ports[port]}", "--tls=on", *tls,
               f"--tls-trust-file={server.authority}", f"--auth={auth}", f"--user={user}",
               f"--passwordeval=echo '{password}'", f"--from={ANN}", BOB, stdin=letter(),
               expect=expect)


def test_msmtp_proves_its_password():
    with serving() as (data, server):
        msmtp(server, "ann", PASSWORD, "scram-sha-256")
        msmtp(server, ANN, PASSWORD, "scram-sha-256", tls=("--tls-starttls=off",), port="smtps")
        contains(msmtp(server, "ann", "wrong", "scram-sha-256", expect=77), "535 5.7.8")
        # What it takes when it may choose.
        msmtp(server, "ann", PASSWORD, "on")
        msmtp(server, "ann", PASSWORD, "plain")
        equal(count(data), 4, "letters")


def mpop(data, server, auth, user="bob", password=PASSWORD, expect=0, tls="on"):
    return run("mpop", "--host=localhost", f"--port={server.ports['pop3']}", f"--tls={tls}",
               "--tls-starttls=on", f"--tls-trust-file={server.authority}", f"--auth={auth}",
               f"--user={user}", f"--passwordeval=echo '{password}'", "--keep=off",
               f"--delivery=mbox,{data}/mbox", "--half-quiet", "--uidls-file", f"{data}/uidls",
               expect=expect, home=data)


def deliver(server):
    with smtplib.SMTP("localhost", server.ports["smtp"]) as smtp:
        smtp.sendmail(ANN, BOB, letter())


def test_mpop_proves_its_password():
    with serving() as (data, server):
        deliver(server)
        contains(mpop(data, server, "scram-sha-256", password="wrong", expect=77), "authentication failed")
        mpop(data, server, "scram-sha-256")
        equal(count(data), 0, "letters")


def gsasl(server, mechanism, *options, password=PASSWORD, expect=0):
    return run("gsasl", "--smtp", f"--connect=localhost:{server.ports['smtp']}", "--starttls",
               f"--x509-ca-file={server.authority}", f"--mechanism={mechanism}",
               "--authentication-id=ann", f"--password={password}", "--no-client-first",
               "--quality-of-protection=qop-auth", *options, expect=expect)


def test_gsasl_is_bound_to_its_tls():
    with serving() as (_, server):
        tls12 = "--priority=NORMAL:-VERS-TLS1.3"
        contains(gsasl(server, "SCRAM-SHA-256-PLUS"), "server trusted")
        contains(gsasl(server, "SCRAM-SHA-256-PLUS", tls12), "server trusted")
        contains(gsasl(server, "SCRAM-SHA-256-PLUS", password="wrong", expect=None), "535 5.7.8")
        contains(gsasl(server, "SCRAM-SHA-256", "--no-cb"), "server trusted")


def test_our_own_programs_are_bound_too():
    with serving() as (data, server):
        server.add_account("ann")
        cli(data, "send", "--to", BOB, "--subject", "Mine", stdin="Hello.\n")
        equal(count(data), 1, "letters")
        contains(cli(data, "fetch", "--trace").out, "AUTH SCRAM-SHA-256-PLUS")


# ---- the demonstration ----

def swaks(server, *options, expect=0):
    return run("swaks", "--server", "localhost", "--port", str(server.ports["smtp"]), "--from", ANN,
               "--to", BOB, "--helo", "client.example", *options, expect=expect)


def cram(server, user, password):
    smtp = smtplib.SMTP("localhost", server.ports["smtp"])
    try:
        smtp.ehlo()
        smtp.user, smtp.password = user, password
        return smtp.auth("CRAM-MD5", smtp.auth_cram_md5, initial_response_ok=False)[0]
    except smtplib.SMTPAuthenticationError as error:
        return error.smtp_code
    finally:
        smtp.close()


def apop(server, user, password, tls=False):
    box = (poplib.POP3_SSL("localhost", server.ports["pop3s"], context=trust(server)) if tls
           else poplib.POP3("localhost", server.ports["pop3"]))
    try:
        return box.apop(user, password).decode()
    except poplib.error_proto as error:
        return str(error)
    finally:
        box.close()


def fetchmail(data, server, password, expect):
    path = os.path.join(data, "fetchmailrc")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"poll localhost protocol APOP port {server.ports['pop3']}\n"
                   f"  user bob password '{password}' sslproto '' mda 'cat >> {data}/fetched'\n")
    return run("fetchmail", "-f", path, "--nosyslog", "--pidfile", f"{data}/fetchmail.pid",
               "--idfile", f"{data}/fetchids", expect=expect, home=data)


def test_the_demonstration_in_clear():
    with serving("--demonstration-auth") as (data, server):
        contains(swaks(server, "--auth", "CRAM-MD5", "--auth-user", "ann", "--auth-password",
                       PASSWORD), "235 2.7.0")
        contains(swaks(server, "--auth", "CRAM-MD5", "--auth-user", "ann", "--auth-password",
                       "wrong", expect=28), "535 5.7.8")
        equal(cram(server, "ann", PASSWORD), 235, "CRAM-MD5")
        equal(cram(server, "ann", "wrong"), 535, "CRAM-MD5 with a wrong password")
        equal(cram(server, "nobody", ""), 535, "CRAM-MD5 of nobody")
        contains(apop(server, "bob", PASSWORD), "+OK 1 messages")
        contains(apop(server, "bob", PASSWORD, tls=True), "+OK 1 messages")
        contains(apop(server, "bob", "wrong"), "[AUTH]")
        mpop(data, server, "apop", tls="off")
        equal(count(data), 0, "letters after mpop")
        swaks(server)
        mpop(data, server, "cram-md5", tls="off")
        equal(count(data), 0, "letters after mpop with CRAM-MD5")
        swaks(server)
        fetchmail(data, server, "wrong", 3)
        fetchmail(data, server, PASSWORD, 0)
        equal(count(data), 0, "letters after fetchmail")


def kept(data):
    base = sqlite3.connect(f"file:{data}/server/site.db?mode=ro", uri=True)
    try:
        return dict(base.execute("SELECT name, secret FROM users"))
    finally:
        base.close()


def test_passwords_are_kept_for_the_demonstration_alone():
    with directory() as data:
        with Server(data, QUICK) as server:
            equal(kept(data), {"ann": None, "bob": None}, "passwords")
            contains(swaks(server, "--auth", "CRAM-MD5", "--auth-user", "ann", "--auth-password",
                           PASSWORD, expect=28), "did not advertise")
            contains(apop(server, "ann", PASSWORD), "APOP not supported")
        with Server(data, QUICK, "--demonstration-auth") as server:
            # They were there before it was on.
            equal(kept(data), {"ann": None, "bob": None}, "passwords")
            equal(cram(server, "ann", PASSWORD), 535, "a password from before")
            cli(data, "user", "passwd", "ann", "--password-file=-", stdin="new one\n")
            cli(data, "user", "add", "carl", "--password-file=-", stdin="carls\n")
            equal(kept(data), {"ann": "new one", "bob": None, "carl": "carls"}, "passwords")
            equal(cram(server, "ann", "new one"), 235, "a new password")
            contains(apop(server, "carl", "carls"), "+OK")
        with Server(data, QUICK) as server:
            wait_for(lambda: not any(kept(data).values()), "forgetting")
            contains(apop(server, "carl", "carls"), "APOP not supported")
            msmtp(server, "carl", "carls", "scram-sha-256", expect=65)
        # Nothing is left of it, not even where nothing reads any more.
        for name in os.listdir(f"{data}/server"):
            path = os.path.join(data, "server", name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    equal(b"carls" in file.read(), False, f"the password in {name}")


# ---- guesses ----

def plain(server, user, password):
    with smtplib.SMTP_SSL("localhost", server.ports["smtps"], context=trust(server)) as smtp:
        try:
            smtp.login(user, password)
            return 235
        except smtplib.SMTPAuthenticationError as error:
            return error.smtp_code


def test_guessing_ends():
    with serving("--limit=wrong-passwords=3", "--limit=lock-seconds=600") as (data, server):
        # smtplib tries another mechanism after a refusal: two guesses each.
        equal(plain(server, "ann", "wrong"), 535, "the first guesses")
        equal(plain(server, "ann", "wrong"), 454, "the last guesses")
        equal(plain(server, "ann", PASSWORD), 454, "the right password then")
        box = poplib.POP3_SSL("localhost", server.ports["pop3s"], context=trust(server))
        box.user("ann")
        try:
            box.pass_(PASSWORD)
            raise AssertionError("it was taken")
        except poplib.error_proto as error:
            contains(str(error), "[AUTH] Too many")
        finally:
            box.close()
        equal(plain(server, "bob", PASSWORD), 235, "another user")
        equal(cli(data, "serve", "--limit=bogus=1", expect=None).returncode, 64, "an unknown limit")


if __name__ == "__main__":
    main()
