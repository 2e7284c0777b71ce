"""What a counter did, in windows of 10 s: up to six under one signature, once a minute."""

from typing import Annotated

from pydantic import Field

from schemas.fields import Decibels, Share, Timestamp, Wire

WINDOW_S = 10
WindowSeconds = Annotated[float, Field(ge=0, le=WINDOW_S)]


class ActivityWindow(Wire):
    """Seconds out of ten; None where the sensor gave nothing valid."""

    at: Timestamp
    staff_speech_s: WindowSeconds | None = None
    citizen_speech_s: WindowSeconds | None = None
    unknown_speech_s: WindowSeconds | None = None
    overlap_s: WindowSeconds | None = None
    staff_level_dbfs: Decibels | None = None
    citizen_level_dbfs: Decibels | None = None
    citizen_present_s: WindowSeconds | None = None
    staff_present_s: WindowSeconds | None = None
    in_interaction_s: WindowSeconds
    audio_coverage: Share
    video_coverage: Share


class ActivityPayload(Wire):
    windows: Annotated[tuple[ActivityWindow, ...], Field(min_length=1, max_length=6)]
