"""Live sensors as one source: frames in the order of media time, for as long as it is asked."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from edge_agent.capture.frame import (
    SAMPLE_RATE,
    AudioFrame,
    Frame,
    KeyPress,
    SensorChange,
    SourceInfo,
    VideoFrame,
)
from edge_agent.capture.inbox import Inbox, Input, Losses, MediaClock
from edge_agent.capture.mixer import WAIT_S, Mixer
from edge_agent.capture.sound import BLOCK
from schemas.vocabulary import Key, Role

_AHEAD_S = 1.0
"""So much is taken out of the inbox at a time; the rest waits there, where it is bounded."""
_LOOK_S = 0.1
"""How often a stop is looked for while nothing comes."""


class LiveSource:
    """`clock`: its zero is media time 0; make it when everything else is loaded, because what
    passes before `frames` is asked for is not measured. `wait_s`: for late blocks of sound.

    Pictures, changes and keys come before the sound of their time. A gap is known only at its
    end or after `stalled_s`: the change that tells of it bears the time at which it began.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        info: SourceInfo,
        *,
        stalled_s: float,
        clock: MediaClock | None = None,
        wait_s: float = WAIT_S,
    ) -> None:
        self._inputs = tuple(inputs)
        self._info = info
        self._stalled_s = stalled_s
        self._clock = clock or MediaClock()
        self._wait_s = wait_s
        self._inbox = Inbox(info.channels)
        self._stop = threading.Event()
        self._mixer: Mixer | None = None

    @property
    def info(self) -> SourceInfo:
        return self._info

    @property
    def losses(self) -> Losses:
        lost = self._inbox.losses
        late_s = 0.0 if self._mixer is None else self._mixer.late_s
        return Losses(lost.sound_s + late_s, lost.pictures)

    @property
    def lag_s(self) -> float:
        """How far the end of the last frame given lies behind now; about 0.3 s at best."""
        return 0.0 if self._mixer is None else self._clock.now_s() - self._mixer.position_s

    def press(self, key: Key, asked_by: Role) -> None:
        """Safe from any thread."""
        self._inbox.put_event(KeyPress(self._clock.now_s(), key, asked_by))

    def stop(self) -> None:
        """`frames` ends before its next frame. Safe from any thread and in a signal handler."""
        self._stop.set()

    def frames(self) -> Iterator[Frame]:
        """Once only. Every input is stopped when it ends, however it ends."""
        with ExitStack() as running:
            now_s = self._clock.now_s()
            mixer = Mixer(
                self._info.channels,
                stalled_s=self._stalled_s,
                start_s=now_s // (BLOCK / SAMPLE_RATE) * (BLOCK / SAMPLE_RATE),
                wait_s=self._wait_s,
            )
            self._mixer = mixer
            for sensor in self._inputs:
                sensor.start(self._inbox, self._clock)
                running.callback(sensor.stop)
            for frame in self._merged(mixer):
                if self._stop.is_set():
                    return
                yield frame

    def _merged(self, mixer: Mixer) -> Iterator[Frame]:
        waiting: list[VideoFrame | SensorChange | KeyPress] = []
        while not self._stop.is_set():
            wait_s = min(_LOOK_S, max(0.0, mixer.due_s - self._clock.now_s()))
            until_s = mixer.due_s + _AHEAD_S
            blocks, pictures, events = self._inbox.take(wait_s, until_s)
            for block in blocks:
                mixer.push(block)
            waiting += [*pictures, *events]
            waiting.sort(key=lambda frame: frame.at_s)
            for frame in mixer.pull(min(self._clock.now_s(), until_s)):
                if isinstance(frame, AudioFrame):
                    while waiting and waiting[0].at_s <= frame.end_s:
                        yield from _known(mixer, waiting.pop(0))
                yield frame


def _known(mixer: Mixer, frame: VideoFrame | SensorChange | KeyPress) -> list[Frame]:
    return [*mixer.told(frame)] if isinstance(frame, SensorChange) else [frame]
