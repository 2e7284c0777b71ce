"""What a running counter shows of itself: what health tells the hub, asked at any moment."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from edge_agent.errors import OutboxError
from schemas.health import LossHealth, OutboxHealth, SensorHealth
from schemas.vocabulary import Overload, SensorState

_OLD_S = 3600.0
WELL = frozenset({SensorState.OK, SensorState.MUTED, SensorState.ABSENT, SensorState.ENDED})
"""States that nobody needs to do anything about."""


@dataclass(frozen=True, slots=True)
class Latest:
    """What measuring said last."""

    sensors: tuple[SensorHealth, ...] = ()
    losses: LossHealth = LossHealth()  # noqa: RUF009 - frozen
    overload: Overload = Overload.NONE


@dataclass(frozen=True, slots=True)
class View:
    device: str
    latest: Callable[[], Latest]
    outbox: Callable[[], OutboxHealth]
    connected: Callable[[], bool]
    clock_trusted: Callable[[], bool]
    sent: Callable[[], int]
    resent: Callable[[], int]

    def missing(self) -> list[str]:
        """What the counter lacks, in words."""
        latest = self.latest()
        found = [
            f"{one.sensor.value}: {one.state.value}"
            for one in latest.sensors
            if one.state not in WELL
        ]
        if not self.connected():
            found.append("broker: not connected; rows wait in the outbox")
        if not self.clock_trusted():
            found.append("clock: not to be believed; set it")
        if latest.overload is not Overload.NONE:
            found.append(f"overload: {latest.overload.value}; not everything is measured")
        try:
            outbox = self.outbox()
        except OutboxError:
            return [*found, "outbox: cannot be read"]
        if outbox.oldest_waiting_s > _OLD_S:
            found.append(
                f"outbox: {outbox.waiting} rows wait, the oldest for "
                f"{outbox.oldest_waiting_s / 3600:.1f} h; is the hub there?"
            )
        return found


_lock = threading.Lock()
_views: dict[str, View] = {}


@contextmanager
def shown(view: View) -> Iterator[None]:
    """Among `views()` for as long as the block lasts."""
    with _lock:
        _views[view.device] = view
    try:
        yield
    finally:
        with _lock:
            _views.pop(view.device, None)


def views() -> tuple[View, ...]:
    """Of the counters that run in this process."""
    with _lock:
        return tuple(_views.values())
