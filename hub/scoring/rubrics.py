"""Rubrics: one readable file a zone says what the two figures are made of.

See rubric/intake.yaml for the form. Everything that could make a figure unjust is refused
here: a curve that rewards the worse, a citizen's mood in the counter's part, weights that are
no whole.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from hub.scoring.errors import NoRubricError, RubricError
from hub.scoring.located import Located, definition_files, read_located
from hub.scoring.quantities import COVERAGES, QUANTITIES
from schemas.vocabulary import Zone

FigureName = Literal["experience", "counter_part"]
FIGURES: tuple[FigureName, ...] = ("experience", "counter_part")
PACKAGED = Path(__file__).parent / "rubric"
GROUPS = (
    "waiting",
    "handling",
    "outcome",
    "manner",
    "citizen_voice",
    "explanation",
    "slip",
    "receipt",
    "presence",
)
"""Headings of parts: what docs/score.md weighs against each other."""
MOST_OF_CITIZENS_VOICE = 10.0
"""Of 100: until it is calibrated, words and their tone weigh no more."""
_WHOLE = 1e-6
_UNBOUNDED = 1e9


@dataclass(frozen=True, slots=True)
class Item:
    """One quantity of a part."""

    measures: str
    """A name of quantities.QUANTITIES."""
    share: float
    """Of its part; the shares of a part add up to 1."""
    curve: tuple[tuple[float, float], ...]
    """(quantity, points 0 to 100), straight between them and level beyond the ends."""
    error: float
    """Points either way within which 9 of 10 measurements lie when all was seen."""

    def points(self, quantity: float) -> float:
        (first_x, first_y), *rest = self.curve
        if quantity <= first_x:
            return first_y
        for x, y in rest:
            if quantity <= x:
                return first_y + (y - first_y) * (quantity - first_x) / (x - first_x)
            first_x, first_y = x, y
        return first_y


@dataclass(frozen=True, slots=True)
class RubricPart:
    """One judged thing: all its quantities are seen by the same sensors, or none of them is."""

    id: str
    group: str
    """Of GROUPS."""
    title_vi: str
    title_en: str
    weight: float
    """Of 100."""
    neutral: float
    """Where the part lies as far as it was not measured."""
    coverage: tuple[str, ...]
    """Names of quantities.COVERAGES, multiplied; none where the quantity is a fact, known or not."""
    coverage_at_most: float
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Rubric:
    id: str
    version: int
    title_vi: str
    title_en: str
    zones: tuple[Zone, ...]
    parts: Mapping[FigureName, tuple[RubricPart, ...]]


def load_rubrics(folder: Path = PACKAGED) -> tuple[Rubric, ...]:
    """One file a rubric; together they name every zone once. Raises RubricError."""
    rubrics: list[Rubric] = []
    owner: dict[Zone, str] = {}
    for path in definition_files(folder, RubricError):
        whole = read_located(path, RubricError)
        rubric = _rubric(whole, path.stem)
        for zone in rubric.zones:
            if zone in owner:
                raise RubricError(
                    path.name,
                    1,
                    "zones",
                    f"got {zone}, which {owner[zone]} names too",
                    "leave each zone in one file",
                )
            owner[zone] = path.name
        rubrics.append(rubric)
    lacking = [zone for zone in Zone if zone not in owner]
    if lacking:
        raise RubricError(
            folder.name, 1, "zones", f"got no rubric for {lacking[0]}", "name it in one file"
        )
    return tuple(rubrics)


@cache
def packaged_rubrics() -> tuple[Rubric, ...]:
    return load_rubrics()


def rubric_for(zone: Zone | str, rubrics: Sequence[Rubric] | None = None) -> Rubric:
    """The rubric of a zone, of the packaged ones unless others are given."""
    for rubric in packaged_rubrics() if rubrics is None else rubrics:
        if zone in rubric.zones:
            return rubric
    raise NoRubricError(f"no rubric names the zone {zone}; expected one of {', '.join(Zone)}")


def digest(rubric: Rubric) -> str:
    """SHA-256 of everything a figure depends on; titles and comments may be mended freely."""
    said = [
        [figure, part.id, part.group, part.weight, part.neutral, part.coverage,
         part.coverage_at_most, item.measures, item.share, item.curve, item.error]
        for figure in FIGURES for part in rubric.parts[figure] for item in part.items
    ]  # fmt: skip
    return sha256(json.dumps([rubric.id, rubric.version, rubric.zones, said]).encode()).hexdigest()


def _rubric(whole: Located, stem: str) -> Rubric:
    fields = whole.fields(("rubric", "version", "title_vi", "title_en", "zones", *FIGURES))
    if fields["rubric"].name() != stem:
        fields["rubric"].fail(
            f"got {fields['rubric'].name()}, expected {stem} as the file's name says",
            "correct one of them",
        )
    return Rubric(
        id=stem,
        version=fields["version"].whole(1, 1_000_000),
        title_vi=fields["title_vi"].text(),
        title_en=fields["title_en"].text(),
        zones=tuple(Zone(name) for name in fields["zones"].names_of(list(Zone))),
        parts={figure: _parts(fields[figure], figure) for figure in FIGURES},
    )


def _parts(located: Located, figure: FigureName) -> tuple[RubricPart, ...]:
    parts = tuple(_part(item, figure) for item in located.items())
    if len({part.id for part in parts}) < len(parts):
        located.fail("got a part twice", "give each an id of its own")
    total = sum(part.weight for part in parts)
    if abs(total - 100) > _WHOLE:
        located.fail(f"got weights that add up to {total:g}, expected 100", "correct them")
    mood = sum(part.weight for part in parts if part.group == "citizen_voice")
    if mood > MOST_OF_CITIZENS_VOICE + _WHOLE:
        located.fail(
            f"got {mood:g} for the citizen's voice, expected {MOST_OF_CITIZENS_VOICE:g} at most",
            "give the rest to another part",
        )
    return parts


def _part(located: Located, figure: FigureName) -> RubricPart:
    fields = located.fields(
        ("id", "group", "title_vi", "title_en", "weight", "neutral", "items"),
        ("coverage", "coverage_at_most"),
    )
    items = tuple(_item(item, figure) for item in fields["items"].items())
    total = sum(item.share for item in items)
    if abs(total - 1) > _WHOLE:
        fields["items"].fail(f"got shares that add up to {total:g}, expected 1", "correct them")
    return RubricPart(
        id=fields["id"].name(),
        group=fields["group"].one_of(GROUPS),
        title_vi=fields["title_vi"].text(),
        title_en=fields["title_en"].text(),
        weight=fields["weight"].number(1, 100),
        neutral=fields["neutral"].number(0, 100),
        # A fact of the case system is known or not; it is not seen in part.
        coverage=fields["coverage"].names_of(COVERAGES) if "coverage" in fields else (),
        coverage_at_most=fields["coverage_at_most"].number(0.01, 1)
        if "coverage_at_most" in fields
        else 1.0,
        items=items,
    )


def _item(located: Located, figure: FigureName) -> Item:
    fields = located.fields(("measures", "share", "curve", "error"))
    measures = fields["measures"].one_of(QUANTITIES)
    if figure == "counter_part" and QUANTITIES[measures].whose != "counter":
        fields["measures"].fail(
            f"got {measures}, which is not the counter's own doing",
            "put it under experience, or name another quantity",
        )
    return Item(
        measures=measures,
        share=fields["share"].number(0.01, 1),
        curve=_curve(fields["curve"], QUANTITIES[measures].better),
        error=fields["error"].number(0, 100),
    )


def _curve(located: Located, better: Literal["less", "more"]) -> tuple[tuple[float, float], ...]:
    points = []
    for pair in located.items():
        numbers = pair.items()
        if len(numbers) != 2:
            pair.fail(f"got {len(numbers)} numbers, expected [quantity, points]", "correct it")
        points.append((numbers[0].number(-_UNBOUNDED, _UNBOUNDED), numbers[1].number(0, 100)))
        if len(points) < 2:
            continue
        (x0, y0), (x1, y1) = points[-2:]
        if x1 <= x0:
            pair.fail(f"got {x1:g} after {x0:g}, expected a greater quantity", "put them in order")
        if (y1 - y0) * (1 if better == "more" else -1) < 0:
            pair.fail(
                f"got {y1:g} points after {y0:g}: {better} of this is better",
                "turn the curve the other way",
            )
    if len(points) < 2:
        located.fail("got one point, expected two or more", "add another")
    return tuple(points)
