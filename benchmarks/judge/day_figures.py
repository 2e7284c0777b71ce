"""Figures and notes of simulated days and trials: flags, false ones, recall, by region."""

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import exp
from statistics import fmean

from benchmarks.machine import Figure
from hub.proportion import Share

FLAGS, ALERTS, FALSE, ABUSE_RATE = 8.0, 3.0, 1.7, 3.0
"""Goals: review flags and live alerts a day, false ones of both, false abuse in 100,000 turns."""
ABUSE = frozenset({"abusive_language_staff", "abusive_and_raised_staff", "abuse_by_citizen"})
MONEY = frozenset({"money_hint"})
_REGIONS = ("north", "centre", "south")
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag that somebody is shown."""

    rule_id: str
    kind: str
    region: str
    true: bool
    """What was planted there is of its kind."""
    look_alike: bool
    """False, and by facts alone: what the feeds told was so and was innocent."""


@dataclass
class Day:
    """Of one day, or of the trials of one kind and region."""

    turns: int = 0
    interactions: int = 0
    raised: list[Raised] = field(default_factory=list)
    planted: Counts[Key] = field(default_factory=Counts)
    """By kind, region, wording."""
    found: Counts[Key] = field(default_factory=Counts)
    by_region: Counts[str] = field(default_factory=Counts)
    """Interactions."""
    reviewed: int = 0
    """Review flags that the branch's budget leaves, and those that stand outside it."""

    def count(self, wanted: Callable[[Raised], bool]) -> int:
        return sum(wanted(one) for one in self.raised)


def figures(
    days: Sequence[Day], trials: Sequence[Day], better: Sequence[Day]
) -> tuple[list[Figure], list[str]]:
    """`trials`: by the transcriber that is shipped; `better`: by one of fewer errors."""
    made = [*_flags(days), *_false(days), *_recall(trials, better)]
    return made, [*_notes(days), *_recall_notes(trials, "as shipped")]


def _flags(days: Sequence[Day]) -> Iterable[Figure]:
    raised = [day.count(_review) for day in days]
    reviewed = [day.reviewed for day in days]
    live = [day.count(_live) for day in days]
    yield Figure(
        "review flags a day",
        fmean(reviewed),
        "flags",
        FLAGS,
        peers={"before the budget": fmean(raised)},
    )
    yield Figure(
        "review flags, worst day",
        float(max(reviewed)),
        "flags",
        peers={"before the budget": float(max(raised))},
    )
    yield Figure("live alerts a day", fmean(live), "alerts", ALERTS)
    yield Figure("live alerts, worst day", float(max(live)), "alerts")


def _false(days: Sequence[Day]) -> Iterable[Figure]:
    false = [day.count(lambda one: not one.true) for day in days]
    words = [day.count(_misread) for day in days]
    yield Figure(
        "false flags a day, review and live",
        fmean(false),
        "flags",
        FALSE,
        peers={"of words and sound alone": fmean(words)},
    )
    yield Figure("false flags, worst day", float(max(false)), "flags")
    turns = sum(day.turns for day in days)
    for name, rules, goal in (("abuse", ABUSE, ABUSE_RATE), ("money", MONEY, None)):
        found = sum(day.count(_false_of(rules)) for day in days)
        rate = 1e5 / turns
        yield Figure(f"false {name} flags in {len(days)} days", float(found), "flags", 0.0)
        yield Figure(f"false {name} flags", found * rate, "/100,000 turns", goal)
        yield Figure(
            f"false {name} flags, 95 % upper bound", most(found) * rate, "/100,000 turns", goal
        )
    for region in _REGIONS:
        seen = sum(day.by_region[region] for day in days)
        found = sum(
            day.count(lambda one, r=region: not one.true and one.region == r) for day in days
        )  # type: ignore[misc]
        yield Figure(f"false flags, {region}", 900 * found / seen if seen else None, "/900 stays")


def _recall(trials: Sequence[Day], better: Sequence[Day]) -> Iterable[Figure]:
    for kind in _kinds(trials):
        peers = {
            region: share.value
            for region in _REGIONS
            if (share := _share(trials, kind, region)).value is not None
        }
        fewer = _share(better, kind).value
        if fewer is not None:
            peers["a quarter of the errors"] = fewer
        yield Figure(
            f"recall: {kind}", _share(trials, kind).value, "share", better="higher", peers=peers
        )


def _notes(days: Sequence[Day]) -> list[str]:
    turns, stays = sum(day.turns for day in days), sum(day.interactions for day in days)
    planted, found = _sum(days, "planted"), _sum(days, "found")
    wrong = Counts(
        f"{one.rule_id}{' (look-alike of facts)' if one.look_alike else ''}"
        for day in days
        for one in day.raised
        if not one.true
    )
    told = ", ".join(f"{rule} {count}" for rule, count in wrong.most_common()) or "none"
    by_kind = Counts[str]()
    for (kind, _, _), count in planted.items():
        by_kind[kind] += count
    return [
        (
            f"day: {len(days)} days, {stays:,} interactions, {turns:,} turns; planted "
            f"{planted.total() / len(days):.1f} a day, {found.total()} of {planted.total()} found; "
            + ", ".join(f"{kind} {count}" for kind, count in sorted(by_kind.items()))
        ),
        f"day, false flags by rule: {told}",
        (
            "day: how often misconduct and innocent look-alikes of facts occur is assumed "
            "(day_plan.py); only what words and sound turn into is measured"
        ),
    ]


def _recall_notes(trials: Sequence[Day], which: str) -> list[str]:
    return [
        f"recall, {which}, {kind}: {_told(_share(trials, kind))}; "
        + ", ".join(f"{region} {_told(_share(trials, kind, region))}" for region in _REGIONS)
        + f"; listed words {_told(_share(trials, kind, wording='listed'))}, "
        f"own words {_told(_share(trials, kind, wording='own'))}"
        for kind in _kinds(trials)
    ]


def _share(
    days: Sequence[Day], kind: str, region: str | None = None, wording: str | None = None
) -> Share:
    def wanted(key: Key) -> bool:
        return key[0] == kind and region in {None, key[1]} and wording in {None, key[2]}

    planted, found = _sum(days, "planted"), _sum(days, "found")
    return Share(
        sum(count for key, count in planted.items() if wanted(key)),
        sum(count for key, count in found.items() if wanted(key)),
    )


def _told(share: Share) -> str:
    if share.value is None:
        return "none"
    low, high = share.interval
    return f"{share.value:.2f} ({low:.2f} to {high:.2f}, of {share.cases})"


def _sum(days: Sequence[Day], name: str) -> Counts[Key]:
    total: Counts[Key] = Counts()
    for day in days:
        total.update(getattr(day, name))
    return total


def _kinds(days: Sequence[Day]) -> list[str]:
    return sorted({kind for day in days for kind, _, _ in day.planted})


def most(events: int, chance: float = 0.05) -> float:
    """The mean of a Poisson count above which so few events have less than this chance."""
    low, high = 0.0, 10.0 * (events + 5)
    for _ in range(60):
        middle = (low + high) / 2
        term = total = exp(-middle)
        for n in range(1, events + 1):
            term *= middle / n
            total += term
        low, high = (middle, high) if total > chance else (low, middle)
    return high


def _review(one: Raised) -> bool:
    return one.kind == "review"


def _live(one: Raised) -> bool:
    return one.kind == "live"


def _misread(one: Raised) -> bool:
    return not one.true and not one.look_alike


def _false_of(rules: frozenset[str]) -> Callable[[Raised], bool]:
    return lambda one: not one.true and one.rule_id in rules
