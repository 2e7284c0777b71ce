"""The wall clock, and when to believe it.

Stages never read a clock (law 6); only what stamps, keeps and sends messages does.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

BUILT_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""No device of this version ran before: an earlier clock has lost its battery."""

HUB_TOLERANCE = timedelta(minutes=5)
"""The hub refuses what lies further ahead of its own clock."""


class WallClock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def trusted(now: datetime, hub_ahead: timedelta | None = None) -> bool:
    """Whether times may be stamped and signed: after the build date and, where the hub's
    distance is known (hub's time less ours), near the hub's.
    """
    return now >= BUILT_AT and (hub_ahead is None or abs(hub_ahead) <= HUB_TOLERANCE)
