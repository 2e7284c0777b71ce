"""A rule tried on what is stored: what it would have flagged, how much a day, and beside what.

Changes nothing. The database lets through what may fire (`hub/scoring/sieve.py`), and each of
those is judged as the scoring worker judges it.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID

from hub.scoring.budget import CAP, day_of
from hub.scoring.case import Case
from hub.scoring.errors import ScoringError
from hub.scoring.facts import Facts
from hub.scoring.flag import fires
from hub.scoring.heard import LEAST_ROLE_CONFIDENCE
from hub.scoring.rules import Rule
from hub.scoring.sieve import Reads, Sieve, bare, may_hold, sieve_of
from hub.scoring.stored_turns import read_turns
from hub.scoring.worker import rebuild
from hub.store import backtest as store
from hub.store.backtest import BacktestConnection, Said, Stay, TurnRow, Wanted
from hub.store.scoring import Queued
from schemas.vocabulary import Role, Zone

_AT_ONCE = 500
_Item = TypeVar("_Item")


class BacktestTooLongError(ScoringError):
    """The trial was ended because it took longer than it may."""

    code = "backtest_too_long"


@dataclass(frozen=True, slots=True)
class Found:
    """An interaction that the rule would have flagged."""

    key: Queued
    flagged_by: tuple[str, ...]
    """Rules that have flagged it already; this one may be among them."""


@dataclass(frozen=True, slots=True)
class BranchTrial:
    branch_id: str
    interactions: int
    days: int
    """On which anything was measured."""
    flagged: int
    most_a_day: int
    days_above_cap: int
    """On which this rule alone would have gone beyond the branch's budget."""

    @property
    def a_day(self) -> float:
        return self.flagged / self.days


@dataclass(frozen=True, slots=True)
class Trial:
    rule_id: str
    rule_version: int
    since: datetime
    until: datetime
    interactions: int
    judged: int
    """Of these, were read whole; the others could not fire."""
    found: Sequence[Found]
    """In the order of time."""
    branches: Sequence[BranchTrial]
    overlap: Mapping[str, int]
    """By rule: interactions that it has flagged already, among those found."""
    seconds: float

    @property
    def a_branch_day(self) -> float | None:
        days = sum(branch.days for branch in self.branches)
        return len(self.found) / days if days else None

    @property
    def new(self) -> int:
        """Interactions that nothing has flagged yet."""
        return sum(not one.flagged_by for one in self.found)


def zone_alone(stays: Sequence[Stay]) -> list[Facts]:
    return [Facts(zone=Zone(stay.zone)) for stay in stays]


def backtest(
    connection: BacktestConnection,
    rule: Rule,
    since: datetime,
    until: datetime,
    *,
    facts_of: Callable[[Sequence[Stay]], Sequence[Facts]] = zone_alone,
    most_s: float = 600.0,
    monotonic: Callable[[], float] = time.monotonic,
) -> Trial:
    """`connection` comes from `branches_transaction` and has asked nothing yet. `facts_of`: what
    is known of some stays beside sound and sight. Raises BacktestTooLongError after `most_s`
    seconds.
    """
    began_s = monotonic()
    store.begin(connection, most_s)
    sieve = sieve_of(rule)
    wanted = _wanted(sieve, since, until)
    days = store.branch_days(connection, since, until)
    judged = 0
    fired: list[Queued] = []
    for stays in _chunks(_stays(connection, sieve, wanted), _AT_ONCE):
        cases = _by_facts(rule, stays, facts_of(stays))
        judged += len(cases)
        fired += _fired(connection, rule, sieve, cases)
        if monotonic() - began_s > most_s:
            raise BacktestTooLongError(
                f"the trial took longer than {most_s:.0f} s and was ended; ask for fewer days, or "
                "run hailong hub rules backtest, which has no such limit"
            )
    found = _with_flags(connection, sorted(fired, key=lambda key: (key.at, key.interaction_id)))
    return Trial(
        rule_id=rule.id,
        rule_version=rule.version,
        since=since,
        until=until,
        interactions=sum(count for *_, count in days),
        judged=judged,
        found=found,
        branches=_branches(days, found),
        overlap=Counter(rule_id for one in found for rule_id in one.flagged_by),
        seconds=monotonic() - began_s,
    )


def _wanted(sieve: Sieve, since: datetime, until: datetime) -> Wanted:
    return Wanted(
        since=since,
        until=until,
        coverage=sieve.coverage,
        zones=list(sieve.zones) or None,
        certain=sieve.certain,
        measurements=sieve.measurements,
        spans=sieve.spans,
    )


def _stays(connection: BacktestConnection, sieve: Sieve, wanted: Wanted) -> Iterator[Stay]:
    denied = {key.interaction_id for key in _heard(connection, sieve.no_hits, wanted)}
    if sieve.hits is None:
        for stay in store.stays(connection, wanted):
            if stay.key.interaction_id not in denied:
                yield stay
        return
    keys = _heard(connection, sieve.hits, wanted)
    for chunk in _chunks((key for key in keys if key.interaction_id not in denied), _AT_ONCE):
        yield from store.stays_of(connection, wanted, chunk)


def _heard(
    connection: BacktestConnection, hits: Mapping[Role, str], wanted: Wanted
) -> list[Queued]:
    if not hits:
        return []
    said = Said(hits.get(Role.STAFF), hits.get(Role.CITIZEN))
    return store.heard(connection, wanted, said, LEAST_ROLE_CONFIDENCE)


def _by_facts(rule: Rule, stays: Sequence[Stay], facts: Sequence[Facts]) -> dict[Queued, Facts]:
    """Those that the facts alone do not rule out already."""
    may_fire = may_hold(rule.when, Reads.FACTS)
    return {
        stay.key: known
        for stay, known in zip(stays, facts, strict=True)
        if may_fire(Case(bare(stay.key.at, stay.ended_at), known, rule.cool_down_s))
    }


def _fired(
    connection: BacktestConnection, rule: Rule, sieve: Sieve, facts: Mapping[Queued, Facts]
) -> Iterator[Queued]:
    if not facts:
        return
    cases = {}
    may_fire = may_hold(rule.when, Reads.SPANS)
    for stored in store.interactions(connection, list(facts)):
        case = Case(rebuild(stored), facts[stored.key], rule.cool_down_s)
        if may_fire(case):
            cases[stored.key] = case
    turns: Mapping[UUID, Sequence[TurnRow]] = {}
    if sieve.reads >= Reads.HITS and cases:
        turns = store.turns(connection, list(cases), whole=sieve.reads is Reads.TURNS)
    for key, case in cases.items():
        whole = {"turns": read_turns(turns.get(key.interaction_id, ()))}
        interaction = case.interaction.model_copy(update=whole)
        if fires(rule, replace(case, interaction=interaction)):
            yield key


def _chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _with_flags(connection: BacktestConnection, fired: Sequence[Queued]) -> list[Found]:
    found = []
    for keys in _chunks(fired, _AT_ONCE):
        flags = store.flags_of(connection, keys)
        found += [Found(key, tuple(flags.get(key.interaction_id, ()))) for key in keys]
    return found


def _branches(days: Sequence[tuple[str, date, int]], found: Sequence[Found]) -> list[BranchTrial]:
    by_day = Counter((one.key.branch_id, day_of(one.key.at)) for one in found)
    trials = []
    for branch_id in dict.fromkeys(branch for branch, *_ in days):
        of_branch = [(day, count) for branch, day, count in days if branch == branch_id]
        flagged = [by_day[branch_id, day] for day, _ in of_branch]
        trials.append(
            BranchTrial(
                branch_id=branch_id,
                interactions=sum(count for _, count in of_branch),
                days=len(of_branch),
                flagged=sum(flagged),
                most_a_day=max(flagged),
                days_above_cap=sum(count > CAP for count in flagged),
            )
        )
    return trials
