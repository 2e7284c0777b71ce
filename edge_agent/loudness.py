"""How loud a turn is, by itself and against the channel's usual level (the baseline).

Baseline: median level of the 100 ms speech frames of the last 10 minutes of a channel within
one assignment, valid after 60 s of speech. Only numbers are kept.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log10
from statistics import median

from edge_agent.segment import LEVEL_S, SURE_FROM, Level, Segment, Voice

BASELINE_S = 600.0
BASELINE_MIN_SPEECH_S = 60.0
RAISED_DB = 12.0
RAISED_MIN_S = 1.0
_KEPT_S = BASELINE_S + 150.0
"""An interaction by sound alone is known to have ended 120 s after its end."""
_BRIDGE_S = 0.35
"""A dip between syllables does not end a raised voice."""
_CLIPPED_SHARE = 0.01
"""A 100 ms frame with so many samples at the converter's limit is no louder than any other
that reaches it: its level says nothing of the voice. A shout's plosives touch it for less."""
_CLIPPED_TURN = 0.1
"""A turn with so many such frames has no level to hold against the baseline."""
_APART_DB = 6.0
"""A voice is at least so much louder at its own microphone. What is not comes from elsewhere:
the next counter, the hall's loudspeaker, or both talking at once."""
_SOUNDING_DB = 6.0
"""Over its quietest tenth of the last minute a channel hears more than the room's noise."""
_FLOOR_S = 60.0
_BESIDE_S = 0.8
_TURNED_UP_DB = 9.0
"""So much more than the other microphone's noise this one's has risen."""
_NO_SOUND_DBFS = -100.0
"""A dead microphone's silence says nothing of the room's noise."""


@dataclass(frozen=True, slots=True)
class Loudness:
    dbfs: float
    """RMS over the turn's voiced frames."""
    above_baseline_db: float | None
    raised: tuple[tuple[float, float], ...]
    """Stretches in media time, each 1 s or more, at 12 dB or more above the baseline."""
    has_baseline: bool
    """False too where the microphone was at its limit: such a level is compared to nothing."""

    def without_baseline(self) -> "Loudness":
        return Loudness(self.dbfs, None, (), has_baseline=False)


@dataclass(slots=True)
class _Channel:
    levels: deque[Level] = field(default_factory=deque)
    pending: deque[Segment] = field(default_factory=deque)
    """Segments whose last level frame is not full yet."""
    speech: deque[Level] = field(default_factory=deque)
    """Frames inside segments that the channel's own person fills."""


class LoudnessMeter:
    """Keeps the levels of the last ten minutes, and a little more, by channel."""

    def __init__(self, channels: int) -> None:
        self._channels = [_Channel() for _ in range(channels)]

    def push(self, voice: Voice) -> None:
        for level in voice.levels:
            self._channels[level.channel].levels.append(level)
        for segment in voice.segments:
            # The bleed of somebody whose own microphone is dead is nobody's usual level.
            if segment.confidence >= SURE_FROM or len(self._channels) == 1:
                self._channels[segment.channel].pending.append(segment)
        for number, channel in enumerate(self._channels):
            while channel.pending and channel.pending[0].end_s + LEVEL_S <= voice.until_s:
                spoken = channel.pending.popleft()
                voiced = [(spoken.start_s, spoken.end_s)]
                channel.speech.extend(self._own(number, self._spoken(number, voiced)))
            for kept in (channel.levels, channel.speech):
                while kept and kept[0].at_s < voice.until_s - _KEPT_S:
                    kept.popleft()

    def measure(self, channel: int, voiced: Sequence[tuple[float, float]]) -> Loudness:
        """The turn's loudness against the baseline that stood before it."""
        start_s, end_s = voiced[0][0], voiced[-1][1]
        spoken = self._spoken(channel, voiced)
        power = [10 ** (x.dbfs / 10) for x in spoken or self._between(channel, start_s, end_s)]
        dbfs = 10 * log10(max(sum(power) / len(power), 1e-12)) if power else -120.0
        baseline = self._baseline(channel, start_s)
        at_limit = sum(map(_clipped, spoken)) >= max(1, _CLIPPED_TURN * len(spoken))
        if baseline is None or at_limit or self._turned_up(channel, start_s, end_s):
            return Loudness(dbfs, None, (), has_baseline=False)
        noise = self._noise(channel, spoken)
        loud = [x for x in spoken if x.dbfs >= baseline + RAISED_DB and x.at_s not in noise]
        return Loudness(dbfs, dbfs - baseline, _runs(loud), has_baseline=True)

    def new_assignment(self) -> None:
        """Another clerk sits down: the usual level of the one before says nothing."""
        for channel in self._channels:
            channel.speech.clear()

    def snr_db(self, channel: int, start_s: float, end_s: float) -> float | None:
        """Median level of speech frames less the level of the quietest tenth, over the last
        ten minutes of the stretch.
        """
        start_s = max(start_s, end_s - BASELINE_S)
        frames = sorted(
            level.dbfs
            for level in self._between(channel, start_s, end_s)
            if level.dbfs > _NO_SOUND_DBFS
        )
        spoken = [x.dbfs for x in self._channels[channel].speech if start_s <= x.at_s < end_s]
        if len(frames) < 50 or len(spoken) < 10:
            return None
        return max(0.0, round(median(spoken) - frames[len(frames) // 10], 1))

    def _baseline(self, channel: int, before_s: float) -> float | None:
        usual = [
            level.dbfs
            for level in self._channels[channel].speech
            if before_s - BASELINE_S <= level.at_s < before_s
        ]
        if round(len(usual) * LEVEL_S, 3) < BASELINE_MIN_SPEECH_S:
            return None
        return median(usual)

    def _turned_up(self, channel: int, start_s: float, end_s: float) -> bool:
        """The microphone gives more of everything than it did, the room's noise included, and
        the others do not: its gain was changed, and nothing it hears is louder for that.
        """
        own_db = self._floor_rise_db(channel, start_s, end_s)
        others_db = [self._floor_rise_db(c, start_s, end_s) for c in self._others(channel)]
        return bool(others_db) and own_db - max(0.0, *others_db) >= _TURNED_UP_DB

    def _floor_rise_db(self, channel: int, start_s: float, end_s: float) -> float:
        """Of the quietest frame over the usual noise, in that half of the turn in which it is
        higher, with the moment before the turn and after it: so a change in the turn shows.
        """
        middle_s = (start_s + end_s) / 2
        usual = self._sounds(channel, start_s - BASELINE_S, start_s)
        halves = (
            self._sounds(channel, start_s - _BESIDE_S, middle_s),
            self._sounds(channel, middle_s, end_s + _BESIDE_S),
        )
        now = [half[0] for half in halves if half]
        return max(now) - usual[len(usual) // 10] if now and usual else 0.0

    def _sounds(self, channel: int, start_s: float, end_s: float) -> list[float]:
        """Levels of a microphone that lives, the quietest first."""
        levels = self._between(channel, start_s, end_s)
        return sorted(x.dbfs for x in levels if x.dbfs > _NO_SOUND_DBFS)

    def _between(self, channel: int, start_s: float, end_s: float) -> list[Level]:
        """Frames whose middle lies in the stretch; the newest are looked at first."""
        found: list[Level] = []
        for level in reversed(self._channels[channel].levels):
            middle_s = level.at_s + LEVEL_S / 2
            if middle_s < start_s:
                break
            if middle_s < end_s:
                found.append(level)
        return found[::-1]

    def _spoken(self, channel: int, voiced: Sequence[tuple[float, float]]) -> list[Level]:
        frames = self._between(channel, voiced[0][0], voiced[-1][1])
        return [x for x in frames if any(a <= x.at_s + LEVEL_S / 2 < b for a, b in voiced)]

    def _own(self, channel: int, frames: Sequence[Level]) -> Iterable[Level]:
        """Frames that tell how loud the channel's own person speaks: not clipped, and not of a
        sound that reaches another microphone as well.
        """
        if not frames:
            return
        start_s, end_s = frames[0].at_s, frames[-1].at_s + LEVEL_S
        elsewhere: set[float] = set()
        own = {level.at_s: level.dbfs for level in frames}
        for other in self._others(channel):
            before = sorted(x.dbfs for x in self._between(other, end_s - _FLOOR_S, end_s))
            floor = before[len(before) // 10] if before else 0.0
            for level in self._between(other, start_s, end_s):
                sounding = level.dbfs >= floor + _SOUNDING_DB
                if sounding and level.dbfs > own.get(level.at_s, 0.0) - _APART_DB:
                    elsewhere.add(level.at_s)
        yield from (x for x in frames if x.at_s not in elsewhere and not _clipped(x))

    def _noise(self, channel: int, frames: Sequence[Level]) -> set[float]:
        """Times at which another channel rises too, or is about as loud: a noise in the hall,
        not a person at this microphone. Where the other has no baseline to rise from, it must
        stay clearly weaker than this one.
        """
        rising: set[float] = set()
        if not frames:
            return rising
        start_s, end_s = frames[0].at_s, frames[-1].at_s + LEVEL_S
        own = {level.at_s: level.dbfs for level in frames}
        for other in self._others(channel):
            usual = self._baseline(other, start_s)
            for level in self._between(other, start_s, end_s):
                beside = own.get(level.at_s, 0.0)
                least = beside - RAISED_DB if usual is None else usual + RAISED_DB
                if level.dbfs >= min(least, beside - _APART_DB):
                    rising.add(level.at_s)
        return rising

    def _others(self, channel: int) -> Iterable[int]:
        return (other for other in range(len(self._channels)) if other != channel)


def _clipped(level: Level) -> bool:
    return level.clipped >= _CLIPPED_SHARE


def _runs(loud: Iterable[Level]) -> tuple[tuple[float, float], ...]:
    runs: list[tuple[float, float]] = []
    for level in loud:
        start_s, end_s = level.at_s, level.at_s + LEVEL_S
        if runs and start_s - runs[-1][1] <= _BRIDGE_S:
            runs[-1] = (runs[-1][0], end_s)
        else:
            runs.append((start_s, end_s))
    return tuple(run for run in runs if round(run[1] - run[0], 3) >= RAISED_MIN_S)
