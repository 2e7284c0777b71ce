"""The configured sensors looked at for some seconds, for `hailong agent check` and `ready`.

What was heard and seen is judged and dropped. One still is handed out where it is asked for,
to be drawn and forgotten.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edge_agent.capture.frame import (
    SAMPLE_RATE,
    AudioFrame,
    Frame,
    Picture,
    Samples,
    SensorChange,
    VideoFrame,
)
from edge_agent.capture.live import LiveSource
from edge_agent.capture.quality import Finding, SoundFinding, judge_sound
from edge_agent.check_words import (
    BOTH,
    FINDINGS,
    GOOD,
    NO_STAFF_ZONE,
    SENSORS,
    STATES,
    ZONE_EMPTY,
    Language,
)
from edge_agent.guard import Guard
from edge_agent.models.base import FaceDetector
from edge_agent.open_live import live_inputs
from edge_agent.presence import PresenceSettings, PresenceStage, Zones
from edge_agent.settings import AgentSettings
from edge_agent.zone_history import Presence
from schemas.vocabulary import Role, Sensor, SensorState

_PATIENCE_S = 10.0
"""For sensors to connect, beyond the time that is looked at."""
_HARMLESS = frozenset({Finding.NO_SPEECH, Finding.NOISY, Finding.HUM, Finding.QUIET})
"""Worth a word, and no reason not to open."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Looked:
    """What the sensors gave. `still`: the last picture, in RAM, for whoever draws it."""

    sensors: tuple[Sensor, ...]
    sound: Samples
    states: Mapping[Sensor, SensorState]
    """Of the sources, and of the camera by its pictures."""
    seen: frozenset[Role]
    """Zones in which somebody was."""
    has_camera: bool
    has_staff_zone: bool
    still: Picture | None


@dataclass(frozen=True, slots=True)
class Line:
    sensor: str
    text: str
    bad: bool


def look(
    settings: AgentSettings, environ: Mapping[str, str], faces: FaceDetector, seconds: float
) -> Looked:
    """Raises AgentError where a source cannot even be tried."""
    inputs, info = live_inputs(settings, environ)
    watch = _Watch(settings, faces, info.channels)
    source = LiveSource(inputs, info, stalled_s=min(settings.limits.stalled_s, seconds / 3))
    until = time.monotonic() + seconds + _PATIENCE_S
    for frame in source.frames():
        watch.push(frame)
        if watch.heard_s >= seconds or time.monotonic() > until:
            source.stop()
    return watch.looked(has_camera=info.has_video)


class _Watch:
    def __init__(self, settings: AgentSettings, faces: FaceDetector, channels: int) -> None:
        self._sensors = (
            (Sensor.MICROPHONE_STAFF, Sensor.MICROPHONE_CITIZEN)
            if channels == 2
            else (Sensor.MICROPHONE_SHARED,)
        )
        zones = Zones(settings.zones.citizen, settings.zones.staff)
        limits = PresenceSettings(frozen_s=3.0, **settings.presence.model_dump())
        self._presence = PresenceStage(faces, zones, limits, Guard())
        self._has_staff_zone = settings.zones.staff is not None
        self._states: dict[Sensor, SensorState] = {}
        self._sound: list[Samples] = []
        self._seen: set[Role] = set()
        self._still: Picture | None = None

    @property
    def heard_s(self) -> float:
        """Of sound while no source says that it does not deliver."""
        return float(sum(part.shape[1] for part in self._sound)) / SAMPLE_RATE

    def push(self, frame: Frame) -> None:
        if isinstance(frame, SensorChange):
            self._states[frame.sensor] = frame.state
        elif isinstance(frame, VideoFrame):
            self._still = frame.picture
            self._states.setdefault(Sensor.CAMERA, SensorState.OK)
            for change in self._presence.push(frame):
                if change.state is Presence.PRESENT:
                    self._seen.add(change.zone)
        elif isinstance(frame, AudioFrame) and frame.samples.any():
            # Before the first sound comes the source fills its place with silence.
            self._sound.append(frame.samples)
        elif isinstance(frame, AudioFrame) and self._sound:
            self._sound.append(frame.samples)

    def looked(self, *, has_camera: bool) -> Looked:
        empty = np.zeros((len(self._sensors), 0), np.float32)
        states = dict(self._states)
        by_pictures = self._presence.sensor
        if has_camera and states.get(Sensor.CAMERA, SensorState.OK) is SensorState.OK:
            nothing = by_pictures is SensorState.ABSENT
            states[Sensor.CAMERA] = SensorState.DISCONNECTED if nothing else by_pictures
        return Looked(
            self._sensors,
            np.concatenate(self._sound, axis=1) if self._sound else empty,
            states,
            frozenset(self._seen),
            has_camera,
            self._has_staff_zone,
            self._still,
        )


def lines(looked: Looked, language: Language, *, staff_speaks: bool) -> list[Line]:
    """A line a fault; one that all is well for a sensor without any."""
    found: list[Line] = []
    findings = judge_sound(looked.sound, looked.sensors, staff_speaks=staff_speaks)
    for sensor in looked.sensors:
        name = SENSORS[sensor][language]
        state = looked.states.get(sensor, SensorState.OK)
        if state is not SensorState.OK:
            found.append(Line(name, STATES[state][language], bad=True))
            continue
        own = [f for f in findings if f.sensor is sensor]
        found += [_line(name, one, language) for one in own]
        if not own:
            found.append(Line(name, GOOD[language], bad=False))
    if all(looked.states.get(s, SensorState.OK) is SensorState.OK for s in looked.sensors):
        found += [_line(BOTH[language], f, language) for f in findings if f.sensor is None]
    return [*found, *_camera(looked, language)]


def _line(name: str, found: SoundFinding, language: Language) -> Line:
    text = FINDINGS[found.finding][language].format(value=found.value)
    return Line(name, text, bad=found.finding not in _HARMLESS)


def _camera(looked: Looked, language: Language) -> list[Line]:
    if not looked.has_camera:
        return []
    name = SENSORS[Sensor.CAMERA][language]
    state = looked.states.get(Sensor.CAMERA, SensorState.DISCONNECTED)
    if state is not SensorState.OK:
        return [Line(name, STATES[state][language], bad=True)]
    found = [Line(name, GOOD[language], bad=False)]
    zones = [Role.STAFF, Role.CITIZEN] if looked.has_staff_zone else [Role.CITIZEN]
    found += [
        Line(name, ZONE_EMPTY[zone][language], bad=False)
        for zone in zones
        if zone not in looked.seen
    ]
    if not looked.has_staff_zone:
        found.append(Line(name, NO_STAFF_ZONE[language], bad=False))
    return found
