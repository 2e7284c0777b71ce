"""What a zone was, from when to when: the one place where late knowledge is put in order.

That a face is gone, or that pictures have stopped, is known seconds after it began. So a
change may lie before the last one, and then takes its place.
"""

from dataclasses import dataclass
from enum import StrEnum

from schemas.vocabulary import Role


class Presence(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PresenceChange:
    """The zone is in `state` from `since_s` on. Said once a state; but each time that a face
    is seen, so that nobody counts as there for longer than was seen.
    """

    zone: Role
    state: Presence
    since_s: float
    known_s: float
    """Media time of the picture that showed it, or at which its absence did."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one zone was from `start_s` to `end_s`, in media time."""

    start_s: float
    end_s: float
    state: Presence


class ZoneHistory:
    """Unknown before the first word."""

    def __init__(self) -> None:
        self._changes: list[tuple[float, Presence]] = [(float("-inf"), Presence.UNKNOWN)]

    @property
    def state(self) -> Presence:
        return self._changes[-1][1]

    @property
    def since_s(self) -> float:
        return self._changes[-1][0]

    def add(self, change: PresenceChange) -> None:
        if change.state is self.state:
            return
        while len(self._changes) > 1 and self._changes[-1][0] >= change.since_s:
            self._changes.pop()
        if change.state is not self.state:
            self._changes.append((change.since_s, change.state))

    def stretches(self, start_s: float, end_s: float) -> tuple[Stretch, ...]:
        """The states over the interval, in order and without holes."""
        found = []
        for index, (since_s, state) in enumerate(self._changes):
            last = index + 1 == len(self._changes)
            until_s = end_s if last else self._changes[index + 1][0]
            low, high = max(since_s, start_s), min(until_s, end_s)
            if high > low:
                found.append(Stretch(low, high, state))
        return tuple(found)

    def seconds(self, start_s: float, end_s: float, *states: Presence) -> float:
        found = self.stretches(start_s, end_s)
        return sum(s.end_s - s.start_s for s in found if s.state in states)

    def forget(self, before_s: float) -> None:
        while len(self._changes) > 1 and self._changes[1][0] <= before_s:
            del self._changes[0]
