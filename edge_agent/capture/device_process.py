"""The parent's side of portaudio.py: starts the child, reads what it sends, ends it surely."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge_agent.capture.portaudio import (
    AMBIGUOUS,
    BLOCK,
    ENDED,
    FAILED,
    HEADER,
    MISSING,
    OPENED,
    UNKNOWN,
)
from edge_agent.errors import CaptureError

_ROOT = Path(__file__).parents[2]
_LIST_S = 20.0
_END_S = 0.5
_KILLED_S = 5.0
_READ = 1 << 16


class DeviceGoneError(CaptureError):
    """The device is not there, cannot be opened, or has gone; it may come back."""

    code = "capture-device"
    permanent = False


@dataclass(frozen=True, slots=True)
class Opened:
    rate: int
    name: str


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """`planes`: float32 of each channel asked for, one after the other; `at_s`: the monotonic
    clock when its last sample had come; `overflows`: times since the opening that some was lost.
    """

    planes: bytes
    at_s: float
    overflows: int


class DeviceProcess:
    """One opening of one device. A context manager: at its end the child is gone."""

    def __init__(self, device: str | int, channels: Sequence[int], rate: int | None) -> None:
        self._device = device
        self._held = bytearray()
        self._child = _start({"device": device, "channels": list(channels), "rate": rate})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with suppress(OSError):
            self._child.stdin.close()
        _end(self._child)
        self._child.stdout.close()

    def read(self, wait_s: float) -> Opened | Block | None:
        """The next message; None where none came in time. Raises CaptureError when the child
        says what is wrong, or ends.
        """
        until_s = time.monotonic() + wait_s
        while True:
            message = self._next()
            if message is not None:
                return message
            if not self._fill(max(0.0, until_s - time.monotonic())):
                return None

    def _fill(self, wait_s: float) -> bool:
        assert self._child.stdout is not None
        readable = select.poll()  # select() itself fails from 1,024 open files on
        readable.register(self._child.stdout, select.POLLIN)
        if not readable.poll(wait_s * 1000):
            return False
        data = os.read(self._child.stdout.fileno(), _READ)
        if not data:
            raise _fault(self._device, ENDED, "its process ended")
        self._held += data
        return True

    def _next(self) -> Opened | Block | None:
        if len(self._held) < HEADER.size:
            return None
        kind, at_s, overflows, length = HEADER.unpack_from(self._held)
        end = HEADER.size + length
        if len(self._held) < end:
            return None
        payload = bytes(self._held[HEADER.size : end])
        del self._held[:end]
        if kind == BLOCK:
            return Block(payload, at_s, overflows)
        told = json.loads(payload)
        if kind == FAILED:
            raise _fault(self._device, told["code"], told["text"])
        return Opened(told["rate"], told["name"])


def list_devices() -> list[dict[str, Any]]:
    """As they are now. Raises CaptureError."""
    child = _start({"list": True})
    try:
        out, _ = child.communicate(timeout=_LIST_S)
    except subprocess.TimeoutExpired as error:
        raise CaptureError(
            f"the sound devices did not answer within {_LIST_S:.0f} s; expected their list; "
            "restart the sound server, or plug the microphone in again"
        ) from error
    finally:
        _end(child)
    if len(out) < HEADER.size:
        raise CaptureError(
            "the list of sound devices could not be read: its process ended "
            f"({child.returncode}); expected a list; restart the sound server"
        )
    kind, *_ = HEADER.unpack_from(out)
    told = json.loads(out[HEADER.size :])
    if kind != OPENED:
        raise _fault("any", told["code"], told["text"])
    devices: list[dict[str, Any]] = told
    return devices


def _start(request: dict[str, Any]) -> subprocess.Popen[bytes]:
    # A secret of the agent's environment is none of the child's business.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HAILONG_")}
    paths = [str(_ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    return subprocess.Popen(  # noqa: S603 - this program's own file
        [sys.executable, "-P", "-m", "edge_agent.capture.portaudio", json.dumps(request)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # ALSA's library talks a lot, of nothing that is wrong
        env=environment,
        start_new_session=True,  # Ctrl-C is the parent's to handle
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(_END_S)
    except subprocess.TimeoutExpired:
        child.kill()
        with suppress(subprocess.TimeoutExpired):  # stuck in a driver: the kernel ends it later
            child.wait(_KILLED_S)


def _fault(device: str | int, code: str, text: str) -> CaptureError:
    name = f"microphone {device!r}"
    if code == MISSING:
        return CaptureError(
            f"{name}: PortAudio is missing ({text}); expected it for live microphones; run: "
            "sudo apt-get install libportaudio2 && pip install sounddevice"
        )
    if code == AMBIGUOUS:
        return CaptureError(
            f"{name}: several devices have that in their name: {text}; expected one; set more "
            "of its name, or its number"
        )
    if code == UNKNOWN:
        return DeviceGoneError(
            f"{name}: no such device; there are: {text}; plug it in, or set one that "
            "`hailong agent devices` shows"
        )
    if code == ENDED:
        return DeviceGoneError(f"{name}: {text}; expected sound; it is tried again")
    return DeviceGoneError(
        f"{name}: cannot be opened ({text}); expected a device that no other program holds; "
        "look at `hailong agent devices`"
    )
