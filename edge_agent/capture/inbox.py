"""Where the threads of live sensors meet the one thread that measures.

Every sensor has a thread of its own, which puts what it got here with its media time. The
inbox is bounded: when the measuring falls behind, the oldest sound goes, pictures are thinned
out, and both are counted (law 5). Changes of sensors and pressed keys are few and never go.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from edge_agent.capture.frame import (
    SAMPLE_RATE,
    KeyPress,
    Samples,
    SensorChange,
    VideoFrame,
)

SOUND_S = 60.0
"""Of sound a channel; the longest turn is transcribed in less."""
PICTURES = 48
"""At 3 a second 16 s as they came, and more of them thinned out; 16 MB at most."""


class MediaClock:
    """Media time of a live source: seconds of the monotonic clock since its start."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._zero_s = monotonic()

    def now_s(self) -> float:
        return self._monotonic() - self._zero_s


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SoundBlock:
    """`samples`: float32 in [-1, 1], shape (n,), 16 kHz, of one channel of the source (0 staff,
    1 citizen, or 0 alone); `at_s`: media time of the first, by the clock at its arrival.

    A tenth of a second at most: the mixer waits 0.25 s for a block, its own length included.
    """

    channel: int
    at_s: float
    samples: Samples

    def __repr__(self) -> str:
        return f"SoundBlock({self.channel}, {self.at_s:.2f} s, {self.samples.size} samples)"


@dataclass(frozen=True, slots=True)
class Losses:
    """Since the start; what did not fit because measuring fell behind."""

    sound_s: float
    """Of the channel that lost most."""
    pictures: int


class Inbox:
    """Safe for any number of threads that put and one that takes."""

    def __init__(self, channels: int) -> None:
        self._filled = threading.Condition()
        self._sound: list[deque[SoundBlock]] = [deque() for _ in range(channels)]
        self._held = [0] * channels
        self._pictures: deque[VideoFrame] = deque()
        self._events: deque[SensorChange | KeyPress] = deque()
        self._lost_samples = [0] * channels
        self._lost_pictures = 0

    def put_sound(self, block: SoundBlock) -> None:
        with self._filled:
            waiting = self._sound[block.channel]
            waiting.append(block)
            self._held[block.channel] += block.samples.size
            while self._held[block.channel] > SOUND_S * SAMPLE_RATE and len(waiting) > 1:
                lost = waiting.popleft().samples.size
                self._held[block.channel] -= lost
                self._lost_samples[block.channel] += lost
            self._filled.notify()

    def put_picture(self, frame: VideoFrame) -> None:
        with self._filled:
            self._pictures.append(frame)
            if len(self._pictures) > PICTURES:
                del self._pictures[_least_missed(self._pictures)]
                self._lost_pictures += 1
            self._filled.notify()

    def put_event(self, event: SensorChange | KeyPress) -> None:
        with self._filled:
            self._events.append(event)
            self._filled.notify()

    def take(
        self, wait_s: float, until_s: float = math.inf
    ) -> tuple[list[SoundBlock], list[VideoFrame], list[SensorChange | KeyPress]]:
        """What has come and begins before `until_s` (media time), each kind in its order; waits
        for something at most so long. What is later stays, under the inbox's own bounds.
        """
        with self._filled:
            self._filled.wait_for(lambda: self._ready(until_s), wait_s)
            blocks = []
            for channel, waiting in enumerate(self._sound):
                taken = _before(waiting, until_s, lambda block: block.at_s)
                self._held[channel] -= sum(block.samples.size for block in taken)
                blocks += taken
            pictures = _before(self._pictures, until_s, lambda frame: frame.at_s)
            events = _before(self._events, until_s, lambda event: event.at_s)
        return blocks, pictures, events

    def _ready(self, until_s: float) -> bool:
        queues: tuple[deque[Any], ...] = (*self._sound, self._pictures, self._events)
        return any(queue and queue[0].at_s < until_s for queue in queues)

    @property
    def losses(self) -> Losses:
        with self._filled:
            lost = max(self._lost_samples, default=0)
            return Losses(lost / SAMPLE_RATE, self._lost_pictures)


T = TypeVar("T")


def _before(queue: deque[T], until_s: float, at_s: Callable[[T], float]) -> list[T]:
    taken = []
    while queue and at_s(queue[0]) < until_s:
        taken.append(queue.popleft())
    return taken


def _least_missed(pictures: Sequence[VideoFrame]) -> int:
    """Which to leave out so that those left lie as evenly as can be; never the first or last."""
    at = [picture.at_s for picture in pictures]
    return min(range(1, len(at) - 1), key=lambda n: at[n + 1] - at[n - 1])


class Input(Protocol):
    """A live sensor or a device with several: a thread of its own that connects, delivers,
    and connects again for ever with jittered, growing pauses.

    It says by SensorChange that its sensors are DISCONNECTED or STALLED, from the end of what
    came last on; and OK from the first that comes then. For sound the mixer finds a stall and
    the return by itself; for pictures nobody else does.
    """

    def start(self, inbox: Inbox, clock: MediaClock) -> None: ...

    def stop(self) -> None:
        """Returns when its threads are gone and its device is free."""
        ...
