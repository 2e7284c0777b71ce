"""Rubrics and calibration as the database knows them.

A version of a rubric says the same for ever: figures of one version are comparable only while its
numbers stay as they are. So the database keeps the digest of each version that ever made a figure,
and one that was changed without a new version is refused.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from hub.scoring.calibration import Calibration
from hub.scoring.errors import RubricError
from hub.scoring.rubrics import PACKAGED, Rubric, digest
from hub.store import figures as store
from hub.store.figures import RubricRow
from hub.store.scoring import ScoringConnection


def register(
    connection: ScoringConnection, rubrics: Sequence[Rubric], folder: Path = PACKAGED
) -> None:
    """Raises RubricError for one that differs from what its version has said before."""
    for rubric in rubrics:
        row = _row(rubric, folder)
        if store.register(connection, row) != row.digest:
            raise RubricError(
                f"{rubric.id}.yaml",
                1,
                "version",
                f"got version {rubric.version} with other numbers than the version "
                f"{rubric.version} that has made figures before",
                f"raise it to {rubric.version + 1} or more",
            )


def take_up(connection: ScoringConnection, rubrics: Sequence[Rubric], now: datetime) -> None:
    """From now on pages show figures of these versions first."""
    register(connection, rubrics)
    for rubric in rubrics:
        store.take_up(connection, _row(rubric, PACKAGED), now)


def calibration(connection: ScoringConnection) -> Calibration | None:
    """The one that holds now; None: figures are not calibrated."""
    row = store.calibration(connection)
    if row is None:
        return None
    return Calibration(
        number=row.calibration_no,
        knots=tuple((float(x), float(y)) for x, y in row.knots),
        margin=row.margin,
        ratings=row.ratings,
        until=row.until_day,
        rubrics=tuple((str(rubric), int(version)) for rubric, version in row.rubrics),
    )


def _row(rubric: Rubric, folder: Path) -> RubricRow:
    path = folder / f"{rubric.id}.yaml"
    return RubricRow(rubric.id, rubric.version, digest(rubric), path.read_text("utf-8"))
