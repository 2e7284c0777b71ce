"""A recording in any container that FFmpeg reads, as frames in the order of media time.

Media time 0 is the recording's first picture or sound. Sound that is not there while
pictures are is digital silence, as a dead microphone gives: it lowers coverage later.
"""

from collections.abc import Iterator
from pathlib import Path

from edge_agent.capture.container import Recording, is_cover, opened
from edge_agent.capture.frame import AudioFrame, Frame, SourceInfo, VideoFrame
from edge_agent.capture.pictures import decode_pictures
from edge_agent.capture.sides import Sides, compare_sides
from edge_agent.capture.sound import decode_sound
from edge_agent.errors import CaptureError


class RecordingSource:
    """`channels`: 1 or 2 demanded, or None to take what the recording has: two where they
    tell two people apart, else one.

    Raises CaptureError, one line each, for what cannot be measured.
    """

    def __init__(self, path: Path, *, channels: int | None, video_fps: float) -> None:
        self._path = path
        self._video_fps = video_fps
        self._recording = Recording.inspect(path)
        self._info = SourceInfo(
            duration_s=self._recording.duration_s,
            channels=self._channels(channels),
            has_video=self._recording.has_video,
        )

    @property
    def info(self) -> SourceInfo:
        return self._info

    def frames(self) -> Iterator[Frame]:
        """Sound and pictures merged by media time, decoded as they are asked for."""
        pictures = self._pictures() if self._info.has_video else iter(())
        picture = next(pictures, None)
        for frame in self._sound(self._info.channels):
            while picture is not None and picture.at_s <= frame.end_s:
                yield picture
                picture = next(pictures, None)
            yield frame

    def _sound(self, channels: int) -> Iterator[AudioFrame]:
        return decode_sound(self._recording, channels)

    def _pictures(self) -> Iterator[VideoFrame]:
        with opened(self._path) as container:
            stream = next(v for v in container.streams.video if not is_cover(v))
            yield from decode_pictures(container, stream, self._video_fps, self._recording.start_s)

    def _channels(self, wanted: int | None) -> int:
        has = self._recording.channels
        if wanted == 2 and has < 2:
            raise CaptureError(
                f"{self._path}: has one audio channel, and two are set (0 staff, 1 citizen); "
                "set channels to 1, or record both microphones"
            )
        if wanted == 1 or has == 1:
            return 1
        sides = compare_sides(self._sound(2))
        if wanted == 2 and sides is Sides.SAME:
            raise CaptureError(
                f"{self._path}: its two audio channels carry the same sound, and two are set "
                "(0 staff, 1 citizen); set channels to 1, or record both microphones"
            )
        return 2 if wanted == 2 or sides is Sides.APART else 1
