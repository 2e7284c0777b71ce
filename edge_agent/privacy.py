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
_log = logging.getLogger(__name__)


def no_core_dumps() -> None:
    """Neither a core file nor a crash reporter gets the process's memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


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
