"""How often a rule's flags proved right (law 3: each flag carries it).

(confirmed + coached) / all finally decided with an independent ground and a clear outcome;
the latest decision of a flag holds. The share that could not be cleared up stands beside it.
"""

from dataclasses import dataclass
from math import sqrt

from hub.store import reviews as rows
from hub.store.reviews import ReviewConnection, TallyRow

Z90 = 1.6448536269514722
"""Standard normal quantile of 0.95: 5 % on either side are left out."""
PROVEN_FROM = 30
"""Decisions with an independent ground under which a rule says "chưa kiểm chứng"."""


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

    @property
    def unknown_share(self) -> float | None:
        """Of the decided, those that say nothing for or against the rule."""
        return None if self.decided == 0 else 1 - self.with_ground / self.decided

    @property
    def proven(self) -> bool:
        return self.with_ground >= PROVEN_FROM


NOTHING_DECIDED = Precision(0, 0, None, None, None)


def precision(connection: ReviewConnection, rule_id: str) -> Precision:
    """Over the branches that this transaction sees."""
    found = rows.tallies(connection, rule_id)
    return _of(found[0]) if found else NOTHING_DECIDED


def precisions(connection: ReviewConnection) -> dict[str, Precision]:
    """Of every rule that has a decision, by its id, in one query."""
    return {row.rule_id: _of(row) for row in rows.tallies(connection)}


def wilson(successes: int, trials: int, z: float = Z90) -> tuple[float, float]:
    """Wilson's score interval of a share (JASA 22, 1927); (0, 1) without trials."""
    if not 0 <= successes <= trials:
        raise ValueError(f"got {successes} successes of {trials} trials")
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    middle = share + z * z / (2 * trials)
    # At 0 and 1 the formula meets the bound exactly, but for the rounding.
    low = 0.0 if successes == 0 else (middle - spread) / scale
    high = 1.0 if successes == trials else (middle + spread) / scale
    return low, high


def _of(row: TallyRow) -> Precision:
    if row.with_ground == 0:
        return Precision(row.decided, 0, None, None, None)
    low, high = wilson(row.founded, row.with_ground)
    return Precision(row.decided, row.with_ground, row.founded / row.with_ground, low, high)
