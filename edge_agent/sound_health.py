"""Whether each microphone gives sound that can be measured, and what else makes it missing.

A living microphone is never digitally silent, and one at its converter's limit distorts.
What only the source knows (nothing comes, nothing is there) it says itself. A pause that
somebody asked for, and written communication, make sound missing too; so does a stretch on
which the voice model failed. All of it lowers coverage; none of it is about a person.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge_agent.segment import LEVEL_S, Level, Voice
from schemas.vocabulary import Missing, SensorState

_SILENT_DBFS = -100.0
"""Under the noise of any microphone and of 16-bit dither."""
_CLIPPED_SHARE = 0.01
"""Of a level frame's samples; a plosive touches the limit for less."""
_CLIPPED_FRAMES = 5
"""So many distorted frames in the stretch that is looked at make a fault of it."""
_KEPT = 200
"""Stretches remembered a channel; of more, the oldest are forgotten."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SoundLimits:
    dead_s: float = 30.0
    clipped_s: float = 10.0


@dataclass(frozen=True, slots=True)
class SoundQuality:
    """How far the sound of an interaction can be relied on."""

    unheard: tuple[Interval, ...]
    """Stretches of media time in which a channel was dead or not understood."""
    coverage: float
    """Share of the stretch in which every channel was heard."""
    by_channel: tuple[float, ...]
    """The same of each channel by itself."""
    reasons: frozenset[Missing] = frozenset()
    """Why there are unheard stretches."""


@dataclass(frozen=True, slots=True)
class _Lost:
    start_s: float
    end_s: float
    reason: Missing


@dataclass(slots=True)
class _Channel:
    limits: SoundLimits
    until_s: float = 0.0
    level_dbfs: float | None = None
    silent_since_s: float | None = None
    clipped: deque[float] = field(default_factory=deque)
    """Times of distorted level frames in the last `clipped_s`."""
    clipped_since_s: float | None = None
    source_state: SensorState = SensorState.OK
    source_since_s: float = 0.0
    lost: list[_Lost] = field(default_factory=list)

    @property
    def dead(self) -> bool:
        since_s = self.silent_since_s
        return since_s is not None and round(self.until_s - since_s, 3) >= self.limits.dead_s

    @property
    def state(self) -> SensorState:
        if self.source_state is not SensorState.OK:
            return self.source_state
        if self.dead:
            return SensorState.DEAD
        return SensorState.OK if self.clipped_since_s is None else SensorState.CLIPPED

    def listen(self, level: Level) -> None:
        self.level_dbfs = level.dbfs
        self.until_s = level.at_s + LEVEL_S
        silent = level.dbfs <= _SILENT_DBFS and self.source_state is SensorState.OK
        if not silent:
            if self.dead and self.silent_since_s is not None:
                self.lose(self.silent_since_s, level.at_s, Missing.SENSOR_INVALID)
            self.silent_since_s = None
        elif self.silent_since_s is None:
            self.silent_since_s = level.at_s
        self._watch_limit(level)

    def _watch_limit(self, level: Level) -> None:
        if level.clipped >= _CLIPPED_SHARE:
            self.clipped.append(level.at_s)
        while self.clipped and self.clipped[0] < self.until_s - self.limits.clipped_s:
            last_s = self.clipped.popleft()
            if not self.clipped and self.clipped_since_s is not None:
                self.lose(self.clipped_since_s, last_s + LEVEL_S, Missing.SENSOR_INVALID)
                self.clipped_since_s = None
        if self.clipped_since_s is None and len(self.clipped) >= _CLIPPED_FRAMES:
            self.clipped_since_s = self.clipped[0]

    def told(self, at_s: float, state: SensorState) -> None:
        """The source's own word."""
        if self.source_state is not SensorState.OK:
            self.lose(self.source_since_s, at_s, _why(self.source_state))
        elif state is not SensorState.OK and self.dead and self.silent_since_s is not None:
            self.lose(self.silent_since_s, at_s, Missing.SENSOR_INVALID)
        self.source_state, self.source_since_s = state, at_s
        self.silent_since_s = None

    def lose(self, start_s: float, end_s: float, reason: Missing) -> None:
        last = self.lost[-1] if self.lost else None
        if last is not None and last.reason is reason and last.end_s >= start_s - 1e-6:
            joined = _Lost(min(last.start_s, start_s), max(last.end_s, end_s), reason)
            self.lost[-1] = joined
        elif end_s > start_s:
            self.lost = [*self.lost[1 - _KEPT :], _Lost(start_s, end_s, reason)]

    def within(self, start_s: float, end_s: float) -> list[_Lost]:
        lost = list(self.lost)
        if self.source_state is not SensorState.OK:
            lost.append(_Lost(self.source_since_s, end_s, _why(self.source_state)))
        if self.dead and self.silent_since_s is not None:
            lost.append(_Lost(self.silent_since_s, self.until_s, Missing.SENSOR_INVALID))
        if self.clipped_since_s is not None:
            lost.append(_Lost(self.clipped_since_s, self.until_s, Missing.SENSOR_INVALID))
        cut = [_Lost(max(x.start_s, start_s), min(x.end_s, end_s), x.reason) for x in lost]
        return [x for x in cut if x.start_s < x.end_s]


class SoundHealth:
    def __init__(self, channels: int, limits: SoundLimits | None = None) -> None:
        self._channels = [_Channel(limits or SoundLimits()) for _ in range(channels)]
        self._until_s = 0.0
        self._failed = False
        self._written_since_s: float | None = None
        self._written: deque[Interval] = deque(maxlen=_KEPT)

    def push(self, voice: Voice) -> None:
        for level in voice.levels:
            self._channels[level.channel].listen(level)
        if voice.failed:
            for channel in self._channels:
                channel.lose(self._until_s, voice.until_s, Missing.SENSOR_INVALID)
        self._until_s, self._failed = voice.until_s, voice.failed

    def told(self, channel: int, at_s: float, state: SensorState) -> None:
        """What the source says of a microphone from `at_s` on."""
        self._channels[channel].told(at_s, state)

    def written(self, at_s: float, *, on: bool) -> None:
        """From `at_s` on the citizen writes or signs, or speaks again."""
        if on and self._written_since_s is None:
            self._written_since_s = at_s
        elif not on and self._written_since_s is not None:
            self._written.append((self._written_since_s, at_s))
            self._written_since_s = None

    @property
    def deaf(self) -> bool:
        """No channel is heard now, or what is heard says nothing, so that silence proves
        nothing.
        """
        unheard = all(
            channel.dead or channel.source_state is not SensorState.OK for channel in self._channels
        )
        return self._failed or self._written_since_s is not None or unheard

    def state(self, channel: int) -> tuple[SensorState, float | None]:
        """State and last level in dBFS."""
        of = self._channels[channel]
        return of.state, of.level_dbfs

    def quality(self, start_s: float, end_s: float) -> SoundQuality:
        by_channel = [channel.within(start_s, end_s) for channel in self._channels]
        written = [*self._written]
        if self._written_since_s is not None:
            written.append((self._written_since_s, end_s))
        for low, high in written:
            low, high = max(low, start_s), min(high, end_s)  # noqa: PLW2901 - cut to the stretch
            if low < high:
                for lost in by_channel:
                    lost.append(_Lost(low, high, Missing.WRITTEN))
        unheard = _union((x.start_s, x.end_s) for lost in by_channel for x in lost)
        length_s = end_s - start_s
        return SoundQuality(
            unheard=tuple(unheard),
            coverage=_share_left(unheard, length_s),
            by_channel=tuple(
                _share_left(_union((x.start_s, x.end_s) for x in lost), length_s)
                for lost in by_channel
            ),
            reasons=frozenset(x.reason for lost in by_channel for x in lost),
        )


def _why(state: SensorState) -> Missing:
    return Missing.MUTED if state is SensorState.MUTED else Missing.SENSOR_INVALID


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    joined: list[Interval] = []
    for low, high in sorted(intervals):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def _share_left(lost: list[Interval], length_s: float) -> float:
    if length_s <= 0:
        return 0.0
    return max(0.0, 1.0 - sum(high - low for low, high in lost) / length_s)
