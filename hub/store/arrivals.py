"""What ingest writes, in one transaction, and what it must know beforehand."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import psycopg
from psycopg.rows import TupleRow, class_row
from psycopg.types.multirange import Multirange

from hub.store.pool import Database
from hub.store.queries import load_queries
from hub.store.rows import Arrivals, DeviceRow, StreamRow

_SQL = load_queries("ingest")
_Connection = psycopg.Connection[TupleRow]


def find_devices(database: Database, device_ids: Sequence[str]) -> dict[str, DeviceRow]:
    """Asked anew for each batch, so that a revoked device is refused at once."""
    with (
        database.transaction() as connection,
        connection.cursor(row_factory=class_row(DeviceRow)) as cursor,
    ):
        rows = cursor.execute(_SQL["devices"], {"device_ids": list(device_ids)}).fetchall()
    return {row.device_id: row for row in rows}


def ensure_partitions(database: Database, from_at: datetime, to_at: datetime) -> int:
    """How many were made. Takes the roles ingest, worker or migrator."""
    with database.transaction() as connection:
        row = connection.execute(
            _SQL["ensure_partitions"], {"from_at": from_at, "to_at": to_at}
        ).fetchone()
    assert row is not None
    return int(row[0])


def write_arrivals(
    database: Database, branches: Sequence[str], arrivals: Arrivals
) -> list[StreamRow]:
    """Commits all or nothing, and returns where each stream that `settled` names stands.

    Idempotent: what is known already changes nothing. Raises RowRefusedError when a row is at
    fault, DatabaseUnavailableError when none is.
    """
    with database.branches_transaction(branches) as connection:
        if arrivals.interactions or arrivals.activity:
            _write_measurements(connection, arrivals)
        _each(connection, "store_health", arrivals.health)
        _each(connection, "store_outcome", arrivals.outcomes)
        _each(connection, "store_state", arrivals.states)
        _each(connection, "store_dropped", arrivals.dropped)
        _each(connection, "store_reject", arrivals.rejects)
        return _settle(connection, arrivals)


def _write_measurements(connection: _Connection, arrivals: Arrivals) -> None:
    connection.execute("SET LOCAL client_min_messages = warning")
    connection.execute(_SQL["incoming_tables"])
    if arrivals.interactions:
        connection.execute(_SQL["roster_lock_shared"])
        _copy(connection, "copy_interactions", arrivals.interactions)
        _copy(connection, "copy_turns", arrivals.turns)
        stored = connection.execute(_SQL["store_interactions"]).rowcount
        if stored:
            connection.execute(_SQL["delete_turns"])
            connection.execute(_SQL["store_turns"])
            connection.execute(_SQL["queue_scoring"])
            connection.execute(_SQL["notify_scoring"])
    if arrivals.activity:
        _copy(connection, "copy_activity", arrivals.activity)
        connection.execute(_SQL["store_activity"])


def _copy(connection: _Connection, query: str, rows: Iterable[Any]) -> None:
    with connection.cursor() as cursor, cursor.copy(_SQL[query]) as copy:
        for row in rows:
            copy.write_row(_values(row))


def _values(row: Any) -> list[Any]:
    return [getattr(row, f.name) for f in dataclasses.fields(row)]


def _each(connection: _Connection, query: str, rows: Sequence[Any]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_SQL[query], [dataclasses.asdict(row) for row in rows])


def _settle(connection: _Connection, arrivals: Arrivals) -> list[StreamRow]:
    if not arrivals.settled:
        return []
    settled = connection.execute(
        _SQL["settle"],
        {
            "device_ids": [r.device_id for r in arrivals.settled],
            "streams": [r.stream for r in arrivals.settled],
            "firsts": [r.first for r in arrivals.settled],
            "lasts": [r.last for r in arrivals.settled],
        },
    ).fetchall()
    names = {"device_ids": [row[0] for row in settled], "streams": [row[1] for row in settled]}
    rejected: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for device, stream, sequence, reason in connection.execute(_SQL["rejected_of_streams"], names):
        rejected.setdefault((device, stream), []).append((sequence, reason))
    lost: Mapping[tuple[str, str], int] = {
        (device, stream): int(count)
        for device, stream, count in connection.execute(_SQL["lost_of_streams"], names)
    }
    return [
        _stream_row(device, stream, ranges, rejected.get((device, stream), []), lost)
        for device, stream, ranges in settled
    ]


def _stream_row(
    device: str,
    stream: str,
    ranges: Multirange[int],
    rejected: list[tuple[int, str]],
    lost: Mapping[tuple[str, str], int],
) -> StreamRow:
    # PostgreSQL gives discrete ranges as [lower, upper): neither end is open here.
    parts = tuple((cast("int", r.lower), cast("int", r.upper) - 1) for r in ranges)
    settled = sum(last - first + 1 for first, last in parts)
    return StreamRow(
        device, stream, parts, tuple(rejected), max(0, settled - lost.get((device, stream), 0))
    )
