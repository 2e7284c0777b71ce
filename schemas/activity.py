"""What a counter did, in windows of 10 s: up to six under one signature, once a minute."""

from typing import Annotated

from pydantic import Field

from schemas.fields import Decibels, Seconds, Share, Timestamp, Wire

WINDOW_S = 10


class ActivityWindow(Wire):
    """Seconds out of ten; None where the sensor gave nothing valid."""

    at: Timestamp
    staff_speech_s: Seconds | None = None
    citizen_speech_s: Seconds | None = None
    unknown_speech_s: Seconds | None = None
    overlap_s: Seconds | None = None
    staff_level_dbfs: Decibels | None = None
    citizen_level_dbfs: Decibels | None = None
    citizen_present_s: Seconds | None = None
    staff_present_s: Seconds | None = None
    in_interaction_s: Seconds
    audio_coverage: Share
    video_coverage: Share


class ActivityPayload(Wire):
    windows: Annotated[tuple[ActivityWindow, ...], Field(min_length=1, max_length=6)]
