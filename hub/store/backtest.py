"""What a trial of a rule reads: a stream of interactions, and turns of the few that may fire.

Every function wants a connection from `branches_transaction`; nothing is written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, dict_row

from hub.store.queries import load_queries
from hub.store.scoring import Queued, StoredInteraction

_SQL = load_queries("backtest")
BacktestConnection: TypeAlias = Connection[TupleRow]
_FETCHED = 2000
TurnRow: TypeAlias = tuple[Any, ...]
"""role, role_confidence, start_s, duration_s, speech_s, continued, syllables,
syllables_per_minute, loudness_dbfs, loudness_above_baseline_db, asr_confidence, language,
backchannel, sentiment_polarity, sentiment_confidence, hits (None where there is none)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which interactions may fire; predicates are jsonpath."""

    since: datetime
    until: datetime
    coverage: str
    zones: list[str] | None = None
    certain: bool = False
    measurements: str | None = None
    spans: str | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    key: Queued
    zone: str
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """jsonpath predicates for the hits of one turn, by its role."""

    staff: str | None
    citizen: str | None


def begin(connection: BacktestConnection, most_s: float) -> None:
    """Of a transaction that has asked nothing yet: it changes nothing, and no question of it
    takes longer.
    """
    connection.execute(_SQL["read_only"])
    connection.execute(_SQL["limit_time"], {"most_ms": str(round(most_s * 1000))})


def branch_days(
    connection: BacktestConnection, since: datetime, until: datetime
) -> list[tuple[str, date, int]]:
    """Branch, Hanoi's day, interactions."""
    values = {"since": since, "until": until}
    return [(row[0], row[1], row[2]) for row in connection.execute(_SQL["branch_days"], values)]


def stays(connection: BacktestConnection, wanted: Wanted) -> Iterator[Stay]:
    """From a cursor of the server: memory stays small."""
    with connection.cursor(name="backtest") as cursor:
        cursor.itersize = _FETCHED
        for row in cursor.execute(_SQL["stays"], asdict(wanted)):
            yield _stay(row)


def stays_of(connection: BacktestConnection, wanted: Wanted, keys: Sequence[Queued]) -> list[Stay]:
    """Those of these on which the rule may fire."""
    values = asdict(wanted) | _arrays(keys)
    return [_stay(row) for row in connection.execute(_SQL["stays_of"], values)]


def interactions(connection: BacktestConnection, keys: Sequence[Queued]) -> list[StoredInteraction]:
    """Whole, but for their turns."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [_stored(row) for row in cursor.execute(_SQL["interactions"], _arrays(keys))]


def heard(connection: BacktestConnection, wanted: Wanted, said: Said, least: float) -> list[Queued]:
    """Interactions in which a turn, its speaker known by `least`, holds one of these."""
    values = {
        "since": wanted.since,
        "until": wanted.until,
        "staff_hits": said.staff,
        "citizen_hits": said.citizen,
        "least": least,
    }
    return [Queued(*row) for row in connection.execute(_SQL["heard"], values)]


def turns(
    connection: BacktestConnection, keys: Sequence[Queued], *, whole: bool
) -> dict[UUID, list[TurnRow]]:
    """In order; all of them, or those alone that hold a hit."""
    found: dict[UUID, list[TurnRow]] = {}
    for interaction_id, *turn in connection.execute(
        _SQL["turns"], {**_arrays(keys), "whole": whole}
    ):
        found.setdefault(interaction_id, []).append(tuple(turn))
    return found


def flags_of(connection: BacktestConnection, keys: Sequence[Queued]) -> dict[UUID, list[str]]:
    """Rules that have flagged each of these interactions already."""
    found: dict[UUID, list[str]] = {}
    for interaction_id, rule_id in connection.execute(_SQL["flags_of"], _arrays(keys)):
        found.setdefault(interaction_id, []).append(rule_id)
    return found


def _stay(row: TupleRow) -> Stay:
    return Stay(Queued(*row[:4]), row[4], row[5])


def _stored(row: dict[str, Any]) -> StoredInteraction:
    key = Queued(*(row.pop(name) for name in _KEY))
    return StoredInteraction(key, row.pop("zone"), row, ())


_KEY = ("branch_id", "counter_id", "at", "interaction_id")


def _arrays(keys: Sequence[Queued]) -> dict[str, list[Any]]:
    return {f"{name}s": [getattr(key, name) for key in keys] for name in _KEY}
