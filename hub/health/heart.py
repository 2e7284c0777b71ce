"""What a loop of the hub says of itself: that it goes round, and what it is doing."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phase:
    """`quiet_s`: how long a loop may say nothing in it before somebody looks closer.

    `in_database`: silence in it may be the database's, which is asked before the loop is blamed.
    """

    words: str
    quiet_s: float
    in_database: bool = False


STARTING = Phase("starting", 60, in_database=True)
WAITING_FOR_DATABASE = Phase("waiting for the database", 30, in_database=True)
GATHERING = Phase("gathering messages", 10)
JUDGING = Phase("judging messages", 15, in_database=True)
HANDING_OVER = Phase("waiting for the batch before", 10)
COMMITTING = Phase("committing", 15, in_database=True)
ACKNOWLEDGING = Phase("acknowledging", 10)
IDLE = Phase("waiting for work", 10)
SCORING = Phase("scoring", 15, in_database=True)
SUMMING = Phase("keeping the sums", 15, in_database=True)
TELLING = Phase("telling devices what to run", 60, in_database=True)
KEEPING = Phase("keeping the broker's rights", 60, in_database=True)
ANSWERING = Phase("answering requests", 30, in_database=True)


@dataclass(frozen=True, slots=True)
class Beat:
    """Times are of the monotonic clock, in seconds."""

    phase: Phase
    since_s: float
    """When this phase began."""
    last_s: float
    """When the loop last said anything."""


class Heart:
    """Of one loop. Beating is one assignment: no lock, nothing to wait for."""

    def __init__(
        self, name: str, *, pace: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`pace` stretches or shortens every phase's patience; tests have little time."""
        self.name = name
        self._pace = pace
        self._clock = clock
        now_s = clock()
        self._beat = Beat(STARTING, now_s, now_s)

    def beat(self, phase: Phase | None = None) -> None:
        """Still there; in `phase` where one is given, else in the one before."""
        before, now_s = self._beat, self._clock()
        if phase is None or phase is before.phase:
            self._beat = Beat(before.phase, before.since_s, now_s)
        else:
            self._beat = Beat(phase, now_s, now_s)

    @property
    def last(self) -> Beat:
        return self._beat

    def quiet_s(self, now_s: float) -> float:
        return max(0.0, now_s - self._beat.last_s)

    def overdue_s(self, now_s: float) -> float:
        """How long the loop has been silent beyond what its phase allows; 0 while within."""
        beat = self._beat
        return max(0.0, now_s - beat.last_s - beat.phase.quiet_s * self._pace)
