"""Whose voice a microphone hears: its own person's, the other's (bleed), or one from afar.

A voice at the counter reaches the other microphone 10 to 25 dB weaker. How much weaker, and
how far the two microphones differ in gain, is learned from the voices themselves: the level
difference D between the channels (first less second, dB) has one value while the one side
speaks and another while the other does. A channel has a voice of its own where its level
stands clearly above what the other's bleed would give; so overlap is kept. All levels are of
what stands above the channel's noise.

A voice from afar (a neighbour, the hall's loudspeaker, television, a child) reaches both
microphones about alike: D lies in the middle. It is told from two people speaking at once by
being weak on both, or by being the same sound on both. With one microphone, only by being far
weaker than the voices usual there.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log10

import numpy as np

from edge_agent.capture.frame import Samples
from edge_agent.noise_floor import NoiseFloor

SILENT_DB = -120.0
_RISE = 1.4
"""Power over the noise's, from which there is something besides noise (1.5 dB)."""
_PRIOR_DB = 18.0
"""How much weaker the other microphone hears, until it is learned."""
_LEAST_APART_DB = 8.0
"""Between the two values of D; closer ones cannot be told apart."""
_FIRST_CHUNKS = 90
"""About 3 s of a side's speech are learned from quickly, later ones slowly."""
_FIRST_STEP_DB, _STEP_DB = 0.4, 0.05
_LOUD_DB = 10.0
"""Learned from are chunks within this of the highest level of the window."""
_KNOWN_CHUNKS = 90
_FAR_DB = 10.0
"""So far under the usual level on both channels, what is in the middle comes from afar."""
_FAR_MONO_DB = 18.0
"""The same of one microphone, which hears two people at two distances."""
_FORGET_DB = 0.5 / 60 * 0.032
"""A chunk of speech taken for a far one lowers the usual level by so much (0.5 dB a minute),
so that a microphone turned down is not deaf for ever."""
_SAME_AT = 0.45
"""Correlation of both channels, at the best lag, from which they carry one sound."""
_LAGS = 80
"""5 ms: the sound's way past both microphones."""
_SAME_WINDOW = 24
_SAME_LEAST = 12
_SAME_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class AttributionSettings:
    bleed_db: float = 6.0
    """A channel's own voice stands so far above the other's bleed."""
    window_chunks: int = 6
    """The other's level is its highest in about 0.2 s, because syllables come and go and a
    room answers late; one's own is that of the moment, so that a turn ends where its speech
    does."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one channel in one chunk."""

    own: bool
    """It may be its own person's voice, if it is a voice."""
    confidence: float = 1.0
    """Share of its power that the other's bleed cannot explain; 0 to 1."""


@dataclass(slots=True)
class _Channel:
    recent: deque[float]
    floor: NoiseFloor = field(default_factory=NoiseFloor)
    level_db: float = SILENT_DB
    peak_db: float = SILENT_DB
    usual_db: float | None = None
    """Median of the window's highest level while its own person speaks."""
    heard: int = 0

    def hear(self, power: float) -> None:
        floor = self.floor.push(power)
        rise = power - _RISE * floor
        self.level_db = 10 * log10(rise) if rise > 1e-12 else SILENT_DB
        self.recent.append(self.level_db)
        self.peak_db = max(self.recent)

    def learn_usual(self) -> None:
        if self.usual_db is None:
            self.usual_db = self.peak_db
        step = _FIRST_STEP_DB if self.heard < _FIRST_CHUNKS else _STEP_DB
        self.usual_db += step if self.peak_db > self.usual_db else -step
        self.heard += 1

    def weak(self, under_db: float) -> bool:
        """Far under what is usual, where that is known."""
        known = self.usual_db is not None and self.heard >= _KNOWN_CHUNKS
        return known and self.peak_db < (self.usual_db or 0.0) - under_db


class Attribution:
    """Call `listen` with each chunk, then `learn` with what the voice model said of it."""

    def __init__(self, channels: int, settings: AttributionSettings) -> None:
        self._settings = settings
        self._channels = [
            _Channel(deque([SILENT_DB], settings.window_chunks)) for _ in range(channels)
        ]
        self._sides_db = [_PRIOR_DB, -_PRIOR_DB]
        """D while the first and while the second side speaks."""
        self._heard = [0, 0]
        self._before: Samples | None = None
        self._same: deque[bool] = deque(maxlen=_SAME_WINDOW)
        """Of the last chunks with a voice."""

    @property
    def middle_db(self) -> float:
        """The microphones' difference in gain: D of a sound from afar."""
        return sum(self._sides_db) / 2

    @property
    def apart_db(self) -> float:
        """How far each side's D lies from the middle; the bleed, turned positive."""
        return (self._sides_db[0] - self._sides_db[1]) / 2

    def listen(self, chunk: Samples) -> tuple[Standing, ...]:
        """`chunk`: shape (channels, 512)."""
        powers = (np.einsum("ij,ij->i", chunk, chunk) / chunk.shape[1]).tolist()
        for channel, power in zip(self._channels, powers, strict=True):
            channel.hear(power)
        if len(self._channels) == 1:
            return (Standing(own=not self._channels[0].weak(_FAR_MONO_DB)),)
        one, two = self._channels
        off_db = one.peak_db - two.peak_db - self.middle_db
        from_afar = (self._lasting_same and abs(off_db) < self._alike_db) or (
            one.weak(_FAR_DB) and two.weak(_FAR_DB) and abs(off_db) < 0.6 * self.apart_db
        )
        above_db = (
            one.level_db - (two.peak_db + self._sides_db[1]),
            two.level_db - (one.peak_db - self._sides_db[0]),
        )
        sure = min(1.0, self.apart_db / _LEAST_APART_DB)
        return tuple(
            Standing(
                own=not from_afar and above > self._settings.bleed_db,
                confidence=sure * (1 - 10 ** (-max(0.0, above) / 10)),
            )
            for above in above_db
        )

    def learn(self, chunk: Samples, voiced: Sequence[bool]) -> bool:
        """`voiced`: what the voice model heard on each channel, bleed or not. Gives whether
        both channels carried one and the same voice at about one level.
        """
        if not any(voiced):
            self._before = None
            return False
        if len(self._channels) == 1:
            self._learn_usual_mono()
            return False
        one, two = self._channels
        off_db = one.peak_db - two.peak_db - self.middle_db
        same = abs(off_db) < self._alike_db and self._one_sound(chunk)
        self._before = chunk
        self._same.append(same)
        if not self._lasting_same and not (one.weak(_FAR_DB) and two.weak(_FAR_DB)):
            self._learn_sides()
        return same

    def _learn_usual_mono(self) -> None:
        (channel,) = self._channels
        if not channel.weak(_FAR_MONO_DB):
            channel.learn_usual()
        elif channel.usual_db is not None:
            channel.usual_db -= _FORGET_DB

    def _learn_sides(self) -> None:
        levels_db = [channel.level_db for channel in self._channels]
        difference_db = levels_db[0] - levels_db[1]
        side = 0 if difference_db > self.middle_db else 1
        louder = self._channels[side]
        if louder.level_db < louder.peak_db - _LOUD_DB:
            return
        if abs(difference_db - self.middle_db) > self._alike_db:
            louder.learn_usual()
        if min(levels_db) > SILENT_DB:
            step = _FIRST_STEP_DB if self._heard[side] < _FIRST_CHUNKS else _STEP_DB
            self._sides_db[side] += step if difference_db > self._sides_db[side] else -step
            self._heard[side] += 1

    @property
    def _alike_db(self) -> float:
        return min(6.0, max(3.0, 0.3 * self.apart_db))

    @property
    def _lasting_same(self) -> bool:
        count = len(self._same)
        return count >= _SAME_LEAST and sum(self._same) >= _SAME_SHARE * count

    def _one_sound(self, chunk: Samples) -> bool:
        """Whether both channels carry one sound, each a little later than the other at most."""
        if self._before is not None:
            chunk = np.concatenate([self._before, chunk], axis=1)
        size = 2 * chunk.shape[1]
        first, second = np.fft.rfft(chunk, size, axis=1)
        cross = np.fft.irfft(first * np.conj(second), size)
        best = max(np.abs(cross[: _LAGS + 1]).max(), np.abs(cross[-_LAGS:]).max())
        power = np.einsum("ij,ij->i", chunk, chunk)
        return bool(best >= _SAME_AT * np.sqrt(power[0] * power[1]))
