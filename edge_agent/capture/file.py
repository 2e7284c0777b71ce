"""A recording in any container that FFmpeg reads, as frames in the order of media time."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame as AvAudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame as AvVideoFrame
from av.video.stream import VideoStream

from edge_agent.capture.frame import (
    SAMPLE_RATE,
    AudioFrame,
    Frame,
    Picture,
    Samples,
    SourceInfo,
    VideoFrame,
)
from edge_agent.errors import CaptureError

BLOCK = 1536
"""Samples of one audio frame: three chunks of the voice model, about a tenth of a second."""
_MAX_SIDE = 640
_CUT_SHORT_S = 2.0


class RecordingSource:
    """`channels`: 1 or 2 demanded, or None to take what the recording has.

    Raises CaptureError, one line each, for what cannot be measured.
    """

    def __init__(self, path: Path, *, channels: int | None, video_fps: float) -> None:
        self._path = path
        self._video_fps = video_fps
        self._info = self._inspect(channels)

    @property
    def info(self) -> SourceInfo:
        return self._info

    def frames(self) -> Iterator[Frame]:
        """Sound and pictures merged by media time, decoded as they are asked for."""
        sound: Iterator[Frame] = self._sound()
        pictures: Iterator[Frame] = self._pictures() if self._info.has_video else iter(())
        next_picture = next(pictures, None)
        for frame in sound:
            assert isinstance(frame, AudioFrame)
            while isinstance(next_picture, VideoFrame) and next_picture.at_s <= frame.end_s:
                yield next_picture
                next_picture = next(pictures, None)
            yield frame
        if next_picture is not None:
            yield from chain([next_picture], pictures)

    def _inspect(self, channels: int | None) -> SourceInfo:
        path = self._path
        if not path.exists():
            raise CaptureError(f"{path}: no such file; expected a recording (video or sound)")
        if path.is_dir():
            raise CaptureError(f"{path}: is a folder; expected one recording")
        if path.stat().st_size == 0:
            raise CaptureError(f"{path}: is empty; expected a recording; copy it again")
        with self._open() as container:
            if not container.streams.audio:
                raise CaptureError(
                    f"{path}: has no sound; expected one or two audio channels, because what is "
                    "measured is a conversation"
                )
            stream = container.streams.audio[0]
            has = stream.codec_context.channels
            if channels == 2 and has < 2:
                raise CaptureError(
                    f"{path}: has one audio channel, and two are set (0 staff, 1 citizen); "
                    "set channels to 1, or record both microphones"
                )
            self._check_whole(container, stream)
            return SourceInfo(
                duration_s=self._length_s(container, stream),
                channels=channels or min(2, has),
                has_video=any(not _is_cover(v) for v in container.streams.video),
            )

    def _open(self) -> Any:
        try:
            return av.open(str(self._path))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise CaptureError(
                f"{self._path}: cannot be read as a recording ({type(error).__name__}); expected "
                "a whole video or sound file, such as MP4, MKV, MOV, WAV; if it was cut off "
                "while copying, copy it again"
            ) from error

    def _check_whole(self, container: Any, stream: AudioStream) -> None:
        """Held against what the header promises, by the packets alone, without decoding."""
        promised = self._length_s(container, stream)
        last = 0.0
        packets = 0
        try:
            for packet in container.demux(stream):
                if packet.pts is not None:
                    packets += 1
                    end = float((packet.pts + (packet.duration or 0)) * (packet.time_base or 0))
                    last = max(last, end)
        except av.FFmpegError as error:
            raise self._cut_short(promised, last) from error
        if not packets:
            raise CaptureError(f"{self._path}: its sound is empty; expected at least a second")
        if promised is not None and promised - last > max(_CUT_SHORT_S, promised * 0.01):
            raise self._cut_short(promised, last)

    def _cut_short(self, promised: float | None, got: float) -> CaptureError:
        expected = "a whole one" if promised is None else f"{promised:.0f} s as its header says"
        return CaptureError(
            f"{self._path}: the recording is cut short: its sound ends at {got:.0f} s, expected "
            f"{expected}; copy it again"
        )

    @staticmethod
    def _length_s(container: Any, stream: AudioStream) -> float | None:
        if stream.duration is not None and stream.time_base is not None:
            start = stream.start_time or 0
            return float((stream.duration + start) * stream.time_base)
        return container.duration / av.time_base if container.duration else None

    def _sound(self) -> Iterator[AudioFrame]:
        channels = self._info.channels
        waiting: Samples = np.zeros((channels, 0), np.float32)
        at = 0
        with self._open() as container:
            stream = container.streams.audio[0]
            resampler = av.AudioResampler(format="fltp", rate=SAMPLE_RATE)
            first = True
            for decoded in chain(self._decoded(container, stream), [None]):
                for part in resampler.resample(decoded):
                    if first and part.pts is not None:
                        # A track that begins later than media time 0 begins with silence.
                        late = max(0, round(float(part.pts * (part.time_base or 0)) * SAMPLE_RATE))
                        waiting = np.zeros((channels, min(late, 600 * SAMPLE_RATE)), np.float32)
                    first = False
                    waiting = np.concatenate([waiting, _shaped(part, channels)], axis=1)
                while waiting.shape[1] >= BLOCK:
                    yield AudioFrame(at / SAMPLE_RATE, waiting[:, :BLOCK].copy())
                    waiting = waiting[:, BLOCK:]
                    at += BLOCK
        if waiting.shape[1]:
            rest = np.zeros((channels, BLOCK), np.float32)
            rest[:, : waiting.shape[1]] = waiting
            yield AudioFrame(at / SAMPLE_RATE, rest)

    def _pictures(self) -> Iterator[VideoFrame]:
        with self._open() as container:
            stream = next(v for v in container.streams.video if not _is_cover(v))
            stream.thread_type = "AUTO"
            step = 1.0 / self._video_fps
            due = 0.0
            for decoded in self._decoded(container, stream):
                if decoded.time is None or decoded.time < due - 1e-6:
                    continue
                due = max(due + step, decoded.time)  # a grid, so that the mean rate is kept
                yield VideoFrame(float(decoded.time), _picture(decoded))

    def _decoded(self, container: Any, stream: AudioStream | VideoStream) -> Iterator[Any]:
        """Decoded frames; a damaged packet is passed over, as a player would."""
        for packet in container.demux(stream):
            try:
                yield from packet.decode()
            except av.FFmpegError:
                continue


def _is_cover(stream: VideoStream) -> bool:
    """A picture attached to a sound file is no video."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _shaped(part: AvAudioFrame, channels: int) -> Samples:
    samples = part.to_ndarray().astype(np.float32)
    if samples.shape[0] >= channels == 2:
        return samples[:2]
    mixed: Samples = samples.mean(axis=0, keepdims=True, dtype=np.float32)
    return mixed


def _picture(decoded: AvVideoFrame) -> Picture:
    """Upright RGB, at most 640 pixels on its longer side."""
    scale = min(1.0, _MAX_SIDE / max(decoded.width, decoded.height))
    small = decoded.reformat(
        width=max(2, round(decoded.width * scale / 2) * 2),
        height=max(2, round(decoded.height * scale / 2) * 2),
        format="rgb24",
    )
    quarter_turns = round(decoded.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), quarter_turns)).astype(np.uint8)
