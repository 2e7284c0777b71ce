"""What a rule asks of an interaction, answered yes, no or not known (Kleene's logic).

Not known spreads: `not` of it is not known, and a rule fires on yes alone. Hits that were
found are a yes whatever else was missed; hits that were not found are a no only where nearly
all of that side's speech was read and the device sends hits of their kinds, else not known. So
less coverage, and fewer kinds that leave the device, can silence a rule and never raise it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Literal, Protocol

from hub.scoring.facts import Facts, known_to_hold
from hub.scoring.heard import could_come, hits, share_read
from hub.scoring.quantities import QUANTITIES
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Category, Role, SpanKind

ABSENCE_FROM = 0.8
"""Share that must have been seen before what was not found counts as not there."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule is tried on."""

    interaction: InteractionPayload
    facts: Facts
    cool_down_s: float = 0.0
    """What follows within this time of the same kind and role is the same event."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One hit or span that speaks for a flag. Never words."""

    type: Literal["hit", "span"]
    kind: Category | SpanKind
    role: Role | None
    offset_s: float
    duration_s: float
    """0 for a hit: it is a point in time."""
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


class Condition(Protocol):
    def holds(self, case: Case) -> bool | None:
        """None: not known."""


class Selector(Protocol):
    def found(self, case: Case) -> list[Evidence]: ...

    def share_seen(self, case: Case) -> float:
        """How much of what could have been found was looked at, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Hits:
    categories: tuple[Category, ...]
    role: Role
    confidence: float = 0.5
    """At least."""
    from_s: float = 0.0
    until_s: float = float("inf")
    """Offsets from the interaction's start."""

    def found(self, case: Case) -> list[Evidence]:
        return [
            Evidence("hit", h.category, h.role, h.offset_s, 0.0, h.confidence)
            for h in hits(case.interaction, self.role, self.categories, self.confidence)
            if self.from_s <= h.offset_s <= self.until_s
        ]

    def share_seen(self, case: Case) -> float:
        sent = could_come(case.interaction, self.categories)
        return share_read(case.interaction, self.role) if sent else 0.0


_SPAN_COVERAGE: Mapping[SpanKind, tuple[str, ...]] = {
    SpanKind.RAISED_VOICE: ("audio", "roles"),
    SpanKind.INTERRUPTION: ("overlap",),
    SpanKind.OVERLAP: ("overlap",),
    SpanKind.DEAD_AIR: ("audio",),
    SpanKind.UNATTENDED: ("presence",),
    SpanKind.CITIZEN_PRESENT: ("video",),
    SpanKind.STAFF_PRESENT: ("presence",),
    SpanKind.PRESENCE_UNKNOWN: (),
}
_RAISED_COVERAGE = {Role.STAFF: "raised_voice_staff", Role.CITIZEN: "raised_voice_citizen"}


@dataclass(frozen=True, slots=True)
class Spans:
    kind: SpanKind
    role: Role | None = None
    """None: whoever it is."""
    lasting_s: float = 0.0
    """At least."""
    from_s: float = 0.0
    until_s: float = float("inf")

    def found(self, case: Case) -> list[Evidence]:
        return [
            Evidence("span", span.kind, span.role, span.start_s, span.duration_s)
            for span in sorted(case.interaction.spans, key=lambda s: s.start_s)
            if span.kind is self.kind
            and (self.role is None or span.role is self.role)
            and span.duration_s >= self.lasting_s
            and self.from_s <= span.start_s <= self.until_s
        ]

    def share_seen(self, case: Case) -> float:
        names = [*_SPAN_COVERAGE[self.kind]]
        if self.kind is SpanKind.RAISED_VOICE:
            sides = _RAISED_COVERAGE.values()
            names += sides if self.role is None else [_RAISED_COVERAGE[self.role]]
        share = 1.0
        for name in names:
            share *= float(getattr(case.interaction.coverage, name))
        return share


@dataclass(frozen=True, slots=True)
class Count:
    """At least so many, each near something else where that is asked."""

    of: Selector
    at_least: int = 1
    near: Selector | None = None
    within_s: float = 0.0

    def holds(self, case: Case) -> bool | None:
        others = None if self.near is None else self.near.found(case)
        found = [
            one
            for one in self.of.found(case)
            if others is None or any(gap_s(one, other) <= self.within_s for other in others)
        ]
        if len(apart(found, case.cool_down_s)) >= self.at_least:
            return True
        looked = [self.of, *([] if self.near is None else [self.near])]
        seen = all(selector.share_seen(case) >= ABSENCE_FROM for selector in looked)
        return False if seen else None


Comparison = Literal["above", "at_least", "below", "at_most"]
COMPARISONS: Mapping[Comparison, Callable[[float, float], bool]] = {
    "above": gt,
    "at_least": ge,
    "below": lt,
    "at_most": le,
}


@dataclass(frozen=True, slots=True)
class Measured:
    quantity: str
    comparison: Comparison
    limit: float

    def holds(self, case: Case) -> bool | None:
        value = QUANTITIES[self.quantity].of(case.interaction, case.facts)
        return None if value is None else COMPARISONS[self.comparison](value, self.limit)


@dataclass(frozen=True, slots=True)
class Fact:
    name: str

    def holds(self, case: Case) -> bool | None:
        return known_to_hold(self.name, case.facts)


@dataclass(frozen=True, slots=True)
class All:
    of: Sequence[Condition]

    def holds(self, case: Case) -> bool | None:
        answers = [condition.holds(case) for condition in self.of]
        if False in answers:
            return False
        return None if None in answers else True


@dataclass(frozen=True, slots=True)
class Any:
    of: Sequence[Condition]

    def holds(self, case: Case) -> bool | None:
        answers = [condition.holds(case) for condition in self.of]
        if True in answers:
            return True
        return None if None in answers else False


@dataclass(frozen=True, slots=True)
class Not:
    of: Condition

    def holds(self, case: Case) -> bool | None:
        answer = self.of.holds(case)
        return None if answer is None else not answer


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
