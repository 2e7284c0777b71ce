"""What the tests of microphones have in common: inputs that reconnect fast, and conditions."""

import random

import numpy as np
import psutil

from edge_agent.capture.microphone import DeviceChannel, MicrophoneInput
from edge_agent.capture.reconnect import Backoff
from schemas.vocabulary import Sensor, SensorState
from tests.streams.listener import Listener
from tests.streams.pulse import RATE
from tests.streams.signals import level_dbfs, tone

STAFF = DeviceChannel(0, 0, Sensor.MICROPHONE_STAFF)
CITIZEN = DeviceChannel(1, 1, Sensor.MICROPHONE_CITIZEN)
STALLED_S = 1.0
SOON_S = 30.0
"""For what has no limit of its own, on a busy machine."""


def microphone(device: str | int, *channels: DeviceChannel, **more) -> MicrophoneInput:
    more.setdefault("backoff", Backoff(0.01, 0.1, random.Random(1)))
    return MicrophoneInput(device, channels, stalled_s=STALLED_S, **more)


def listen(*inputs: MicrophoneInput) -> Listener:
    channels = sum(len(i._channels) for i in inputs)
    return Listener(inputs, channels, STALLED_S)


def tones(*pairs: tuple[float, float], seconds: float = 120) -> np.ndarray:
    return np.stack([tone(hz, seconds, dbfs, RATE) for hz, dbfs in pairs])


def heard(listener: Listener) -> bool:
    """Of each channel, in each hundredth of a second of the last frame."""
    last = listener.last(0.096)
    parts = last.reshape(-1, 192) if last.size else np.zeros((1, 192))
    return all(level_dbfs(part) > -50 for part in parts)


def told(state: SensorState, sensor: Sensor, since: int = 0):
    return lambda listener: any(
        (c.state, c.sensor) == (state, sensor) for c in listener.changes[since:]
    )


def children() -> list[psutil.Process]:
    """Those that hold a device."""
    return [
        child
        for child in psutil.Process().children()
        if any("portaudio" in part for part in child.cmdline())
    ]
