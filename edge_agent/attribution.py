"""Whose voice a microphone hears: its own person's, the other's (bleed), or one from afar.

A voice at the counter reaches the other microphone 10 to 25 dB weaker. How much weaker, and
how far the two microphones differ in gain, is learned from the voices themselves: the level
difference D between the channels (first less second, dB) has one value while the one side
speaks and another while the other does. A channel has a voice of its own where its level
stands clearly above what the other's bleed would give; so overlap is kept. All levels are of
what stands above the channel's noise.

A voice from afar (a neighbour, the hall's loudspeaker, television, a child) reaches both
microphones about alike: D lies in the middle between the sides. It is told from two people
speaking at once by being one sound (`one_sound.py`), or by being weak on both; and once it has
been heard so, by its level, also where somebody speaks at the counter at the same time
(`far_voice.py`). With one microphone, only by being far weaker than the voices usual there.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log10

import numpy as np

from edge_agent.capture.frame import Samples
from edge_agent.far_voice import FarVoices
from edge_agent.noise_floor import NoiseFloor
from edge_agent.one_sound import Moment, Moments, correlate

SILENT_DB = -120.0
_RISE = 1.4
"""Power over the noise's, from which there is something besides noise (1.5 dB)."""
_PRIOR_DB = 18.0
"""How much weaker the other microphone hears, until it is learned."""
_LEAST_APART_DB = 8.0
"""Each side's D from the middle; closer ones make roles unsure."""
_FIRST_STEP_DB, _LAST_STEP_DB, _HALF_AFTER = 0.8, 0.05, 8
"""Medians are followed in steps that shrink as more is heard, to 1.5 dB a second of speech."""
_UNSURE_STEP = 0.05
"""Of a step, where D lies in the middle: it may be a voice from afar, or a gain turned."""
_LOUD_DB = 10.0
"""Learned from are chunks within this of the highest level of the window."""
_KNOWN_CHUNKS, _SOME_CHUNKS = 90, 45
"""About 3 s of a side's speech; and what is enough to call others far weaker."""
_FAR_DB = 10.0
"""So far under the usual level on both channels, what is in the middle comes from afar."""
_FAR_MONO_DB = 18.0
"""The same of one microphone, which hears two people at two distances."""
_NO_SOUND_DB = -95.0
"""No microphone that lives is so quiet; one that gates its noise is, for moments."""
_DEAD_CHUNKS = 150
"""4.8 s."""
_UNPROVEN_SHARE = 0.6
"""Of the way from one's usual level down to where the other's bleed would be: a weaker voice
is not surely one's own where the other's microphone shows nothing to hold it against."""
_FORGET_DB = 0.5 / 60 * 0.032
"""A chunk of speech taken for a far one lowers the usual level by so much (0.5 dB a minute),
so that a microphone turned down is not deaf for ever."""
_MIDDLE_SHARE, _FAR_SHARE, _SIDED_SHARE = 0.5, 0.6, 0.75
"""Of the way from the middle to a side; nearer to the middle nobody at the counter speaks
alone; of a weak voice, nearer than the second it is from afar, and beyond the third surely
from that side."""
_SIDED_LAG = 16
"""1 ms: a sound so much earlier on one microphone comes from its side. Of this is learned
until both sides are known: of unequal microphones a strong bleed alone looks like afar. A
neighbour too may be nearer to one."""
_ANEW_CHUNKS = 12
"""Of a voice clearly on a side, after which what was learned of that side by its lag goes."""
_WINDOW, _LEAST = 24, 12
"""Chunks with a voice that are looked at together, and the fewest."""
_JUDGED, _HINT = 8, 4
"""Chunks of a segment of which it is said that it came from afar; and of which this is only
presumed, because it still goes on or because the one before did."""
_LATELY = 60


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
    near: bool = True
    """It stands clear of the voices that are heard from afar, where any are."""


@dataclass(slots=True)
class _Channel:
    recent: deque[float]
    floor: NoiseFloor = field(default_factory=NoiseFloor)
    whole_db: float = SILENT_DB
    """With the noise."""
    rise: float = 0.0
    """Power above the noise."""
    level_db: float = SILENT_DB
    peak_db: float = SILENT_DB
    silent: int = _DEAD_CHUNKS
    """Chunks since it last gave any sound at all."""
    usual_db: float | None = None
    """Median of the window's highest level while its own person speaks."""
    heard: int = 0

    def hear(self, power: float, offset: float) -> None:
        """`offset`: mean of the chunk's samples; a constant one is no sound (A-law's silence)."""
        self.whole_db = 10 * log10(power + 1e-12)
        sounds = power - offset**2 > 10 ** (_NO_SOUND_DB / 10)
        self.silent = 0 if sounds else self.silent + 1
        self.rise = max(0.0, power - _RISE * self.floor.push(power))
        self.level_db = 10 * log10(self.rise) if self.rise > 1e-12 else SILENT_DB
        self.recent.append(self.level_db)
        self.peak_db = max(self.recent)

    def learn_usual(self) -> None:
        if self.usual_db is None:
            self.usual_db = self.peak_db
        self.usual_db = _towards(self.peak_db, self.usual_db, self.heard)
        self.heard += 1

    def begin_anew(self) -> None:
        self.usual_db, self.heard = None, 0

    @property
    def some_usual_db(self) -> float | None:
        """Where enough was heard to hold others against it."""
        return self.usual_db if self.heard >= _SOME_CHUNKS else None

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
        self._moments = Moments(_WINDOW)
        self._far = False
        """What was last heard came from afar."""
        self._lately = 0
        """Chunks with a voice, for which that is remembered."""
        self._voices = FarVoices(channels)
        self._by_lag = [False, False]
        """A side of which nothing else was known when its lag was first learned from."""
        self._clearly = [0, 0]
        """Chunks on end with a voice that is clearly on the side."""

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
        offsets = chunk.mean(axis=1).tolist()
        for channel, power, offset in zip(self._channels, powers, offsets, strict=True):
            channel.hear(power, offset)
        if len(self._channels) == 1:
            return (Standing(own=not self._channels[0].weak(_FAR_MONO_DB)),)
        self._voices.listen([channel.rise for channel in self._channels])
        one, two = self._channels
        in_middle = self._in_middle(one.peak_db - two.peak_db)
        from_afar = in_middle and (self._far or self._weak)
        above_db = (
            one.level_db - (two.peak_db + self._sides_db[1]),
            two.level_db - (one.peak_db - self._sides_db[0]),
        )
        sure = min(1.0, self.apart_db / _LEAST_APART_DB)
        return tuple(
            Standing(
                own=not from_afar and above > self._settings.bleed_db,
                confidence=sure * (1 - 10 ** (-max(0.0, above) / 10))
                if self._proven(own, other)
                else 0.0,
                near=self._voices.is_clear(side, own.usual_db, sided=self._sided(side)),
            )
            for side, (above, own, other) in enumerate(
                zip(above_db, (one, two), (two, one), strict=True)
            )
        )

    def _proven(self, own: _Channel, other: _Channel) -> bool:
        """Not the bleed of somebody whose own microphone is dead."""
        if other.silent >= _DEAD_CHUNKS:
            return False
        return not (other.silent and own.weak(_UNPROVEN_SHARE * self.apart_db))

    def learn(self, chunk: Samples, voiced: Sequence[bool]) -> Moment | None:
        """`voiced`: what the voice model heard on each channel, bleed or not. Gives what tells
        one sound from two, of two channels with a voice.
        """
        before, self._before = self._before, chunk
        if not any(voiced) or not self._telling:
            return None
        if len(self._channels) == 1:
            self._learn_usual_mono()
            return None
        one, two = self._channels
        self._voices.learn(
            [channel.some_usual_db for channel in self._channels],
            in_middle=self._in_middle(self._voices.difference_db, _FAR_SHARE),
        )
        difference_db = one.whole_db - two.whole_db
        if self._in_middle(difference_db):
            sound = chunk if before is None else np.concatenate([before, chunk], axis=1)
            moment = Moment(difference_db, *correlate(sound))
        else:
            moment = Moment(difference_db, 0.0)
        self._moments.add(moment)
        self._far = self._one_from_afar(self._moments, _LEAST)
        self._lately = _LATELY if self._far else max(0, self._lately - 1)
        self._learn_from(difference_db)
        return moment

    def from_afar(self, moments: Moments, *, over: bool) -> bool:
        """They are of one sound, which comes from neither side. `over`: the segment has ended,
        and the verdict stands.
        """
        return self._one_from_afar(moments, _JUDGED if over and not self._lately else _HINT)

    def _one_from_afar(self, moments: Moments, least: int) -> bool:
        difference_db = moments.one_sound_db(least, still=self._lately > 0)
        return difference_db is not None and self._in_middle(difference_db)

    @property
    def _telling(self) -> bool:
        """What one microphone hears while the other is dead says nothing of sides and levels."""
        if any(channel.silent >= _DEAD_CHUNKS for channel in self._channels):
            return False
        pairs = zip(self._channels, reversed(self._channels), strict=True)
        return all(own is other or self._proven(own, other) for own, other in pairs)

    @property
    def _known(self) -> bool:
        return min(self._heard) >= _KNOWN_CHUNKS

    @property
    def _weak(self) -> bool:
        return all(channel.weak(_FAR_DB) for channel in self._channels)

    def _in_middle(self, difference_db: float, share: float = _MIDDLE_SHARE) -> bool:
        width_db = min(12.0, max(3.0, share * self.apart_db))
        return abs(difference_db - self.middle_db) < width_db

    def _sided(self, side: int) -> bool:
        off_db = self._voices.difference_db - self.middle_db
        return (off_db if side == 0 else -off_db) >= _SIDED_SHARE * self.apart_db

    def _learn_usual_mono(self) -> None:
        (channel,) = self._channels
        if not channel.weak(_FAR_MONO_DB):
            channel.learn_usual()
        elif channel.usual_db is not None:
            channel.usual_db -= _FORGET_DB

    def _learn_from(self, difference_db: float) -> None:
        one, two = self._channels
        in_middle = self._in_middle(difference_db)
        self._doubt_lags()
        if self._known:
            if not self._far and not (in_middle and self._weak):
                self._learn_side(0 if one.level_db - two.level_db > self.middle_db else 1)
        elif not in_middle:
            self._learn_side(0 if difference_db > self.middle_db else 1)
        elif abs(lag := self._moments.lag()) >= _SIDED_LAG:
            side = 0 if lag < 0 else 1
            self._by_lag[side] |= not self._heard[side]
            self._learn_side(side)

    def _doubt_lags(self) -> None:
        """A side that was learned from a neighbour's lag is learned anew from the first voice
        that is clearly on it.
        """
        for side, difference_db in enumerate(
            (self._voices.difference_db, -self._voices.difference_db)
        ):
            clearly = difference_db > _MIDDLE_SHARE * _PRIOR_DB
            self._clearly[side] = self._clearly[side] + 1 if clearly else 0
            if self._by_lag[side] and self._clearly[side] >= _ANEW_CHUNKS:
                self._by_lag[side] = False
                self._heard[side] = 0
                self._sides_db[side] = (_PRIOR_DB, -_PRIOR_DB)[side]
                self._channels[side].begin_anew()

    def _learn_side(self, side: int) -> None:
        levels_db = [channel.level_db for channel in self._channels]
        difference_db = levels_db[0] - levels_db[1]
        own = self._channels[side]
        if own.level_db < own.peak_db - _LOUD_DB:
            return
        unsure = self._in_middle(difference_db)
        # Of a weak voice the other channel may show nothing for a moment.
        if not unsure and not (self._known and self._in_middle(self._voices.difference_db)):
            own.learn_usual()
        if min(levels_db) > SILENT_DB:
            share = _UNSURE_STEP if unsure and self._known else 1.0
            self._sides_db[side] = _towards(
                difference_db, self._sides_db[side], self._heard[side], share
            )
            self._heard[side] += 1


def _towards(value: float, median: float, heard: int, share: float = 1.0) -> float:
    step = share * max(_LAST_STEP_DB, _FIRST_STEP_DB / (1 + heard / _HALF_AFTER))
    return median + step if value > median else median - step
