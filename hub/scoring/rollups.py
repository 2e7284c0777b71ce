"""Keeps the rollups true to the rows, a few seconds behind them.

Changes wait in a queue that the change's own transaction wrote; any number of workers take from
it, one at a time for each branch. A worker killed at any moment leaves everything as it was.
"""

import logging
import random
import threading
import time
from collections.abc import Callable

from hub.health.heart import IDLE, SUMMING, WAITING_FOR_DATABASE, Heart
from hub.store import rollup_queue as queue
from hub.store.errors import StoreError
from hub.store.pool import Database

log = logging.getLogger(__name__)

BATCH = 200
_MARKS = 10_000
_POLL_S = 2.0
"""An interaction is written, scored and flagged within a moment: one look counts all three."""
_ACTIVITY_S = 600.0
"""An hour's windows come in sixty messages: counted six times, not sixty."""
_RETRY_S = (0.1, 10.0)
_OPEN_S = 1.0


class RollupWorker:
    """`database` signs in as hailong_worker; `run` opens and closes it."""

    def __init__(
        self,
        database: Database,
        monotonic: Callable[[], float] = time.monotonic,
        heart: Heart | None = None,
        beside: Callable[[Database], object] = lambda _: None,
    ) -> None:
        """`beside` is done as often as activity is counted: what is rare and waits for both."""
        self._beside = beside
        self._database = database
        self._heart = heart or Heart("rollup")
        self._monotonic = monotonic
        self._activity_due_s = monotonic()
        self._state: str | None = None

    def missing(self) -> list[str]:
        """What it lacks, in words."""
        if self._state == "":
            return []
        return [f"database: {self._state or 'not opened yet'}; sums fall behind until it works"]

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; a database that goes away is waited for."""
        opened = False
        delay_s = _RETRY_S[0]
        try:
            while not stop.is_set():
                try:
                    if not opened:
                        self._database.open(_OPEN_S)
                        opened = True
                    self.run_once(stop)
                    self._tell(None)
                    delay_s = _RETRY_S[0]
                    self._heart.beat(IDLE)
                    stop.wait(_POLL_S)
                except StoreError as error:
                    self._heart.beat(WAITING_FOR_DATABASE)
                    self._tell(error)
                    stop.wait(random.uniform(0.5, 1.0) * delay_s)  # noqa: S311 - no secret
                    delay_s = min(_RETRY_S[1], delay_s * 2)
        finally:
            self._database.close()

    def run_once(self, stop: threading.Event | None = None) -> int:
        """Takes on what is due now; returns how many changes were taken."""
        taken = self.interactions(stop)
        if self._monotonic() >= self._activity_due_s:
            taken += self.activity(stop)
            self._beside(self._database)
            self._activity_due_s = self._monotonic() + _ACTIVITY_S
        return taken

    def interactions(self, stop: threading.Event | None = None) -> int:
        count = 0
        for branch_id in queue.branches_waiting(self._database):
            while not _stopped(stop):
                self._heart.beat(SUMMING)
                done = queue.roll_up(self._database, branch_id, BATCH)
                count += done.taken
                if done.set_aside:
                    log.error(
                        "%d interactions of %s cannot be rolled up and are tried again later: "
                        "their rows hold what is no measurement",
                        done.set_aside,
                        branch_id,
                    )
                if done.taken < BATCH:
                    break
        return count

    def activity(self, stop: threading.Event | None = None) -> int:
        count = 0
        for branch_id in queue.branches_marked(self._database):
            while not _stopped(stop):
                self._heart.beat(SUMMING)
                taken = queue.roll_up_activity(self._database, branch_id, _MARKS)
                count += taken
                if taken < _MARKS:
                    break
        return count

    def _tell(self, error: StoreError | None) -> None:
        """Once a change."""
        state = "" if error is None else error.code
        if state == self._state:
            return
        self._state = state
        if error is None:
            log.info("rollups: database %s in use", self._database.address)
        else:
            log.warning("rollups: %s; trying again for ever", error)


def _stopped(stop: threading.Event | None) -> bool:
    return stop is not None and stop.is_set()
