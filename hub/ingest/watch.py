"""What ingest tells of itself while it works: heartbeats, metrics and, when on, traces.

One object, so that the loop holds one line for each thing that happens.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from hub import metrics, tracing
from hub.health.heart import (
    ACKNOWLEDGING,
    COMMITTING,
    GATHERING,
    WAITING_FOR_DATABASE,
    Heart,
)
from hub.ingest.batch import Judged
from hub.ingest.verify import Received, Refused, Verified
from hub.store.errors import StoreError
from schemas import topics

_KINDS = {kind: metrics.RECEIVED.labels(kind) for kind in sorted(topics.UP)}
_OTHER = metrics.RECEIVED.labels("other")


class IngestWatch:
    def __init__(self, heart: Heart | None = None) -> None:
        self._heart = heart or Heart("ingest")
        self._began_s = 0.0
        self._span: tracing.Batch | tracing.NoBatch = tracing.NO_BATCH
        self._fault = "database: not opened yet"
        self._broker: tuple[str, Callable[[], bool]] | None = None

    def follow(
        self, broker: str, connected: Callable[[], bool], waiting: Callable[[], int]
    ) -> None:
        """What is asked at each scrape: whether subscribed, and how many messages wait."""
        self._broker = (broker, connected)
        metrics.BROKER_CONNECTED.set_function(lambda: float(connected()))
        metrics.QUEUE_DEPTH.set_function(lambda: float(waiting()))

    def missing(self) -> list[str]:
        """What ingest lacks, in words."""
        found = [self._fault] if self._fault else []
        if self._broker is not None and not self._broker[1]():
            found.append(f"broker {self._broker[0]}: not connected and subscribed")
        return found

    # The loop, in its order ------------------------------------------------------------------

    def gathering(self) -> None:
        self._heart.beat(GATHERING)

    def committing(self, batch: Sequence[Received]) -> None:
        """Once a batch, before the first try."""
        self._heart.beat(COMMITTING)
        self._began_s = time.monotonic()
        for received in batch:
            _KINDS.get(received.topic.rpartition("/")[2], _OTHER).inc()
        self._span = tracing.batch(batch)

    def trying(self) -> None:
        """Each try of a step that needs the database."""
        self._heart.beat(None if self._heart.last.phase.in_database else COMMITTING)

    def failed(self, error: StoreError) -> None:
        """The step will be tried again."""
        self._heart.beat(WAITING_FOR_DATABASE)
        self._fault = f"database: {error.code}; nothing is acknowledged until it works again"

    def passed(self) -> None:
        self._fault = ""

    def acknowledging(self, messages: int) -> None:
        """The batch is committed."""
        self._heart.beat(ACKNOWLEDGING)
        metrics.COMMIT_SECONDS.observe(time.monotonic() - self._began_s)
        metrics.BATCH_MESSAGES.observe(messages)
        self._span.committed()


def committed(judged: Iterable[Judged], now: datetime) -> None:
    """Called after each commit with what it holds; `now` is the hub's clock."""
    measured: list[float] = []
    arrived: list[float] = []
    for item in judged:
        if isinstance(item, Refused):
            metrics.REJECTS.labels(item.reason.value).inc()
            continue
        assert isinstance(item, Verified)
        metrics.COMMITTED.labels(item.body.kind).inc()
        measured.append((now - item.body.captured_at).total_seconds())
        arrived.append((now - item.received.received_at).total_seconds())
    metrics.CAPTURED_TO_COMMIT.observe_all(measured)
    metrics.RECEIVED_TO_COMMIT.observe_all(arrived)
