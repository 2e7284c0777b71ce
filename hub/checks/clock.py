"""Whether this machine's clock can be right: by the kernel's word, and against the database's."""

import ctypes
import sys
from collections.abc import Callable
from typing import Final

from hub.checks.finding import Finding, ok, warn, wrong

_TIME_ERROR: Final = 5
"""adjtimex(2): the clock is not synchronised."""
_TIMEX_BYTES: Final = 512
"""More than struct timex has anywhere; all zero asks and sets nothing."""
_SMALL_S: Final = 2.0
_LARGE_S: Final = 60.0


def kernel_synchronised() -> bool | None:
    """None where the system does not say."""
    if sys.platform != "linux":
        return None
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return None if state < 0 else bool(state != _TIME_ERROR)


def check_clock(
    now_s: float,
    database_now_s: float | None,
    synchronised: Callable[[], bool | None] = kernel_synchronised,
) -> list[Finding]:
    """`database_now_s`: None where the database did not answer."""
    found: list[Finding] = []
    said = synchronised()
    if said is None:
        found.append(warn("clock", "the system does not say whether it is synchronised"))
    elif said:
        found.append(ok("clock", "synchronised"))
    else:
        found.append(
            warn("clock", "not synchronised; turn on NTP (timedatectl set-ntp true, or chrony)")
        )
    if database_now_s is None:
        return found
    apart_s = now_s - database_now_s
    words = f"{abs(apart_s):.1f} s {'ahead of' if apart_s > 0 else 'behind'} the database's"
    if abs(apart_s) <= _SMALL_S:
        found.append(ok("clock", f"{words}"))
    elif abs(apart_s) <= _LARGE_S:
        found.append(warn("clock", f"{words}; synchronise both machines by NTP"))
    else:
        found.append(
            wrong("clock", f"{words}; messages are refused by this clock: set the wrong one")
        )
    return found
