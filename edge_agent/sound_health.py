"""Whether each microphone gives sound at all: a living one is never digitally silent.

A stretch on which the voice model failed is as good as unheard, and counts the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from edge_agent.segment import LEVEL_S, Voice
from schemas.vocabulary import SensorState

_SILENT_DBFS = -100.0
"""Under the noise of any microphone and of 16-bit dither."""
DEAD_S = 30.0
_KEPT = 200
"""Stretches remembered a channel; of more, the oldest are forgotten."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SoundQuality:
    """How far the sound of an interaction can be relied on."""

    unheard: tuple[Interval, ...]
    """Stretches of media time in which a channel was dead or not understood."""
    coverage: float
    """Share of the stretch in which every channel was heard."""
    by_channel: tuple[float, ...]
    """The same of each channel by itself."""


@dataclass(slots=True)
class _Channel:
    silent_since_s: float | None = None
    until_s: float = 0.0
    unheard: list[Interval] = field(default_factory=list)
    level_dbfs: float | None = None

    @property
    def dead(self) -> bool:
        since_s = self.silent_since_s
        return since_s is not None and round(self.until_s - since_s, 3) >= DEAD_S

    def lose(self, start_s: float, end_s: float) -> None:
        if self.unheard and self.unheard[-1][1] >= start_s - 1e-6:
            low, high = self.unheard[-1]
            self.unheard[-1] = (min(low, start_s), max(high, end_s))
        else:
            self.unheard = [*self.unheard[1 - _KEPT :], (start_s, end_s)]

    def within(self, start_s: float, end_s: float) -> list[Interval]:
        lost = list(self.unheard)
        if self.dead and self.silent_since_s is not None:
            lost.append((self.silent_since_s, self.until_s))
        cut = [(max(low, start_s), min(high, end_s)) for low, high in lost]
        return [(low, high) for low, high in cut if low < high]


class SoundHealth:
    def __init__(self, channels: int) -> None:
        self._channels = [_Channel() for _ in range(channels)]
        self._until_s = 0.0
        self._failed = False

    def push(self, voice: Voice) -> None:
        for level in voice.levels:
            channel = self._channels[level.channel]
            channel.level_dbfs = level.dbfs
            if level.dbfs > _SILENT_DBFS:
                if channel.dead and channel.silent_since_s is not None:
                    channel.lose(channel.silent_since_s, level.at_s)
                channel.silent_since_s = None
            elif channel.silent_since_s is None:
                channel.silent_since_s = level.at_s
            channel.until_s = level.at_s + LEVEL_S
        if voice.failed:
            for channel in self._channels:
                channel.lose(self._until_s, voice.until_s)
        self._until_s, self._failed = voice.until_s, voice.failed

    @property
    def deaf(self) -> bool:
        """No channel is heard now, so that silence proves nothing."""
        return self._failed or all(channel.dead for channel in self._channels)

    def state(self, channel: int) -> tuple[SensorState, float | None]:
        """State and last level in dBFS."""
        of = self._channels[channel]
        return (SensorState.DEAD if of.dead else SensorState.OK), of.level_dbfs

    def quality(self, start_s: float, end_s: float) -> SoundQuality:
        by_channel = [channel.within(start_s, end_s) for channel in self._channels]
        unheard = _union(interval for lost in by_channel for interval in lost)
        return SoundQuality(
            unheard=tuple(unheard),
            coverage=_share_left(unheard, end_s - start_s),
            by_channel=tuple(_share_left(_union(lost), end_s - start_s) for lost in by_channel),
        )


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
