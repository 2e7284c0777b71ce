"""A live microphone: a device's channels into the inbox, and connected again for ever."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from edge_agent.capture.container import AvAudioFrame, resampler
from edge_agent.capture.device_process import Block, DeviceProcess, Opened
from edge_agent.capture.frame import SAMPLE_RATE, Samples, SensorChange
from edge_agent.capture.inbox import Inbox, MediaClock, SoundBlock
from edge_agent.capture.reconnect import Backoff
from edge_agent.errors import CaptureError
from schemas.vocabulary import Sensor, SensorState

_LOOK_S = 0.25
"""How often a stop is looked for while nothing comes."""
_OPEN_S = 15.0
"""A sound server that just started takes its time; one that hangs is given up."""
_FIRST_S = 5.0
"""From the opening to the first block, at least."""
_STEADY_S = 10.0
"""Sound for so long makes the next pause short again."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceChannel:
    """Channel `of_device` (from 0) of the device is the source's channel `channel`."""

    of_device: int
    channel: int
    sensor: Sensor


class MicrophoneInput:
    """`device`: its number, its name, or a part of its name that no other has. `stalled_s`:
    without a block for so long it is connected anew. `rate`: of the device, in Hz; None takes
    16 kHz where it is offered and else the device's own.
    """

    def __init__(
        self,
        device: str | int,
        channels: Sequence[DeviceChannel],
        *,
        stalled_s: float,
        rate: int | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._device = device
        self._channels = tuple(channels)
        self._stalled_s = stalled_s
        self._rate = rate
        self._backoff = backoff or Backoff(0.5, 30.0, Random())  # noqa: S311 - no secret
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._overflows = 0
        self._fault: str | None = None

    @property
    def overflows(self) -> int:
        """Times since the start that the device or the way from it lost sound."""
        return self._overflows

    @property
    def fault(self) -> str | None:
        """Why nothing comes now, in one line; None while sound comes."""
        return self._fault

    def start(self, inbox: Inbox, clock: MediaClock) -> None:
        self._thread = threading.Thread(
            target=self._run, args=(_Report(self._channels, inbox, clock),), name="microphone"
        )
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, report: "_Report") -> None:
        while not self._stop.is_set():
            numbers = [channel.of_device for channel in self._channels]
            try:
                with DeviceProcess(self._device, numbers, self._rate) as process:
                    self._deliver(process, report)
            except CaptureError as error:
                self._lost(report, SensorState.DISCONNECTED, str(error))
            except OSError as error:  # no process or no pipe can be had now
                self._lost(report, SensorState.DISCONNECTED, f"{type(error).__name__}")
            if self._stop.wait(self._backoff.next_s()):
                return

    def _deliver(self, process: DeviceProcess, report: "_Report") -> None:
        """Returns when asked to stop, or when nothing has come for too long."""
        to_16khz: _To16kHz | None = None
        seen = 0
        last_s = time.monotonic()
        patience_s = max(_OPEN_S, self._stalled_s)
        began_s: float | None = None
        while not self._stop.is_set():
            message = process.read(_LOOK_S)
            now_s = time.monotonic()
            if message is None:
                if now_s - last_s >= patience_s:
                    text = f"microphone {self._device!r}: gave nothing for {patience_s:.0f} s"
                    self._lost(report, SensorState.STALLED, text)
                    return
                continue
            last_s = now_s
            if isinstance(message, Opened):
                to_16khz = _To16kHz(message.rate, len(self._channels))
                patience_s = max(_FIRST_S, self._stalled_s)
                continue
            assert to_16khz is not None
            if began_s is None:
                began_s, patience_s, self._fault = now_s, self._stalled_s, None
                _log.info("microphone %r: delivers", self._device)
            elif now_s - began_s >= _STEADY_S:
                self._backoff.reset()
            self._overflows += message.overflows - seen
            seen = message.overflows
            report.block(to_16khz.push(message), message)

    def _lost(self, report: "_Report", state: SensorState, text: str) -> None:
        if text != self._fault:
            _log.warning("%s", text)
        self._fault = text
        report.lost(state)


class _Report:
    """What goes into the inbox, with media time, and each state said once."""

    def __init__(self, channels: Sequence[DeviceChannel], inbox: Inbox, clock: MediaClock) -> None:
        self._channels = channels
        self._inbox = inbox
        self._clock = clock
        self._state = SensorState.OK
        self._until_s = clock.now_s()
        """Where the last sound ends."""

    def block(self, planes: Samples, block: Block) -> None:
        length_s = planes.shape[1] / SAMPLE_RATE
        if not length_s:
            return  # the resampler keeps the first few samples to itself
        end_s = self._clock.now_s() - (time.monotonic() - block.at_s)
        self._say(max(self._until_s, end_s - length_s), SensorState.OK)
        for channel, samples in zip(self._channels, planes, strict=True):
            self._inbox.put_sound(SoundBlock(channel.channel, end_s - length_s, samples))
        self._until_s = end_s

    def lost(self, state: SensorState) -> None:
        self._say(self._until_s, state)

    def _say(self, at_s: float, state: SensorState) -> None:
        if state is not self._state:
            self._state = state
            for channel in self._channels:
                self._inbox.put_event(SensorChange(at_s, channel.sensor, state))


class _To16kHz:
    def __init__(self, rate: int, channels: int) -> None:
        self._rate = rate
        self._count = channels
        self._tool: Any = None if rate == SAMPLE_RATE else resampler()

    def push(self, block: Block) -> Samples:
        """Shape (channels, n)."""
        planes = np.frombuffer(block.planes, np.float32).reshape(self._count, -1)
        if self._tool is None:
            return planes
        layout = "mono" if self._count == 1 else "stereo"
        frame = AvAudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate = self._rate
        parts = [np.asarray(part.to_ndarray(), np.float32) for part in self._tool.resample(frame)]
        return np.concatenate([np.zeros((self._count, 0), np.float32), *parts], axis=1)
