"""A live source's frames, taken as the agent takes them: by one thread, as they come."""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import numpy as np

from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Frame, SensorChange, SourceInfo
from edge_agent.capture.inbox import Input
from edge_agent.capture.live import LiveSource


class Listener:
    """`channels` of the inputs' sound are kept, and every other frame, in their order."""

    def __init__(self, inputs: Sequence[Input], channels: int, stalled_s: float) -> None:
        info = SourceInfo(duration_s=None, channels=channels, has_video=False)
        self.source = LiveSource(inputs, info, stalled_s=stalled_s)
        self._changed = threading.Condition()
        self._sound: list[np.ndarray] = []
        self._others: list[Frame] = []
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.source.stop()
        self._thread.join(30)
        assert not self._thread.is_alive(), "the source does not stop"

    def _listen(self) -> None:
        for frame in self.source.frames():
            with self._changed:
                if isinstance(frame, AudioFrame):
                    self._sound.append(frame.samples)
                else:
                    self._others.append(frame)
                self._changed.notify_all()

    def wait(self, met: Callable[["Listener"], object], within_s: float) -> float:
        """Seconds until it was met."""
        began = time.monotonic()
        with self._changed:
            assert self._changed.wait_for(lambda: met(self), within_s), (
                f"not met within {within_s} s; changes: {self.changes}"
            )
        return time.monotonic() - began

    def forget(self) -> None:
        """The sound so far."""
        with self._changed:
            self._sound.clear()

    @property
    def changes(self) -> list[SensorChange]:
        return [frame for frame in self._others if isinstance(frame, SensorChange)]

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self._sound, axis=1) if self._sound else np.zeros((2, 0))

    def last(self, seconds: float) -> np.ndarray:
        count = round(seconds * SAMPLE_RATE)
        return self.sound[:, -count:]
