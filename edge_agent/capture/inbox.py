"""Where the threads of live sensors meet the one thread that measures.

Every sensor has a thread of its own, which puts what it got here with its media time. The
inbox is bounded: when the measuring falls behind, the oldest sound and the oldest pictures
go, and are counted (law 5). Changes of sensors and pressed keys are few and never go.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge_agent.capture.frame import (
    SAMPLE_RATE,
    KeyPress,
    Samples,
    SensorChange,
    VideoFrame,
)

SOUND_S = 60.0
"""Of sound a channel; the longest turn is transcribed in less."""
PICTURES = 8


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
                self._pictures.popleft()
                self._lost_pictures += 1
            self._filled.notify()

    def put_event(self, event: SensorChange | KeyPress) -> None:
        with self._filled:
            self._events.append(event)
            self._filled.notify()

    def take(
        self, wait_s: float
    ) -> tuple[list[SoundBlock], list[VideoFrame], list[SensorChange | KeyPress]]:
        """All that has come, each kind in its order; waits for something at most so long."""
        with self._filled:
            if not (any(self._sound) or self._pictures or self._events):
                self._filled.wait(wait_s)
            blocks = [block for waiting in self._sound for block in waiting]
            pictures, events = list(self._pictures), list(self._events)
            for waiting in self._sound:
                waiting.clear()
            self._held = [0] * len(self._held)
            self._pictures.clear()
            self._events.clear()
        return blocks, pictures, events

    @property
    def losses(self) -> Losses:
        with self._filled:
            lost = max(self._lost_samples, default=0)
            return Losses(lost / SAMPLE_RATE, self._lost_pictures)


class Input(Protocol):
    """A live sensor or a device with several: a thread of its own that connects, delivers,
    and connects again for ever with jittered, growing pauses.
    """

    def start(self, inbox: Inbox, clock: MediaClock) -> None: ...

    def stop(self) -> None:
        """Returns when its threads are gone and its device is free."""
        ...
