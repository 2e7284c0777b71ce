"""The questions that the pages ask, each as the person who asks it, over `hub.store`'s functions."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from benchmarks.pages.city import NOW, Counter
from benchmarks.pages.sums import ROLLUP_FROM
from hub.store import pages, rollups, standings
from hub.store.pages import PageConnection

WAITING = ("live", "review")
SHOWN = ("live", "review", "trend")


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    branches: Sequence[str]
    staff: str = "*"


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    person: Person
    ask: Callable[[PageConnection, Any], Any]
    """With a row of `samples`, so that no two runs ask the same."""


def people(counters: int) -> list[Person]:
    """Of a city of so many counters: one branch's supervisor, QA over all, one clerk."""
    branches = sorted({Counter(number).branch for number in range(counters)})
    return [
        Person("supervisor", branches[:1]),
        Person("QA", branches),
        Person("clerk", branches[:1], Counter(5).staff),
    ]


_MIDNIGHT = NOW.replace(hour=0) - timedelta(hours=7)
_WEEK = NOW - timedelta(days=7)


def _overview(connection: PageConnection, _sample: Any) -> Any:
    return pages.counters(connection, day_start=_MIDNIGHT, week_start=_WEEK)


def _newest(connection: PageConnection, _sample: Any) -> Any:
    return pages.interactions(connection, limit=51)


def _page(connection: PageConnection, sample: Any) -> Any:
    return pages.interactions(connection, before=(sample.at, sample.interaction_id), limit=51)


def _of_counter(connection: PageConnection, sample: Any) -> Any:
    return pages.interactions(
        connection, branch_id=sample.branch_id, counter_id=sample.counter_id, limit=51
    )


def _of_day(connection: PageConnection, sample: Any) -> Any:
    start = sample.at.replace(hour=0, minute=0)
    return pages.interactions(connection, from_at=start, to_at=start + timedelta(days=1), limit=51)


def _flagged(connection: PageConnection, _sample: Any) -> Any:
    return pages.interactions(connection, flagged=True, limit=51)


def _one(connection: PageConnection, sample: Any) -> Any:
    row = pages.interaction(connection, sample.interaction_id)
    assert row is not None
    turns = pages.turns(connection, row)
    scores = pages.scores(connection, row)
    flags = pages.flags(connection, kinds=SHOWN, interaction_id=sample.interaction_id, limit=50)
    if flags:
        pages.reviews(connection, [flag.flag_id for flag in flags])
        standings.tallies(connection)
    assert (len(turns), len(scores)) == (40, 2)
    return row


def _queue(connection: PageConnection, _sample: Any) -> Any:
    waiting = pages.flags(connection, kinds=WAITING, state="open", limit=200)
    pages.flags(connection, kinds=("trend",), state="open", limit=50)
    pages.reviews(connection, [flag.flag_id for flag in waiting])
    standings.tallies(connection)
    return waiting


def _precision(connection: PageConnection, _sample: Any) -> Any:
    return standings.tallies(connection)


def _devices(connection: PageConnection, _sample: Any) -> Any:
    return pages.devices(connection)


def _rejects(connection: PageConnection, _sample: Any) -> Any:
    return pages.rejects(connection, limit=50)


def _kept(connection: PageConnection, _sample: Any) -> Any:
    return pages.kept(connection)


def _sums(by: rollups.By, name: str) -> Callable[[PageConnection, Any], Any]:
    """A measure over 90 days, with percentiles where it has any."""

    def ask(connection: PageConnection, _sample: Any) -> Any:
        measure = rollups.measures(connection)[name]
        found = rollups.figures(
            connection, by, measure, ROLLUP_FROM, NOW.date(), least=rollups.SHOWN_FROM
        )
        assert found
        return [figure.percentile(0.95) for figure in found]

    return ask


_SUMS: Sequence[tuple[str, rollups.By, str]] = (
    ("handling by counter", "counter", "handling_s"),
    ("handling by day", "day", "handling_s"),
    ("handling by hour", "hour", "handling_s"),
    ("counter's part by clerk", "staff", "counter_part"),
    ("hits by counter", "counter", "hits"),
    ("hits by zone", "zone", "hits"),
)


def questions(counters: int) -> list[Question]:
    supervisor, qa, clerk = people(counters)
    return [
        *(Question("overview", person, _overview) for person in (supervisor, qa)),
        *(Question("interactions, newest", p, _newest) for p in (supervisor, qa, clerk)),
        *(Question("interactions, a later page", p, _page) for p in (supervisor, qa, clerk)),
        *(Question("interactions of a counter", p, _of_counter) for p in (supervisor, qa)),
        *(Question("interactions of a day", p, _of_day) for p in (supervisor, qa, clerk)),
        *(Question("interactions with flags", p, _flagged) for p in (supervisor, qa, clerk)),
        *(Question("one interaction", p, _one) for p in (supervisor, qa, clerk)),
        *(Question("review queue", p, _queue) for p in (supervisor, qa)),
        *(Question("precision of rules", p, _precision) for p in (supervisor, qa, clerk)),
        *(Question("devices", p, _devices) for p in (supervisor, qa)),
        *(Question("refused messages", p, _rejects) for p in (supervisor, qa)),
        *(Question("what is kept", p, _kept) for p in (supervisor, qa)),
        *(
            Question(f"90 days, {name}", p, _sums(by, measure))
            for name, by, measure in _SUMS
            for p in (supervisor, qa)
        ),
    ]


@dataclass(frozen=True, slots=True)
class Sample:
    branch_id: str
    counter_id: str
    at: Any
    interaction_id: Any


def samples(rows: Sequence[tuple[Any, ...]], person: Person, runs: int) -> list[Sample]:
    """Interactions that this person sees, in an order of its own."""
    own = [
        Sample(*row[:4])
        for row in rows
        if row[0] in person.branches and person.staff in {"*", row[4]}
    ]
    return random.Random(7).choices(own, k=runs)
