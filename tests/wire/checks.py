# SPDX-License-Identifier: MIT
"""The forty assertions in one list, and what comes of one."""
import collections
import signal

import assertions_pop3
import assertions_secure
import assertions_smtp
import assertions_state
from wire import Failure, NotApplicable

FIRST_OF_POP3 = 30
SECONDS = 90  # what a whole assertion may take

Check = collections.namedtuple("Check", "number words run")
Result = collections.namedtuple("Result", "state reason")  # pass, fail or n/a


def _all():
    checks = []
    for module in (assertions_smtp, assertions_state, assertions_secure, assertions_pop3):
        for name, run in vars(module).items():
            if name.startswith("wire_"):
                checks.append(Check(int(name[5:]), run.__doc__.splitlines()[0], run))
    checks.sort()
    if [check.number for check in checks] != list(range(1, 41)):
        raise AssertionError("there must be forty")
    return checks


CHECKS = _all()


def _too_late(*_):
    raise Failure(f"it is not through within {SECONDS} s")


def hold(check, server):
    """Holds a server against an assertion; never for longer than SECONDS."""
    signal.signal(signal.SIGALRM, _too_late)
    signal.alarm(SECONDS)
    try:
        check.run(server)
    except NotApplicable as reason:
        return Result("n/a", str(reason))
    except (AssertionError, OSError) as reason:
        return Result("fail", str(reason))
    except (ValueError, IndexError) as reason:
        return Result("fail", f"its answer has another form: {reason}")
    finally:
        signal.alarm(0)
    return Result("pass", "")
