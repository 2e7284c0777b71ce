"""Figures that only the database knows, read now and then on a probe's connection."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from hub import metrics
from hub.fleet_metrics import Fleet
from hub.store import operations
from hub.store.pool import Database

EVERY_S: Final = 15.0
FLEET: Final = Fleet(metrics.REGISTRY)


class Every:
    """Calls `read` at most once in `every_s`."""

    def __init__(self, read: Callable[[Database], None], every_s: float = EVERY_S) -> None:
        self._read = read
        self._every_s = every_s
        self._due_s = 0.0

    def __call__(self, database: Database) -> None:
        if time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + self._every_s
            self._read(database)


def read_streams(database: Database) -> None:
    """Takes the role ingest."""
    metrics.STREAMS_WITH_GAPS.set(operations.streams_with_gaps(database))
    until = operations.partitions_until(database)
    if until is not None:
        metrics.PARTITIONS_AHEAD.set((until - datetime.now(UTC)).total_seconds())


def read_backlog(database: Database) -> None:
    """Takes the role worker."""
    backlog = operations.scoring_backlog(database)
    metrics.SCORING_BACKLOG.set(backlog.due)
    metrics.SCORING_OLDEST.set(backlog.oldest_s)
    metrics.SCORING_ASIDE.set(backlog.aside)


def read_fleet(database: Database) -> None:
    """Takes the role app."""
    FLEET.show(operations.fleet(database))
