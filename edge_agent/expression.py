"""The citizen's expression over a stay: one mean, from many pictures, or nothing (law 2).

Off unless a site turns it on. A single picture's reading is worth little (see
docs/models/mini_xception.md): readings are smoothed, and an interval with few of them, or
with a face for too small a share of it, has no figure. Staff are never read: `PresenceStage`
passes on faces of the citizen zone alone.
"""

import math
from collections import deque
from dataclasses import dataclass

MIN_SAMPLES = 10
MIN_COVERAGE = 0.3
SMOOTH_S = 1.0
"""Time constant: a reading of one picture counts for about as long."""
MAX_GAP_S = 2.0
"""A picture stands for the time until the next, but for no more than this."""
KEEP_S = 4 * 3600.0 + 60.0
"""The longest stay and what is known late of it, so that memory is bounded."""


@dataclass(frozen=True, slots=True)
class ExpressionSummary:
    mean_valence: float
    """-1 displeased to 1 pleased, weighted by time."""
    samples: int
    """Pictures in which a face was read."""
    coverage: float
    """Share of the interval for which a face was read."""


@dataclass(slots=True)
class _Second:
    second: int
    covered_s: float = 0.0
    weighted: float = 0.0
    samples: int = 0


class ExpressionMeter:
    """Keeps sums by second of media time, so that an interval's edges are right to a second."""

    def __init__(self) -> None:
        self._seconds: deque[_Second] = deque()
        self._last_s: float | None = None
        self._smoothed: float | None = None

    def push(self, at_s: float, valence: float | None) -> None:
        """One sampled picture; None where it showed no citizen's face that could be read."""
        last_s, before = self._last_s, self._smoothed
        gap_s = MAX_GAP_S if last_s is None else at_s - last_s
        if gap_s <= 0:
            return
        if last_s is not None and before is not None:
            self._add(last_s, min(gap_s, MAX_GAP_S), before)
        self._last_s = at_s
        if valence is None:
            self._smoothed = None
            return
        if before is None or gap_s > MAX_GAP_S:
            self._smoothed = valence
        else:
            share = 1.0 - math.exp(-gap_s / SMOOTH_S)
            self._smoothed = before + share * (valence - before)

    def void_from(self, since_s: float) -> None:
        """From then on the camera showed nothing valid, so that what was read is no reading."""
        self._last_s = self._smoothed = None
        while self._seconds and self._seconds[-1].second >= since_s:
            self._seconds.pop()

    def summary(self, start_s: float, end_s: float) -> ExpressionSummary | None:
        """None with fewer than 10 pictures read, or less than .3 of the interval."""
        first, last = math.floor(start_s), math.ceil(end_s)
        inside = [s for s in self._seconds if first <= s.second < last]
        samples = sum(s.samples for s in inside)
        covered_s = sum(s.covered_s for s in inside)
        if end_s <= start_s or samples < MIN_SAMPLES:
            return None
        coverage = min(1.0, covered_s / (end_s - start_s))
        if coverage < MIN_COVERAGE:
            return None
        mean = sum(s.weighted for s in inside) / covered_s
        return ExpressionSummary(max(-1.0, min(1.0, mean)), samples, coverage)

    def forget(self, before_s: float) -> None:
        while self._seconds and self._seconds[0].second + 1 <= before_s:
            self._seconds.popleft()

    def _add(self, at_s: float, covers_s: float, valence: float) -> None:
        second = math.floor(at_s)
        if not self._seconds or self._seconds[-1].second != second:
            self._seconds.append(_Second(second))
            self.forget(at_s - KEEP_S)
        entry = self._seconds[-1]
        entry.covered_s += covers_s
        entry.weighted += covers_s * valence
        entry.samples += 1
