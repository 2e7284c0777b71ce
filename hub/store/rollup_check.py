"""Rollups against a full recomputation from the rows, and rollups built anew.

Both run while ingest, scoring and the rollup worker go on. Take a Database that signs in as
hailong_migrator.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow, dict_row

from hub.store.errors import RollupError
from hub.store.pool import Database
from hub.store.queries import load_queries
from hub.store.tables import HANOI

_SQL = load_queries("rollup_check")
_Connection = psycopg.Connection[TupleRow]
_VALUES = ("n", "total", "squares", "bins")


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    keys: tuple[str, ...]
    """Columns of a cell beside branch, measure and variant."""
    day: str
    by_staff: bool = False


_TABLES = (
    _Table("rollups", ("day", "counter_id", "zone"), "day"),
    _Table("staff_rollups", ("day", "staff_id", "zone"), "day", by_staff=True),
    _Table("hour_rollups", ("month", "hour", "counter_id", "zone"), "month"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that does not hold what the rows say."""

    table: str
    cell: str
    kept: str
    expected: str

    def __str__(self) -> str:
        return f"{self.table} {self.cell}: got {self.kept}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class Checked:
    """One branch in one month."""

    branch_id: str
    from_day: date
    differences: tuple[Difference, ...]
    waiting: int
    """Changes that are not rolled up yet; no difference."""
    set_aside: int
    """Of these, could not be read and are tried again later."""


def check(database: Database, since: date | None = None) -> Iterator[Checked]:
    """By branch and month. `since` goes back to the first of its month; None: from the first row.

    Days whose rows are deleted cannot be recomputed and are left out.
    """
    branches, months = _extent(database, since)
    for branch in branches:
        for first, end in months:
            yield _check(database, branch, first, end)


def rebuild(database: Database, since: date) -> Iterator[tuple[str, date, int]]:
    """Counts anew from the rows, a transaction for each branch and month: branch, month and the
    interactions counted. `since` goes back to the first of its month.

    Raises RollupError, before anything is changed, where rows of that time are deleted.
    """
    branches, months = _extent(database, since)
    with database.transaction() as connection:
        for allowed in _open_from(connection):
            if allowed is not None and months and months[0][0] < allowed:
                raise RollupError(
                    f"rows before {allowed} are deleted and their rollups cannot be counted "
                    f"again: got --since {since}, expected {_next_month(allowed)} or later"
                )
    for branch in branches:
        for first, end in months:
            yield branch, first, _rebuild(database, branch, first, end)


def close(database: Database, before: datetime) -> None:
    """Interactions before this time are about to be deleted: their rollups stay for good.

    For retention, in advance of the deletion.
    """
    with database.transaction() as connection:
        connection.execute(_SQL["close"], {"before": before})
        connection.execute(_SQL["forget_closed"], {"before": before})


def _check(database: Database, branch: str, first: date, end: date) -> Checked:
    found: list[Difference] = []
    values = _values(branch, first, end)
    with database.transaction() as connection:
        connection.execute(_SQL["one_moment"])
        connection.execute(_SQL["no_timeout"])
        open_from, activity_from = _open_from(connection)
        connection.execute(_SQL["expected_table"])
        start = max(first, open_from or first)
        for day in _days(connection, branch, start, end):
            connection.execute(_SQL["expect_day"], day)
        with connection.cursor(row_factory=dict_row) as cursor:
            for table in _TABLES:
                if table.day == "month" and start > first:
                    continue  # of this month not all rows are there
                asked = values | {"from_day": start, "by_staff": table.by_staff}
                rows = cursor.execute(_of(table, "compare"), asked).fetchall()
                found += [_difference(table, branch, row) for row in rows]
            asked = values | {"from_at": _start(max(first, activity_from or first))}
            rows = cursor.execute(_SQL["compare_activity"], asked).fetchall()
            found += [_activity_difference(branch, row) for row in rows]
        waiting = connection.execute(_SQL["waiting"], values).fetchone()
        assert waiting is not None
    return Checked(branch, first, tuple(found), *waiting)


def _rebuild(database: Database, branch: str, first: date, end: date) -> int:
    values, count = _values(branch, first, end), 0
    with database.transaction() as connection:
        connection.execute(_SQL["no_timeout"])
        connection.execute(_SQL["lock_branch"], values)
        connection.execute(_SQL["plan_once"])
        for table in _TABLES:
            connection.execute(_of(table, "clear"), values)
        connection.execute(_SQL["forget"], values)
        for day in _days(connection, branch, first, end):
            added = connection.execute(_SQL["add_day"], day).fetchone()
            count += int(added[1]) if added else 0
        connection.execute(_SQL["clear_activity"], values)
        connection.execute(_SQL["add_activity"], values)
    return count


def _extent(database: Database, since: date | None) -> tuple[list[str], list[tuple[date, date]]]:
    """Branches, and months from the one of `since` to the last that holds anything."""
    with database.transaction() as connection:
        connection.execute(_SQL["no_timeout"])
        branches = [str(row[0]) for row in connection.execute(_SQL["branches"])]
        first = since or _one(connection, "first_day")
        last = _one(connection, "last_day")
    months: list[tuple[date, date]] = []
    while first is not None and last is not None and first <= last:
        first = first.replace(day=1)
        months.append((first, _next_month(first)))
        first = _next_month(first)
    return branches, months


def _open_from(connection: _Connection) -> tuple[date | None, date | None]:
    row = connection.execute(_SQL["open_from"]).fetchone()
    assert row is not None
    return row[0], row[1]


def _one(connection: _Connection, query: str) -> date | None:
    row = connection.execute(_SQL[query]).fetchone()
    assert row is not None
    return cast("date | None", row[0])


def _of(table: _Table, query: str) -> sql.Composed:
    """Names of our own tables and columns, quoted."""
    return sql.SQL(_SQL[query]).format(
        table=sql.Identifier(table.name),
        keys=sql.SQL(", ").join(map(sql.Identifier, table.keys)),
        day=sql.Identifier(table.day),
    )


def _difference(table: _Table, branch: str, row: dict[str, Any]) -> Difference:
    cell = " ".join([branch, *(str(row[key]) for key in table.keys), row["measure"]])
    kept, expected = ([row[f"{side}{name}"] for name in _VALUES] for side in ("", "expected_"))
    return Difference(
        table.name, f"{cell} {row['variant']}".rstrip(), _shown(kept), _shown(expected)
    )


def _shown(values: list[Any]) -> str:
    """n, total and squares; the bins where these cannot tell."""
    n, total, squares, bins = values
    if n is None:
        return "nothing"
    filled = (
        ""
        if bins is None
        else " bins "
        + " ".join(f"{place}:{count}" for place, count in enumerate(bins, start=1) if count)
    )
    return f"n {n} total {total} squares {squares}{filled}"


def _activity_difference(branch: str, row: dict[str, Any]) -> Difference:
    hour = row["hour_at"].astimezone(HANOI).strftime("%Y-%m-%d %H:00")
    return Difference(
        "activity_rollups",
        f"{branch} {row['counter_id']} {hour}",
        f"{row['windows'] or 0} windows",
        f"{row['expected_windows'] or 0} windows with their sums",
    )


def _values(branch: str, first: date, end: date) -> dict[str, Any]:
    return {
        "branch_id": branch,
        "from_day": first,
        "to_day": end,
        "from_at": _start(first),
        "to_at": _start(end),
        "by_staff": False,
    }


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=HANOI).astimezone(UTC)


def _days(connection: _Connection, branch: str, first: date, end: date) -> list[dict[str, Any]]:
    """The values of each day that holds anything."""
    rows = connection.execute(_SQL["days"], _values(branch, first, end)).fetchall()
    return [_values(branch, day, day + timedelta(days=1)) for (day,) in rows]


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
