"""What an interaction must have for a rule to fire on it, as far as a database can tell.

A trial over a hundred thousand interactions reads the few that may fire, and judges those as the
scoring worker does. The sieve lets through at least those: each part of it follows from the rule,
and what it cannot tell it leaves out. Never text of a file: names that are enumerated, and numbers.
"""

import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from hub.scoring.case import ANYWHERE, Case, Selector
from hub.scoring.condition import (
    All,
    Any,
    Comparison,
    Condition,
    Count,
    Fact,
    Measured,
    Not,
    StartedAt,
)
from hub.scoring.moments import CounterStates, DossierEvents, TicketMoments
from hub.scoring.rules import Rule
from hub.scoring.selectors import Hits, Spans
from schemas.interaction import Coverage, InteractionPayload
from schemas.vocabulary import Role

PATHS: Mapping[str, str] = {
    "handling_s": "handling_s",
    "longest_dead_air_s": "longest_dead_air_s",
    "longest_unattended_s": "longest_unattended_s",
    "interruptions_staff": "interruptions.staff",
    "raised_voice_staff_s": "raised_voice_s.staff",
    "raised_voice_citizen_s": "raised_voice_s.citizen",
}
"""Quantities that stand in the stored measurements as they are. One that is None elsewhere (the
handling time where two visits may have run together) only fires less."""
FROM_FACTS = frozenset(
    {"waiting_s", "dossier_step", "dossiers", "sent_back", "transfers", "called_with_nobody"}
)
"""Quantities that the facts tell alone."""
WITHOUT_TURNS = frozenset(PATHS) | {
    "dead_air_share",
    "unattended_share",
    "away_share",
    "handling_s_per_dossier",
    "stayed_after_close_s",
}
"""Quantities that measurements, spans and facts tell."""


class Reads(IntEnum):
    """How much of an interaction a part of a rule reads; each holds the ones before it."""

    FACTS = 0
    """Beside facts no more than when it began and ended."""
    SPANS = 1
    """And measurements."""
    HITS = 2
    """Turns that hold one."""
    TURNS = 3


_OPERATORS: Mapping[Comparison, str] = {
    "above": ">",
    "at_least": ">=",
    "below": "<",
    "at_most": "<=",
}


@dataclass(frozen=True, slots=True)
class Sieve:
    """jsonpath predicates for what the store holds as JSON; None asks for nothing."""

    coverage: str
    measurements: str | None = None
    spans: str | None = None
    hits: Mapping[Role, str] | None = None
    """By the turn's role: one turn that holds one of them must be there."""
    no_hits: Mapping[Role, str] = field(default_factory=dict)
    """No turn of that role, surely known, may hold one of them."""
    zones: tuple[str, ...] = ()
    certain: bool = False
    """Only interactions of certain bounds."""
    reads: Reads = Reads.TURNS


def sieve_of(rule: Rule) -> Sieve:
    parts = list(_conjuncts(rule.when))
    denied = [found for part in parts if (found := _denied(part)) is not None]
    return Sieve(
        coverage=_and(
            f"$.{name} >= {least!r}"
            if name != "audio_or_video"
            else f"($.audio >= {least!r} || $.video >= {least!r})"
            for name, least in rule.coverage.items()
        )
        or "true",
        measurements=_and(_measured(part) for part in parts),
        spans=_and(_spans(part) for part in parts),
        hits=next((found for part in parts if (found := _hits(part)) is not None), None),
        no_hits=_either(denied),
        zones=tuple(str(zone) for zone in rule.zones),
        certain="boundary_uncertain" in rule.blocked_by,
        reads=reads(rule.when),
    )


def may_hold(condition: Condition, known: Reads) -> Callable[[Case], bool]:
    """Asks whether the rule can still fire on a case of which no more than `known` has been read:
    what reads more may be anything.
    """
    if reads(condition) <= known:
        return lambda case: condition.holds(case) is True
    if isinstance(condition, All):
        every = [may_hold(part, known) for part in condition.of]
        return lambda case: all(part(case) for part in every)
    if isinstance(condition, Any):
        either = [may_hold(part, known) for part in condition.of]
        return lambda case: any(part(case) for part in either)
    if isinstance(condition, Count) and _selector_reads(condition.of) <= known:
        # Whatever it must be near to: without it there is nothing to count.
        return lambda case: len(condition.of.found(case)) >= condition.at_least
    return lambda _case: True


def bare(started_at: datetime, ended_at: datetime) -> InteractionPayload:
    """As much of an interaction as Reads.FACTS needs; whatever else is read of it is a fault."""
    sent: dict[str, typing.Any] = {"categories_sent": None}
    known: dict[str, typing.Any] = {
        "started_at": started_at,
        "ended_at": ended_at,
        "open": False,
        # Asked of every number, also of those that count no phrases.
        "coverage": Coverage.model_construct(**sent),
    }
    return InteractionPayload.model_construct(**known)


def reads(condition: Condition) -> Reads:
    if isinstance(condition, All | Any):
        return max((reads(part) for part in condition.of), default=Reads.FACTS)
    if isinstance(condition, Not):
        return reads(condition.of)
    if isinstance(condition, Measured):
        if condition.quantity in FROM_FACTS:
            return Reads.FACTS
        return Reads.SPANS if condition.quantity in WITHOUT_TURNS else Reads.TURNS
    if isinstance(condition, Count):
        parts = (condition.of, condition.near, condition.after, condition.before, condition.during)
        return max(_selector_reads(part) for part in parts if part is not None)
    return Reads.FACTS if isinstance(condition, Fact | StartedAt) else Reads.TURNS


def _selector_reads(selector: Selector) -> Reads:
    if isinstance(selector, TicketMoments | DossierEvents | CounterStates):
        return Reads.FACTS
    if isinstance(selector, Spans):
        return Reads.SPANS
    return Reads.HITS if isinstance(selector, Hits) else Reads.TURNS


def _conjuncts(condition: Condition) -> Iterable[Condition]:
    if isinstance(condition, All):
        for part in condition.of:
            yield from _conjuncts(part)
    else:
        yield condition


def _and(parts: Iterable[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return " && ".join(known) if known else None


def _measured(condition: Condition) -> str | None:
    if isinstance(condition, Measured):
        path = PATHS.get(condition.quantity)
        operator = _OPERATORS[condition.comparison]
        return None if path is None else f"$.{path} {operator} {condition.limit!r}"
    return _combined(condition, _measured)


def _spans(condition: Condition) -> str | None:
    if isinstance(condition, Count) and isinstance(condition.of, Spans):
        asked = [f'@.kind == "{condition.of.kind}"', f"@.duration_s >= {condition.of.lasting_s!r}"]
        if condition.of.role is not None:
            asked.append(f'@.role == "{condition.of.role}"')
        return f"exists ($[*] ? ({' && '.join(asked)}))"
    return _combined(condition, _spans)


def _combined(condition: Condition, read: Callable[[Condition], str | None]) -> str | None:
    """What one of two needs both need only if both say what they need."""
    if isinstance(condition, All):
        return _and(read(part) for part in condition.of)
    if isinstance(condition, Any):
        needs = [read(part) for part in condition.of]
        known = [need for need in needs if need is not None]
        return (
            f"({' || '.join(f'({need})' for need in known)})" if len(known) == len(needs) else None
        )
    return None


def _hits(condition: Condition) -> Mapping[Role, str] | None:
    if isinstance(condition, Count):
        return _of_hits(condition.of) if isinstance(condition.of, Hits) else None
    if isinstance(condition, All):
        return next((found for part in condition.of if (found := _hits(part)) is not None), None)
    if isinstance(condition, Any):
        needs = [_hits(part) for part in condition.of]
        known = [need for need in needs if need is not None]
        return _either(known) if len(known) == len(needs) else None
    return None


def _denied(condition: Condition) -> Mapping[Role, str] | None:
    """Of `not: hits` without further ado, which hits must not be there."""
    if not (isinstance(condition, Not) and isinstance(condition.of, Count)):
        return None
    count = condition.of
    related = (count.near, count.after, count.before, count.during)
    if count.at_least != 1 or any(other is not None for other in related):
        return None
    if not isinstance(count.of, Hits) or count.of.window != ANYWHERE:
        return None
    return _of_hits(count.of)


def _of_hits(hits: Hits) -> Mapping[Role, str]:
    named = " || ".join(f'@.category == "{category}"' for category in hits.categories)
    return {hits.role: f"exists ($[*] ? (({named}) && @.confidence >= {hits.confidence!r}))"}


def _either(needs: Iterable[Mapping[Role, str]]) -> dict[Role, str]:
    found: dict[Role, str] = {}
    for need in needs:
        for role, path in need.items():
            found[role] = f"{found[role]} || {path}" if role in found else path
    return found
