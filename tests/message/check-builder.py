#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads what the builder writes with Python's own email package, which shares no code with it."""

import email
import email.policy
import subprocess
import sys

program = sys.argv[1]
wire = subprocess.run([program], check=True, stdout=subprocess.PIPE).stdout
letter = email.message_from_bytes(wire, policy=email.policy.SMTP)
checks = []


def check(name, found, expected):
    checks.append((name, found == expected, found, expected))


check("no defects", letter.defects, [])
check("subject", letter["Subject"], "关于会议: the meeting")
check("sender", str(letter["From"].addresses[0]), "张伟 <wei@example.cn>")
check("recipient", letter["To"].addresses[0].display_name, "Lee, Ann")
check("no Bcc", letter["Bcc"], None)
check("one of each", [len(letter.get_all(name)) for name in ("Date", "Message-ID", "From")], [1, 1, 1])
check("a date", letter["Date"].datetime is not None, True)
check("structure", [part.get_content_type() for part in letter.walk()],
      ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html",
       "image/png", "application/octet-stream", "text/plain"])
check("defects of parts", [defect for part in letter.walk() for defect in part.defects], [])
parts = list(letter.walk())
check("text", parts[2].get_content().replace("\r\n", "\n"), "你好，世界\nHello\n")
check("html", "Grüße" in parts[4].get_content(), True)
check("content id", parts[5]["Content-ID"], "<pic@x>")
check("picture", parts[5].get_content(), bytes(range(256)))
check("name", parts[6].get_filename(), "年度报告.bin")
check("octets", parts[6].get_content(), bytes(range(256)) * 40)
check("text as a file", parts[7].get_payload(decode=True), b"one\ntwo\r\nthree")
check("disposition", [part.get_content_disposition() for part in parts[5:]],
      ["inline", "attachment", "attachment"])

print(f"1..{len(checks)}")
for number, (name, passed, found, expected) in enumerate(checks, 1):
    print(f"{'ok' if passed else 'not ok'} {number} {name}")
    if not passed:
        print(f"# {found!r}\n# not {expected!r}")
