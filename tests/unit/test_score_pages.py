"""docs/score.md and docs/score.vi.md say what the rubrics say, and their example is worked out again."""

import re
from pathlib import Path

import pytest

from benchmarks.judge.groups import GROUPS
from benchmarks.judge.page import _GROUPS_VI
from hub.scoring.rubrics import load_rubrics, rubric_for
from hub.scoring.score import score
from schemas.vocabulary import Zone
from tests.example_talk import FACTS, example

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    "en": (DOCS / "score.md").read_text("utf-8"),
    "vi": (DOCS / "score.vi.md").read_text("utf-8"),
}
RUBRICS = {rubric.id: rubric for rubric in load_rubrics()}
COLUMNS = ("reception", "advice", "intake", "fee", "result", "digitising")
GROUPS_OF = {
    "experience": ("waiting", "handling", "outcome", "manner", "citizen_voice"),
    "counter_part": ("explanation", "slip", "receipt", "manner", "presence"),
}
LANGUAGES = pytest.mark.parametrize("language", PAGES)


def tables(language: str) -> list[list[list[str]]]:
    """Every table of the page: rows of cells, without the head."""
    found = re.findall(r"(?:^\|.*\|\n)+", PAGES[language], re.MULTILINE)
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
        for text in found
    ]


def number(text: str) -> float | None:
    return None if text == "–" else float(text.rstrip("%").replace(",", "."))


@LANGUAGES
@pytest.mark.parametrize("figure", GROUPS_OF)
def test_the_weights_of_each_zone_are_the_rubrics(language, figure):
    rows = tables(language)[list(GROUPS_OF).index(figure)]
    told = [[number(cell) or 0.0 for cell in row[1:]] for row in rows]
    there = [
        [sum(p.weight for p in RUBRICS[zone].parts[figure] if p.group == group) for zone in COLUMNS]
        for group in GROUPS_OF[figure]
    ]
    assert told == there
    assert [sum(column) for column in zip(*told, strict=True)] == [100] * len(COLUMNS)


@LANGUAGES
@pytest.mark.parametrize("index", [0, 1])
def test_the_worked_example_is_what_the_program_works_out(language, index):
    figure = score(example(), FACTS, rubric_for(Zone.INTAKE)).figures[index]
    rows = tables(language)[2 + index]
    assert [row[0] for row in rows] == [getattr(p, f"title_{language}") for p in figure.parts]
    for row, part in zip(rows, figure.parts, strict=True):
        weight, points, neutral, coverage, value, contribution = map(number, row[1:])
        assert (weight, neutral) == (part.weight, part.neutral)
        assert points == (
            None if part.measured is None else pytest.approx(part.measured, abs=0.051)
        )
        assert coverage == pytest.approx(100 * part.coverage, abs=0.51)
        assert value == pytest.approx(part.value, abs=0.051)
        assert contribution == pytest.approx(part.contribution, abs=0.0051)
    sums = re.findall(
        r"(?:Sum|Tổng): \*\*([\d.,]+)\*\*[^\d]*90\s?%[^\d]*([\d.,]+) (?:to|đến) ([\d.,]+), .*?(\d+)%",
        PAGES[language].replace("\n", " "),
    )
    value, low, high, coverage = map(number, sums[index])
    assert value == pytest.approx(figure.value, abs=0.051)
    assert (low, high) == pytest.approx((figure.low, figure.high), abs=0.051)
    assert coverage == pytest.approx(100 * figure.coverage, abs=0.51)


def test_the_line_that_is_worked_out_by_hand_adds_up():
    words = next(
        p
        for p in score(example(), FACTS, rubric_for(Zone.INTAKE)).experience.parts
        if p.id == "courtesy"
    )
    assert [item.points for item in words.items] == [100, 60]
    assert words.measured == pytest.approx(0.6 * 100 + 0.4 * 60)
    for text in ("0.9 × 84 + 0.1 × 75", "83.1", "4.16"):
        assert text in PAGES["en"]
        assert text.replace(".", ",") in PAGES["vi"]


@LANGUAGES
def test_fairness_is_shown_for_every_group_and_no_mean_shifts_by_more_than_its_interval(language):
    rows = tables(language)[4]
    names = [group.name for group in GROUPS]
    assert [row[0] for row in rows] == (
        names if language == "en" else [_GROUPS_VI[name] for name in names]
    )
    for row in rows:
        assert re.fullmatch(r"\d+%", row[5])
        for mean, shift in (row[1:3], row[3:5]):
            if shift != "–":
                assert abs(number(shift.replace("+", ""))) <= number(mean.split(" ± ")[1])


@LANGUAGES
def test_the_page_promises_what_calibration_asks_for(language):
    from hub.scoring import calibrate
    from hub.scoring.ratings import BURST

    text = PAGES[language]
    assert f"{calibrate.LEAST_RATINGS} " in text
    assert f"{calibrate.LEAST_DAYS} " in text
    assert calibrate.GAMMA == 3
    assert BURST == 3
    assert ("Not calibrated" if language == "en" else "Chưa hiệu chuẩn theo đánh giá") in text
