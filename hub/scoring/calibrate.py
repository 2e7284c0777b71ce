"""Fits the experience index to what citizens themselves pressed, by visit. Pure; needs scikit-learn,
which only the operator's command imports.

1. Weights. People who answer differ from those who do not. The chance of answering is modelled
   (logistic) from what was observed of every visit, rated or not: index, coverage, time at the
   counter, hour, zone. A rating weighs 1/chance, cut at WEIGHT_AT_MOST times the median. That mends
   what depends on these; what depends on the satisfaction itself it cannot see (`band`).
2. Mapping. Isotonic regression or cumulative logits (ordinal), whichever predicts ratings of days it
   was not fitted on with the smaller weighted squared error. Both rise, so that a better index is
   never a worse rating.
3. Interval. A third of the days takes no part in the fit. Of each rating there it is asked by how
   much it lies outside the mapped interval; nine tenths of them (by weight, with the finite-sample
   correction of split-conformal prediction at the effective number of ratings) lie within `margin`.
4. Report. Error, AUC and reliability are of predictions for days outside the fit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import log, log1p
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from hub.scoring.errors import ScoringError

LEAST_RATINGS = 200
LEAST_DAYS = 20
LEAST_OF_A_SIDE = 20
"""Ratings of 1 or 2 stars, and of 4 or 5: without both there is nothing to tell apart."""
LEAST_EFFECTIVE = 100.0
"""Of equally weighted ratings: under this a few people speak for all."""
LEVEL = 0.9
WEIGHT_AT_MOST = 10.0
DISSATISFIED = 25.0
"""Two stars, on the scale of the index."""
GAMMA = 3.0
"""The band asks: what if the most satisfied had this many times the odds of answering of the
least satisfied, or a third of them, for reasons that nothing measured shows?"""
_FOLDS = 5
_RESAMPLES = 400
_SEED = 20_260_310

Method = Literal["isotonic", "ordinal"]
METHODS: tuple[Method, ...] = ("isotonic", "ordinal")
Array: TypeAlias = NDArray[np.float64]
Knots: TypeAlias = tuple[tuple[float, float], ...]


class CalibrationRefusedError(ScoringError):
    """The ratings do not suffice; says what is missing. Nothing was changed."""

    code = "calibration_refused"


@dataclass(frozen=True, slots=True)
class Visit:
    """Index as measured, of all its interactions; of one interaction where there is no ticket."""

    day: date
    zone: str
    hour: int
    handling_s: float
    value: float
    low: float
    high: float
    coverage: float
    stars: int | None
    """None: did not answer."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure with its 90 % interval, by resampling whole days."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Visits with predictions alike: what was predicted beside what was pressed."""

    predicted: float
    rated: Spread
    ratings: int


@dataclass(frozen=True, slots=True)
class Fitted:
    method: Method
    knots: Knots
    margin: float
    ratings: int
    from_day: date
    until_day: date
    answered: float
    """Share of visits with a usable rating."""
    effective: float
    """As many equally weighted ratings would tell as much."""
    error: Spread
    """Mean absolute, points."""
    error_of_methods: dict[str, float]
    """Root of the weighted mean square, points, for days outside the fit."""
    auc: Spread
    """That a dissatisfied visit (1 or 2 stars) is predicted below another one."""
    reliability: tuple[Bin, ...]
    mean: float
    """Of the rating that all visits would give, were answering only a matter of what is seen."""
    band: tuple[float, float]
    """Of that mean, were answering also a matter of the satisfaction itself."""
    gamma: float = GAMMA
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rated:
    days: NDArray[np.int64]
    value: Array
    low: Array
    high: Array
    rating: Array
    """0 to 100."""
    weight: Array


def fit(visits: Sequence[Visit], left_out: dict[str, int] | None = None) -> Fitted:
    """`visits`: every one of these days, rated or not. Raises CalibrationRefusedError."""
    rated_visits = [visit for visit in visits if visit.stars is not None]
    _refuse_too_few(rated_visits, left_out or {})
    weights = answering_weights(visits)[[visit.stars is not None for visit in visits]]
    rated = _columns(rated_visits, weights)
    effective = float(rated.weight.sum() ** 2 / (rated.weight**2).sum())
    if effective < LEAST_EFFECTIVE:
        raise CalibrationRefusedError(
            f"too few people speak for all: {len(rated_visits)} ratings weigh like {effective:.0f}, "
            f"expected {LEAST_EFFECTIVE:.0f} or more; collect ratings at the hours and counters "
            "that have few. Nothing was changed"
        )
    predictions = {method: _out_of_fold(rated, method) for method in METHODS}
    errors = {
        method: float(np.sqrt(np.average((found - rated.rating) ** 2, weights=rated.weight)))
        for method, found in predictions.items()
    }
    # The smoother one where they are alike.
    method: Method = "isotonic" if errors["isotonic"] < 0.995 * errors["ordinal"] else "ordinal"
    predicted = predictions[method]
    fitting = ~_held_out(rated.days)
    knots = _mapping(method, rated.value[fitting], rated.rating[fitting], rated.weight[fitting])
    return Fitted(
        method=method,
        knots=knots,
        margin=_margin(knots, rated, ~fitting),
        ratings=len(rated_visits),
        from_day=min(visit.day for visit in rated_visits),
        until_day=max(visit.day for visit in rated_visits),
        answered=len(rated_visits) / len(visits),
        effective=effective,
        error=_spread(rated.days, rated.weight, np.abs(predicted - rated.rating)),
        error_of_methods={name: round(error, 3) for name, error in errors.items()},
        auc=_auc(rated, predicted),
        reliability=tuple(_reliability(rated, predicted)),
        mean=float(np.average(rated.rating, weights=rated.weight)),
        band=_band(rated),
        left_out=dict(left_out or {}),
    )


def answering_weights(visits: Sequence[Visit]) -> Array:
    """Of each visit, by one over its chance of answering; the median rated one has 1."""
    answered = np.array([visit.stars is not None for visit in visits])
    if answered.all():
        return np.ones(len(visits))
    zones = sorted({visit.zone for visit in visits})
    seen = np.array(
        [
            [
                visit.value / 10,
                (visit.value / 10) ** 2 / 10,
                4 * visit.coverage,
                log1p(visit.handling_s),
                *(float(visit.zone == zone) for zone in zones[1:]),
                *(float(low <= visit.hour < low + 2) for low in range(8, 18, 2)),
            ]
            for visit in visits
        ]
    )
    model = LogisticRegression(C=10.0, max_iter=2000)
    spread = seen.std(axis=0)
    scaled = (seen - seen.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    chance = model.fit(scaled, answered).predict_proba(scaled)[:, 1]
    weights = 1 / chance
    middle = float(np.median(weights[answered]))
    return np.asarray(np.minimum(weights / middle, WEIGHT_AT_MOST), np.float64)


def predict(knots: Knots, index: Array) -> Array:
    """As calibration.mapped, of many."""
    xs, ys = np.array(knots).T
    return np.asarray(np.interp(index, xs, ys), np.float64)


def report(fitted: Fitted) -> dict[str, Any]:
    """What is stored beside the mapping, as JSON: figures of all branches together."""
    return {
        "answered": round(fitted.answered, 4),
        "effective": round(fitted.effective, 1),
        "error": _rounded(fitted.error),
        "error_of_methods": fitted.error_of_methods,
        "auc": _rounded(fitted.auc, 3),
        "reliability": [
            {"predicted": round(b.predicted, 2), "rated": _rounded(b.rated), "ratings": b.ratings}
            for b in fitted.reliability
        ],
        "mean": round(fitted.mean, 2),
        "band": [round(end, 2) for end in fitted.band],
        "gamma": fitted.gamma,
        "left_out": fitted.left_out,
    }


def _rounded(spread: Spread, digits: int = 2) -> list[float]:
    return [round(number, digits) for number in (spread.value, spread.low, spread.high)]


def _refuse_too_few(rated: Sequence[Visit], left_out: dict[str, int]) -> None:
    days = len({visit.day for visit in rated})
    low = sum(visit.stars is not None and visit.stars <= 2 for visit in rated)
    high = sum(visit.stars is not None and visit.stars >= 4 for visit in rated)
    lacking = [
        f"{got} {what} (expected {least} or more)"
        for got, least, what in (
            (len(rated), LEAST_RATINGS, "usable ratings"),
            (days, LEAST_DAYS, "days with ratings"),
            (low, LEAST_OF_A_SIDE, "ratings of 1 or 2 stars"),
            (high, LEAST_OF_A_SIDE, "ratings of 4 or 5 stars"),
        )
        if got < least
    ]
    if lacking:
        out = ", ".join(f"{count} {why}" for why, count in left_out.items() if count)
        raise CalibrationRefusedError(
            f"too few ratings: got {'; '.join(lacking)}"
            + (f"; left out: {out}" if out else "")
            + ". Nothing was changed; figures go on uncalibrated, or by the calibration before"
        )


def _columns(rated: Sequence[Visit], weights: Array) -> _Rated:
    first = min(visit.day for visit in rated).toordinal()
    return _Rated(
        days=np.array([visit.day.toordinal() - first for visit in rated]),
        value=np.array([visit.value for visit in rated]),
        low=np.array([visit.low for visit in rated]),
        high=np.array([visit.high for visit in rated]),
        rating=np.array([((visit.stars or 1) - 1) * 25.0 for visit in rated]),
        weight=weights,
    )


def _mapping(method: Method, index: Array, rating: Array, weight: Array) -> Knots:
    return (_isotonic if method == "isotonic" else _ordinal)(index, rating, weight)


def _isotonic(index: Array, rating: Array, weight: Array) -> Knots:
    model = IsotonicRegression(y_min=0, y_max=100, out_of_bounds="clip")
    model.fit(index, rating, sample_weight=weight)
    knots = dict(zip(model.X_thresholds_.tolist(), model.y_thresholds_.tolist(), strict=True))
    return tuple(sorted(knots.items()))


def _ordinal(index: Array, rating: Array, weight: Array) -> Knots:
    """The mean rating that the chances of more than 1, 2, 3 and 4 stars give."""
    points = np.linspace(0, 100, 51)
    mean = np.zeros(len(points))
    for step in (12.5, 37.5, 62.5, 87.5):
        above = rating > step
        if above.all() or not above.any():
            mean += 25.0 * above.all()
            continue
        model = LogisticRegression(C=100.0, max_iter=1000)
        model.fit(index[:, None] / 25, above, sample_weight=weight)
        if model.coef_[0, 0] <= 0:
            # A better index is never a worse rating: at most it says nothing.
            mean += 25.0 * np.average(above, weights=weight)
        else:
            mean += 25.0 * model.predict_proba(points[:, None] / 25)[:, 1]
    return tuple(zip(points.tolist(), np.clip(mean, 0, 100).tolist(), strict=True))


def _out_of_fold(rated: _Rated, method: Method) -> Array:
    """Predictions for each rating by a fit on other days."""
    fold = _fold_of_days(rated.days)
    predicted = np.empty(len(rated.rating))
    for number in range(_FOLDS):
        held = fold == number
        knots = _mapping(method, rated.value[~held], rated.rating[~held], rated.weight[~held])
        predicted[held] = predict(knots, rated.value[held])
    return predicted


def _fold_of_days(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Days in random order, dealt out in turn."""
    different = np.unique(days)
    order = np.random.default_rng(_SEED).permutation(len(different)) % _FOLDS
    return np.asarray(order[np.searchsorted(different, days)], np.int64)


def _held_out(days: NDArray[np.int64]) -> NDArray[np.bool_]:
    different = np.unique(days)
    order = np.random.default_rng(_SEED + 1).permutation(len(different))
    chosen = order < max(1, len(different) // 3)
    return np.asarray(chosen[np.searchsorted(different, days)], np.bool_)


def _margin(knots: Knots, rated: _Rated, held: NDArray[np.bool_]) -> float:
    outside = np.maximum(
        predict(knots, rated.low[held]) - rated.rating[held],
        rated.rating[held] - predict(knots, rated.high[held]),
    )
    weight = rated.weight[held]
    effective = weight.sum() ** 2 / (weight**2).sum()
    level = min(1.0, LEVEL * (1 + 1 / effective))
    order = np.argsort(outside)
    reached = np.cumsum(weight[order]) >= level * weight.sum() - 1e-9
    # An interval is never made narrower than what was not measured leaves open.
    return float(min(100.0, max(0.0, outside[order][int(np.argmax(reached))])))


def _spread(days: NDArray[np.int64], weight: Array, values: Array) -> Spread:
    """A weighted mean with its interval over resampled days."""
    of_day = np.unique(days, return_inverse=True)[1]
    weights = np.bincount(of_day, weight)
    sums = np.bincount(of_day, weight * values)
    drawn = np.random.default_rng(_SEED + 2).multinomial(
        len(weights), np.full(len(weights), 1 / len(weights)), _RESAMPLES
    )
    below = drawn @ weights
    means = (drawn @ sums)[below > 0] / below[below > 0]
    low, high = np.quantile(means, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Spread(float(sums.sum() / weights.sum()), float(low), float(high))


def _auc(rated: _Rated, predicted: Array) -> Spread:
    dissatisfied = rated.rating <= DISSATISFIED
    different, of_day = np.unique(rated.days, return_inverse=True)
    chance = np.random.default_rng(_SEED + 3)
    found = []
    for _ in range(_RESAMPLES // 2):
        times = np.bincount(chance.integers(len(different), size=len(different)))
        times = np.pad(times, (0, len(different) - len(times)))
        weight = rated.weight * times[of_day]
        if weight[dissatisfied].sum() > 0 and weight[~dissatisfied].sum() > 0:
            found.append(roc_auc_score(dissatisfied, -predicted, sample_weight=weight))
    whole = roc_auc_score(dissatisfied, -predicted, sample_weight=rated.weight)
    low, high = np.quantile(found, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Spread(float(whole), float(low), float(high))


def _reliability(rated: _Rated, predicted: Array) -> Iterator[Bin]:
    count = max(2, min(10, len(predicted) // 40))
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, count + 1)[1:-1]))
    place = np.searchsorted(edges, predicted, side="right")
    for number in np.unique(place):
        chosen = place == number
        yield Bin(
            predicted=float(np.average(predicted[chosen], weights=rated.weight[chosen])),
            rated=_spread(rated.days[chosen], rated.weight[chosen], rated.rating[chosen]),
            ratings=int(chosen.sum()),
        )


def _band(rated: _Rated) -> tuple[float, float]:
    """Were the odds of answering GAMMA times greater at five stars than at one, or smaller."""
    ends = [
        float(
            np.average(
                rated.rating, weights=rated.weight * np.exp(sign * log(GAMMA) * rated.rating / 100)
            )
        )
        for sign in (-1, 1)
    ]
    return min(ends), max(ends)
