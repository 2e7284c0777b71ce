"""Ratings, the figures they are compared with, and calibrations. Takes connections of
hailong_migrator; rows of a branch inside branches_transaction.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID, uuid5

import psycopg
from psycopg.rows import TupleRow, class_row

from hub.store.queries import load_queries
from hub.store.tables import Line, read_lines

_SQL = load_queries("calibrate")
_Connection: TypeAlias = psycopg.Connection[TupleRow]
CHANNELS = ("counter", "exit", "ticket", "phone", "online")
COLUMNS = ("at", "branch", "counter", "visit", "interactions", "stars", "channel", "solicited")
_OF_FILES = UUID("6d4c9f0e-7a52-4b38-9d11-3a0c5b2f8e77")


@dataclass(frozen=True, slots=True)
class RatingRow:
    branch_id: str
    rating_id: UUID
    counter_id: str | None
    at: datetime
    visit_id: UUID | None
    interaction_ids: Sequence[UUID]
    """Of the visit; none where the rating came without a ticket."""
    stars: int
    """1 to 5."""
    channel: str
    solicited: bool


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """An interaction with its experience index as measured, before any calibration."""

    interaction_id: UUID
    branch_id: str
    at: datetime
    zone: str
    handling_s: float
    rubric: str
    rubric_version: int
    coverage: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class NewCalibration:
    made_at: datetime
    method: str
    knots: Sequence[Sequence[float]]
    margin: float
    ratings: int
    from_day: date
    until_day: date
    rubrics: Sequence[tuple[str, int]]
    report: Mapping[str, Any]


def ratings(
    connection: _Connection, branch_id: str, from_at: datetime, to_at: datetime
) -> list[RatingRow]:
    values = {"branch_id": branch_id, "from_at": from_at, "to_at": to_at}
    with connection.cursor(row_factory=class_row(RatingRow)) as cursor:
        return cursor.execute(_SQL["ratings"], values).fetchall()


def scored(
    connection: _Connection, branch_id: str, from_at: datetime, to_at: datetime
) -> list[ScoredRow]:
    values = {"branch_id": branch_id, "from_at": from_at, "to_at": to_at}
    with connection.cursor(row_factory=class_row(ScoredRow)) as cursor:
        return cursor.execute(_SQL["scored"], values).fetchall()


def asked_for(
    connection: _Connection,
    branch_id: str,
    from_at: datetime,
    to_at: datetime,
    interaction_ids: Collection[UUID],
) -> set[UUID]:
    values = {
        "branch_id": branch_id,
        "from_at": from_at,
        "to_at": to_at,
        "interaction_ids": list(interaction_ids),
    }
    return {row[0] for row in connection.execute(_SQL["asked_for"], values)}


def put_calibration(connection: _Connection, made: NewCalibration) -> int:
    values = asdict(made)
    for name in ("knots", "rubrics", "report"):
        values[name] = json.dumps(values[name])
    found = connection.execute(_SQL["put_calibration"], values).fetchone()
    assert found is not None
    return int(found[0])


def withdraw_calibration(connection: _Connection, calibration_no: int, now: datetime) -> bool:
    """False where there is none of this number, or it was withdrawn before."""
    values = {"calibration_no": calibration_no, "now": now}
    return connection.execute(_SQL["withdraw_calibration"], values).rowcount > 0


def read_ratings(path: Path) -> list[RatingRow]:
    """From a CSV file: at,branch,counter,visit,interactions,stars,channel,solicited.

    `counter`, `visit` and `interactions` may be empty; `interactions` are ids with spaces between.
    Raises RosterError naming line and column of every fault.
    """
    lines, faults = read_lines(path, COLUMNS)
    read = [_rating(line) for line in lines]
    faults.raise_if_any()
    return [one for one in read if one is not None]


def _rating(line: Line) -> RatingRow | None:
    at = line.time("at")
    visits = _uuids(line, "visit")
    if len(visits) > 1:
        line.faults.add(line.number, "visit", line.values["visit"], "one id or nothing")
    interactions = _uuids(line, "interactions")
    solicited = line.one_of("solicited", ("yes", "no"))
    branch = line.name("branch")
    counter = line.name("counter") if line.values["counter"] else None
    stars = line.integer("stars", 1, 5)
    channel = line.one_of("channel", CHANNELS)
    if at is None:
        return None
    return RatingRow(
        branch_id=branch,
        rating_id=uuid5(_OF_FILES, str(line.number)),
        counter_id=counter,
        at=at,
        visit_id=visits[0] if visits else None,
        interaction_ids=interactions,
        stars=stars,
        channel=channel,
        solicited=solicited == "yes",
    )


def _uuids(line: Line, column: str) -> list[UUID]:
    found = []
    for word in line.values[column].split():
        try:
            found.append(UUID(word))
        except ValueError:
            line.faults.add(line.number, column, word, "an interaction's or a visit's id")
    return found
