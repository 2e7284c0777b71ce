"""Which face is in which zone: one at most, and not another one at each trembling of its box.

A face enters a zone with its centre inside and large enough. Once there it stays until it is
out by a margin: detectors' boxes shake by some pixels, and people lean. Only a face where the
zone's face was last gets that margin, so that a neighbour just outside does not stand in for
somebody who has gone.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from edge_agent.models.base import Face
from edge_agent.polygon import Polygon, area, contains, outside_by
from schemas.vocabulary import Role

_SAME_WITHIN = 1.5
"""The same face in the next picture has moved by fewer of its own sizes than this,"""
_SAME_SIZE = 1.6
"""and has not become larger or smaller by more than this."""
_STAY_SIZE = 0.75
"""A face that is there may become smaller by so much than one that enters."""


@dataclass(frozen=True, slots=True)
class FaceLimits:
    min_height: float
    """Of a face that enters, as a share of the picture's height."""
    stay_margin: float
    """How far outside a face may move and stay, in its own sizes."""


@dataclass(slots=True)
class ZoneFaces:
    """One zone, and the face that was last seen there (four numbers, no picture)."""

    role: Role
    polygon: Polygon
    last: Face | None = None
    area: float = field(init=False)

    def __post_init__(self) -> None:
        self.area = area(self.polygon)


def assign(
    faces: Iterable[Face], zones: Sequence[ZoneFaces], limits: FaceLimits
) -> dict[Role, list[Face]]:
    """Zones may overlap: a face stays where it was; a new one belongs to the smaller zone."""
    found: dict[Role, list[Face]] = {zone.role: [] for zone in zones}
    for face in faces:
        staying = [zone for zone in zones if _stays(face, zone, limits)]
        if staying:
            nearest = min(staying, key=lambda zone: _apart(face, zone.last))
            found[nearest.role].append(face)
        elif face.height >= limits.min_height and (
            entered := [zone for zone in zones if contains(zone.polygon, face.centre)]
        ):
            found[min(entered, key=lambda zone: zone.area).role].append(face)
    for zone in zones:
        if found[zone.role]:
            zone.last = max(found[zone.role], key=lambda face: face.width * face.height)
    return found


def _stays(face: Face, zone: ZoneFaces, limits: FaceLimits) -> bool:
    if zone.last is None or face.height < _STAY_SIZE * limits.min_height:
        return False
    ratio = face.height / zone.last.height
    return (
        1 / _SAME_SIZE <= ratio <= _SAME_SIZE
        and _apart(face, zone.last) <= _SAME_WITHIN
        and outside_by(zone.polygon, face.centre, (face.width, face.height)) <= limits.stay_margin
    )


def _apart(face: Face, last: Face | None) -> float:
    """Distance of their centres in sizes of the face."""
    if last is None:
        return math.inf
    (x1, y1), (x2, y2) = face.centre, last.centre
    return math.hypot((x1 - x2) / face.width, (y1 - y2) / face.height)
