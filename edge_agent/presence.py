"""frame -> presence: whether somebody is in the staff and in the citizen zone.

Present, absent or unknown: a picture that is dark, flat or frozen, or that has stopped
coming, says unknown, and unknown ends nothing. Pictures never leave `PresenceStage.push`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edge_agent.capture.frame import Picture, VideoFrame
from edge_agent.guard import Guard
from edge_agent.models.base import FaceDetector
from edge_agent.zone_history import Presence, PresenceChange
from schemas.vocabulary import Role, SensorState

Polygon = Sequence[tuple[float, float]]
"""Corners in relative coordinates, 0 to 1, from the top left."""


@dataclass(frozen=True, slots=True)
class Zones:
    citizen: Polygon
    staff: Polygon | None
    """None: the camera does not see the clerk, whose presence is then unknown."""


@dataclass(frozen=True, slots=True)
class PresenceSettings:
    appear_frames: int = 2
    """Faces in so many sampled frames running, before somebody is there."""
    vanish_s: float = 2.0
    """A face turned away for less is still there."""
    stalled_s: float = 5.0
    dark_level: float = 12.0
    """Mean brightness, 0 to 255, under which a lens is covered or the light is out."""
    flat_contrast: float = 4.0
    """Standard deviation of brightness under which there is nothing to see."""
    frozen_s: float = 15.0
    """A living picture always changes by its noise; one that does not has frozen. Cameras
    that save on still scenes send the same picture again for some seconds.
    """


@dataclass(slots=True)
class _Zone:
    polygon: Polygon
    state: Presence = Presence.UNKNOWN
    seen: list[float] = field(default_factory=list)
    """Times of the running faces that have not yet made a presence."""
    since_s: float = 0.0
    clear_since_s: float | None = None


class PresenceStage:
    def __init__(
        self, detector: FaceDetector, zones: Zones, settings: PresenceSettings, guard: Guard
    ) -> None:
        self._detector = detector
        self._guard = guard
        self._settings = settings
        self._zones = {Role.CITIZEN: _Zone(zones.citizen)}
        if zones.staff is not None:
            self._zones[Role.STAFF] = _Zone(zones.staff)
        self._last_frame_s: float | None = None
        self._thumbnail: Picture | None = None
        self._changed_s = 0.0
        self.sensor = SensorState.ABSENT

    def push(self, frame: VideoFrame) -> list[PresenceChange]:
        changes = self.tick(frame.at_s)
        self._last_frame_s = frame.at_s
        self.sensor = self._health(frame)
        if self.sensor is SensorState.FROZEN:
            return [*changes, *self._unknown(self._changed_s, frame.at_s)]
        if self.sensor is not SensorState.OK:
            return [*changes, *self._unknown(frame.at_s, frame.at_s)]
        found = self._guard.run("presence", lambda: self._detector.faces(frame.picture))
        if found.value is None:  # the model failed: who is there is unknown, not nobody
            return [*changes, *self._unknown(frame.at_s, frame.at_s)]
        centres = [face.centre for face in found.value]
        for role, zone in self._zones.items():
            occupied = any(contains(zone.polygon, centre) for centre in centres)
            changes += self._advance(role, zone, frame.at_s, occupied=occupied)
        return changes

    def tick(self, now_s: float) -> list[PresenceChange]:
        """Pictures that have stopped coming make presence unknown."""
        last = self._last_frame_s
        if last is None or now_s - last < self._settings.stalled_s:
            return []
        self.sensor = SensorState.STALLED
        return self._unknown(last, last + self._settings.stalled_s)

    def _health(self, frame: VideoFrame) -> SensorState:
        thumbnail = frame.picture[::8, ::8].mean(axis=2).astype(np.uint8)
        if self._thumbnail is None or not np.array_equal(thumbnail, self._thumbnail):
            self._changed_s = frame.at_s
        self._thumbnail = thumbnail
        dark = float(thumbnail.mean()) < self._settings.dark_level
        flat = float(thumbnail.std()) < self._settings.flat_contrast
        if dark or flat:
            return SensorState.COVERED
        frozen = frame.at_s - self._changed_s >= self._settings.frozen_s
        return SensorState.FROZEN if frozen else SensorState.OK

    def _unknown(self, since_s: float, known_s: float) -> list[PresenceChange]:
        changes = []
        for role, zone in self._zones.items():
            zone.seen.clear()
            zone.clear_since_s = None
            if zone.state is not Presence.UNKNOWN:
                zone.state = Presence.UNKNOWN
                changes.append(PresenceChange(role, Presence.UNKNOWN, since_s, known_s))
        return changes

    def _advance(
        self, role: Role, zone: _Zone, at_s: float, *, occupied: bool
    ) -> list[PresenceChange]:
        if occupied:
            zone.clear_since_s = None
            if zone.state is not Presence.PRESENT:
                zone.seen.append(at_s)
                if len(zone.seen) < self._settings.appear_frames:
                    return []
                zone.state, zone.since_s = Presence.PRESENT, zone.seen[0]
                zone.seen.clear()
            return [PresenceChange(role, Presence.PRESENT, zone.since_s, at_s)]
        zone.seen.clear()
        zone.clear_since_s = at_s if zone.clear_since_s is None else zone.clear_since_s
        if zone.state is Presence.ABSENT or at_s - zone.clear_since_s < self._settings.vanish_s:
            return []
        zone.state = Presence.ABSENT
        return [PresenceChange(role, Presence.ABSENT, zone.clear_since_s, at_s)]


def contains(polygon: Polygon, point: tuple[float, float]) -> bool:
    """Even-odd rule: a ray to the right crosses the polygon's edges an odd number of times."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
