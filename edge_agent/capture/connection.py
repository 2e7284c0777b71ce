"""An open stream of a camera, read by FFmpeg: what came, or that nothing came.

The one file that opens live streams. FFmpeg's exceptions and lines hold the address with the
password, so none of them leaves this file: what went wrong is told as a `Fault`.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import av
from av.audio.frame import AudioFrame as AvAudioFrame
from av.video.frame import VideoFrame as AvVideoFrame

__all__ = ["Address", "AvAudioFrame", "AvVideoFrame", "Connection", "Fault", "Pause"]


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """What FFmpeg is to open. `file` may hold a password."""

    file: str
    format: str
    options: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Address({self.format})"


class Fault(Enum):
    """Why a stream cannot be opened, as a line says it."""

    UNREACHABLE = "cannot be reached; check its address, power and network"
    NO_ANSWER = "gives no answer in time; check its network, or start it again"
    REFUSED = "refuses the user or password; set HAILONG_..._USER and HAILONG_..._PASSWORD"
    NOT_FOUND = "has no stream at this path; look up the stream's path in the camera's manual"
    ANSWERS_ERROR = "answers with an error; too many may watch it, or it needs a new start"
    BUSY = "is used by another program; end that one"
    DENIED = "may not be opened by this user; add the user to the group `video`"
    NOT_READABLE = "sends nothing that can be read; expected H.264, H.265 or MJPEG"
    NO_VIDEO = "sends no video; turn it on at the camera, or remove it from the settings"
    NO_SOUND = "sends no sound that can be decoded; turn it on at the camera (AAC, G.711, Opus)"


class Pause(Enum):
    NOTHING_CAME = "nothing came"
    """Though a read's whole time was waited for it."""
    NOT_YET = "not yet"
    """A device that does not wait has nothing now."""
    ENDED = "ended"


class Connection:
    """One thread opens, reads and closes it. Never shown: its container's repr has the address."""

    def __init__(self, container: Any, *, video: Any, sound: Any) -> None:
        self._container = container
        self._video = video
        self._sound = sound
        # FFmpeg marks key frames by the codec's kind, and this kind of its own it does not know.
        codec = None if video is None else video.codec_context.codec
        self.all_keys = codec is not None and (codec.intra_only or codec.name == "wrapped_avframe")
        self._packets: Iterator[Any] | None = None

    def __repr__(self) -> str:
        return "Connection()"

    @classmethod
    def open(
        cls, address: Address, *, video: bool, sound: bool, open_s: float, read_s: float
    ) -> "Connection | Fault":
        """Takes twice `open_s` at most (once to connect, once to see what comes), but for a
        name that resolves slowly. `read_s`: how long one `read` waits.
        """
        av.logging.set_level(None)
        began_s = time.monotonic()
        try:
            container = av.open(
                address.file,
                format=address.format,
                options=dict(address.options),
                timeout=(open_s, read_s),
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            # RTSP's answer cut short by the time limit is to FFmpeg a wrong one.
            over = time.monotonic() - began_s >= open_s
            return Fault.NO_ANSWER if over else _fault(error)
        pictures = _first(container.streams.video) if video else None
        heard = _first(container.streams.audio) if sound else None
        missing = None
        if video and pictures is None:
            missing = Fault.NO_VIDEO
        elif sound and heard is None:
            missing = Fault.NO_SOUND
        if missing is not None:
            container.close()
            return missing
        if pictures is not None:
            # Threads of the decoder hold frames back, and the device has other work for them.
            pictures.thread_type = "NONE"
            pictures.thread_count = 1
        return cls(container, video=pictures, sound=heard)

    def read(self) -> Any:
        """A packet, or a Pause."""
        if self._packets is None:
            streams = [s for s in (self._video, self._sound) if s is not None]
            self._packets = self._container.demux(streams)
        try:
            packet = next(self._packets, None)
        except av.error.ExitError:  # read_s is over
            self._packets = None
            return Pause.NOTHING_CAME
        except av.error.BlockingIOError:
            self._packets = None
            return Pause.NOT_YET
        except (av.FFmpegError, OSError):
            return Pause.ENDED
        # At the end come empty packets, one a stream.
        return Pause.ENDED if packet is None or packet.size == 0 else packet

    def is_video(self, packet: Any) -> bool:
        return self._video is not None and packet.stream_index == self._video.index

    def is_key(self, packet: Any) -> bool:
        """Whether it can be decoded without any other."""
        return self.all_keys or bool(packet.is_keyframe)

    def decoded(self, packet: Any) -> list[Any]:
        """Its frames; a damaged packet has none."""
        try:
            return list(packet.decode())
        except (av.FFmpegError, OSError):
            return []

    def skip_non_reference(self, *, skip: bool) -> None:
        if self._video is not None:
            self._video.codec_context.skip_frame = "NONREF" if skip else "DEFAULT"

    def close(self) -> None:
        self._packets = None
        self._container.close()


def _first(streams: Any) -> Any:
    return next((s for s in streams if s.codec_context is not None), None)


def _fault(error: Exception) -> Fault:
    """By its class alone."""
    for kinds, fault in (
        ((av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError), Fault.REFUSED),
        ((av.error.HTTPNotFoundError,), Fault.NOT_FOUND),
        ((av.error.HTTPClientError, av.error.HTTPServerError), Fault.ANSWERS_ERROR),
        ((av.error.ExitError, av.error.TimeoutError, TimeoutError), Fault.NO_ANSWER),
        ((av.error.PermissionError, PermissionError), Fault.DENIED),
        ((av.error.InvalidDataError, ValueError), Fault.NOT_READABLE),
    ):
        if isinstance(error, kinds):
            return fault
    busy = isinstance(error, OSError) and error.errno == 16
    return Fault.BUSY if busy else Fault.UNREACHABLE
