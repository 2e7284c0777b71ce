"""How loud a turn is, by itself and against the channel's usual level (the baseline).

Baseline: median level of the 100 ms speech frames of the last 10 minutes of a channel within
one assignment, valid after 60 s of speech. Only numbers are kept.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log10
from statistics import median

from edge_agent.segment import LEVEL_S, Level

BASELINE_S = 600.0
BASELINE_MIN_SPEECH_S = 60.0
RAISED_DB = 12.0
RAISED_MIN_S = 1.0
_BRIDGE_S = 0.35
"""A dip between syllables does not end a raised voice."""


@dataclass(frozen=True, slots=True)
class Loudness:
    dbfs: float
    """RMS over the turn's voiced frames."""
    above_baseline_db: float | None
    raised: tuple[tuple[float, float], ...]
    """Stretches in media time, each 1 s or more, at 12 dB or more above the baseline."""
    has_baseline: bool


@dataclass(slots=True)
class _Channel:
    levels: deque[Level] = field(default_factory=deque)
    speech: deque[tuple[float, float]] = field(default_factory=deque)
    """(media time, dBFS) of frames inside turns."""


class LoudnessMeter:
    """Keeps the last ten minutes of levels a channel."""

    def __init__(self, channels: int) -> None:
        self._channels = [_Channel() for _ in range(channels)]

    def push(self, levels: Iterable[Level]) -> None:
        for level in levels:
            kept = self._channels[level.channel].levels
            kept.append(level)
            while kept[0].at_s < level.at_s - BASELINE_S:
                kept.popleft()

    def measure(self, channel: int, voiced: Sequence[tuple[float, float]]) -> Loudness:
        """The turn's loudness against the baseline before it; then it joins the baseline."""
        start_s, end_s = voiced[0][0], voiced[-1][1]
        baseline = self._baseline(channel, start_s)
        frames = self._between(channel, start_s, end_s)
        spoken = [level for level in frames if _inside(level.at_s + LEVEL_S / 2, voiced)]
        power = [10 ** (level.dbfs / 10) for level in spoken or frames]
        dbfs = 10 * log10(max(sum(power) / len(power), 1e-12)) if power else -120.0
        raised: tuple[tuple[float, float], ...] = ()
        if baseline is not None:
            raised = self._raised(channel, frames, baseline)
        self._channels[channel].speech.extend((level.at_s, level.dbfs) for level in spoken)
        return Loudness(
            dbfs=dbfs,
            above_baseline_db=None if baseline is None else dbfs - baseline,
            raised=raised,
            has_baseline=baseline is not None,
        )

    def new_assignment(self) -> None:
        """Another clerk sits down: the usual level of the one before says nothing."""
        for channel in self._channels:
            channel.speech.clear()

    def snr_db(self, channel: int, start_s: float, end_s: float) -> float | None:
        """Median level of speech frames less the level of the quietest tenth."""
        frames = sorted(level.dbfs for level in self._between(channel, start_s, end_s))
        spoken = [dbfs for at, dbfs in self._channels[channel].speech if start_s <= at < end_s]
        if len(frames) < 50 or len(spoken) < 10:
            return None
        return max(0.0, round(median(spoken) - frames[len(frames) // 10], 1))

    def _baseline(self, channel: int, before_s: float) -> float | None:
        speech = self._channels[channel].speech
        while speech and speech[0][0] < before_s - BASELINE_S:
            speech.popleft()
        if len(speech) * LEVEL_S < BASELINE_MIN_SPEECH_S:
            return None
        return median(dbfs for _, dbfs in speech)

    def _between(self, channel: int, start_s: float, end_s: float) -> list[Level]:
        return [
            level
            for level in self._channels[channel].levels
            if start_s - LEVEL_S / 2 <= level.at_s < end_s
        ]

    def _raised(
        self, channel: int, frames: Sequence[Level], baseline: float
    ) -> tuple[tuple[float, float], ...]:
        noise = self._noise(channel, frames)
        runs: list[tuple[float, float]] = []
        for level in frames:
            if level.dbfs < baseline + RAISED_DB or level.at_s in noise:
                continue
            start_s, end_s = level.at_s, level.at_s + LEVEL_S
            if runs and start_s - runs[-1][1] <= _BRIDGE_S:
                runs[-1] = (runs[-1][0], end_s)
            else:
                runs.append((start_s, end_s))
        return tuple(run for run in runs if run[1] - run[0] >= RAISED_MIN_S)

    def _noise(self, channel: int, frames: Sequence[Level]) -> set[float]:
        """Times at which another channel rises too: a noise in the hall, not a person."""
        rising: set[float] = set()
        for other in range(len(self._channels)):
            usual = self._baseline(other, frames[0].at_s) if frames and other != channel else None
            if usual is None:
                continue
            rising |= {
                level.at_s
                for level in self._between(other, frames[0].at_s, frames[-1].at_s + LEVEL_S)
                if level.dbfs >= usual + RAISED_DB
            }
        return rising


def _inside(at_s: float, spans: Sequence[tuple[float, float]]) -> bool:
    return any(start <= at_s < end for start, end in spans)
