"""What a device stops doing when it cannot keep up, in a fixed order; sound last.

The measure is how far the measuring lags behind the sensors. Each step is taken when the lag
has grown past its limit, and left, one at a time, when the lag has been small for a while, so
that a device at its limit does not swing.
"""

from bisect import bisect_right
from collections import deque

from schemas.vocabulary import Overload

STEPS = tuple(Overload)
_LAGS_S = (4.0, 8.0, 14.0, 22.0)
"""Sound waits in an inbox of 60 s, so the last step is taken long before any is lost. One
long turn that is transcribed slowly makes a lag of 3 s on a healthy device."""
_CALM_S = 1.5
_CALM_FOR_S = 30.0

Interval = tuple[float, float]


class OverloadControl:
    def __init__(self) -> None:
        self._step = 0
        self._calm_since_s: float | None = None

    @property
    def step(self) -> Overload:
        return STEPS[self._step]

    def push(self, media_s: float, lag_s: float) -> Overload:
        """`lag_s`: media time that waits to be measured at `media_s`."""
        wanted = bisect_right(_LAGS_S, lag_s)
        if wanted > self._step:
            self._step, self._calm_since_s = wanted, None
        elif lag_s > _CALM_S or self._step == 0:
            self._calm_since_s = None
        elif self._calm_since_s is None:
            self._calm_since_s = media_s
        elif media_s - self._calm_since_s >= _CALM_FOR_S:
            self._step, self._calm_since_s = self._step - 1, media_s
        return self.step


class OverloadHistory:
    """Which steps held when, so that an interaction can say that it was measured less."""

    def __init__(self) -> None:
        self.step = Overload.NONE
        self._since_s = 0.0
        self._past: deque[Interval] = deque(maxlen=256)

    def change(self, at_s: float, step: Overload) -> None:
        if self.step is Overload.NONE and step is not Overload.NONE:
            self._since_s = at_s
        elif self.step is not Overload.NONE and step is Overload.NONE:
            self._past.append((self._since_s, at_s))
        self.step = step

    def touches(self, start_s: float, end_s: float) -> bool:
        going = self.step is not Overload.NONE and self._since_s < end_s
        return going or any(low < end_s and high > start_s for low, high in self._past)
