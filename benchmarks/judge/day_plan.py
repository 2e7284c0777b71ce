"""A branch-day: who comes to which counter when, and what goes wrong on that day.

37 counters, 900 interactions of 36,000 turns. How often each kind of misconduct is planted, and
how often an innocent thing looks like it to the rules of ticket and dossier, is assumed: no branch
has counted it. The look-alikes are set at half of what DOMAIN allows a rule (.04 %).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp

from schemas.vocabulary import Zone

COUNTERS: Sequence[Zone] = (
    *[Zone.RECEPTION] * 3,
    *[Zone.ADVICE] * 6,
    *[Zone.INTAKE] * 16,
    *[Zone.FEE] * 4,
    *[Zone.RESULT] * 6,
    *[Zone.DIGITISING] * 2,
)
INTERACTIONS, TURNS = 900, 36_000
OPENS = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
"""07:30 in Hanoi, a Tuesday."""
REGIONS = {"north": 0.6, "centre": 0.2, "south": 0.2}
"""More of the Centre and the South than Hanoi has, so that each is counted."""
WORDS_REVIEW = {"may_tao": 0.3, "abuse": 0.2, "disrespect": 0.3, "money": 0.3, "missing": 0.8}
FACTS_REVIEW = {
    "sent_back_twice": 0.5,
    "served_out_of_turn": 0.5,
    "ticket_closed_early": 0.4,
    "called_with_nobody": 0.2,
    "no_dossier_no_slip": 0.5,
}
LIVE = {
    "escalation": 0.6,
    "citizen_abuse": 0.3,
    "abuse_loud": 0.1,
    "citizen_unserved": 0.4,
    "priority_skipped": 0.2,
    "help_button": 0.2,
}
A_DAY = {**WORDS_REVIEW, **FACTS_REVIEW, **LIVE}
"""Planted on a day, on average."""
BY_WORDS = frozenset({*WORDS_REVIEW, "escalation", "citizen_abuse", "abuse_loud"})
"""Found by what is said; the others by what the feeds and the camera tell."""
LOOK_ALIKE = 0.0002
"""Of interactions, each kind."""
LOOK_ALIKES = (
    "served_out_of_turn",
    "ticket_closed_early",
    "called_with_nobody",
    "no_dossier_no_slip",
    "citizen_unserved",
    "priority_skipped",
)
AT_INTAKE = frozenset({"missing", "sent_back_twice", "no_dossier_no_slip"})
WITH_TICKET = frozenset({"served_out_of_turn", "ticket_closed_early", "called_with_nobody"})
_TAKING = frozenset({Zone.INTAKE, Zone.FEE, Zone.RESULT})


@dataclass(frozen=True, slots=True)
class Planned:
    number: int
    counter: int
    region: str
    started_at: datetime
    turns: int
    wording: str
    """`listed` or `own`: of what is planted."""
    planted: str | None = None
    look_alike: str | None = None

    @property
    def zone(self) -> Zone:
        return COUNTERS[self.counter]


def plan(seed: int, share: float = 1.0) -> list[Planned]:
    """`share`: of a day, for a short run; the turns of an interaction stay 40 on average."""
    chance = random.Random(f"day {seed}")
    count = round(INTERACTIONS * share / 2) * 2
    lengths = [n for _ in range(count // 2) for n in _two_lengths(chance)]
    stays = [_stay(number, lengths[number], chance) for number in range(count)]
    planted = [kind for kind, mean in A_DAY.items() for _ in range(_poisson(mean * share, chance))]
    alike = [kind for kind in LOOK_ALIKES for _ in range(_poisson(LOOK_ALIKE * count, chance))]
    for kind, innocent in [*((k, False) for k in planted), *((k, True) for k in alike)]:
        free = [
            s.number for s in stays if not s.planted and not s.look_alike and fits(kind, s.zone)
        ]
        if free:
            at = chance.choice(free)
            stays[at] = with_kind(stays[at], kind, innocent=innocent)
    return stays


def fits(kind: str, zone: Zone) -> bool:
    if kind in AT_INTAKE:
        return zone is Zone.INTAKE
    return zone in _TAKING if kind in WITH_TICKET else zone is not Zone.DIGITISING


def with_kind(stay: Planned, kind: str, *, innocent: bool = False) -> Planned:
    return Planned(
        stay.number,
        stay.counter,
        stay.region,
        stay.started_at,
        stay.turns,
        stay.wording,
        None if innocent else kind,
        kind if innocent else None,
    )


def trial(kind: str, region: str, count: int, seed: int) -> list[Planned]:
    """Shorter stays, each with this kind, for recall."""
    chance = random.Random(f"trial {kind} {region} {seed}")
    counters = [n for n, zone in enumerate(COUNTERS) if fits(kind, zone)]
    return [
        Planned(
            number=number,
            counter=chance.choice(counters),
            region=region,
            started_at=OPENS + timedelta(minutes=chance.uniform(0, 400)),
            turns=chance.randint(14, 24),
            wording=("listed", "own")[number % 2],
            planted=kind,
        )
        for number in range(count)
    ]


def _stay(number: int, turns: int, chance: random.Random) -> Planned:
    counter = number % len(COUNTERS)
    # A counter sees one after the other, with the lunch between.
    nth, of = number // len(COUNTERS), -(-INTERACTIONS // len(COUNTERS))
    hours = nth / of * 7.5
    at = OPENS + timedelta(hours=hours + (1.5 if hours >= 4 else 0.0), minutes=chance.uniform(0, 5))
    region = chance.choices(list(REGIONS), list(REGIONS.values()))[0]
    return Planned(number, counter, region, at, turns, chance.choice(("listed", "own")))


def _two_lengths(chance: random.Random) -> tuple[int, int]:
    """40 turns on average, of any two together 80."""
    one = chance.randint(22, 58)
    return one, 80 - one


def _poisson(mean: float, chance: random.Random) -> int:
    left, count = chance.random(), 0
    floor = exp(-mean)
    while left > floor:
        left *= chance.random()
        count += 1
    return count
