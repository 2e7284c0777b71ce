"""What ingest writes, in one transaction, and what it must know beforehand."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow, class_row

from hub.store import activity
from hub.store.arrays import array_text
from hub.store.pool import Database
from hub.store.queries import load_queries
from hub.store.rows import Arrivals, DeviceRow, RangeRow, StreamRow

_SQL = load_queries("ingest")
_Connection = psycopg.Connection[TupleRow]

# Types of the incoming tables, in the order of the rows' fields: a binary COPY names them.
_KEY = ("text", "text", "timestamptz")
_INTERACTION = (
    *_KEY, "uuid", "int4", "timestamptz", "text", "text", "text", "bool", "float4", "text",
    "text", "text", "text[]", "uuid", "timestamptz",
)  # fmt: skip
_TURN = (
    *_KEY, "uuid", "int4", "text", "float4", "float4", "float4", "float4", "bool", "int8",
    "float4", "float4", "float4", "float4", "text", "bool", "float4", "float4", "text",
)  # fmt: skip
_ACTIVITY = (*_KEY, "text", *["float4"] * 11)


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
        if arrivals.snapshots:
            _store(connection, "store_snapshots", arrivals.snapshots)
            connection.execute(_SQL["notify_scoring"])
        _store(connection, "store_health", arrivals.health)
        _store(connection, "store_outcomes", arrivals.outcomes)
        _store(connection, "store_states", arrivals.states)
        _store(connection, "store_dropped", arrivals.dropped)
        _store(connection, "store_rejects", arrivals.rejects)
        _store(connection, "count_rejects", arrivals.reject_counts)
        return _settle(connection, arrivals.settled)


def _write_measurements(connection: _Connection, arrivals: Arrivals) -> None:
    connection.execute("SET LOCAL client_min_messages = warning")
    connection.execute(_SQL["incoming_tables"])
    if arrivals.interactions:
        connection.execute(_SQL["roster_lock_shared"])
        _copy(connection, "copy_interactions", _INTERACTION, arrivals.interactions)
        _copy(connection, "copy_turns", _TURN, arrivals.turns)
        stored = connection.execute(_SQL["store_interactions"]).rowcount
        if stored:
            # A first revision replaces nothing, and looking for it takes a plan of all weeks.
            if any(row.revision > 1 for row in arrivals.interactions):
                connection.execute(_SQL["delete_turns"])
            connection.execute(_SQL["store_turns"])
            connection.execute(_SQL["queue_scoring"])
            connection.execute(_SQL["notify_scoring"])
    if arrivals.activity:
        _copy(connection, "copy_activity", _ACTIVITY, arrivals.activity)
        activity.write(connection)


def _copy(
    connection: _Connection, query: str, types: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Binary: a row of numbers costs a tenth of what its text would, on both sides."""
    with connection.cursor() as cursor, cursor.copy(_SQL[query]) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _store(connection: _Connection, query: str, rows: Sequence[Any]) -> None:
    """One statement for all rows, given as one array a column."""
    if rows:
        names = [f.name for f in dataclasses.fields(rows[0])]
        connection.execute(_SQL[query], {n: [getattr(row, n) for row in rows] for n in names})


def _settle(connection: _Connection, settled: Sequence[RangeRow]) -> list[StreamRow]:
    if not settled:
        return []
    names = [f.name for f in dataclasses.fields(RangeRow)]
    columns = {name: array_text([getattr(row, name) for row in settled]) for name in names}
    found = connection.execute(_SQL["settle"], columns).fetchall()
    refused = [(row[0], row[1]) for row in found if row[3]]
    rejected: dict[tuple[str, str], list[tuple[int, str]]] = {}
    if refused:
        asked = {"device_ids": [d for d, _ in refused], "streams": [s for _, s in refused]}
        for device, stream, sequence, reason in connection.execute(
            _SQL["rejected_of_streams"], asked
        ):
            rejected.setdefault((device, stream), []).append((sequence, reason))
    return [
        StreamRow(
            device,
            stream,
            _ranges(ranges),
            tuple(rejected.get((device, stream), ())),
            rows,
        )
        for device, stream, ranges, _, rows in found
    ]


def _ranges(text: str) -> tuple[tuple[int, int], ...]:
    """As in "1 7,9 9", both ends included. As arrays they cost more to read than to write."""
    pairs = (part.partition(" ") for part in text.split(",")) if text else ()
    return tuple((int(first), int(last)) for first, _, last in pairs)
