"""Releases, rollouts, what each device is to run, and commands.

What changes releases and rollouts takes a Database that signs in as hailong_migrator: an
operator's command. `want`, `wanted`, `narrowed` and `open_commands` are the control service's
(hailong_control), `file_for_device` the web's (hailong_app).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from hub.store.errors import ReleaseRefusedError, RowRefusedError
from hub.store.pool import Database
from hub.store.queries import load_queries

_SQL = load_queries("releases")
_Row = TypeVar("_Row")
_Connection = Connection[TupleRow]
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    release_no: int
    settings: Any
    categories: list[str] | None
    """Kinds of phrases whose hits may leave a device; None: all."""
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseFileRow:
    kind: str
    """lexicon or model"""
    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class NarrowedRow:
    """A release in force that does not let every kind of phrase leave."""

    release_no: int
    categories: list[str]
    devices: int
    """That are to run it."""


@dataclass(frozen=True, slots=True)
class RolloutRow:
    rollout_no: int
    release_no: int
    first_branch: str
    first_counter: str
    stage: str
    paused: bool


@dataclass(frozen=True, slots=True)
class StepRow:
    step: str
    stage: str
    despite_failures: bool
    taken_by: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class RolloutDeviceRow:
    device_id: str
    branch_id: str
    counter_id: str
    version: int | None
    """Wanted; None before it was told to run anything."""
    release_no: int | None
    config: Any
    """What it last said of releases; None where its agent says nothing."""
    health_at: datetime | None


@dataclass(frozen=True, slots=True)
class WantedRow:
    device_id: str
    branch_id: str
    counter_id: str
    version: int
    release_no: int | None
    wanted_at: datetime
    unheard: bool
    """The device is online and says that it knows an earlier version only."""


@dataclass(frozen=True, slots=True)
class OpenCommandRow:
    command_id: UUID
    device_id: str
    branch_id: str
    counter_id: str
    command: str
    stream: str | None
    first_sequence: int | None
    last_sequence: int | None
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CommandRow:
    command_id: UUID
    device_id: str
    command: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    outcome: str | None
    outcome_at: datetime | None


@dataclass(frozen=True, slots=True)
class AskingDevice:
    public_key: bytes
    revoked: bool
    bytes: int | None
    """Of the file; None where the device's release does not name it."""


@contextmanager
def locked(database: Database) -> Iterator[_Connection]:
    """A transaction in which nobody else numbers releases or moves a rollout."""
    with database.transaction() as connection:
        connection.execute(_SQL["release_lock"])
        yield connection


def add_release(
    database: Database,
    settings: Mapping[str, Any],
    files: Sequence[ReleaseFileRow],
    made_by: str,
    categories: Sequence[str] | None = None,
) -> int:
    """Its number. The files' bytes lie on the disk already."""
    with locked(database) as connection:
        values = {
            "settings": json.dumps(dict(settings)),
            "categories": None if categories is None else list(categories),
            "made_by": made_by,
        }
        row = connection.execute(_SQL["put_release"], values).fetchone()
        assert row is not None
        for file in files:
            connection.execute(_SQL["put_file"], {"sha256": file.sha256, "bytes": file.bytes})
            connection.execute(
                _SQL["put_release_file"],
                {
                    "release_no": row[0],
                    "kind": file.kind,
                    "name": file.name,
                    "sha256": file.sha256,
                },
            )
        return int(row[0])


def releases(database: Database, release_no: int | None = None) -> list[ReleaseRow]:
    with database.transaction() as connection:
        return _all(connection, ReleaseRow, "releases", {"release_no": release_no})


def release_files(database: Database, release_no: int) -> list[ReleaseFileRow]:
    with database.transaction() as connection:
        return _all(connection, ReleaseFileRow, "release_files", {"release_no": release_no})


def narrowed(database: Database) -> list[NarrowedRow]:
    with database.transaction() as connection:
        return _all(connection, NarrowedRow, "narrowed", {})


def open_rollout(connection: _Connection) -> RolloutRow | None:
    found = _all(connection, RolloutRow, "open_rollout", {})
    return found[0] if found else None


def put_rollout(
    connection: _Connection, *, release_no: int, branch: str, counter: str
) -> RolloutRow:
    values = {"release_no": release_no, "branch": branch, "counter": counter}
    return _all(connection, RolloutRow, "put_rollout", values)[0]


def change_rollout(
    connection: _Connection,
    rollout: RolloutRow,
    step: str,
    taken_by: str,
    *,
    stage: str | None = None,
    paused: bool = False,
    ended: str | None = None,
    despite: bool = False,
) -> None:
    stage = stage or rollout.stage
    connection.execute(
        _SQL["change_rollout"],
        {"rollout_no": rollout.rollout_no, "stage": stage, "paused": paused, "ended": ended},
    )
    put_step(connection, rollout.rollout_no, step, stage, taken_by, despite=despite)


def put_step(
    connection: _Connection,
    rollout_no: int,
    step: str,
    stage: str,
    taken_by: str,
    *,
    despite: bool = False,
) -> None:
    connection.execute(
        _SQL["put_step"],
        {
            "rollout_no": rollout_no,
            "step": step,
            "stage": stage,
            "despite": despite,
            "taken_by": taken_by,
        },
    )


def steps(connection: _Connection, rollout_no: int) -> list[StepRow]:
    return _all(connection, StepRow, "steps", {"rollout_no": rollout_no})


def rollout_devices(
    connection: _Connection, rollout: RolloutRow, stage: str | None = None
) -> list[RolloutDeviceRow]:
    values = {
        "stage": stage or rollout.stage,
        "branch": rollout.first_branch,
        "counter": rollout.first_counter,
    }
    return _all(connection, RolloutDeviceRow, "rollout_devices", values)


def want(connection: _Connection) -> int:
    """How many devices are to run something else from now on."""
    return connection.execute(_SQL["want"]).rowcount


def want_back(connection: _Connection, rollout_no: int) -> int:
    return connection.execute(_SQL["want_back"], {"rollout_no": rollout_no}).rowcount


def wanted(database: Database) -> list[WantedRow]:
    """Brought up to date first."""
    with locked(database) as connection:
        want(connection)
        return _all(connection, WantedRow, "wanted", {})


def add_command(
    database: Database,
    *,
    device_id: str,
    command: str,
    asked_by: str,
    valid_s: float,
    stream: str | None = None,
    first: int | None = None,
    last: int | None = None,
) -> UUID:
    values = {
        "device_id": device_id,
        "command": command,
        "asked_by": asked_by,
        "valid_s": valid_s,
        "stream": stream,
        "first": first,
        "last": last,
    }
    try:
        with database.transaction() as connection:
            row = connection.execute(_SQL["put_command"], values).fetchone()
    except RowRefusedError as error:
        raise ReleaseRefusedError(
            f"no such device {device_id[:40]!r}, or a range that is none; expected an enrolled "
            "device, and for resend a stream with its first and last sequence"
        ) from error
    assert row is not None
    number: UUID = row[0]
    return number


def open_commands(database: Database) -> list[OpenCommandRow]:
    with database.transaction() as connection:
        return _all(connection, OpenCommandRow, "open_commands", {"limit": _AT_ONCE})


def commands(database: Database, limit: int) -> list[CommandRow]:
    with database.transaction() as connection:
        return _all(connection, CommandRow, "commands", {"limit": limit})


def file_for_device(database: Database, device_id: str, sha256: str) -> AskingDevice | None:
    """None for a device that is not enrolled."""
    values = {"device_id": device_id, "sha256": sha256}
    with database.transaction() as connection:
        found = _all(connection, AskingDevice, "file_for_device", values)
    # The function gives a row of nulls for what it does not find.
    return found[0] if found and found[0].public_key is not None else None


def _all(
    connection: _Connection, row_type: type[_Row], query: str, values: Mapping[str, Any]
) -> list[_Row]:
    with connection.cursor(row_factory=class_row(row_type)) as cursor:
        return cursor.execute(_SQL[query], values).fetchall()
