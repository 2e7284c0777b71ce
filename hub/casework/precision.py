"""How often a rule's flags proved right (law 3: each flag carries it), and what is not known.

(confirmed + coached - overturned) / all finally decided with an independent ground and a clear
outcome; the latest decision of a flag holds, a flag is one interaction. The share that could not
be cleared up stands beside it. Decisions taken in bulk are counted apart. A branch with fewer
than 30 is told the whole city's figure, and that it is the city's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.proportion import PROVEN_FROM, Share, wilson
from hub.scoring.standing import Tally, pool
from hub.store import standings as rows
from hub.store.standings import FigureRow, StandingConnection, TallyRow

__all__ = [
    "NOTHING_DECIDED",
    "Precision",
    "Precisions",
    "measured",
    "precision",
    "precisions",
    "recall",
    "wilson",
]


@dataclass(frozen=True, slots=True)
class Precision:
    decided: int
    with_ground: int
    """Of these, rest on an independent ground and have a clear outcome."""
    value: float | None
    """None while no decision has a ground."""
    low: float | None
    high: float | None
    """90 % by Wilson."""
    pooled: bool = False
    """Over the whole city, because the branch by itself has too few."""
    own: int = 0
    """Decisions with a ground of the branch alone, where the figure is pooled."""
    bulk: int = 0
    """Decisions taken in bulk: in none of the other figures."""

    @property
    def unknown_share(self) -> float | None:
        """Of the decided, those that say nothing for or against the rule."""
        return None if self.decided == 0 else 1 - self.with_ground / self.decided

    @property
    def proven(self) -> bool:
        return self.with_ground >= PROVEN_FROM


NOTHING_DECIDED = Precision(0, 0, None, None, None)


@dataclass(frozen=True, slots=True)
class Precisions:
    """Of versions of rules, at each branch that the reader sees and over the whole city."""

    own: Mapping[tuple[str, str, int], TallyRow]
    city: Mapping[tuple[str, int], FigureRow]

    def of(self, branch_id: str, rule_id: str, rule_version: int) -> Precision:
        own = self.own.get((branch_id, rule_id, rule_version))
        city = self.city.get((rule_id, rule_version))
        judged = pool(_tally(own), _tally(city))
        if not judged.pooled:
            return _of(_tally(own), bulk=own.bulk if own else 0)
        return _of(
            judged.tally,
            pooled=True,
            own=_tally(own).with_ground,
            bulk=city.bulk if city else 0,
        )


def measured(connection: StandingConnection) -> Precisions:
    """Of every version of a rule that has a decision."""
    return Precisions(
        {(r.branch_id, r.rule_id, r.rule_version): r for r in rows.tallies(connection)},
        {(r.rule_id, r.rule_version): r for r in rows.figures(connection)},
    )


def precision(connection: StandingConnection, rule_id: str) -> Precision:
    """Over all versions, and the branches that this transaction sees."""
    return _sum(rows.tallies(connection, rule_id=rule_id))


def precisions(connection: StandingConnection) -> dict[str, Precision]:
    """The same of every rule that has a decision, by its id, in one query."""
    found: dict[str, list[TallyRow]] = {}
    for row in rows.tallies(connection):
        found.setdefault(row.rule_id, []).append(row)
    return {rule_id: _sum(of_rule) for rule_id, of_rule in found.items()}


def recall(found: int, missed: int) -> Share:
    """Of what is known to have happened, what the rule flagged. Known from truth sessions (an
    observer at the counter, a played script) and from random samples of unflagged interactions,
    never from flags: those say nothing of what was missed. Under 30 events it is not proven.
    """
    return Share(found + missed, found)


def _tally(row: TallyRow | FigureRow | None) -> Tally:
    return Tally() if row is None else Tally(row.decided, row.with_ground, row.founded)


def _sum(of_rule: Iterable[TallyRow]) -> Precision:
    counted = list(of_rule)
    return _of(sum(map(_tally, counted), Tally()), bulk=sum(row.bulk for row in counted))


def _of(tally: Tally, *, pooled: bool = False, own: int = 0, bulk: int = 0) -> Precision:
    share = tally.precision
    low, high = share.interval if share.cases else (None, None)
    return Precision(tally.decided, tally.with_ground, share.value, low, high, pooled, own, bulk)
