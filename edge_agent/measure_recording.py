"""A recording through the pipeline, as fast as it is measured, once."""

import threading
from collections.abc import Callable
from pathlib import Path

from edge_agent.anchors import Anchors, recording_sha256
from edge_agent.capture.file import RecordingSource
from edge_agent.capture.frame import SourceInfo
from edge_agent.delivery import Delivery, Stopped
from edge_agent.message import Origin
from edge_agent.models.catalog import Models
from edge_agent.pipeline import Pipeline, PipelineSettings
from schemas.health import SensorHealth
from schemas.vocabulary import Sensor, SensorState, SourceKind

VIDEO_FPS = 3.0
_PROGRESS_S = 30.0

Say = Callable[[str], None]


def open_recording(path: Path, channels: int | None) -> RecordingSource:
    """Raises CaptureError for what cannot be measured."""
    return RecordingSource(path, channels=channels, video_fps=VIDEO_FPS)


def measure_recording(
    source: RecordingSource,
    path: Path,
    device_id: str,
    anchors: Anchors,
    load_models: Callable[[], Models],
    settings: PipelineSettings,
    delivery: Delivery,
    stop: threading.Event,
    say: Say,
) -> None:
    """`load_models` is called only when there is something to measure. Raises Stopped."""
    sha256 = recording_sha256(path)
    done = anchors.finished(sha256)
    if done is not None:
        say(f"{path.name} was measured before ({done.at:%Y-%m-%d %H:%M} UTC): kept")
        return
    anchor = anchors.anchor_for(sha256, source.info.duration_s or 0.0)
    say("loading the models")
    delivery.heart.beat("loading the models", 900.0)
    models = load_models()
    ids = models.ids(source.info.channels)
    origin = Origin(device_id, sha256, SourceKind.RECORDING, anchor, ids)
    pipeline = Pipeline(origin, source.info.channels, models, settings)
    told_s, found = 0.0, 0
    for frame in source.frames():
        found += delivery.keep(pipeline.push(frame))
        delivery.report_on(pipeline)
        if pipeline.media_s - told_s >= _PROGRESS_S:
            told_s = pipeline.media_s
            say(_progress(told_s, source.info.duration_s, found))
        if stop.is_set():
            raise Stopped
    found += delivery.keep(pipeline.finish())
    delivery.report_on(pipeline)
    anchors.mark_finished(sha256, ids)
    say(_progress(pipeline.media_s, pipeline.media_s, found))


def ended(info: SourceInfo) -> tuple[SensorHealth, ...]:
    """A recording played to its end: its sensors are neither alive nor broken."""
    sound = (
        (Sensor.MICROPHONE_STAFF, Sensor.MICROPHONE_CITIZEN)
        if info.channels == 2
        else (Sensor.MICROPHONE_SHARED,)
    )
    camera = SensorState.ENDED if info.has_video else SensorState.ABSENT
    return (
        *(SensorHealth(sensor=name, state=SensorState.ENDED) for name in sound),
        SensorHealth(sensor=Sensor.CAMERA, state=camera),
    )


def _progress(media_s: float, duration_s: float | None, interactions: int) -> str:
    of = "" if duration_s is None else f" of {_clock(duration_s)}"
    return f"measured {_clock(media_s)}{of}, {interactions} interactions"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
