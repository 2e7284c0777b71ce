"""Rows that the pages and the JSON API are made of. Every function but `ping` wants a
connection from `branches_transaction`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from hub.store.queries import load_queries

_SQL = load_queries("pages")
_Row = TypeVar("_Row")
PageConnection: TypeAlias = Connection[TupleRow]
_STATES = ("open", "decided", "withdrawn")
_PARTED = {query.removeprefix("oldest_") for query in _SQL if query.startswith("oldest_")}
"""Classes of which the counts say in which partition the oldest row is to be looked for."""
Json = Any
"""A jsonb column, as its writer left it."""


@dataclass(frozen=True, slots=True)
class CounterRow:
    branch_id: str
    branch_vi: str
    branch_en: str
    point_id: str
    point_vi: str
    point_en: str
    counter_id: str
    zone: str
    number: int
    device_id: str | None
    status: str | None
    status_since: datetime | None
    health: Json
    health_at: datetime | None
    today: int
    week: int
    latest_at: datetime | None
    open_live: int
    open_review: int
    unmeasured: int
    """Interactions of the week without a figure, because not enough was measured."""


@dataclass(frozen=True, slots=True)
class InteractionListRow:
    branch_id: str
    counter_id: str
    at: datetime
    interaction_id: UUID
    revision: int
    ended_at: datetime
    zone: str
    number: int | None
    handling_s: float
    boundary_uncertain: bool
    source: str
    coverage: Json
    figure_value: float | None
    figure_low: float | None
    figure_high: float | None
    figure_calibrated: bool | None
    scored_at: datetime | None
    """None: waits for the scoring worker."""
    live: int
    review: int
    trend: int
    open: int


@dataclass(frozen=True, slots=True)
class InteractionRow:
    branch_id: str
    branch_vi: str
    branch_en: str
    point_vi: str | None
    point_en: str | None
    number: int | None
    counter_id: str
    at: datetime
    interaction_id: UUID
    revision: int
    ended_at: datetime
    zone: str
    device_id: str
    staff_id: str | None
    source: str
    end_reason: str
    boundary_uncertain: bool
    handling_s: float
    measurements: Json
    coverage: Json
    spans: Json
    models: list[str]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class TurnRow:
    turn_no: int
    role: str
    role_confidence: float
    start_s: float
    duration_s: float
    speech_s: float
    continued: bool
    syllables: int | None
    syllables_per_minute: float | None
    loudness_dbfs: float
    loudness_above_baseline_db: float | None
    asr_confidence: float | None
    language: str | None
    backchannel: bool
    sentiment_polarity: float | None
    sentiment_confidence: float | None
    hits: Json


@dataclass(frozen=True, slots=True)
class ScoreRow:
    figure: str
    rubric: str
    rubric_version: int
    value: float | None
    low: float | None
    high: float | None
    coverage: float
    parts: Json
    scored_at: datetime
    ratings: int | None
    """How many ratings by citizens it was calibrated to; None: not calibrated."""
    rated_until: date | None


@dataclass(frozen=True, slots=True)
class FlagRow:
    branch_id: str
    counter_id: str
    at: datetime
    flag_id: UUID
    interaction_id: UUID
    rule_id: str
    rule_version: int
    kind: str
    severity: int
    role: str
    evidence: Json
    coverage: float
    state: str
    raised_at: datetime
    reviewer: str
    """Who decides on it: the branch, or the city's QA."""
    number: int | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class ReviewRow:
    flag_id: UUID
    review_no: int
    outcome: str
    ground: str
    decided_at: datetime
    decided_by: str


@dataclass(frozen=True, slots=True)
class DeviceRow:
    device_id: str
    branch_id: str
    counter_id: str
    enrolled_at: datetime
    revoked_at: datetime | None
    number: int | None
    zone: str | None
    status: str | None
    status_since: datetime | None
    agent_version: str | None
    health: Json
    health_at: datetime | None
    settled: int
    """Messages that the hub has committed, rejected or been told to be lost."""
    dropped: int
    wanted_version: int | None
    """What it was last told to run; None before it was told anything."""
    wanted_release: int | None
    """None: as it was installed."""
    actual_release: int | None
    """Of the version that it says it runs."""


@dataclass(frozen=True, slots=True)
class RejectRow:
    reject_id: int
    received_at: datetime
    branch_id: str | None
    counter_id: str | None
    kind: str | None
    device_id: str | None
    stream: str | None
    sequence: int | None
    reason: str
    detail: str
    bytes: int


@dataclass(frozen=True, slots=True)
class KeptRow:
    name: str
    rows: int
    oldest: datetime | None


def counters(
    connection: PageConnection, *, day_start: datetime, week_start: datetime
) -> list[CounterRow]:
    return _all(
        connection, CounterRow, "counters", {"day_start": day_start, "week_start": week_start}
    )


def interactions(
    connection: PageConnection,
    *,
    branch_id: str | None = None,
    counter_id: str | None = None,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    flagged: bool = False,
    before: tuple[datetime, UUID] | None = None,
    figure: str = "experience",
    limit: int,
) -> list[InteractionListRow]:
    """Newest first, in two steps: which keys are on the page, then what is shown of each."""
    before_at, before_id = before or (None, None)
    asked = {
        "branch_id": branch_id,
        "counter_id": counter_id,
        "from_at": from_at,
        "to_at": to_at,
        "before_at": before_at,
        "before_id": before_id,
        "limit": limit,
    }
    limited = connection.execute(_SQL["visible_staff"]).fetchone() != ("*",)
    query = f"{'flagged_' if flagged else ''}page_of_{'clerk' if limited else 'branches'}"
    keys = connection.execute(_SQL[query], asked).fetchall()
    values = {
        "branch_ids": [key[0] for key in keys],
        "counter_ids": [key[1] for key in keys],
        "ats": [key[2] for key in keys],
        "interaction_ids": [key[3] for key in keys],
        "figure": figure,
    }
    return _all(connection, InteractionListRow, "interactions", values)


def interaction(connection: PageConnection, interaction_id: UUID) -> InteractionRow | None:
    found = _all(connection, InteractionRow, "interaction", {"interaction_id": interaction_id})
    return found[0] if found else None


def turns(connection: PageConnection, row: InteractionRow) -> list[TurnRow]:
    return _all(connection, TurnRow, "turns", _key(row))


def scores(connection: PageConnection, row: InteractionRow) -> list[ScoreRow]:
    return _all(connection, ScoreRow, "scores", _key(row))


def reviews(connection: PageConnection, flag_ids: Sequence[UUID]) -> list[ReviewRow]:
    return _all(connection, ReviewRow, "reviews", {"flag_ids": list(flag_ids)})


def flags(
    connection: PageConnection,
    *,
    kinds: Sequence[str],
    state: str | None = None,
    interaction_id: UUID | None = None,
    flag_id: UUID | None = None,
    city: bool = False,
    limit: int,
) -> list[FlagRow]:
    """Of all that is seen, or of one interaction, or one flag. `city`: also what is reviewed
    outside the branch and was not decided yet.
    """
    values: dict[str, Any] = {"kinds": list(kinds), "state": state, "city": city, "limit": limit}
    if flag_id is not None:
        return _all(connection, FlagRow, "flag", {**values, "flag_id": flag_id})
    if interaction_id is not None:
        values["interaction_id"] = interaction_id
        return _all(connection, FlagRow, "flags_of_interaction", values)
    values["states"] = [state] if state is not None else list(_STATES)
    return _all(connection, FlagRow, "flags", values)


def branch_names(connection: PageConnection) -> dict[str, tuple[str, str]]:
    """Branch -> its name in Vietnamese and in English."""
    rows = connection.execute(_SQL["branch_names"])
    return {branch: (vietnamese, english) for branch, vietnamese, english in rows}


def devices(connection: PageConnection) -> list[DeviceRow]:
    return _all(connection, DeviceRow, "devices", {})


def rejects(
    connection: PageConnection, *, before: int | None = None, limit: int
) -> list[RejectRow]:
    return _all(connection, RejectRow, "rejects", {"before": before, "limit": limit})


def kept(connection: PageConnection) -> list[KeptRow]:
    """Exact, but for `activity`: of its windows those that the rollup worker has counted, which it
    does every ten minutes, and of the oldest the hour.
    """
    found = []
    for name, rows, from_at in connection.execute(_SQL["kept"]).fetchall():
        oldest = from_at
        if from_at is not None and name in _PARTED:
            # That was the beginning of its partition.
            row = connection.execute(_SQL[f"oldest_{name}"], {"from_at": from_at}).fetchone()
            oldest = row and row[0]
        found.append(KeptRow(name, rows, oldest))
    return found


def ping(connection: PageConnection) -> None:
    connection.execute(_SQL["ping"])


def _key(row: InteractionRow) -> dict[str, Any]:
    return {
        "branch_id": row.branch_id,
        "counter_id": row.counter_id,
        "at": row.at,
        "interaction_id": row.interaction_id,
    }


def _all(
    connection: PageConnection, row_type: type[_Row], query: str, values: Mapping[str, Any]
) -> list[_Row]:
    with connection.cursor(row_factory=class_row(row_type)) as cursor:
        return cursor.execute(_SQL[query], values).fetchall()
