"""Alerts on their way to the broker: past the outbox, because a late alert helps nobody.

What waits is bounded in number and in age. Of one interaction the newest snapshot waits, which
holds what the ones before it held; the finished interaction takes its place altogether. What is
too old, too much or refused is dropped and counted: the interaction itself comes by the outbox,
so no measurement is lost with it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from edge_agent.identity import DeviceIdentity
from edge_agent.message import Draft
from schemas.envelope import seal
from schemas.interaction import InteractionPayload
from schemas.registry import CURRENT, Body

MOST = 16
OLDEST_S = 120.0
"""The hub shows nothing older as live."""


@dataclass(frozen=True, slots=True, eq=False)
class Alert:
    interaction_id: UUID
    message: bytes = field(repr=False)
    put_s: float
    """By the monotonic clock."""


class AlertQueue:
    """Filled by the measuring thread, emptied by the publisher's."""

    def __init__(
        self, identity: DeviceIdentity, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._identity = identity
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[Alert] = []
        """In the order in which they came."""
        self._given: list[Alert] = []
        """At the broker, which has not acknowledged them."""
        self._dropped = 0

    @property
    def topic(self) -> str:
        return self._identity.topic("alert")

    @property
    def dropped(self) -> int:
        """Since the start."""
        with self._lock:
            self._forget_old()
            return self._dropped

    def put(self, draft: Draft) -> None:
        payload = draft.payload
        assert isinstance(payload, InteractionPayload)
        body = Body(
            kind="alert",
            schema_version=CURRENT["alert"],
            message_id=draft.message_id,
            device_id=self._identity.device_id,
            captured_at=draft.captured_at,
            payload=payload,
        )
        message = seal(self.topic, body.encode(), self._identity.sign)
        with self._lock:
            self._waiting = [a for a in self._waiting if a.interaction_id != payload.interaction_id]
            self._waiting.append(Alert(payload.interaction_id, message, self._clock()))
            self._forget_old()
            while len(self._waiting) > MOST:
                self._waiting.pop(0)
                self._dropped += 1

    def ended(self, interaction_id: UUID) -> None:
        """The finished interaction is in the outbox: nobody is to walk over for it any more."""
        with self._lock:
            self._waiting = [a for a in self._waiting if a.interaction_id != interaction_id]
            self._given = [a for a in self._given if a.interaction_id != interaction_id]

    def take(self) -> Alert | None:
        """The oldest that waits; it comes again after `connection_lost`, unless it is `sent`."""
        with self._lock:
            self._forget_old()
            if not self._waiting:
                return None
            alert = self._waiting.pop(0)
            self._given.append(alert)
            return alert

    def sent(self, alert: Alert) -> None:
        """The broker has it."""
        with self._lock:
            self._given = [a for a in self._given if a is not alert]

    def refused(self, alert: Alert) -> None:
        """The broker does not take it, now or later."""
        with self._lock:
            self._given = [a for a in self._given if a is not alert]
            self._dropped += 1

    def connection_lost(self) -> None:
        """What was given to the broker and not acknowledged waits again."""
        with self._lock:
            newer = {a.interaction_id for a in self._waiting}
            again = {a.interaction_id: a for a in self._given if a.interaction_id not in newer}
            self._waiting = [*again.values(), *self._waiting]
            self._given = []

    def _forget_old(self) -> None:
        oldest_s = self._clock() - OLDEST_S
        young = [a for a in self._waiting if a.put_s >= oldest_s]
        self._dropped += len(self._waiting) - len(young)
        self._waiting = young
