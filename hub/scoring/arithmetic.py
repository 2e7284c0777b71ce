"""The arithmetic of a figure, written once for one interaction (floats) and for many (arrays).

Both take the same steps in the same order, so that the batch gives the pure function's numbers to
the last bit. `lesser` and `root` are min and sqrt of the kind of number used.

A part. All of a part's quantities are seen by the same sensors and have one coverage c (0 where one
of them is missing). With m the mean of their points by share and n the part's neutral,

    p = c m + (1 - c) n.

So p lies between n and m, and less coverage moves it towards n alone. Were quantities of different
coverage joined in one part, no formula could promise that: two of them may cancel out at n, and
losing one would then move the part away from it.

The index. With w a part's weight,

    I = sum w/100 p, the sum of the contributions.

The interval. Write e for a quantity's measurement error (90 %, points) and s for its share. Of what
was seen the truth lies within the error; it cannot leave [0, 100], so the error is cut there:
up = min(e, 100 - m), down = min(e, m). Errors of different quantities are taken as independent and
combined by their squares. Of what was not seen nothing is known: it may be anything from 0 to 100.

    high = sum w/100 (c m + (1 - c) 100) + sqrt(sum (w/100 s c up)^2)
    low  = sum w/100 c m                 - sqrt(sum (w/100 s c down)^2)

By triangle inequality the root is at most sum w/100 s c up, so low and high stay within [0, 100]
without clipping, and low <= I <= high. With E the root and k = w/100 s of one quantity,
dE/dc = sum (k up)^2 c / E over the part <= sum k up, since k c up <= E. Hence

    d high / dc <= sum k (m + up - 100) <= 0     less coverage never lowers the upper bound
    d low  / dc >= sum k (m - down)     >= 0     and never raises the lower one,

so the interval never narrows. It covers at least 90 %: the unseen share alone is covered wholly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Number = TypeVar("Number", float, "NDArray[np.float64]")


@dataclass(frozen=True, slots=True)
class Seen(Generic[Number]):
    """One part as it was seen; a quantity that is missing has 0 points and the part 0 coverage."""

    weight: float
    """Of 100."""
    neutral: float
    coverage: Number
    points: Sequence[Number]
    shares: Sequence[float]
    errors: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Value(Generic[Number]):
    measured: Number
    value: Number
    contribution: Number


@dataclass(frozen=True, slots=True)
class Total(Generic[Number]):
    value: Number
    low: Number
    high: Number
    coverage: Number


def part_value(part: Seen[Number]) -> Value[Number]:
    measured = part.shares[0] * part.points[0]
    for share, points in zip(part.shares[1:], part.points[1:], strict=True):
        measured = measured + share * points
    value = part.coverage * measured + (1.0 - part.coverage) * part.neutral
    return Value(measured, value, part.weight / 100.0 * value)


def total(
    parts: Sequence[Seen[Number]],
    values: Sequence[Value[Number]],
    lesser: Callable[[Number, Number], Number],
    root: Callable[[Number], Number],
    zero: Number,
) -> Total[Number]:
    value, coverage, low, high, down, up = zero, zero, zero, zero, zero, zero
    for part, one in zip(parts, values, strict=True):
        weight = part.weight / 100.0
        value = value + one.contribution
        coverage = coverage + weight * part.coverage
        seen = weight * part.coverage * one.measured
        low = low + seen
        high = high + seen + part.weight * (1.0 - part.coverage)
        for share, points, error in zip(part.shares, part.points, part.errors, strict=True):
            scale = weight * share * part.coverage
            step = scale * lesser(error, points)
            down = down + step * step
            step = scale * lesser(error, 100.0 - points)
            up = up + step * step
    # Rounding of the sums must not put the value outside by an epsilon.
    lowest = lesser(low - root(down), value)
    highest = -lesser(-(high + root(up)), -value)
    return Total(
        value=value,
        low=-lesser(-lowest, zero),
        high=lesser(highest, zero + 100.0),
        coverage=coverage,
    )
