"""A camera on a cable: Video4Linux2, read by FFmpeg; and which ones are there."""

import errno
import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from edge_agent.capture.connection import Address
from edge_agent.capture.reconnect import Backoff
from edge_agent.capture.stream import StreamInput, StreamLimits

_QUERYCAP = 0x80685600
"""VIDIOC_QUERYCAP of linux/videodev2.h: _IOR('V', 0, struct v4l2_capability)."""
_CAPABILITY = struct.Struct("=16s32s32sIII12x")
"""struct v4l2_capability: driver, card, bus, version, capabilities, device_caps, reserved."""
_CAPTURES = 0x00000001
_HAS_DEVICE_CAPS = 0x80000000
"""The whole device can more than this one of its files: a camera has one for metadata, too."""

_OPTIONS = {
    # What the driver cannot do it replaces by the nearest that it can.
    "video_size": "640x480",
    "framerate": "10",
    # AVFMT_FLAG_NONBLOCK: a hung USB device would otherwise hold the thread in the kernel.
    "fflags": "+4",
}


@dataclass(frozen=True, slots=True)
class CameraDevice:
    path: Path
    name: str
    """As its maker calls it."""


def cameras(folder: Path = Path("/dev")) -> list[CameraDevice]:
    """Those that give pictures; each is opened for a moment, which turns no light on."""
    paths = sorted(folder.glob("video*"), key=lambda p: (len(p.name), p.name))
    found = [(path, _asked(path)) for path in paths]
    return [CameraDevice(path, answer.name) for path, answer in found if answer.captures]


class CameraInput(StreamInput):
    """`device`: such as /dev/video0."""

    def __init__(
        self,
        device: str,
        *,
        fps: float = 3.0,
        limits: StreamLimits | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        path = Path(device)
        super().__init__(
            f"camera {device}",
            lambda: _wrong(path) or Address(device, "v4l2", _OPTIONS),
            fps=fps,
            wants_video=True,
            sound=(),
            limits=limits or StreamLimits(),
            backoff=backoff,
        )


@dataclass(frozen=True, slots=True)
class _Answer:
    name: str = ""
    captures: bool = False
    error: int = 0


def _asked(path: Path) -> _Answer:
    buffer = bytearray(_CAPABILITY.size)
    try:
        file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return _Answer(error=error.errno or errno.EIO)
    try:
        fcntl.ioctl(file, _QUERYCAP, buffer)
    except OSError as error:
        return _Answer(error=error.errno or errno.EIO)
    finally:
        os.close(file)
    _, card, _, _, whole, own = _CAPABILITY.unpack(buffer)
    can = own if whole & _HAS_DEVICE_CAPS else whole
    return _Answer(card.split(b"\0")[0].decode("utf-8", "replace"), bool(can & _CAPTURES))


def _wrong(path: Path) -> str | None:
    """What keeps the device from giving pictures, or None."""
    answer = _asked(path)
    if answer.captures:
        return None
    if answer.error in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        there = ", ".join(str(camera.path) for camera in cameras(path.parent)) or "none"
        return f"is not there (cameras that are: {there}); plug it in, or set `device`"
    if answer.error in (errno.EACCES, errno.EPERM):
        return "may not be opened by this user; add the user to the group `video`"
    if answer.error == errno.EBUSY:
        return "is used by another program; end that one"
    return "is no camera; expected a device that gives pictures, such as /dev/video0"
