"""Whether two channels carry one sound from one place, and not two people's voices at once.

One sound keeps its level difference between the microphones from moment to moment, and what
one hears the other hears within a few milliseconds. Two voices at once share neither: their
syllables rise and fall by themselves (differences spread by 6 to 20 dB, one sound's by 2).
"""

from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np

from edge_agent.capture.frame import Samples

_SPREAD_DB = 4.0
_SHARE, _SHARE_STILL = 0.8, 0.6
"""Of the moments, that lie within the spread of their median; fewer do where one sound has
been heard a moment ago."""
_CORRELATION = 0.3
"""Mean at the best lag. By itself it says little: two voices reach it by their bleed."""
_LAGS = 80
"""5 ms: the sound's way past both microphones."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A chunk in which somebody speaks."""

    difference_db: float
    """Level of the first channel less that of the second, noise and all."""
    correlation: float
    """0 where it was not looked for, because one side clearly speaks."""
    lag: int = 0
    """Samples by which the first channel is later than the second."""


class Moments:
    def __init__(self, most: int) -> None:
        self._most = most
        self._moments: deque[Moment] = deque()
        self._correlation = 0.0
        """Sum over the moments."""

    def add(self, moment: Moment) -> None:
        self._moments.append(moment)
        self._correlation += moment.correlation
        if len(self._moments) > self._most:
            self._correlation -= self._moments.popleft().correlation

    def __len__(self) -> int:
        return len(self._moments)

    def one_sound_db(self, least: int, *, still: bool = False) -> float | None:
        """The usual level difference, where one sound keeps it over `least` moments or more.
        `still`: one has been heard a moment ago.
        """
        count = len(self._moments)
        if count < least or self._correlation < _CORRELATION * count:
            return None
        usual_db: float = median(moment.difference_db for moment in self._moments)
        close = sum(abs(m.difference_db - usual_db) < _SPREAD_DB for m in self._moments)
        return usual_db if close >= (_SHARE_STILL if still else _SHARE) * count else None

    def lag(self) -> float:
        """The usual one of the moments that carry one sound; 0 where there are too few."""
        lags = [m.lag for m in self._moments if m.correlation >= _CORRELATION]
        return float(median(lags)) if 2 * len(lags) >= len(self._moments) > 4 else 0.0


def correlate(sound: Samples) -> tuple[float, int]:
    """`sound`: shape (2, n). The highest correlation of the channels over the lags, 0 to 1, and
    by how many samples the first is later there.
    """
    size = 2 * sound.shape[1]
    first, second = np.fft.rfft(sound, size, axis=1)
    cross = np.fft.irfft(first * np.conj(second), size)
    near = np.abs(np.concatenate([cross[-_LAGS:], cross[: _LAGS + 1]]))
    best = int(np.argmax(near))
    power = np.einsum("ij,ij->i", sound, sound)
    whole = float(np.sqrt(power[0]) * np.sqrt(power[1]))
    return (float(near[best]) / whole if whole > 0 else 0.0), best - _LAGS
