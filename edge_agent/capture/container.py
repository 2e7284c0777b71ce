"""A recording's container: opened, looked through once without decoding, held to its word.

The one file that imports FFmpeg's binding; its neighbours get frames and tools from here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame as AvAudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame as AvVideoFrame
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream

from edge_agent.capture.frame import SAMPLE_RATE
from edge_agent.errors import CaptureError

__all__ = [
    "AvAudioFrame",
    "AvVideoFrame",
    "Recording",
    "VideoStream",
    "decoded",
    "is_cover",
    "opened",
    "resampler",
    "rgb",
]

_CUT_SHORT_S = 2.0
_STATES_LENGTH = ("mp4", "matroska", "flac", "avi")
"""Containers whose header states the length; others' is an estimate, or the file's own end."""
_UNKNOWN_RIFF = 0x7FFF0000
"""Programs that write a WAV into a pipe put a size of about this or more."""


@dataclass(frozen=True, slots=True)
class Recording:
    path: Path
    start_s: float
    """The container's own time of media time 0."""
    duration_s: float | None
    channels: int
    has_video: bool
    sound_until_s: float
    video_until_s: float

    @classmethod
    def inspect(cls, path: Path) -> "Recording":
        """Raises CaptureError for what is no whole recording with sound."""
        _check_file(path)
        with opened(path) as container:
            if not container.streams.audio:
                raise CaptureError(
                    f"{path}: has no sound; expected one or two audio channels, because what is "
                    "measured is a conversation"
                )
            sound = container.streams.audio[0]
            pictures = next((v for v in container.streams.video if not is_cover(v)), None)
            if sound.codec_context is None or sound.codec_context.channels < 1:
                raise CaptureError(
                    f"{path}: its sound is in a format that cannot be decoded; expected AAC, "
                    "Opus, MP3, FLAC, PCM or the like; convert it"
                )
            start_s = (container.start_time or 0) / av.time_base
            promised = _promised_s(container, sound)
            until = _last_packets(path, container)
            if sound.index not in until:
                raise CaptureError(f"{path}: its sound is empty; expected at least a second")
            sound_s = until[sound.index] - start_s
            video_s = 0.0 if pictures is None else until.get(pictures.index, start_s) - start_s
            if promised is not None:
                _check_whole(path, promised, until[sound.index], max(until.values()))
            return cls(
                path=path,
                start_s=start_s,
                duration_s=max(sound_s, video_s),
                channels=sound.codec_context.channels,
                has_video=pictures is not None and pictures.index in until,
                sound_until_s=sound_s,
                video_until_s=video_s,
            )


@dataclass(frozen=True, slots=True)
class _Promise:
    sound_s: float | None
    """Where the header says that the sound ends, in the container's time."""
    whole_s: float | None


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The container, read as a local file only: a playlist cannot make it reach out."""
    try:
        container = av.open(str(path.absolute()), options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise CaptureError(
            f"{path}: cannot be read as a recording ({type(error).__name__}); expected a whole "
            "video or sound file, such as MP4, MKV, MOV, WAV; if it was cut off while copying, "
            "copy it again"
        ) from error
    with container:
        yield container


def decoded(container: Any, stream: AudioStream | VideoStream) -> Iterator[Any]:
    """Decoded frames; a damaged packet is passed over, as a player would."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            frames = packet.decode()
        except av.FFmpegError:
            continue
        yield from frames


def resampler() -> av.AudioResampler:
    """To 16 kHz and planes of float32, whatever channels come."""
    return av.AudioResampler(format="fltp", rate=SAMPLE_RATE)


def rgb(frame: AvVideoFrame, width: int, height: int) -> Any:
    """The picture in another size, shape (height, width, 3), uint8."""
    small = frame.reformat(
        width=width, height=height, format="rgb24", interpolation=Interpolation.AREA
    )
    return small.to_ndarray()


def is_cover(stream: VideoStream) -> bool:
    """A picture attached to a sound file is no video, nor is what nothing can decode."""
    attached = bool(stream.disposition & av.stream.Disposition.attached_pic)
    return attached or stream.codec_context is None


def _check_file(path: Path) -> None:
    try:
        if not path.exists():
            raise CaptureError(f"{path}: no such file; expected a recording (video or sound)")
        if path.is_dir():
            raise CaptureError(f"{path}: is a folder; expected one recording")
        if not path.is_file():
            raise CaptureError(f"{path}: is no ordinary file; expected a recording")
        size = path.stat().st_size
        if size == 0:
            raise CaptureError(f"{path}: is empty; expected a recording; copy it again")
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise CaptureError(
            f"{path}: cannot be opened ({type(error).__name__}); expected a recording that this "
            "user may read"
        ) from error
    # FFmpeg takes the end of a WAV for granted wherever the file ends; its header knows better.
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        stated = int.from_bytes(head[4:8], "little")
        if stated < _UNKNOWN_RIFF and size < stated:
            raise CaptureError(
                f"{path}: the recording is cut short: got {size} bytes, expected {stated + 8} as "
                "its header says; copy it again"
            )


def _promised_s(container: Any, sound: AudioStream) -> _Promise | None:
    names = container.format.name.split(",")
    if not any(name in names for name in _STATES_LENGTH):
        return None
    whole_s = container.duration / av.time_base if container.duration else None
    sound_s = None
    if sound.duration is not None and sound.time_base is not None:
        sound_s = float((sound.duration + (sound.start_time or 0)) * sound.time_base)
    elif "DURATION" in sound.metadata:
        sound_s = _seconds(sound.metadata["DURATION"])
    if sound_s is not None and whole_s is not None:
        # An edit list leaves out what a track's own length still counts.
        sound_s = min(sound_s, whole_s)
    return _Promise(sound_s, whole_s)


def _seconds(clock: str) -> float | None:
    """Of Matroska's "00:01:30.250000000"."""
    try:
        hours, minutes, seconds = clock.split(":")
        length = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    except ValueError:
        return None
    return length.total_seconds()


def _last_packets(path: Path, container: Any) -> dict[int, float]:
    """By stream: the end of its last packet, in the container's time."""
    until: dict[int, float] = {}
    try:
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                index = packet.stream.index
                until[index] = max(until.get(index, end_s), end_s)
    except av.FFmpegError as error:
        raise CaptureError(
            f"{path}: the recording is damaged or cut short ({type(error).__name__}); expected a "
            "whole one; copy it again"
        ) from error
    return until


def _check_whole(path: Path, promised: _Promise, sound_s: float, whole_s: float) -> None:
    """Where the header does not say where its sound ends, some stream must reach the end."""
    expected, got = (
        (promised.whole_s, whole_s) if promised.sound_s is None else (promised.sound_s, sound_s)
    )
    if expected is not None and expected - got > max(_CUT_SHORT_S, expected * 0.01):
        raise CaptureError(
            f"{path}: the recording is cut short: its sound ends at {got:.0f} s, expected "
            f"{expected:.0f} s as its header says; copy it again"
        )
