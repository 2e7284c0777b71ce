"""What a rule is tried on, what it may find, and where in time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from hub.scoring.facts import CounterMode, DossierStep, Facts
from hub.scoring.heard import Heard, hits
from hub.scoring.local_time import Clock
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Category, Role, SpanKind

ABSENCE_FROM = 0.8
"""Share that must have been seen before what was not found counts as not there."""


_EVERY = frozenset(Category)


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule is tried on."""

    interaction: InteractionPayload
    facts: Facts
    cool_down_s: float = 0.0
    """What follows within this time of the same kind and role is the same event."""
    memory: dict[Role, list[Heard]] = field(default_factory=dict, repr=False, compare=False)
    """All rules that are tried on one interaction share it: forty of them ask for hits."""

    def heard(self, role: Role) -> list[Heard]:
        """Every hit of this side, in the order of time."""
        if role not in self.memory:
            self.memory[role] = hits(self.interaction, role, _EVERY, 0.0)
        return self.memory[role]

    @property
    def length_s(self) -> float:
        stay = self.interaction.ended_at - self.interaction.started_at
        return stay.total_seconds()

    def offset_s(self, at: datetime) -> float:
        """Of a wall-clock time; negative before the start."""
        return (at - self.interaction.started_at).total_seconds()


TicketMoment = Literal["created", "called", "closed", "transferred", "open"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was found. Hits and spans may stand with a flag. Never words."""

    type: Literal["hit", "span", "turn", "ticket", "dossier", "state"]
    kind: Category | SpanKind | DossierStep | CounterMode | TicketMoment | Literal["turn"]
    role: Role | None
    offset_s: float
    """From the interaction's start; negative before it."""
    duration_s: float
    """0 for a point in time."""
    confidence: float | None = None
    """Of a hit."""

    @property
    def end_s(self) -> float:
        return self.offset_s + self.duration_s

    def as_json(self) -> dict[str, str | float | None]:
        """As it is stored: {type, category or kind, role, offset_s, duration_s, confidence}."""
        return {
            "type": self.type,
            "category" if self.type == "hit" else "kind": str(self.kind),
            "role": None if self.role is None else str(self.role),
            "offset_s": self.offset_s,
            "duration_s": self.duration_s,
            "confidence": self.confidence,
        }


class Selector(Protocol):
    def found(self, case: Case) -> list[Evidence]: ...

    def share_seen(self, case: Case) -> float:
        """How much of what could have been found was looked at, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Window:
    """Where in time a thing must begin. Without bounds: anywhere, also before the start."""

    from_s: float = float("-inf")
    until_s: float = float("inf")
    """Offsets from the interaction's start."""
    last_s: float | None = None
    """Within so many seconds before the interaction's end, or after it."""
    clock: Clock | None = None

    def holds(self, offset_s: float, case: Case) -> bool:
        if not self.from_s <= offset_s <= self.until_s:
            return False
        if self.last_s is not None and offset_s < case.length_s - self.last_s:
            return False
        if self.clock is None:
            return True
        at = case.interaction.started_at + timedelta(seconds=offset_s)
        return self.clock.holds(at, case.facts.calendar) is True

    def can_tell(self, case: Case) -> bool:
        """Whether what was found nowhere in it is known not to be there. Of an open
        interaction the end is not known, and neither is what lies before it.
        """
        if self.last_s is not None and case.interaction.open:
            return False
        return self.clock is None or self.clock.can_tell(case.facts.calendar)


ANYWHERE = Window()


def gap_s(one: Evidence, other: Evidence) -> float:
    """Seconds between two stretches; 0 where they touch."""
    return max(0.0, one.offset_s - other.end_s, other.offset_s - one.end_s)


def apart(found: Sequence[Evidence], cool_down_s: float) -> list[Evidence]:
    """One of each outburst: the next of the same kind and role counts after the cool-down."""
    last: dict[tuple[str, Role | None], float] = {}
    kept = []
    for one in sorted(found, key=lambda e: e.offset_s):
        key = (one.kind, one.role)
        if key not in last or one.offset_s - last[key] >= cool_down_s:
            last[key] = one.offset_s
            kept.append(one)
    return kept
