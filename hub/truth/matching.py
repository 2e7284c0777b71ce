"""Ticks against hits, one to one. Pure.

Both are points in time by the hub's clock. A tick and a hit of the same kind and side belong
together where they lie within the tolerance; of all ways to pair them one with the most pairs is
taken. What happened while the counter was not measured, or so near to such a time or to the
session's edge that its other half may lie there, is left out and counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Final, TypeVar
from uuid import UUID

from hub.truth.watched import Thing

TOLERANCE_S: Final = 10.0
"""A person taps one to five seconds after a phrase, a hit's time within its turn is estimated
from the place in the text, and two clocks are off by less than a second."""


class Outcome(StrEnum):
    FOUND = "found"
    MISSED = "missed"
    FALSE_ALARM = "false_alarm"
    LEFT_OUT = "left_out"


class Reason(StrEnum):
    """Why something counts neither for nor against."""

    EDGE = "edge"
    """So near to the session's begin or end, or to unmeasured time, that it cannot be told."""
    NOT_MEASURED = "not_measured"
    """No sound was measured at the counter."""
    MUTED = "muted"
    WRITTEN = "written"
    NOT_READ = "not_read"
    """Too little of that side's speech was recognised surely enough."""
    NOT_SENT = "not_sent"
    """The device does not send this kind of phrase."""
    NOT_KNOWN = "not_known"
    """A rule waits for a fact that no system told."""
    CLOCK = "clock"
    """The tablet's clock was not compared well enough with the hub's."""
    BLOCKED = "blocked"
    """A rule is silent on purpose: an overload, a system's fault, a pause."""


@dataclass(frozen=True, slots=True)
class Ticked:
    thing: Thing
    at: datetime
    tick_id: UUID


@dataclass(frozen=True, slots=True)
class Hit:
    thing: Thing
    at: datetime


@dataclass(frozen=True, slots=True)
class Unseen:
    """A stretch that says nothing; of these things alone, where it names any."""

    from_at: datetime
    to_at: datetime
    reason: Reason
    things: frozenset[Thing] | None = None

    def covers(self, thing: Thing, at: datetime, margin: timedelta = timedelta()) -> bool:
        return (self.things is None or thing in self.things) and (
            self.from_at - margin <= at < self.to_at + margin
        )


@dataclass(frozen=True, slots=True)
class Match:
    thing: Thing
    outcome: Outcome
    reason: Reason | None = None
    rule_version: int | None = None
    later_s: float | None = None
    """Of a pair: how much later than the tick the hit lies."""


@dataclass(frozen=True, slots=True)
class Watch:
    """When was looked, and what could not be seen meanwhile."""

    from_at: datetime
    to_at: datetime
    unseen: Sequence[Unseen] = ()

    def blind(self, thing: Thing, at: datetime) -> Reason | None:
        for one in self.unseen:
            if one.covers(thing, at):
                return one.reason
        return None

    def near_edge(self, thing: Thing, at: datetime, margin: timedelta) -> bool:
        """Whether its other half may lie outside what was seen."""
        return (
            at < self.from_at + margin
            or at >= self.to_at - margin
            or any(one.covers(thing, at, margin) for one in self.unseen)
        )


_Point = TypeVar("_Point", Ticked, Hit)


def match(
    ticks: Iterable[Ticked],
    hits: Iterable[Hit],
    watch: Watch,
    tolerance_s: float = TOLERANCE_S,
) -> list[Match]:
    """Every tick and every hit within the session stands in exactly one of them."""
    margin = timedelta(seconds=tolerance_s)
    ticked, heard = _by_thing(ticks, watch), _by_thing(hits, watch)
    found: list[Match] = []
    for thing in sorted(ticked.keys() | heard.keys()):
        seen_ticks, blind_ticks = _seen(ticked.get(thing, ()), watch)
        seen_hits, blind_hits = _seen(heard.get(thing, ()), watch)
        found += [Match(thing, Outcome.LEFT_OUT, why) for why in (*blind_ticks, *blind_hits)]
        ticked_at = [one.at for one in seen_ticks]
        heard_at = [one.at for one in seen_hits]
        pairs = pair(ticked_at, heard_at, margin)
        for tick_no, hit_no in pairs:
            at, hit_at = ticked_at[tick_no], heard_at[hit_no]
            if any(watch.near_edge(thing, one, margin) for one in (at, hit_at)):
                found.append(Match(thing, Outcome.LEFT_OUT, Reason.EDGE))
            else:
                later_s = (hit_at - at).total_seconds()
                found.append(Match(thing, Outcome.FOUND, later_s=later_s))
        for outcome, points, paired in (
            (Outcome.MISSED, ticked_at, {tick_no for tick_no, _ in pairs}),
            (Outcome.FALSE_ALARM, heard_at, {hit_no for _, hit_no in pairs}),
        ):
            for number, at in enumerate(points):
                if number in paired:
                    continue
                if watch.near_edge(thing, at, margin):
                    found.append(Match(thing, Outcome.LEFT_OUT, Reason.EDGE))
                else:
                    found.append(Match(thing, outcome))
    return found


def pair(
    ticks: Sequence[datetime], hits: Sequence[datetime], margin: timedelta
) -> list[tuple[int, int]]:
    """Places of those that belong together; both in order of time.

    The earliest that can still be paired is: of points on a line with one tolerance this finds
    as many pairs as there can be.
    """
    pairs = []
    tick_no = hit_no = 0
    while tick_no < len(ticks) and hit_no < len(hits):
        apart = hits[hit_no] - ticks[tick_no]
        if abs(apart) <= margin:
            pairs.append((tick_no, hit_no))
            tick_no += 1
            hit_no += 1
        elif apart > margin:
            tick_no += 1
        else:
            hit_no += 1
    return pairs


def silent_stretches(
    heard: Sequence[datetime], window: timedelta, from_at: datetime, to_at: datetime
) -> list[Unseen]:
    """What lies between windows that were heard; `heard` holds their starts, in order."""
    found = []
    at = from_at
    for start in heard:
        if start > at:
            found.append(Unseen(at, min(start, to_at), Reason.NOT_MEASURED))
        at = max(at, start + window)
    if at < to_at:
        found.append(Unseen(at, to_at, Reason.NOT_MEASURED))
    return [one for one in found if one.from_at < one.to_at]


def _by_thing(points: Iterable[_Point], watch: Watch) -> Mapping[Thing, list[_Point]]:
    """Those within the session, in order of time."""
    found: dict[Thing, list[_Point]] = {}
    for point in sorted(points, key=attrgetter("at")):
        if watch.from_at <= point.at < watch.to_at:
            found.setdefault(point.thing, []).append(point)
    return found


def _seen(points: Sequence[_Point], watch: Watch) -> tuple[list[_Point], list[Reason]]:
    """Those that can be judged, and why the others cannot."""
    seen, blind = [], []
    for point in points:
        reason = watch.blind(point.thing, point.at)
        if reason is None:
            seen.append(point)
        else:
            blind.append(reason)
    return seen, blind
