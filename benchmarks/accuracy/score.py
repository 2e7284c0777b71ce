"""Measured against true, one conversation at a time; and figures over many, with intervals.

Of each kind of event: how many were found, invented, missed. Of each figure: the pairs of
what was measured and what is true. Sums and medians are taken over conversations later, so
that a bootstrap can draw whole conversations: what goes wrong in one goes wrong together.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.accuracy.conversation import ROLES, Conversation
from benchmarks.accuracy.edges import Interval
from benchmarks.accuracy.run import Found
from benchmarks.accuracy.truth import TrueStay, length, truth
from schemas.vocabulary import Role, SpanKind

_SAME_TURN = 0.5
"""A measured turn is the true one where their common part is so much of both together."""
_SAME_START_S = 1.0
"""An interruption is the true one where it begins so near to it."""
_SAME_SPAN_S = 0.5
_RAISED_SLACK_S = 0.3
_REPEATS = 1000

Event = tuple[Role | None, Interval]


@dataclass
class Count:
    found: int = 0
    invented: int = 0
    missed: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.found + other.found,
            self.invented + other.invented,
            self.missed + other.missed,
        )

    @property
    def precision(self) -> float:
        given = self.found + self.invented
        return self.found / given if given else 1.0

    @property
    def recall(self) -> float:
        true = self.found + self.missed
        return self.found / true if true else 1.0

    @property
    def f1(self) -> float:
        twice = 2 * self.found
        all_of = twice + self.invented + self.missed
        return twice / all_of if all_of else 1.0


@dataclass
class Score:
    """Of one conversation. `pairs`: (measured, true); `errors`: seconds off."""

    media_s: float = 0.0
    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    pairs: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    errors: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    false_raised_s: float = 0.0


def score(conversation: Conversation, found: Sequence[Found]) -> Score:
    true = truth(conversation)
    made = Score(media_s=conversation.duration_s)
    pairs = _matched(true, found)
    made.counts["interactions"] = Count(len(pairs), len(found) - len(pairs), len(true) - len(pairs))
    _count_events(made, true, found)
    for stay, one in pairs:
        _compare(made, conversation, stay, one)
    # A stay that was not found, or that swallowed another, has no edge within any limit.
    made.errors["interaction edges"] += [float("inf")] * 2 * (len(true) - len(pairs))
    return made


def _matched(true: Sequence[TrueStay], found: Sequence[Found]) -> list[tuple[TrueStay, Found]]:
    """Each with the one it shares most with, and that shares most with it."""

    def common_s(stay: TrueStay, one: Found) -> float:
        return min(stay.end_s, one.end_s) - max(stay.start_s, one.start_s)

    pairs = []
    for stay in true:
        best = max(found, key=lambda f: common_s(stay, f), default=None)
        if best is None or common_s(stay, best) <= 0:
            continue
        if max(true, key=lambda s: common_s(s, best)) is stay:
            pairs.append((stay, best))
    return pairs


def _count_events(made: Score, true: Sequence[TrueStay], found: Sequence[Found]) -> None:
    turns = [(t.role, (t.start_s, t.end_s)) for stay in true for t in stay.turns]
    measured = [turn for one in found for turn in one.turns]
    pairs = _pair(measured, turns, _same_turn)
    made.counts["turns"] = _counted(pairs, measured, turns)
    for role in ROLES:
        made.counts[f"turns of {role}"] = _counted(
            [p for p in pairs if p[0][0] is role],
            [m for m in measured if m[0] is role],
            [t for t in turns if t[0] is role],
        )
    for (_, (start_s, end_s)), (_, (low, high)) in pairs:
        made.errors["turn starts"].append(start_s - low)
        made.errors["turn ends"].append(end_s - high)
    for name, kind, events, same in (
        (
            "interruptions",
            SpanKind.INTERRUPTION,
            [e for s in true for e in s.interruptions],
            lambda a, b: max(0.0, _SAME_START_S - abs(a[0] - b[0])),
        ),
        (
            "raised voices",
            SpanKind.RAISED_VOICE,
            [e for s in true for e in s.raised],
            lambda a, b: max(0.0, _common_s(a, b) - _SAME_SPAN_S + 1e-9),
        ),
        (
            "dead air spans",
            SpanKind.DEAD_AIR,
            [(None, i) for s in true for i in s.dead_air],
            lambda a, b: max(0.0, _common_s(a, b) / max(b[1] - b[0], a[1] - a[0]) - 0.5),
        ),
    ):
        spans = [span for one in found for span in one.spans(kind)]
        made.counts[name] = _count_spans(spans, events, same)
    _false_raised(made, true, found)


def _false_raised(made: Score, true: Sequence[TrueStay], found: Sequence[Found]) -> None:
    for role, span in (s for one in found for s in one.spans(SpanKind.RAISED_VOICE)):
        real_s = sum(
            max(0.0, _common_s(span, (low - _RAISED_SLACK_S, high + _RAISED_SLACK_S)))
            for stay in true
            for whose, (low, high) in stay.raised
            if whose is role
        )
        made.false_raised_s += max(0.0, span[1] - span[0] - real_s)


def _count_spans(
    measured: Sequence[Event],
    true: Sequence[Event],
    same: Callable[[Interval, Interval], float],
) -> Count:
    """A raised voice may come in several stretches: each that lies in a true one is found
    with it and none is invented.
    """
    hit = [any(m[0] is t[0] and same(m[1], t[1]) > 0 for t in true) for m in measured]
    found = [any(m[0] is t[0] and same(m[1], t[1]) > 0 for m in measured) for t in true]
    return Count(sum(found), hit.count(False), found.count(False))


def _pair(
    measured: Sequence[Event],
    true: Sequence[Event],
    same: Callable[[Interval, Interval], float],
) -> list[tuple[Event, Event]]:
    """One to one, the likest first."""
    ranked = sorted(
        (
            (same(m[1], t[1]), i, j)
            for i, m in enumerate(measured)
            for j, t in enumerate(true)
            if m[0] is t[0] and m[1][0] < t[1][1] and t[1][0] < m[1][1]
        ),
        reverse=True,
    )
    used_m: set[int] = set()
    used_t: set[int] = set()
    pairs = []
    for likeness, i, j in ranked:
        if likeness > 0 and i not in used_m and j not in used_t:
            used_m.add(i)
            used_t.add(j)
            pairs.append((measured[i], true[j]))
    return pairs


def _same_turn(a: Interval, b: Interval) -> float:
    common_s = _common_s(a, b)
    share = common_s / (a[1] - a[0] + b[1] - b[0] - common_s)
    return share if share >= _SAME_TURN else 0.0


def _counted(
    pairs: Sequence[tuple[Event, Event]], measured: Sequence[Event], true: Sequence[Event]
) -> Count:
    return Count(len(pairs), len(measured) - len(pairs), len(true) - len(pairs))


def _common_s(a: Interval, b: Interval) -> float:
    return min(a[1], b[1]) - max(a[0], b[0])


def _compare(made: Score, conversation: Conversation, stay: TrueStay, one: Found) -> None:
    figures = one.payload.measurements
    made.errors["interaction edges"] += [one.start_s - stay.start_s, one.end_s - stay.end_s]

    def pair(name: str, measured: float | None, true: float | None) -> None:
        if measured is not None and true is not None:
            made.pairs[name].append((measured, true))

    pair("handling_s", figures.handling_s, stay.length_s)
    pair("dead_air_s", figures.dead_air_s, length(stay.dead_air))
    pair("overlap_s", figures.overlap_s, length(stay.overlaps))
    pair("response_gap_s", figures.response_gap_s, stay.response_gap_s)
    for role in ROLES:
        pair("talk_time_s", getattr(figures.talk_time_s, role), stay.talk_s(role))
        # Real clips are not always said in the words that the reader is told.
        if conversation.voices == "made":
            measured = getattr(figures.syllables_per_minute, role)
            pair("syllables_per_minute", measured, stay.pace(role))
        spans_s = length(span for whose, span in stay.raised if whose is role)
        pair("raised_voice_s", getattr(figures.raised_voice_s, role), spans_s)
    if conversation.video:
        pair("citizen_present_s", figures.citizen_present_s, stay.length_s)
        pair("staff_present_s", figures.staff_present_s, stay.length_s - stay.staff_absent_s)
        pair("unattended_s", figures.unattended_s, stay.staff_absent_s)


Statistic = Callable[[Sequence[Score]], float]


def f1(name: str) -> Statistic:
    return lambda scores: _total(name, scores).f1


def precision(name: str) -> Statistic:
    return lambda scores: _total(name, scores).precision


def recall(name: str) -> Statistic:
    return lambda scores: _total(name, scores).recall


def absolute_error(name: str, quantile: float = 0.5, *names: str) -> Statistic:
    def statistic(scores: Sequence[Score]) -> float:
        off = [abs(e) for s in scores for n in (name, *names) for e in s.errors[n]]
        return float(np.quantile(off, quantile)) if off else float("nan")

    return statistic


def within(name: str, limit_s: float) -> Statistic:
    def statistic(scores: Sequence[Score]) -> float:
        off = [abs(e) <= limit_s for s in scores for e in s.errors[name]]
        return sum(off) / len(off) if off else float("nan")

    return statistic


def relative_error(name: str) -> Statistic:
    """Sum of the errors without their signs, over the sum of what is true."""

    def statistic(scores: Sequence[Score]) -> float:
        pairs = [p for s in scores for p in s.pairs[name]]
        true = sum(t for _, t in pairs)
        return sum(abs(m - t) for m, t in pairs) / true if true else float("nan")

    return statistic


def typical_error(name: str) -> Statistic:
    """Median over stays of the error without its sign."""

    def statistic(scores: Sequence[Score]) -> float:
        off = [abs(m - t) for s in scores for m, t in s.pairs[name]]
        return float(np.median(off)) if off else float("nan")

    return statistic


def false_raised_per_hour(scores: Sequence[Score]) -> float:
    """Seconds of raised voice that nobody raised, in an hour of the recording."""
    return 3600 * sum(s.false_raised_s for s in scores) / sum(s.media_s for s in scores)


def interval(statistic: Statistic, scores: Sequence[Score]) -> tuple[float, float]:
    """Of 95 %, by drawing whole conversations."""
    rng = np.random.default_rng(5)
    drawn = [
        statistic([scores[i] for i in rng.integers(len(scores), size=len(scores))])
        for _ in range(_REPEATS)
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _total(name: str, scores: Iterable[Score]) -> Count:
    total = Count()
    for one in scores:
        total = total + one.counts[name]
    return total
