"""The named boundary around models: a failure is counted and said, what it held is not.

A runtime's exception may carry what it was given, a transcript included. So the exception
stops here: its class and the place in the code are logged, its text, arguments, context and
traceback are dropped.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

_log = logging.getLogger(__name__)


T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class Outcome(Generic[T]):
    value: T | None
    failed: bool = False


class Guard:
    """Counts failures by stage."""

    def __init__(self) -> None:
        self.failures = 0

    def run(self, stage: str, call: Callable[[], T]) -> Outcome[T]:
        place = ""
        try:
            return Outcome(call())
        except Exception as error:  # noqa: BLE001 - the boundary this module is for
            place = f"{type(error).__name__} at {where(error.__traceback__)}"
        self.failures += 1
        _log.error("stage %s failed: %s; its measurement is missing", stage, place)
        return Outcome(None, failed=True)


def where(traceback: TracebackType | None) -> str:
    """File and line of the innermost frame, without any value."""
    if traceback is None:
        return "unknown place"
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    return f"{Path(code.co_filename).name}:{traceback.tb_lineno}"
