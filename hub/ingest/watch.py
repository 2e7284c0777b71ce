"""What ingest tells of itself while it works: heartbeats, metrics and, when on, traces.

One object, so that the loops hold one line for each thing that happens.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hub import metrics, tracing
from hub.health.heart import (
    ACKNOWLEDGING,
    COMMITTING,
    GATHERING,
    HANDING_OVER,
    IDLE,
    JUDGING,
    WAITING_FOR_DATABASE,
    Heart,
    Phase,
)
from hub.ingest.batch import Judged
from hub.ingest.verify import Received, Refused
from hub.settings import Address
from hub.store.errors import StoreError
from schemas import topics

STORING = 2
"""Storing loops of a worker: while one batch commits the next is written."""
_KINDS = {kind: metrics.RECEIVED.labels(kind) for kind in sorted(topics.UP)}
_OTHER = metrics.RECEIVED.labels("other")


def storing_name(number: int) -> str:
    """Of a loop's thread and heart; numbers begin at 0."""
    return "ingest-store" if number == 0 else f"ingest-store-{number + 1}"


class Inlet(Protocol):
    """What of a subscriber is asked at each scrape."""

    @property
    def broker(self) -> Address: ...
    @property
    def connected(self) -> bool: ...
    @property
    def waiting(self) -> int: ...


@dataclass(slots=True)
class Course:
    """One batch on its way through both threads."""

    messages: int
    span: tracing.Batch | tracing.NoBatch
    storing_since_s: float = 0.0


class IngestWatch:
    """Hearts of the judging loop and of each storing one."""

    def __init__(self, *, pace: float = 1.0) -> None:
        names = ["ingest", *(storing_name(n) for n in range(STORING))]
        self.hearts = tuple(Heart(name, pace=pace) for name in names)
        self._judge, *self._stores = self.hearts
        self._own = threading.local()
        self._faults: dict[str, str] = {"": "database: not opened yet"}
        """Heart -> what its loop waits for; '' before anything worked."""
        self._inlet: Inlet | None = None

    def follow(self, inlet: Inlet) -> None:
        self._inlet = inlet
        metrics.BROKER_CONNECTED.ask(lambda: float(inlet.connected))
        metrics.QUEUE_DEPTH.ask(lambda: float(inlet.waiting))

    def missing(self) -> list[str]:
        """What ingest lacks, in words."""
        found = sorted(set(self._faults.values()))
        if self._inlet is not None and not self._inlet.connected:
            found.append(f"broker {self._inlet.broker}: not connected and subscribed")
        return found

    # The judging loop, in its order ----------------------------------------------------------

    def gathering(self) -> None:
        self._beat(self._judge, GATHERING)

    def judging(self, batch: Sequence[Received]) -> Course:
        self._beat(self._judge, JUDGING)
        kinds = Counter(received.topic.rpartition("/")[2] for received in batch)
        for kind, messages in kinds.items():
            _KINDS.get(kind, _OTHER).inc(messages)
        return Course(len(batch), tracing.batch(batch))

    def handing_over(self) -> None:
        """Each look at whether the storing loop has taken the batch before."""
        self._beat(self._judge, HANDING_OVER)

    # A storing loop, in its order ------------------------------------------------------------

    def stores(self, number: int) -> None:
        """Said once by the thread of this loop."""
        self._own.heart = self._stores[number]

    def idle(self) -> None:
        self._beat(self._mine(), IDLE)

    def storing(self, course: Course) -> None:
        """Before the first try."""
        self._beat(self._mine(), COMMITTING)
        course.storing_since_s = time.monotonic()
        course.span.committing()

    def acknowledging(self, course: Course) -> None:
        """The batch is committed."""
        self._beat(self._mine(), ACKNOWLEDGING)
        metrics.COMMIT_SECONDS.observe(time.monotonic() - course.storing_since_s)
        metrics.BATCH_MESSAGES.observe(course.messages)
        course.span.committed()

    # Any loop, at each step that needs the database ---------------------------------------

    def trying(self) -> None:
        heart = self._mine()
        heart.beat(None if heart.last.phase.in_database else COMMITTING)

    def failed(self, error: StoreError) -> None:
        """The step will be tried again."""
        self._mine().beat(WAITING_FOR_DATABASE)
        words = f"database: {error.code}; nothing is acknowledged until it works again"
        self._faults = {**self._faults, self._mine().name: words}

    def passed(self) -> None:
        if self._faults:
            mine = {"", self._mine().name}
            self._faults = {k: v for k, v in self._faults.items() if k not in mine}

    def _beat(self, heart: Heart, phase: Phase) -> None:
        self._own.heart = heart
        heart.beat(phase)

    def _mine(self) -> Heart:
        """Of the loop whose thread asks; before its first beat it is the judging one."""
        heart: Heart = getattr(self._own, "heart", self._judge)
        return heart


def committed(judged: Iterable[Judged], now: datetime) -> None:
    """Called after each commit with what it holds; `now` is the hub's clock."""
    measured: list[float] = []
    arrived: list[float] = []
    kinds: Counter[str] = Counter()
    for item in judged:
        if isinstance(item, Refused):
            metrics.REJECTS.labels(item.reason.value).inc()
            continue
        kinds[item.body.kind] += 1
        measured.append((now - item.body.captured_at).total_seconds())
        arrived.append((now - item.received.received_at).total_seconds())
    for kind, messages in kinds.items():
        metrics.COMMITTED.labels(kind).inc(messages)
    metrics.CAPTURED_TO_COMMIT.observe_all(measured)
    metrics.RECEIVED_TO_COMMIT.observe_all(arrived)
