"""The microphones that are there, and how loud each is, for somebody who sets up a counter."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edge_agent.capture.device_process import Block, DeviceProcess, list_devices
from edge_agent.capture.frame import Samples
from edge_agent.errors import CaptureError
from edge_agent.segment import FLOOR_DBFS, rms_dbfs

_BAR = 30
_FROM_DBFS = -70.0
"""Left end of the bar: a quiet room; its right end is full scale."""
_DRAW_S = 0.1
_PEAK_FALLS_DB_S = 12.0
_NOTHING_S = 15.0
"""A sound server that just started takes its time."""


@dataclass(frozen=True, slots=True)
class Microphone:
    """`index` and `name` are what `device` in the settings takes. `rate`: its own, in Hz."""

    index: int
    name: str
    host_api: str
    channels: int
    rate: int


def microphones() -> list[Microphone]:
    """Those that are there now. Raises CaptureError."""
    return [
        Microphone(d["index"], d["name"], d["host_api"], d["channels"], round(d["rate"]))
        for d in list_devices()
    ]


def level_line(level_dbfs: float, peak_dbfs: float) -> str:
    """A bar up to the level, a mark at the peak held, both as numbers."""

    def place(dbfs: float) -> int:
        return round(min(1.0, max(0.0, 1 - dbfs / _FROM_DBFS)) * _BAR)

    bar = list("#" * place(level_dbfs) + "." * (_BAR - place(level_dbfs)))
    if peak_dbfs > _FROM_DBFS:
        bar[min(_BAR - 1, place(peak_dbfs))] = "|"
    word = " silent" if level_dbfs <= FLOOR_DBFS else ""
    return f"[{''.join(bar)}] {level_dbfs:6.1f} dBFS, peak {peak_dbfs:6.1f}{word}"


def meter(
    device: str | int,
    channels: int,
    seconds: float,
    draw: Callable[[list[str]], None],
) -> None:
    """Draws a line a channel ten times a second, for `seconds` from the first sound on; nothing
    of the sound is kept. Raises CaptureError where the device cannot be opened, gives nothing
    or goes.
    """
    peaks = [FLOOR_DBFS] * channels
    until_s: float | None = None
    drawn_s = heard_s = time.monotonic()
    waiting: list[Samples] = []
    with DeviceProcess(device, range(channels), None) as process:
        while until_s is None or drawn_s < until_s:
            message = process.read(_DRAW_S)
            now_s = time.monotonic()
            if isinstance(message, Block):
                waiting.append(np.frombuffer(message.planes, np.float32).reshape(channels, -1))
                heard_s = now_s
                until_s = until_s or now_s + seconds
            elif now_s - heard_s > _NOTHING_S:
                raise CaptureError(
                    f"microphone {device!r}: gave nothing for {_NOTHING_S:.0f} s; expected sound; "
                    "plug it in again, or restart the sound server"
                )
            if now_s - drawn_s < _DRAW_S or not waiting:
                continue
            sound, waiting = np.concatenate(waiting, axis=1), []
            fallen_db, drawn_s = (now_s - drawn_s) * _PEAK_FALLS_DB_S, now_s
            for number, samples in enumerate(sound):
                peak_dbfs = _dbfs(float(np.max(np.abs(samples))))
                peaks[number] = max(peak_dbfs, peaks[number] - fallen_db)
            levels = [rms_dbfs(samples) for samples in sound]
            draw([level_line(*pair) for pair in zip(levels, peaks, strict=True)])


def _dbfs(amplitude: float) -> float:
    return max(FLOOR_DBFS, 20 * float(np.log10(amplitude + 1e-12)))
