"""Zones of a picture: polygons in relative coordinates."""

import math
from collections.abc import Iterable, Sequence

Point = tuple[float, float]
Polygon = Sequence[Point]
"""Corners in relative coordinates, 0 to 1, from the top left."""


def contains(polygon: Polygon, point: Point) -> bool:
    """Even-odd rule: a ray to the right crosses the polygon's edges an odd number of times."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in _edges(polygon):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def outside_by(polygon: Polygon, point: Point, unit: Point) -> float:
    """How far the point lies outside, in units of (width, height); 0 inside."""
    if contains(polygon, point):
        return 0.0
    scaled = [((x - point[0]) / unit[0], (y - point[1]) / unit[1]) for x, y in polygon]
    return min(_from_origin(a, b) for a, b in _edges(scaled))


def area(polygon: Polygon) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _edges(polygon))) / 2


def _edges(polygon: Polygon) -> Iterable[tuple[Point, Point]]:
    return zip(polygon, [*polygon[1:], polygon[0]], strict=True)


def _from_origin(start: Point, end: Point) -> float:
    along = end[0] - start[0], end[1] - start[1]
    square = along[0] ** 2 + along[1] ** 2
    share = 0.0 if square == 0 else -(start[0] * along[0] + start[1] * along[1]) / square
    share = min(1.0, max(0.0, share))
    return math.hypot(start[0] + share * along[0], start[1] + share * along[1])
