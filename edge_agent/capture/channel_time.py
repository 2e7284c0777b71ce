"""Where the sound of one live channel lies in media time.

A block carries the clock at its arrival, which jitters and is never too early by much; and the
device counts its samples by a crystal of its own, which is off by up to 100 parts in a million
(0.36 s an hour). So the count of samples gives the small scale and the arrivals the large one:
the least lateness of the last twenty seconds says where the count lies, as in network time
protocols, which take the fastest of several answers for the same reason. Where it says that the
count has drifted, single samples are left out or doubled, faded so that nothing clicks.

Pure: no clock, no thread. What is held is bounded.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from edge_agent.capture.frame import SAMPLE_RATE, Samples

_WINDOW_S = 20.0
_STEP_S = 0.5
_RECENT = 4
"""Half seconds."""
_LOSS_S = 0.05
_DEADBAND = round(0.005 * SAMPLE_RATE)
"""Samples of error that are left alone: the least lateness itself moves by as much."""
_JUMP = round(0.06 * SAMPLE_RATE)
"""From here on the sound is moved at once: samples were lost, or the start was misjudged."""
_SETTLING = 3 * SAMPLE_RATE
"""In which the start of a run is still a guess, made of blocks that may all have come late."""
_SETTLED = round(0.01 * SAMPLE_RATE)
_GAP_S = 0.25
"""Sound later than its count says by more may have lost something before it."""
_HELD = 10 * SAMPLE_RATE


@dataclass(slots=True)
class _Least:
    """The least of the last twenty seconds, kept as the least of each half second. Where all of
    the last two seconds is far above the rest, the rest is of before a loss, and forgotten.
    """

    steps: deque[tuple[float, float]] = field(default_factory=deque)

    def push(self, at_s: float, value: float) -> None:
        if self.steps and at_s < self.steps[-1][0] + _STEP_S:
            start_s, least = self.steps[-1]
            self.steps[-1] = (start_s, min(least, value))
        else:
            self.steps.append((at_s, value))
        newest = list(self.steps)[-_RECENT:]
        if len(newest) == _RECENT and min(v for _, v in newest) - self.value > _LOSS_S:
            self.steps = deque(newest)
        while self.steps[0][0] <= self.steps[-1][0] - _WINDOW_S:
            self.steps.popleft()

    @property
    def value(self) -> float:
        return min(value for _, value in self.steps)


@dataclass(slots=True)
class _Run:
    """Sound without a loss that is known of. Samples are numbered from its start."""

    least: _Least = field(default_factory=_Least)
    """Of the media time of sample 0, in seconds."""
    parts: deque[Samples] = field(default_factory=deque)
    received: int = 0
    read: int = 0
    place: int | None = None
    """Where sample 0 lies on the output's axis; None until the output comes to this run."""

    @property
    def waiting(self) -> int:
        return self.received - self.read

    def take(self, count: int) -> Samples:
        """The next `count` samples, which are there."""
        taken, held = [], 0
        while held < count:
            part = self.parts.popleft()
            if held + part.size > count:
                self.parts.appendleft(part[count - held :])
                part = part[: count - held]
            taken.append(part)
            held += part.size
        self.read += count
        return np.concatenate(taken) if taken else np.zeros(0, np.float32)


class ChannelTime:
    """`start`: the output's first sample, counted at 16 kHz from media time 0."""

    def __init__(self, start: int) -> None:
        self._at = start
        self._runs: deque[_Run] = deque()
        self._ended = start
        """Where the last sound that was given ends."""
        self._broken = True
        self.late = 0
        """Samples thrown away because their time had gone, or because too many waited."""

    def push(self, at_s: float, samples: Samples) -> None:
        """`at_s`: media time of the first sample, by the clock at its arrival."""
        run = self._runs[-1] if self._runs else None
        if run is not None and not self._broken:
            # Either some was lost before it, or it comes late and the next will be in time.
            if at_s - run.received / SAMPLE_RATE - run.least.value > _GAP_S:
                run = None
        else:
            run = None
        if run is None:
            run = _Run()
            self._runs.append(run)
        self._broken = False
        run.least.push(at_s, at_s - run.received / SAMPLE_RATE)
        run.parts.append(samples)
        run.received += samples.size
        self._bound()

    def give(self, count: int) -> tuple[Samples, tuple[int, int] | None]:
        """The next `count` samples of media time, digital silence where nothing came; and
        from where to where sound lies in them, in samples of media time.
        """
        out: Samples = np.zeros(count, np.float32)
        at, end = self._at, self._at + count
        first: int | None = None
        while at < end:
            run = self._next_run()
            if run is None:
                self._broken = True
                break
            start = self._placed(run) + run.read
            if start >= end:
                break
            if start < at:
                lost = min(at - start, run.waiting)
                run.take(lost)
                self.late += lost
                continue
            at = start
            sound = self._read(run, min(run.waiting, end - at))
            out[at - self._at : at - self._at + sound.size] = sound
            first = at if first is None else first
            at += sound.size
            self._ended = at
        self._at = end
        return out, None if first is None else (first, self._ended)

    def _next_run(self) -> _Run | None:
        """The first with sound; None where nothing waits. The last one stays, to go on."""
        while len(self._runs) > 1 and not self._runs[0].waiting:
            self._runs.popleft()
        run = self._runs[0] if self._runs else None
        return run if run is not None and run.waiting else None

    def _placed(self, run: _Run) -> int:
        wanted = round(run.least.value * SAMPLE_RATE)
        if run.place is None:
            # So near to where the last run ended it is the same sound, which came late.
            near = self._ended - run.read
            run.place = near if abs(wanted - near) <= _JUMP else wanted
        else:
            late = _SETTLED if run.read < _SETTLING else _JUMP
            if run.place - wanted > late or wanted - run.place > _JUMP:
                run.place = wanted
        return run.place

    def _read(self, run: _Run, count: int) -> Samples:
        """`count` samples, made of one more or one fewer where the count has drifted."""
        assert run.place is not None
        error = run.place - round(run.least.value * SAMPLE_RATE)
        step = 0 if abs(error) <= _DEADBAND else (1 if error > 0 else -1)
        if step == 0 or count < 2 or run.waiting < count + step:
            return run.take(count)
        run.place -= step
        return _stretched(run.take(count + step), count)

    def _bound(self) -> None:
        over = sum(run.waiting for run in self._runs) - _HELD
        while over > 0:
            run = self._runs[0]
            lost = min(over, run.waiting)
            run.take(lost)
            self.late += lost
            over -= lost
            if not run.waiting and len(self._runs) > 1:
                self._runs.popleft()


def _stretched(samples: Samples, count: int) -> Samples:
    """`samples`, one more or one fewer than `count`, faded from its beginning to its end, so
    that what goes before and what comes after are met exactly.
    """
    share = np.linspace(0.0, 1.0, count, dtype=np.float32)
    short = np.minimum(np.arange(count), samples.size - 1)
    shifted = np.maximum(np.arange(count) + samples.size - count, 0)
    faded: Samples = (1 - share) * samples[short] + share * samples[shifted]
    return faded
