# SPDX-License-Identifier: MIT
"""The forty wire assertions against postroom-cli serve, as TAP. Arguments are numbers of assertions.

Several run at a time, each with a server of its own: most of their time is waiting."""
import concurrent.futures
import sys

import checks
import servers

AT_ONCE = 4


def hold(number):
    with servers.folder() as top:
        try:
            with servers.Postroom(top) as server:
                return checks.hold(checks.CHECKS[number - 1], server)
        except AssertionError as reason:
            return checks.Result("fail", " ".join(str(reason).split()))


def main():
    numbers = [int(one) for one in sys.argv[1:]] or [check.number for check in checks.CHECKS]
    failed = False
    print(f"1..{len(numbers)}")
    with concurrent.futures.ProcessPoolExecutor(AT_ONCE) as pool:
        for line, (number, result) in enumerate(zip(numbers, pool.map(hold, numbers)), 1):
            ok = result.state == "pass"  # what does not apply does not hold
            if not ok:
                print(f"# {number:02}: {result.reason}")
            print(f"{'ok' if ok else 'not ok'} {line} wire-{number:02}: {checks.CHECKS[number - 1].words}",
                  flush=True)
            failed = failed or not ok
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
