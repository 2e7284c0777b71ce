"""A still in the terminal, coarse, with the zones on it: for machines without a browser."""

import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Picture
from edge_agent.models.scaling import scaled
from edge_agent.polygon import Polygon
from edge_agent.settings import ZoneSettings

_CITIZEN = (240, 150, 40)
_STAFF = (60, 200, 190)
_RESET = "\x1b[0m"
_UPPER = "▀"


def draw_zones(picture: Picture, zones: ZoneSettings, columns: int) -> str:
    """Half blocks in 24-bit colours, two pixels a character; the citizen's zone orange, the
    staff's teal. `picture`: uint8 RGB, shape (height, width, 3); `columns` of the terminal.
    """
    height, width = picture.shape[:2]
    columns = max(8, columns)
    rows = max(2, round(columns * height / width / 2) * 2)
    pixels = scaled(picture, rows, columns).clip(0, 255).astype(np.uint8)
    if zones.staff is not None:
        _outline(pixels, zones.staff, _STAFF)
    _outline(pixels, zones.citizen, _CITIZEN)
    lines = [
        "".join(_cell(upper, lower) for upper, lower in zip(*pair, strict=True)) + _RESET
        for pair in zip(pixels[::2].tolist(), pixels[1::2].tolist(), strict=True)
    ]
    legend = [f"{_colour(38, _CITIZEN)}━━{_RESET} người dân / citizen"]
    if zones.staff is not None:
        legend.append(f"{_colour(38, _STAFF)}━━{_RESET} cán bộ / staff")
    return "\n".join([*lines, "   ".join(legend)])


def _outline(pixels: NDArray[np.uint8], polygon: Polygon, colour: tuple[int, int, int]) -> None:
    rows, columns = pixels.shape[:2]
    corners = [(x * (columns - 1), y * (rows - 1)) for x, y in polygon]
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        steps = int(max(abs(x2 - x1), abs(y2 - y1))) + 2
        xs = np.linspace(x1, x2, steps).round().astype(int)
        ys = np.linspace(y1, y2, steps).round().astype(int)
        pixels[ys, xs] = colour


def _cell(upper: list[int], lower: list[int]) -> str:
    return f"{_colour(38, upper)}{_colour(48, lower)}{_UPPER}"


def _colour(place: int, rgb: list[int] | tuple[int, int, int]) -> str:
    """38 sets the character's colour, 48 its ground's."""
    return f"\x1b[{place};2;{rgb[0]};{rgb[1]};{rgb[2]}m"
