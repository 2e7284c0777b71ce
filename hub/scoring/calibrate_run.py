"""Reads ratings and figures of every branch, fits, stores: what `hailong hub calibrate` does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.scoring.calibrate import Fitted, fit, report
from hub.scoring.visits import Gathered, gather
from hub.store import ratings as store
from hub.store import rescore
from hub.store.pool import Database
from hub.store.ratings import NewCalibration, RatingRow, ScoredRow


@dataclass(frozen=True, slots=True)
class Calibrated:
    number: int | None
    """None: fitted and not stored."""
    fitted: Fitted
    rubrics: tuple[tuple[str, int], ...]


def calibrate(
    database: Database,
    from_at: datetime,
    to_at: datetime,
    now: datetime,
    more: Sequence[RatingRow] = (),
    *,
    stored: bool,
) -> Calibrated:
    """`database` signs in as hailong_migrator; `more` are ratings of a file.

    Raises CalibrationRefusedError with what is lacking.
    """
    gathered = _gather(database, from_at, to_at, more)
    fitted = fit(gathered.visits, gathered.left_out)
    number = None
    if stored:
        with database.transaction() as connection:
            number = store.put_calibration(
                connection,
                NewCalibration(
                    made_at=now,
                    method=fitted.method,
                    knots=fitted.knots,
                    margin=fitted.margin,
                    ratings=fitted.ratings,
                    from_day=fitted.from_day,
                    until_day=fitted.until_day,
                    rubrics=gathered.rubrics,
                    report=report(fitted),
                ),
            )
    return Calibrated(number, fitted, gathered.rubrics)


def _gather(
    database: Database, from_at: datetime, to_at: datetime, more: Sequence[RatingRow]
) -> Gathered:
    scored: list[ScoredRow] = []
    ratings: list[RatingRow] = [one for one in more if from_at <= one.at < to_at]
    asked_for: set[UUID] = set()
    for branch_id in rescore.branches(database):
        with database.branches_transaction([branch_id]) as connection:
            scored += store.scored(connection, branch_id, from_at, to_at)
            ratings += store.ratings(connection, branch_id, from_at, to_at)
            named = {
                interaction
                for rating in ratings
                if rating.branch_id == branch_id
                for interaction in rating.interaction_ids
            }
            asked_for |= store.asked_for(connection, branch_id, from_at, to_at, named)
    return gather(scored, ratings, asked_for)
