"""The named boundary around models: a failure is counted and said, what it held is not.

A runtime's exception may carry what it was given, a transcript included. So the exception
stops here: its class and the place in the code are logged, its text, arguments, context and
traceback are dropped.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

from edge_agent.metrics import STAGE_BUSY, STAGE_FAILURES

_log = logging.getLogger(__name__)


T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class Outcome(Generic[T]):
    value: T | None
    failed: bool = False


class Guard:
    """Counts failures by stage. Each is counted; the log gets the 1st, 10th, 100th ..., so
    that a broken model cannot fill a disk.
    """

    def __init__(self) -> None:
        self.by_stage: Counter[str] = Counter()

    @property
    def failures(self) -> int:
        return self.by_stage.total()

    def run(self, stage: str, call: Callable[[], T]) -> Outcome[T]:
        place = ""
        began_s = time.perf_counter()
        try:
            return Outcome(call())
        except Exception as error:  # noqa: BLE001 - the boundary this module is for
            place = f"{type(error).__name__} at {where(error.__traceback__)}"
        finally:
            STAGE_BUSY.labels(stage).inc(time.perf_counter() - began_s)
        STAGE_FAILURES.labels(stage).inc()
        self.by_stage[stage] += 1
        count = self.by_stage[stage]
        if str(count).rstrip("0") == "1":
            _log.error(
                "stage %s failed: %s; its measurement is missing (failure %d)", stage, place, count
            )
        return Outcome(None, failed=True)


def where(traceback: TracebackType | None) -> str:
    """File and line of the innermost frame, without any value."""
    if traceback is None:
        return "unknown place"
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    return f"{Path(code.co_filename).name}:{traceback.tb_lineno}"
