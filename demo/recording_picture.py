"""The picture of the recording: a drawn counter with two figures that have a face.

The face is the public-domain portrait that scikit-image ships (see NOTICE); everything else
is drawn here.
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from demo.recording_script import Script
from demo.recording_sound import Performance, Stay

WIDTH, HEIGHT = 640, 480
FRAMES_PER_SECOND = 3
ZONES: dict[str, list[list[float]]] = {
    "staff": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]],
    "citizen": [[0.5, 0], [1, 0], [1, 1], [0.5, 1]],
}
WALK_S = 0.75
"""To come in from the edge or to go; the stay's edges lie in the middle of it."""
STAFF_AT, CITIZEN_AT = (158, 196), (474, 206)
DESK_TOP = 366
JACKETS = {"teal": (48, 104, 108), "rust": (150, 84, 58), "grey": (92, 94, 102)}
UNIFORM = (58, 76, 112)
OUTLINE = (
    *((55, 26), (70, 16), (92, 11), (112, 13), (137, 25), (151, 39), (159, 53), (164, 78)),
    *((162, 95), (153, 111), (142, 124), (136, 129), (131, 129), (127, 144), (120, 158)),
    *((117, 178), (96, 183), (75, 179), (53, 172), (50, 150), (48, 140), (47, 124)),
    *((41, 123), (35, 112), (23, 98), (20, 84), (19, 60), (23, 50), (33, 41), (46, 33)),
)
"""Of hair, face and neck in the portrait's crop."""

Picture = npt.NDArray[np.uint8]


def frames(script: Script, performance: Performance) -> Iterator[Picture]:
    """(480, 640, 3) RGB, one every 1 / FRAMES_PER_SECOND s of media time."""
    room = _room()
    staff = _figure(UNIFORM, 0.86, mirrored=True)
    citizens = {
        stay.interaction.name: _figure(JACKETS[stay.interaction.jacket], 1.0, mirrored=False)
        for stay in performance.stays
    }
    absences = [absence for stay in performance.stays for absence in stay.staff_absent]
    for index in range(round(performance.duration_s * FRAMES_PER_SECOND)):
        at_s = index / FRAMES_PER_SECOND
        picture = room.copy()
        away = max((_inside(at_s, *absence) for absence in absences), default=0.0)
        _paste(picture, staff, STAFF_AT, _sway(at_s, 0.0), -away * 300)
        for stay in performance.stays:
            _place_citizen(picture, citizens[stay.interaction.name], stay, at_s)
        _desk(picture)
        _clock(picture, at_s)
        yield _grain(picture, script.seed, index)


def _inside(at_s: float, start_s: float, end_s: float) -> float:
    """1 within the span, 0 outside, a ramp of WALK_S centred on each edge."""
    rise = (at_s - start_s) / WALK_S + 0.5
    fall = (end_s - at_s) / WALK_S + 0.5
    return min(max(min(rise, fall), 0.0), 1.0)


def _place_citizen(picture: Image.Image, figure: Image.Image, stay: Stay, at_s: float) -> None:
    here = _inside(at_s, stay.start_s, stay.end_s)
    if here > 0:
        _paste(picture, figure, CITIZEN_AT, _sway(at_s, stay.start_s), (1 - here) * 320)


def _sway(at_s: float, phase: float) -> tuple[float, float]:
    """Nobody stands still."""
    return (
        3.0 * math.sin(at_s * 0.7 + phase) + math.sin(at_s * 2.3),
        1.2 * math.sin(at_s * 1.1 + phase),
    )


def _paste(
    picture: Image.Image,
    figure: Image.Image,
    face_at: tuple[int, int],
    sway: tuple[float, float],
    aside: float,
) -> None:
    x = face_at[0] + sway[0] + aside - figure.width / 2
    y = face_at[1] + sway[1] - figure.info["face_y"]
    picture.paste(figure, (round(x), round(y)), figure)


def _figure(jacket: tuple[int, int, int], scale: float, *, mirrored: bool) -> Image.Image:
    """The portrait's head on a drawn body; `face_y` in its info is the face's row."""
    from skimage.data import astronaut  # noqa: PLC0415  # only whoever makes the recording has it

    head = Image.fromarray(astronaut()).crop((136, 6, 316, 206))
    mask = Image.new("L", head.size, 0)
    ImageDraw.Draw(mask).polygon(OUTLINE, fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(1.2))
    if mirrored:
        head, mask = (
            head.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
            mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        )
    body = Image.new("RGBA", (300, 420), (*jacket, 0))
    draw = ImageDraw.Draw(body)
    draw.rounded_rectangle((20, 176, 280, 520), radius=84, fill=(*jacket, 255))
    dark = tuple(round(channel * 0.8) for channel in jacket)
    draw.line((146, 236, 146, 420), fill=(*dark, 255), width=3)
    draw.polygon(((104, 178), (146, 236), (188, 178)), fill=(236, 234, 228, 255))
    body.paste(head, (60, 6), mask)
    draw.polygon(
        ((104, 170), (146, 204), (188, 170), (192, 190), (146, 240), (100, 190)), fill=(*dark, 255)
    )
    body = body.resize((round(300 * scale), round(420 * scale)), Image.Resampling.LANCZOS)
    body.info["face_y"] = round(122 * scale)
    return body


def _room() -> Image.Image:
    """A wall with soft light, a window behind the citizen, shelves behind the staff."""
    column = np.linspace(212, 186, HEIGHT)[:, None, None]
    tint = np.array([1.0, 0.985, 0.955])
    wall = np.broadcast_to(column * tint, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    room = Image.fromarray(wall)
    draw = ImageDraw.Draw(room)
    draw.rectangle((318, 0, 322, HEIGHT), fill=(168, 166, 160))
    for shelf_y in (70, 150):
        draw.rectangle((16, shelf_y, 76, shelf_y + 6), fill=(150, 126, 98))
        for number, (width, colour) in enumerate(
            (((10), (96, 120, 150)), ((13), (170, 150, 110)), ((9), (110, 140, 118)))
        ):
            x = 20 + number * 17
            draw.rectangle((x, shelf_y - 38, x + width, shelf_y - 1), fill=colour)
    draw.rectangle((566, 48, 628, 178), fill=(222, 230, 234), outline=(156, 152, 144), width=4)
    draw.line((597, 48, 597, 178), fill=(156, 152, 144), width=3)
    return room


def _desk(picture: Image.Image) -> None:
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, DESK_TOP, WIDTH, DESK_TOP + 14), fill=(196, 164, 122))
    draw.rectangle((0, DESK_TOP + 14, WIDTH, HEIGHT), fill=(160, 128, 92))
    draw.rectangle((318, DESK_TOP, 322, HEIGHT), fill=(138, 108, 76))
    draw.polygon(((210, 372), (292, 372), (300, 379), (204, 379)), fill=(244, 242, 236))
    draw.polygon(((392, 372), (452, 372), (458, 379), (386, 379)), fill=(244, 242, 236))


def _clock(picture: Image.Image, at_s: float) -> None:
    """Shows the media time, so that a person can find a place in the recording."""
    x, y, radius = 268, 52, 30
    face = Image.new("RGB", (radius * 8, radius * 8), picture.getpixel((x, y)))
    draw = ImageDraw.Draw(face)
    middle = radius * 4
    draw.ellipse(
        (4, 4, radius * 8 - 4, radius * 8 - 4), fill=(246, 246, 242), outline=(90, 90, 90), width=10
    )
    for share, length, width in ((at_s / 3600, 0.8, 10), (at_s / 60, 0.9, 5)):
        angle = share % 1 * math.tau
        tip = (
            middle + math.sin(angle) * length * middle * 0.9,
            middle - math.cos(angle) * length * middle * 0.9,
        )
        draw.line((middle, middle, *tip), fill=(60, 60, 64), width=width)
    disc = Image.new("L", face.size, 0)
    ImageDraw.Draw(disc).ellipse((4, 4, radius * 8 - 4, radius * 8 - 4), fill=255)
    size = (radius * 2, radius * 2)
    picture.paste(face.resize(size), (x - radius, y - radius), disc.resize(size))


def _grain(picture: Image.Image, seed: int, index: int) -> Picture:
    """Flicker of the light and coarse noise: a still scene of a camera is never the same
    twice, and a frozen one is.
    """
    random = np.random.default_rng((seed, index))
    coarse = random.normal(0, 1.0, (HEIGHT // 80, WIDTH // 80))
    grain = np.kron(coarse, np.ones((80, 80)))[:, :, None] + random.normal(0, 0.8)
    out: Picture = np.clip(np.asarray(picture, np.float64) + grain, 0, 255).round().astype(np.uint8)
    return out
