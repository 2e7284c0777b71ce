"""Who listens for alerts, and who wakes them: one connection to the database for all of them.

A notification holds a branch and a number. What it is about each listener reads for itself,
with the rights of its own person.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hub.store.errors import StoreError
from hub.store.pool import Database

log = logging.getLogger(__name__)

CHANNEL: Final = "hailong_alerts"
_LOOK_S: Final = 0.5
_AGAIN_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class StreamLimits:
    most: int = 200
    """Streams of one process; who comes then is told to wait."""
    most_a_person: int = 4
    """Windows; the oldest is closed for a fifth. A laptop that slept leaves streams behind."""
    beat_s: float = 15.0
    """A sign of life, by which a reader knows a dead connection; the session is looked at, too."""
    lifetime_s: float = 600.0
    """Then the reader comes again by itself."""


class Subscription:
    """Of one stream; made in the event loop that serves it."""

    def __init__(self, person: UUID, branches: Sequence[str]) -> None:
        self.person = person
        self.branches = frozenset(branches)
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def wake(self) -> None:
        """From any thread."""
        with suppress(RuntimeError):  # its server has ended meanwhile
            self._loop.call_soon_threadsafe(self._news.set)

    async def wait(self, timeout_s: float) -> None:
        """Until there is news, `timeout_s` at most."""
        try:
            await asyncio.wait_for(self._news.wait(), timeout_s)
        except TimeoutError:
            return
        self._news.clear()


class AlertFeed:
    def __init__(self, database: Database, limits: StreamLimits) -> None:
        self.limits = limits
        self._database = database
        self._lock = threading.Lock()
        self._subscriptions: list[Subscription] = []
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    @property
    def listeners(self) -> int:
        return len(self._subscriptions)

    @property
    def full(self) -> bool:
        return len(self._subscriptions) >= self.limits.most

    def subscribe(self, person: UUID, branches: Sequence[str]) -> Subscription | None:
        """None where there are too many, or nobody is served any more."""
        made = Subscription(person, branches)
        with self._lock:
            own = [s for s in self._subscriptions if s.person == person]
            for oldest in own[: max(0, len(own) - self.limits.most_a_person + 1)]:
                self._end(oldest)
            if self.full or self._closed.is_set():
                return None
            self._subscriptions.append(made)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="alerts", daemon=True)
                self._thread.start()
        return made

    def unsubscribe(self, subscription: Subscription) -> None:
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def close(self) -> None:
        """Ends every stream; nobody listens any more."""
        self._closed.set()
        with self._lock:
            for subscription in list(self._subscriptions):
                self._end(subscription)

    def _end(self, subscription: Subscription) -> None:
        self._subscriptions.remove(subscription)
        subscription.ended = True
        subscription.wake()

    def _listen(self) -> None:
        """For as long as there is somebody to wake."""
        told = False
        while self._wanted():
            try:
                with self._database.listening(CHANNEL) as wait:
                    told = False
                    self._wake(None)  # what was said before
                    while self._wanted():
                        for said in wait(_LOOK_S):
                            self._wake(said.partition(" ")[0])
            except Exception as error:  # noqa: BLE001 - the boundary: pages ask by themselves meanwhile
                if not told:
                    told = True
                    what = error if isinstance(error, StoreError) else type(error).__name__
                    log.warning("alerts are not heard of: %s; trying again", what)
                self._closed.wait(_AGAIN_S)

    def _wanted(self) -> bool:
        with self._lock:
            if self._subscriptions and not self._closed.is_set():
                return True
            self._thread = None
            return False

    def _wake(self, branch: str | None) -> None:
        with self._lock:
            woken = [s for s in self._subscriptions if branch is None or branch in s.branches]
        for subscription in woken:
            subscription.wake()
