"""Scores stored interactions again, under another rubric or calibration, beside the old figures.

A transaction a few hundred interactions, each passed over once it has its figure: broken off at any
moment and begun again, it goes on where it was. The scoring worker goes on meanwhile; what it
writes is newer and stays. Flags are not touched: they have their own versions.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub.scoring import in_force
from hub.scoring.batch import read_table, score_table
from hub.scoring.calibration import Calibration
from hub.scoring.rubrics import PACKAGED, Rubric
from hub.scoring.score_rows import score_rows
from hub.scoring.worker import facts_of, rebuild
from hub.store import rescore as store
from hub.store import scoring as scoring_store
from hub.store.pool import Database
from hub.store.rescore import Wanted
from hub.store.scoring import Queued, ScoreRow, StoredInteraction

log = logging.getLogger(__name__)

BATCH = 300


@dataclass(frozen=True, slots=True)
class Progress:
    branch_id: str
    done: int
    """Interactions taken on, over all branches."""
    total: int
    """Those that waited when it began; new ones are the worker's."""
    failed: int
    """Of `done`, those that could not be read; they keep their old figures."""


def rescore(
    database: Database,
    rubrics: Sequence[Rubric],
    since: datetime,
    clock: Callable[[], datetime],
    folder: Path = PACKAGED,
) -> Iterator[Progress]:
    """`database` signs in as hailong_migrator; `folder` is where the rubrics were read.

    Raises RubricError where a version has made figures before and said something else.
    """
    with database.transaction() as connection:
        in_force.register(connection, rubrics, folder)
        calibration = in_force.calibration(connection)
    wanted = [
        Wanted(str(zone), rubric.id, rubric.version, _number(calibration, rubric))
        for rubric in rubrics
        for zone in rubric.zones
    ]
    branches = store.branches(database)
    total = 0
    for branch_id in branches:
        with database.branches_transaction([branch_id]) as connection:
            total += store.count_due(connection, branch_id, wanted, since)
    done = failed = 0
    for branch_id in branches:
        after: Queued | None = None
        while True:
            with database.branches_transaction([branch_id]) as connection:
                began = clock()
                keys = store.due(connection, branch_id, wanted, since, after, BATCH)
                if not keys:
                    break
                stored = scoring_store.load(connection, keys)
                scored = list(_scored(stored, rubrics, calibration))
                store.put_scores(connection, branch_id, scored, began)
            after = keys[-1]
            done += len(keys)
            failed += len(stored) - len(scored)
            yield Progress(branch_id, done, total, failed)


def _number(calibration: Calibration | None, rubric: Rubric) -> int | None:
    if calibration is None or not calibration.fits(rubric.id, rubric.version):
        return None
    return calibration.number


def _scored(
    stored: Sequence[StoredInteraction],
    rubrics: Sequence[Rubric],
    calibration: Calibration | None,
) -> Iterator[tuple[StoredInteraction, list[ScoreRow]]]:
    for rubric in rubrics:
        of_rubric = [one for one in stored if one.zone in rubric.zones]
        cases = []
        readable = []
        for one in of_rubric:
            try:
                cases.append((rebuild(one), facts_of(one)))
            except Exception as error:  # noqa: BLE001 - the boundary: one that cannot be read must not stop the others
                log.error(  # noqa: TRY400 - by type alone: an error's text may repeat a value
                    "interaction %s of %s cannot be scored (%s)",
                    one.key.interaction_id,
                    one.key.branch_id,
                    type(error).__name__,
                )
                continue
            readable.append(one)
        batch = score_table(read_table(rubric, cases), rubric, calibration)
        for row, one in enumerate(readable):
            yield one, score_rows(batch.at(row))
