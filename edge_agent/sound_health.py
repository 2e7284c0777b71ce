"""Whether each microphone gives sound at all: a living one is never digitally silent."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from edge_agent.segment import LEVEL_S, Level
from schemas.vocabulary import SensorState

_SILENT_DBFS = -100.0
"""Under the noise of any microphone and of 16-bit dither."""
_DEAD_S = 30.0
_KEPT = 200


@dataclass(slots=True)
class _Channel:
    silent_since_s: float | None = None
    until_s: float = 0.0
    dead: list[tuple[float, float]] = field(default_factory=list)
    level_dbfs: float | None = None


class SoundHealth:
    def __init__(self, channels: int) -> None:
        self._channels = [_Channel() for _ in range(channels)]

    def push(self, levels: Iterable[Level]) -> None:
        for level in levels:
            channel = self._channels[level.channel]
            channel.until_s = level.at_s + LEVEL_S
            channel.level_dbfs = level.dbfs
            if level.dbfs > _SILENT_DBFS:
                self._end_silence(channel, level.at_s)
            elif channel.silent_since_s is None:
                channel.silent_since_s = level.at_s

    def state(self, channel: int) -> tuple[SensorState, float | None]:
        """State and last level in dBFS."""
        of = self._channels[channel]
        since_s = of.silent_since_s
        dead = since_s is not None and of.until_s - since_s >= _DEAD_S
        return (SensorState.DEAD if dead else SensorState.OK), of.level_dbfs

    def coverage(self, start_s: float, end_s: float) -> float:
        """Share of the stretch in which every channel was alive."""
        if end_s <= start_s:
            return 0.0
        worst_s = max(self._dead_s(channel, start_s, end_s) for channel in self._channels)
        return max(0.0, 1.0 - worst_s / (end_s - start_s))

    @staticmethod
    def _end_silence(channel: _Channel, at_s: float) -> None:
        since_s, channel.silent_since_s = channel.silent_since_s, None
        if since_s is not None and at_s - since_s >= _DEAD_S:
            channel.dead = [*channel.dead[-_KEPT:], (since_s, at_s)]

    @staticmethod
    def _dead_s(channel: _Channel, start_s: float, end_s: float) -> float:
        dead = list(channel.dead)
        since_s = channel.silent_since_s
        if since_s is not None and channel.until_s - since_s >= _DEAD_S:
            dead.append((since_s, channel.until_s))
        return sum(max(0.0, min(end_s, high) - max(start_s, low)) for low, high in dead)
