"""What a source delivers: sound and pictures with media time. They live in RAM only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import Key, Role, Sensor, SensorState

SAMPLE_RATE = 16_000

Samples = NDArray[np.float32]
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class AudioFrame:
    """`samples`: float32 in [-1, 1], shape (channels, n), 16 kHz; `start_s`: media time."""

    start_s: float
    samples: Samples

    @property
    def end_s(self) -> float:
        return self.start_s + float(self.samples.shape[1]) / SAMPLE_RATE

    def __repr__(self) -> str:
        return f"AudioFrame({self.start_s:.2f} s, {self.samples.shape[1]} samples)"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class VideoFrame:
    """`picture`: uint8 RGB, shape (height, width, 3); `at_s`: media time."""

    at_s: float
    picture: Picture

    def __repr__(self) -> str:
        return f"VideoFrame({self.at_s:.2f} s)"


@dataclass(frozen=True, slots=True)
class SensorChange:
    """The source's own word on a sensor: from `at_s` (media time) on it is in `state`.

    What can be told from sound and pictures themselves (dead, clipped, covered, frozen) is
    found by the stages; only the source knows that nothing comes, or that nothing is there.
    """

    at_s: float
    sensor: Sensor
    state: SensorState


@dataclass(frozen=True, slots=True)
class KeyPress:
    at_s: float
    key: Key
    asked_by: Role
    """Who wanted it, as the pressed key says; unknown where it does not say."""


Frame = AudioFrame | VideoFrame | SensorChange | KeyPress


@dataclass(frozen=True, slots=True)
class SourceInfo:
    duration_s: float | None
    channels: int
    """1: one microphone for both sides; 2: channel 0 staff, channel 1 citizen."""
    has_video: bool


class Source(Protocol):
    """Delivers frames in the order of media time."""

    @property
    def info(self) -> SourceInfo: ...

    def frames(self) -> Iterator[Frame]: ...
