"""Calibration on simulated ratings with known truth: does the interval hold, is the mean found?

Where answering depends on what is observed, nine of ten later ratings of all visits, answered or
not, must lie in the interval. Where it depends on the satisfaction itself, no method can see it: the
bias is reported beside the band that the product shows, and nothing is claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from benchmarks.judge.ratings import HIDDEN_ODDS, Answering, simulate, split
from benchmarks.machine import Figure
from hub.scoring.calibrate import Fitted, fit, predict

FIT_DAYS, LATER_DAYS, A_DAY = 80, 50, 200
SEEDS = (1, 2, 3, 4, 5)
LEAST, MOST = 0.87, 0.93


@dataclass(frozen=True, slots=True)
class Tried:
    fitted: Fitted
    held: float
    """Share of later visits whose rating, pressed or not, lies in the interval."""
    visits: int
    bias: float
    """Of the mean over all visits, in points."""
    unweighted: float
    """The same of the mean of those who answered."""
    band_holds: bool


def tried(
    answering: Answering, seed: int, fit_days: int = FIT_DAYS, later_days: int = LATER_DAYS
) -> Tried:
    before, later = split(simulate(answering, fit_days + later_days, A_DAY, seed), fit_days)
    fitted = fit(before.visits)
    low = predict(fitted.knots, np.array([v.low for v in later.visits])) - fitted.margin
    high = predict(fitted.knots, np.array([v.high for v in later.visits])) + fitted.margin
    truth = _points(later.stars)
    everybody = float(_points(before.stars).mean())
    answered = _points([v.stars for v in before.visits if v.stars is not None])
    return Tried(
        fitted=fitted,
        held=float(np.mean((truth >= low) & (truth <= high))),
        visits=len(truth),
        bias=fitted.mean - everybody,
        unweighted=float(answered.mean()) - everybody,
        band_holds=fitted.band[0] <= everybody <= fitted.band[1],
    )


def measure(seeds: Sequence[int] = SEEDS) -> tuple[list[Figure], list[str], Fitted]:
    """Figures, notes, and the first fit, for its reliability diagram."""
    seen = [tried("observed", seed) for seed in seeds]
    hidden = [tried("hidden", seed) for seed in seeds]
    first = seen[0].fitted
    figures = [
        Figure(
            "90 % interval holds, answering as observed: least",
            min(one.held for one in seen),
            "share",
            goal=LEAST,
            better="higher",
        ),
        Figure(
            "90 % interval holds, answering as observed: most",
            max(one.held for one in seen),
            "share",
            goal=MOST,
        ),
        Figure(
            "bias of the mean, answering as observed",
            max(abs(one.bias) for one in seen),
            "points",
            peers={"without weights": max(abs(one.unweighted) for one in seen)},
        ),
        Figure(
            "bias of the mean, answering by hidden satisfaction",
            fmean(one.bias for one in hidden),
            "points",
        ),
        Figure(
            "its sensitivity band holds the truth",
            fmean(float(one.band_holds) for one in hidden),
            "share",
            goal=1.0,
            better="higher",
        ),
        Figure("AUC for dissatisfied", first.auc.value, "", better="higher"),
        Figure("mean absolute error", first.error.value, "points"),
    ]
    low, high = hidden[0].fitted.band
    notes = [
        (
            f"calibration: {len(seen)} times {seen[0].visits} later visits of {LATER_DAYS} days; fitted "
            f"on {first.ratings} ratings of {FIT_DAYS} days by {first.method}"
        ),
        (
            f"calibration: AUC {first.auc.low:.3f} to {first.auc.high:.3f}, error "
            f"{first.error.low:.1f} to {first.error.high:.1f} (90 %, by day)"
        ),
        (
            f"calibration: where satisfied people answer {HIDDEN_ODDS:g} times as readily for a reason "
            f"that nothing shows, the mean is off by {hidden[0].bias:+.1f} points; the product shows the "
            f"band {low:.1f} to {high:.1f} and claims nothing; there the interval held in "
            f"{min(one.held for one in hidden):.3f} to {max(one.held for one in hidden):.3f}"
        ),
    ]
    return figures, notes, first


def _points(stars: Sequence[int]) -> np.ndarray:
    return (np.array(stars) - 1) * 25.0
