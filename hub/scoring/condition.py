"""What a rule asks of an interaction, answered yes, no or not known (Kleene's logic).

Not known spreads: `not` of it is not known, and a rule fires on yes alone. What was found is a
yes whatever else was missed; what was not found is a no only where nearly all of it could have
been seen, and the device sends hits of its kinds, else not known. So less coverage, and fewer
kinds that leave the device, can silence a rule and never raise it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Literal, Protocol

from hub.scoring.case import ABSENCE_FROM, Case, Evidence, Selector, apart, gap_s
from hub.scoring.facts import known_to_hold
from hub.scoring.local_time import Clock
from hub.scoring.measured import MEASURED
from hub.scoring.selectors import Hits, Spans

__all__ = [
    "COMPARISONS",
    "All",
    "Any",
    "Case",
    "Comparison",
    "Condition",
    "Count",
    "Evidence",
    "Fact",
    "Hits",
    "Measured",
    "Not",
    "Relation",
    "Selector",
    "Spans",
    "StartedAt",
]

Relation = Literal["near", "after", "before", "during"]


class Condition(Protocol):
    def holds(self, case: Case) -> bool | None:
        """None: not known."""


@dataclass(frozen=True, slots=True)
class Count:
    """At least so many; where that is asked, each near, after, before or during another thing."""

    of: Selector
    at_least: int = 1
    near: Selector | None = None
    within_s: float = float("inf")
    """Of the thing it is near to, after or before; edge to edge."""
    after: Selector | None = None
    """It begins later than the other ended."""
    before: Selector | None = None
    """It ended earlier than the other begins."""
    during: Selector | None = None
    """It begins while the other lasts."""

    def holds(self, case: Case) -> bool | None:
        found, looked = self.of.found(case), [self.of]
        for relation, other in self._others():
            others = other.found(case)
            looked.append(other)
            found = [one for one in found if self._related(one, relation, others)]
        if len(apart(found, case.cool_down_s)) >= self.at_least:
            return True
        seen = all(selector.share_seen(case) >= ABSENCE_FROM for selector in looked)
        return False if seen else None

    def _others(self) -> Iterator[tuple[Relation, Selector]]:
        if self.near is not None:
            yield "near", self.near
        if self.after is not None:
            yield "after", self.after
        if self.before is not None:
            yield "before", self.before
        if self.during is not None:
            yield "during", self.during

    def _related(self, one: Evidence, relation: Relation, others: Sequence[Evidence]) -> bool:
        return any(
            gap_s(one, other) <= self.within_s and _IN_ORDER[relation](one, other)
            for other in others
        )


_IN_ORDER: Mapping[Relation, Callable[[Evidence, Evidence], bool]] = {
    "near": lambda _one, _other: True,
    "after": lambda one, other: one.offset_s > other.end_s,
    "before": lambda one, other: one.end_s < other.offset_s,
    "during": lambda one, other: other.offset_s <= one.offset_s < other.end_s,
}


@dataclass(frozen=True, slots=True)
class StartedAt:
    """The local time at which the interaction began."""

    clock: Clock

    def holds(self, case: Case) -> bool | None:
        return self.clock.holds(case.interaction.started_at, case.facts.calendar)


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
        value = MEASURED[self.quantity].of(case.interaction, case.facts)
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
