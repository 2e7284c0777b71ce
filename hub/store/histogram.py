"""Sums and histograms of whole steps -> mean, spread and percentiles. Pure.

Values are whole numbers of a step (0.01 s, say), so that adding and subtracting is exact in any
order. Bin i holds what is at least edges[i] and less than edges[i + 1], so its values lie in
[edges[i], edges[i + 1] - 1].

The percentile of share q is the value of rank ceil(q n) in order of size. Of it the histogram
knows the bin, and so two bounds that hold always; between them it is placed as if the bin's
values lay evenly. Its error is therefore at most the width of the bin less one step, and 0 where
a bin holds a single value (counts under 10, the bin of exactly 0 s).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from math import ceil, sqrt


@dataclass(frozen=True, slots=True)
class Percentile:
    value: float
    low: float
    high: float
    """The true value of this rank lies within [low, high]."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Of n values in whole steps. Adds up; what was added can be subtracted."""

    n: int
    total: int
    squares: int
    bins: tuple[int, ...] | None
    """None where only sums are kept."""

    def __add__(self, other: "Sums") -> "Sums":
        return self._with(other, 1)

    def __sub__(self, other: "Sums") -> "Sums":
        return self._with(other, -1)

    def _with(self, other: "Sums", sign: int) -> "Sums":
        bins: tuple[int, ...] | None = None
        if self.bins is not None and other.bins is not None:
            bins = tuple(a + sign * b for a, b in zip(self.bins, other.bins, strict=True))
        return Sums(
            self.n + sign * other.n,
            self.total + sign * other.total,
            self.squares + sign * other.squares,
            bins,
        )


def sums(values: Iterable[int], edges: Sequence[int] | None) -> Sums:
    """Of values in steps. One beyond the edges counts in the outermost bin."""
    values = list(values)
    bins: list[int] | None = None
    if edges is not None:
        bins = [0] * (len(edges) - 1)
        for value in values:
            bins[min(max(bisect_right(edges, value) - 1, 0), len(bins) - 1)] += 1
    return Sums(
        len(values),
        sum(values),
        sum(value * value for value in values),
        None if bins is None else tuple(bins),
    )


def mean(of: Sums, step: Decimal) -> float | None:
    """In the unit of the step; None of nothing."""
    return float(Fraction(of.total, of.n) * Fraction(step)) if of.n else None


def standard_deviation(of: Sums, step: Decimal) -> float | None:
    """Of the sample (n - 1); None under two values. Exact up to the root: no digits cancel."""
    if of.n < 2:
        return None
    variance = Fraction(of.n * of.squares - of.total**2, of.n * (of.n - 1))
    return sqrt(variance) * float(step)


def percentile(of: Sums, edges: Sequence[int], step: Decimal, share: float) -> Percentile | None:
    """`share` in (0, 1]: 0.95 for p95. None of nothing. Raises ValueError where the histogram
    and the edges, or the histogram and n, do not belong together.
    """
    if not 0 < share <= 1:
        raise ValueError(f"a percentile of share {share}; expected over 0 and at most 1")
    if of.bins is None or len(of.bins) != len(edges) - 1 or sum(of.bins) != of.n:
        raise ValueError("a histogram that does not belong to these edges or to this n")
    if not of.n:
        return None
    rank = ceil(Fraction(str(share)) * of.n)
    upto = list(accumulate(of.bins))
    number = bisect_left(upto, rank)
    count = of.bins[number]
    low, high = edges[number], edges[number + 1] - 1
    # The middle of the rank's share of the bin.
    place = Fraction(2 * (rank - (upto[number] - count)) - 1, 2 * count)
    within = low + (high - low) * place
    return Percentile(*(float(at * Fraction(step)) for at in (within, low, high)))
