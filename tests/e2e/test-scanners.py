#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What nmap's scripts and sslscan say of the server."""
import re
import shutil
import subprocess
import xml.etree.ElementTree as xml

import harness


def need(program):
    if shutil.which(program) is None:
        raise harness.Skip(f"{program} is not installed")


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120).stdout


def nmap(server, scripts, *names):
    """nmap's text; it knows services by their usual ports, so the scripts are forced to run (+)."""
    ports = ",".join(str(server.ports[name]) for name in names)
    text = run("nmap", "-Pn", "-n", "-sT", "-p", ports, "--script", ",".join("+" + one for one in scripts),
               "127.0.0.1")
    harness.note(text)
    return text


def test_nmap_smtp():
    need("nmap")
    with harness.directory() as data, harness.Server(data) as server:
        text = nmap(server, ("smtp-commands", "smtp-open-relay", "smtp-vuln-cve2010-4344", "smtp-vuln-cve2011-1720",
                             "smtp-vuln-cve2011-1764"), "smtp", "submission")
        harness.contains(text, "PIPELINING")
        harness.contains(text, "STARTTLS")
        for bad in ("Server is an open relay", "VULNERABLE", "ERROR"):
            if re.search(r"(?<!NOT )" + bad, text):
                raise AssertionError(f"nmap says “{bad}”")


def test_nmap_pop3():
    need("nmap")
    with harness.directory() as data, harness.Server(data) as server:
        text = nmap(server, ("pop3-capabilities",), "pop3")
        for capability in ("STLS", "UIDL", "TOP", "PIPELINING"):
            harness.contains(text, capability)


def test_nmap_ciphers():
    need("nmap")
    with harness.directory() as data, harness.Server(data) as server:
        text = nmap(server, ("ssl-enum-ciphers",), "smtps", "pop3s")
        harness.equal(text.count("least strength: A"), 2, "ports with nothing below A")
        for old in ("SSLv3", "TLSv1.0", "TLSv1.1"):
            if old in text:
                raise AssertionError(f"{old} is spoken")


def test_sslscan():
    need("sslscan")
    with harness.directory() as data, harness.Server(data) as server:
        for name in ("smtps", "pop3s"):
            found = xml.fromstring(run("sslscan", "--xml=-", "--no-colour", f"127.0.0.1:{server.ports[name]}"))
            spoken = {(one.get("type"), one.get("version")) for one in found.iter("protocol") if one.get("enabled") == "1"}
            harness.equal(spoken, {("tls", "1.2"), ("tls", "1.3")}, f"what {name} speaks")
            harness.equal([one.get("cipher") for one in found.iter("cipher") if int(one.get("bits")) < 128], [], "weak ciphers")
            harness.equal([one.get("vulnerable") for one in found.iter("heartbleed") if one.get("vulnerable") != "0"], [], "heartbleed")
            harness.equal([one.get("supported") for one in found.iter("compression") if one.get("supported") != "0"], [], "compression")


harness.main()
