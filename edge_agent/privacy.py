"""What the agent's process does so that content cannot leave RAM by accident."""

import ctypes
import logging
import resource
import sys
import threading
from types import TracebackType

from edge_agent.errors import AgentError
from edge_agent.guard import where

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_log = logging.getLogger(__name__)


def no_core_dumps() -> None:
    """Neither a core file nor a crash reporter gets the process's memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def lock_memory() -> bool:
    """Keeps the process's memory off any swap, where the system allows it; whether it did.

    Only where the limit is unlimited (or the process has CAP_IPC_LOCK): under a limit, later
    allocations would fail. Pages are locked as they are first used, so that none is held that
    would not have been.
    """
    if sys.platform != "linux":
        return False
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft != resource.RLIM_INFINITY and not _may_lock():
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0)


def _may_lock() -> bool:
    """CAP_IPC_LOCK, by the process's effective capabilities."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - no path of ours
        effective = next((line for line in status if line.startswith("CapEff:")), "CapEff: 0")
    return bool(int(effective.split()[1], 16) >> 14 & 1)


def quiet_crashes() -> None:
    """An exception that nobody caught is told by its class and place, never by its text:
    a library may have put what it was working on into it.
    """
    sys.excepthook = _tell
    threading.excepthook = lambda args: _tell(args.exc_type, args.exc_value, args.exc_traceback)


def _tell(
    kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None
) -> None:
    text = f": {error}" if isinstance(error, AgentError) else ""
    _log.critical("%s at %s%s", kind.__name__, where(traceback), text)
