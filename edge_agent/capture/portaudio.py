"""A sound device in a process of its own: PortAudio, which its parent never loads.

PortAudio sees devices only as they were when it was initialised, initialises for a whole
process at a time, and can hang in a driver or a sound server that died. So each device is
opened by a small child, which is killed and started again to connect again: whatever it held
goes with it, and another microphone's stream is not touched. See device_process.py for the
parent's side. The child ends when its standard input does, so also when its parent is killed.

Sound goes through a pipe, thus through RAM alone. The one file that imports the runtime; no
NumPy here, so that a child is small.
"""

import json
import os
import queue
import struct
import sys
import threading
import time
from typing import Any

from edge_agent.privacy import no_core_dumps

HEADER = struct.Struct("<BdII")
"""Kind, monotonic clock at arrival in s, overflows so far, length of what follows in bytes."""
OPENED = 1
"""Follows: JSON with the rate in Hz and the device's name."""
BLOCK = 2
"""Follows: float32 of each channel asked for, one channel after the other."""
FAILED = 3
"""Follows: JSON with a code and a text."""
MISSING, UNKNOWN, AMBIGUOUS, REFUSED, ENDED = (
    "missing",
    "unknown",
    "ambiguous",
    "refused",
    "ended",
)
BLOCK_S = 0.05
_RATE = 16_000
_LATENCY_S = 0.1
_QUEUED = 100
"""Blocks that wait for the pipe; further ones are dropped and counted."""
_LOOK_S = 0.25
_INVALID_RATE = -9997


class Fault(Exception):  # noqa: N818 - told to the parent, who makes an error of it
    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def main(arguments: list[str]) -> int:
    no_core_dumps()
    request = json.loads(arguments[0])
    try:
        if request.get("list"):
            _send(OPENED, json.dumps(_devices(_runtime())).encode())
        else:
            threading.Thread(target=_end_with_parent, daemon=True).start()
            _capture(request["device"], request["channels"], request["rate"])
    except Fault as fault:
        _send(FAILED, json.dumps({"code": fault.code, "text": str(fault)}).encode())
        return 1
    except BrokenPipeError:
        pass
    return 0


def _runtime() -> Any:
    try:
        import sounddevice  # noqa: PLC0415 - only a child may load it
    except (ImportError, OSError) as error:
        raise Fault(MISSING, str(error)) from error
    return sounddevice


def _devices(runtime: Any) -> list[dict[str, Any]]:
    hosts = runtime.query_hostapis()
    return [
        {
            "index": index,
            "name": device["name"],
            "host_api": hosts[device["hostapi"]]["name"],
            "channels": device["max_input_channels"],
            "rate": device["default_samplerate"],
        }
        for index, device in enumerate(runtime.query_devices())
        if device["max_input_channels"] > 0
    ]


def find(devices: list[dict[str, Any]], wanted: str | int) -> dict[str, Any]:
    """By number, by its whole name, or by a part of it that no other device has."""
    if isinstance(wanted, int):
        found = [d for d in devices if d["index"] == wanted]
    else:
        part = wanted.casefold()
        found = [d for d in devices if d["name"].casefold() == part] or [
            d for d in devices if part in d["name"].casefold()
        ]
    if len(found) == 1:
        return found[0]
    shown = ", ".join(f"{d['index']} {d['name']}" for d in found or devices)
    raise Fault(AMBIGUOUS if found else UNKNOWN, shown or "none")


def _capture(wanted: str | int, channels: list[int], rate: int | None) -> None:
    runtime = _runtime()
    device = find(_devices(runtime), wanted)
    if device["channels"] <= max(channels):
        raise Fault(REFUSED, f"has {device['channels']} channels, channel {max(channels)} is set")
    blocks: queue.Queue[tuple[float, bytes]] = queue.Queue(_QUEUED)
    overflows = 0

    def arrived(data: Any, _frames: int, _times: Any, status: Any) -> None:
        nonlocal overflows
        try:
            overflows += bool(status.input_overflow)
            blocks.put_nowait((time.monotonic(), bytes(data)))
        except queue.Full:
            overflows += 1

    stream, used_rate = _open(runtime, device, max(channels) + 1, rate, arrived)
    _send(OPENED, json.dumps({"rate": used_rate, "name": device["name"]}).encode())
    while True:
        try:
            at_s, data = blocks.get(timeout=_LOOK_S)
        except queue.Empty:
            if not stream.active:
                raise Fault(ENDED, "the device or the sound server has gone") from None
            continue
        samples = memoryview(data).cast("f")
        width = max(channels) + 1
        planes = b"".join(samples[channel::width].tobytes() for channel in channels)
        _send(BLOCK, planes, at_s, overflows)


def _open(
    runtime: Any, device: dict[str, Any], channels: int, rate: int | None, arrived: Any
) -> tuple[Any, int]:
    """At 16 kHz where the device offers it, else at its own rate."""
    rates = [rate] if rate else [_RATE, int(device["rate"])]
    for number, tried in enumerate(rates, 1):
        try:
            stream = runtime.RawInputStream(
                device=device["index"],
                samplerate=tried,
                channels=channels,
                dtype="float32",
                blocksize=round(tried * BLOCK_S),
                latency=_LATENCY_S,
                callback=arrived,
            )
            stream.start()
        except runtime.PortAudioError as error:
            if number < len(rates) and _INVALID_RATE in error.args:
                continue
            raise Fault(REFUSED, str(error.args[0])) from error
        return stream, tried
    raise AssertionError


def _send(kind: int, payload: bytes, at_s: float = 0.0, overflows: int = 0) -> None:
    message = memoryview(HEADER.pack(kind, at_s, overflows, len(payload)) + payload)
    while message:
        message = message[os.write(1, message) :]


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)  # a device that hangs cannot be closed


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # see above
