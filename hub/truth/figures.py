"""Precision and recall from counts. Pure.

Precision: of what was flagged or hit, what truly happened; recall: of what happened, what was
found. Under 30 events a figure is not verified, and says so.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from hub.proportion import Share
from hub.truth.watched import What

Cut = Literal["all", "dialect", "noise"]


@dataclass(frozen=True, slots=True)
class Counts:
    found: int = 0
    missed: int = 0
    false_alarms: int = 0
    left_out: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.found + other.found,
            self.missed + other.missed,
            self.false_alarms + other.false_alarms,
            self.left_out + other.left_out,
        )

    @property
    def precision(self) -> Share:
        return Share(self.found + self.false_alarms, self.found)

    @property
    def recall(self) -> Share:
        return Share(self.found + self.missed, self.found)


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts of one kind of thing under one dialect and noise."""

    what: What
    name: str
    role: str
    rule_version: int | None
    dialect: str
    noise: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Line:
    what: What
    name: str
    role: str
    rule_version: int | None
    """Of a rule: figures of two versions are never mixed."""
    cut: Cut
    part: str
    """The dialect or the noise; '' where all are together."""
    counts: Counts


def lines(counted: Iterable[Counted]) -> list[Line]:
    """By thing: all together, then by dialect, then by noise. Rules first."""
    given = list(counted)
    cuts: tuple[tuple[Cut, Callable[[Counted], str]], ...] = (
        ("all", lambda _: ""),
        ("dialect", lambda one: one.dialect),
        ("noise", lambda one: one.noise),
    )
    found: list[Line] = []
    for cut, part_of in cuts:
        sums: dict[tuple[What, str, str, int | None, str], Counts] = {}
        for one in given:
            key = (one.what, one.name, one.role, one.rule_version, part_of(one))
            sums[key] = sums.get(key, Counts()) + one.counts
        found += [
            Line(what, name, role, version, cut, part, counts)
            for (what, name, role, version, part), counts in sums.items()
        ]
    order: tuple[Cut, ...] = ("all", "dialect", "noise")
    return sorted(
        found,
        key=lambda line: (
            line.what != "rule",
            line.name,
            line.role,
            line.rule_version or 0,
            order.index(line.cut),
            line.part,
        ),
    )


def by_rule(counted: Iterable[Counted]) -> dict[tuple[str, int], Counts]:
    """Rule and version -> counts over every dialect and noise."""
    sums: dict[tuple[str, int], Counts] = {}
    for one in counted:
        if one.rule_version is not None:
            key = (one.name, one.rule_version)
            sums[key] = sums.get(key, Counts()) + one.counts
    return sums
