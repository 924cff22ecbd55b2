# SPDX-License-Identifier: MIT
"""What the benchmarks share: the program under test, its peers, tables of medians and ratios."""
import argparse
import contextlib
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
KIB = 1024
MIB = 1024 * KIB
os.environ.setdefault("POSTROOM_CLI", os.path.join(TOP, "build-bench", "src", "cli", "postroom-cli"))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))


def options(description, **more):
    """The options that every benchmark has: --quick, --rounds and --folder; @more are its own."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round of little work")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="where to store; on a disk, not in memory", default=TOP)
    for name, settings in more.items():
        parser.add_argument("--" + name.replace("_", "-"), **settings)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds = 1
    return chosen


def allow_many_files():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextlib.contextmanager
def directory(folder=TOP):
    """One that peers with users of their own can enter, and that goes at the end."""
    path = tempfile.mkdtemp(prefix="build-bench-", dir=folder)
    os.chmod(path, 0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def first_line(*command):
    try:
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError:
        return "none"
    return (done.stdout.strip().splitlines() or ["?"])[0]


def version(peer):
    """The name of a peer with its version."""
    ask = {"Postfix": ("postconf", "-h", "mail_version"), "smtp-sink": ("postconf", "-h", "mail_version"),
           "Dovecot": ("dovecot", "--version"), "aiosmtpd": ("/usr/bin/python3", "-c", "import aiosmtpd as a; print(a.__version__)")}
    return f"{peer} {first_line(*ask[peer]).split(' ')[0]}" if peer in ask else peer


def describe(peers, folder=TOP):
    kind = first_line("findmnt", "-n", "-o", "FSTYPE", "-T", folder)
    print(f"{os.cpu_count()} processors, Linux {platform.release()}, {kind}, load {os.getloadavg()[0]:.1f}; "
          + ", ".join(version(peer) for peer in peers), flush=True)


def table(head, rows, names, results, form="{:.0f}", unit="/s"):
    """A line for each of @rows: a median for each of @names, and the ratios of the first to the
    others. @results: a list of figures by (row, name)."""
    first, *others = names
    print(f"{head:34}" + "".join(f"{name:>14}" for name in names) + "".join(f"{'x ' + name:>14}" for name in others))
    for row in rows:
        medians = {name: statistics.median(results[row, name]) for name in names if results.get((row, name))}
        cells = [(form.format(medians[name]) + unit) if name in medians else "-" for name in names]
        ratios = [f"{medians[first] / medians[name]:.2f}" if name in medians and first in medians else "-"
                  for name in others]
        print(f"{str(row):34}" + "".join(f"{cell:>14}" for cell in cells + ratios), flush=True)


def percentile(figures, part):
    ordered = sorted(figures)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else float("nan")


def resident(pid):
    """Octets of memory that the process and its children hold."""
    total = 0
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        total += int(file.read().split()[1]) * resource.getpagesize()
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        total += sum(resident(child) for child in file.read().split())
    return total


def tick():
    print(".", end="", file=sys.stderr, flush=True)
