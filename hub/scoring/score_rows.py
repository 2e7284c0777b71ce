"""Figures as the rows that are stored: numbers by the ids of parts, without titles."""

from collections.abc import Mapping
from typing import Any

from hub.scoring.calibration import CALIBRATION_BAR
from hub.scoring.score import Figure, Part, Scores
from hub.store.scoring import ScoreRow

_CALIBRATION_BAR: Mapping[str, Any] = {
    "id": CALIBRATION_BAR,
    "group": CALIBRATION_BAR,
    "weight": 0.0,
    "measured": None,
    "neutral": 0.0,
    "coverage": 1.0,
    "value": 0.0,
    "items": (),
}
"""What ratings add stands among the parts, so that the contributions sum to the index."""


def score_rows(scores: Scores) -> list[ScoreRow]:
    return [_score_row(scores, figure) for figure in scores.figures]


def _score_row(scores: Scores, figure: Figure) -> ScoreRow:
    parts = [_part_json(part) for part in figure.parts]
    applied = figure.calibration
    if applied is not None:
        bar = {"contribution": applied.contribution, "before": applied.before}
        parts.append({**_CALIBRATION_BAR, **bar})
    return ScoreRow(
        figure=figure.name,
        rubric=scores.rubric,
        rubric_version=scores.rubric_version,
        value=figure.value,
        low=figure.low,
        high=figure.high,
        coverage=figure.coverage,
        parts=parts,
        calibration_no=applied.number if applied is not None else None,
    )


def _part_json(part: Part) -> dict[str, Any]:
    """Without titles, which are the rubric file's and in two languages."""
    return {
        "id": part.id,
        "group": part.group,
        "weight": part.weight,
        "measured": part.measured,
        "neutral": part.neutral,
        "coverage": part.coverage,
        "value": part.value,
        "contribution": part.contribution,
        "items": [
            {
                "measures": item.measures,
                "quantity": item.quantity,
                "points": item.points,
                "error": item.error,
                "weight": item.weight,
            }
            for item in part.items
        ],
    }
