"""frame -> presence: whether somebody is in the staff and in the citizen zone.

Present, absent or unknown: a picture that is dark, flat or frozen, or that has stopped
coming, says unknown, and unknown ends nothing. Pictures never leave `PresenceStage.push`:
what is kept of one is a digest, boxes of faces, and one number for its expression.

How many pictures come a second changes little: who appears and vanishes is told by time.
"""

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge_agent.capture.frame import Picture, VideoFrame
from edge_agent.expression import ExpressionMeter
from edge_agent.guard import Guard
from edge_agent.models.base import ExpressionModel, Face, FaceDetector
from edge_agent.polygon import Polygon, contains
from edge_agent.zone_faces import FaceLimits, ZoneFaces, assign
from edge_agent.zone_history import Presence, PresenceChange
from schemas.vocabulary import Role, SensorState

__all__ = ["Polygon", "PresenceSettings", "PresenceStage", "Zones"]

_DIGESTS = 32
"""A camera that encodes one frozen picture again and again sends the few that its groups of
pictures make of it, in turn; of a living one no picture comes again.
"""


@dataclass(frozen=True, slots=True)
class Zones:
    citizen: Polygon
    staff: Polygon | None
    """None: the camera does not see the clerk, whose presence is then unknown."""


@dataclass(frozen=True, slots=True)
class PresenceSettings:
    appear_s: float = 0.3
    """Between the first and the latest of two or more pictures with a face, before somebody is
    there. One picture without it among them is forgiven.
    """
    vanish_s: float = 2.0
    """A face turned away for less is still there."""
    min_face: float = 0.08
    """Height of the smallest face that enters a zone, as a share of the picture's height. About
    half of a face at the counter leaves out the queue behind it.
    """
    stay_margin: float = 0.5
    """A face that is there stays until its centre is outside by so many of its own sizes."""
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
    faces: ZoneFaces
    state: Presence = Presence.UNKNOWN
    seen_s: float | None = None
    """First picture with the face that has not yet made a presence."""
    missed: bool = False
    """The picture before had none, while somebody was appearing."""
    since_s: float = 0.0
    clear_since_s: float | None = None

    def reset(self) -> None:
        self.seen_s = self.clear_since_s = self.faces.last = None
        self.missed = False


_EPSILON_S = 1e-6


class PresenceStage:
    """`expression`: reads the citizen's face, where a site has turned that on."""

    def __init__(
        self,
        detector: FaceDetector,
        zones: Zones,
        settings: PresenceSettings,
        guard: Guard,
        expression: ExpressionModel | None = None,
    ) -> None:
        self._detector = detector
        self._guard = guard
        self._settings = settings
        self._limits = FaceLimits(settings.min_face, settings.stay_margin)
        self._staff = zones.staff
        self._zones = {Role.CITIZEN: _Zone(ZoneFaces(Role.CITIZEN, zones.citizen))}
        if zones.staff is not None:
            self._zones[Role.STAFF] = _Zone(ZoneFaces(Role.STAFF, zones.staff))
        self._expression = expression
        self.expression = None if expression is None else ExpressionMeter()
        """The citizen's expression over time; None where it is off."""
        self._last_frame_s: float | None = None
        self._digests: deque[bytes] = deque(maxlen=_DIGESTS)
        """Of the last pictures: enough to see that one comes again, and to see nothing else."""
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
        faces = assign(found.value, [zone.faces for zone in self._zones.values()], self._limits)
        for role, zone in self._zones.items():
            changes += self._advance(role, zone, frame.at_s, occupied=bool(faces[role]))
        self._read_expression(frame, faces[Role.CITIZEN])
        return changes

    def lost(self, at_s: float, state: SensorState) -> list[PresenceChange]:
        """The source says that no pictures come from `at_s` on, and why: presence is unknown
        until they come again.
        """
        self.sensor = state
        self._last_frame_s = None
        self._digests.clear()
        return self._unknown(at_s, at_s)

    def tick(self, now_s: float) -> list[PresenceChange]:
        """Pictures that have stopped coming make presence unknown."""
        last = self._last_frame_s
        if last is None or now_s - last < self._settings.stalled_s:
            return []
        self.sensor = SensorState.STALLED
        return self._unknown(last, last + self._settings.stalled_s)

    def _health(self, frame: VideoFrame) -> SensorState:
        thumbnail: Picture = frame.picture[::8, ::8].mean(axis=2).astype(np.uint8)
        digest = hashlib.blake2b(thumbnail.tobytes(), digest_size=16).digest()
        if digest not in self._digests:
            self._changed_s = frame.at_s
            self._digests.append(digest)
        dark = float(thumbnail.mean()) < self._settings.dark_level
        flat = float(thumbnail.std()) < self._settings.flat_contrast
        if dark or flat:
            return SensorState.COVERED
        frozen = frame.at_s - self._changed_s >= self._settings.frozen_s
        return SensorState.FROZEN if frozen else SensorState.OK

    def _unknown(self, since_s: float, known_s: float) -> list[PresenceChange]:
        if self.expression is not None:
            self.expression.void_from(since_s)
        changes = []
        for role, zone in self._zones.items():
            zone.reset()
            if zone.state is not Presence.UNKNOWN:
                zone.state = Presence.UNKNOWN
                changes.append(PresenceChange(role, Presence.UNKNOWN, since_s, known_s))
        return changes

    def _advance(
        self, role: Role, zone: _Zone, at_s: float, *, occupied: bool
    ) -> list[PresenceChange]:
        if occupied:
            zone.clear_since_s, zone.missed = None, False
            if zone.state is not Presence.PRESENT:
                first = zone.seen_s is None
                zone.seen_s = at_s if zone.seen_s is None else zone.seen_s
                if first or at_s - zone.seen_s < self._settings.appear_s - _EPSILON_S:
                    return []
                zone.state, zone.since_s, zone.seen_s = Presence.PRESENT, zone.seen_s, None
            return [PresenceChange(role, Presence.PRESENT, zone.since_s, at_s)]
        if zone.missed:
            zone.seen_s = None
            if zone.state is not Presence.PRESENT:
                zone.faces.last = None
        zone.missed = True
        zone.clear_since_s = at_s if zone.clear_since_s is None else zone.clear_since_s
        gone_s = at_s - zone.clear_since_s
        if zone.state is Presence.ABSENT or gone_s < self._settings.vanish_s - _EPSILON_S:
            return []
        zone.state = Presence.ABSENT
        since_s = zone.clear_since_s
        zone.reset()
        return [PresenceChange(role, Presence.ABSENT, since_s, at_s)]

    def _read_expression(self, frame: VideoFrame, faces: Sequence[Face]) -> None:
        """Of the largest face in the citizen's zone; never of one that may be staff's."""
        model, meter = self._expression, self.expression
        if model is None or meter is None:
            return
        citizen = self._zones[Role.CITIZEN]
        theirs = [face for face in faces if self._is_citizens(face)]
        if citizen.state is not Presence.PRESENT or not theirs:
            meter.push(frame.at_s, None)
            return
        face = max(theirs, key=lambda one: one.width * one.height)
        read = self._guard.run("expression", lambda: model.valence(frame.picture, face))
        meter.push(frame.at_s, read.value)

    def _is_citizens(self, face: Face) -> bool:
        """In the citizen's zone itself, its margin left out, and not in staff's."""
        citizen = self._zones[Role.CITIZEN].faces.polygon
        staffs = self._staff is not None and contains(self._staff, face.centre)
        return contains(citizen, face.centre) and not staffs
