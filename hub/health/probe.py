"""Asks a part's database how it is, from a connection and a thread of its own.

A part that waits for its database cannot tell whether the database is slow, away, or done long
ago and the part itself stuck. The server knows: it says whether any of the part's connections
has a statement under way.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hub.store.errors import StoreError
from hub.store.operations import statements_under_way
from hub.store.pool import Database

EVERY_S = 2.0
_PATIENCE_S = 5.0
"""An answer that takes longer is none."""
_OPEN_S = 1.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """Of the monotonic clock, in seconds."""

    at_s: float
    took_s: float
    code: str
    """Empty, or the code of the error."""
    idle_since_s: float | None
    """Since when none of the part's statements has been under way; None while one is."""


class Probe:
    """`database` signs in with the part's role; `watched` is the application name that the
    part's own connections carry. The probe opens and closes `database`.
    """

    def __init__(
        self,
        database: Database,
        watched: str,
        *,
        every_s: float = EVERY_S,
        also: Callable[[Database], None] = lambda _: None,
    ) -> None:
        """`also` is done on the same connection after each answer (figures of the store)."""
        self.address = database.address
        self._database = database
        self._watched = watched
        self._every_s = every_s
        self._also = also
        self._opened = False
        self._asked_s: float | None = None
        self._answer: Answer | None = None
        self._also_failed = ""
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def start(self) -> None:
        # A daemon: a server that was halted in the middle keeps an answer back for ever.
        self._thread = threading.Thread(
            target=self._run, name=f"probe {self._watched}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)

    @property
    def answer(self) -> Answer | None:
        return self._answer

    def answers(self, now_s: float) -> bool:
        """Whether the last question was answered, and none has been pending for long."""
        answer, asked_s = self._answer, self._asked_s
        if answer is None or answer.code:
            return False
        return now_s - (answer.at_s if asked_s is None else asked_s) < _PATIENCE_S + self._every_s

    def idle_s(self, now_s: float) -> float:
        """How long the database has had nothing to do for the part; 0 while it has, or while
        nobody knows.
        """
        answer = self._answer
        if not self.answers(now_s) or answer is None or answer.idle_since_s is None:
            return 0.0
        return max(0.0, answer.at_s - answer.idle_since_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._ask()
            except Exception as error:  # noqa: BLE001 - the boundary of the probe's thread
                # Told as a database that does not answer: nobody is restarted for it.
                self._answer = Answer(time.monotonic(), 0.0, type(error).__name__, None)
            self._stop.wait(self._every_s)
        self._database.close()

    def _ask(self) -> None:
        began_s = time.monotonic()
        self._asked_s = began_s
        code, busy = "", True
        try:
            if not self._opened:
                self._database.open(_OPEN_S)
                self._opened = True
            busy = statements_under_way(self._database, self._watched) > 0
        except StoreError as error:
            code = error.code
        now_s = time.monotonic()
        before = self._answer
        idle_since = None
        if not code and not busy:
            idle_since = before.idle_since_s if before and before.idle_since_s else now_s
        self._answer = Answer(now_s, now_s - began_s, code, idle_since)
        self._asked_s = None
        if not code:
            self._do_also()

    def _do_also(self) -> None:
        self._asked_s = time.monotonic()
        try:
            self._also(self._database)
        except StoreError as error:
            if self._also_failed != error.code:
                log.warning("figures of %s are missing: %s", self.address, error)
            self._also_failed = error.code
        else:
            self._also_failed = ""
        self._asked_s = None
