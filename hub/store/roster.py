"""Who sat where: taken over from CSV, all or nothing, correcting what is stored already.

    branch,counter,staff,from,to
    hoan-kiem,quay-05,cb-0117,2026-03-10T07:30,2026-03-10T11:30

Times without an offset are Hanoi's. A line that starts when a known one does, at the same
counter, replaces it; every other overlap at a counter is refused. A pseudonym not known yet is
made. Takes a Database that signs in as hailong_migrator.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow, class_row

from hub.store.pool import Database
from hub.store.queries import load_queries
from hub.store.rows import AssignmentRow
from hub.store.tables import HANOI, Faults, read_lines

COLUMNS = ("branch", "counter", "staff", "from", "to")
_SQL = load_queries("roster")
_Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class RosterLine:
    number: int
    """In its file; 1 is the line of column names."""
    assignment: AssignmentRow


@dataclass(frozen=True, slots=True)
class RosterResult:
    changed: int
    """Assignments that are new or different."""
    new_staff: tuple[str, ...]
    """Named for the first time: a slip of the pen shows here."""
    attributed: int
    """Stored interactions that now belong to somebody else, or to somebody at last."""


def import_roster(database: Database, path: Path) -> RosterResult:
    """Raises RosterError naming each fault by line and column; then nothing is changed."""
    lines, faults = read_roster(path)
    with database.transaction() as connection:
        connection.execute(_SQL["roster_lock"])
        _check_counters(connection, lines, faults)
        known = _known_around(connection, lines)
        _check_overlaps(lines, known, faults)
        faults.raise_if_any()
        return _write(connection, lines, known)


def read_roster(path: Path) -> tuple[list[RosterLine], Faults]:
    rows, faults = read_lines(path, COLUMNS)
    lines: list[RosterLine] = []
    for row in rows:
        branch, counter, staff = row.name("branch"), row.name("counter"), row.name("staff")
        from_at, to_at = row.time("from"), row.time("to")
        if from_at is None or to_at is None:
            continue
        if from_at >= to_at:
            faults.add(row.number, "to", row.values["to"], f"a time after {row.values['from']}")
            continue
        lines.append(RosterLine(row.number, AssignmentRow(branch, counter, staff, from_at, to_at)))
    return lines, faults


def _check_counters(connection: _Connection, lines: Sequence[RosterLine], faults: Faults) -> None:
    known = set(connection.execute(_SQL["counter_keys"]).fetchall())
    for line in lines:
        key = (line.assignment.branch_id, line.assignment.counter_id)
        if key not in known:
            faults.add(line.number, "counter", key[1], f"a counter of branch {key[0]}")


def _known_around(connection: _Connection, lines: Sequence[RosterLine]) -> list[AssignmentRow]:
    if not lines:
        return []
    keys = sorted({(ln.assignment.branch_id, ln.assignment.counter_id) for ln in lines})
    with connection.cursor(row_factory=class_row(AssignmentRow)) as cursor:
        return cursor.execute(
            _SQL["assignments_between"],
            {
                "from_at": min(ln.assignment.from_at for ln in lines),
                "to_at": max(ln.assignment.to_at for ln in lines),
                "branches": [branch for branch, _ in keys],
                "counters": [counter for _, counter in keys],
            },
        ).fetchall()


def _check_overlaps(
    lines: Sequence[RosterLine], known: Sequence[AssignmentRow], faults: Faults
) -> None:
    """Within the file, and against what stays of the roster."""
    replaced = {_start(line.assignment) for line in lines}
    spans = [(line.assignment, f"line {line.number}", line.number) for line in lines]
    spans += [(row, "the roster", 0) for row in known if _start(row) not in replaced]
    spans.sort(key=lambda s: (*_start(s[0]), s[2]))
    for (before, before_is, before_line), (after, after_is, after_line) in pairwise(spans):
        same = (before.branch_id, before.counter_id) == (after.branch_id, after.counter_id)
        if not same or before.to_at <= after.from_at:
            continue
        if after_line:
            faults.add(after_line, "from", _local(after.from_at), _free(before, before_is))
        elif before_line:
            faults.add(before_line, "to", _local(before.to_at), _free(after, after_is))


def _free(row: AssignmentRow, source: str) -> str:
    return (
        f"no overlap at {row.counter_id}: {source} has {row.staff_id} there from "
        f"{_local(row.from_at)} to {_local(row.to_at)}"
    )


def _local(at: datetime) -> str:
    return at.astimezone(HANOI).isoformat(timespec="minutes")


def _write(
    connection: _Connection, lines: Sequence[RosterLine], known: Sequence[AssignmentRow]
) -> RosterResult:
    before = {_start(row): row for row in known}
    changed, attributed = 0, 0
    new_staff: list[str] = []
    spans: list[AssignmentRow] = []
    for row in (line.assignment for line in lines):
        old = before.get(_start(row))
        if old == row:
            continue
        if connection.execute(_SQL["put_staff"], asdict(row)).fetchone():
            new_staff.append(row.staff_id)
        connection.execute(_SQL["put_assignment"], asdict(row))
        changed += 1
        spans += [row] if old is None else [row, old]
    # After all lines: one span may lose an interaction that another gains.
    for span in spans:
        attributed += connection.execute(_SQL["attribute_again"], asdict(span)).rowcount
    return RosterResult(changed, tuple(new_staff), attributed)


def _start(row: AssignmentRow) -> tuple[str, str, float]:
    return (row.branch_id, row.counter_id, row.from_at.timestamp())
