"""Enrolment tokens, and the devices as enrolment and the broker's rights need them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from psycopg.rows import TupleRow, class_row

from hub.store.errors import RosterError, RowRefusedError
from hub.store.pool import Database
from hub.store.queries import load_queries
from hub.store.rows import DeviceRow

_SQL = load_queries("identity")
ENROLLED = "enrolled"
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class TokenRow:
    token_id: str
    secret_sha256: bytes
    device_id: str
    branch_id: str
    counter_id: str


@dataclass(frozen=True, slots=True)
class Redeemed:
    outcome: str
    """ENROLLED, or the reason why not; then there is no branch."""
    branch_id: str | None
    counter_id: str | None


def keep_token(database: Database, token: TokenRow, lifetime: timedelta) -> None:
    """As hailong_migrator. Raises RosterError when there is no such counter."""
    try:
        with database.transaction() as connection:
            connection.execute(_SQL["forget_tokens"])
            connection.execute(
                _SQL["put_token"],
                {
                    "token_id": token.token_id,
                    "secret_sha256": token.secret_sha256,
                    "device_id": token.device_id,
                    "branch_id": token.branch_id,
                    "counter_id": token.counter_id,
                    "lifetime_s": lifetime.total_seconds(),
                },
            )
    except RowRefusedError as error:
        raise RosterError(
            f"no counter {token.counter_id} in branch {token.branch_id}; set up the place first"
        ) from error


@contextmanager
def redeemed(
    database: Database, token_id: str, secret_sha256: bytes, device_id: str, public_key: bytes
) -> Iterator[Redeemed]:
    """The token counts as used when the block ends well, and not at all when it fails."""
    with database.transaction() as connection:
        found = _one(
            connection,
            Redeemed,
            "redeem",
            {
                "token_id": token_id,
                "secret_sha256": secret_sha256,
                "device_id": device_id,
                "public_key": public_key,
            },
        )
        assert found is not None
        yield found


def find_device(database: Database, device_id: str) -> DeviceRow | None:
    with database.transaction() as connection:
        return _one(connection, DeviceRow, "device", {"device_id": device_id})


def all_devices(database: Database) -> list[DeviceRow]:
    """As hailong_identity or hailong_migrator."""
    with (
        database.transaction() as connection,
        connection.cursor(row_factory=class_row(DeviceRow)) as cursor,
    ):
        return cursor.execute(_SQL["all_devices"]).fetchall()


def devices_version(database: Database) -> str:
    with database.transaction() as connection:
        row = connection.execute(_SQL["devices_version"]).fetchone()
    assert row is not None
    return str(row[0])


def _one(
    connection: psycopg.Connection[TupleRow], kind: type[_Row], query: str, values: dict[str, Any]
) -> _Row | None:
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(_SQL[query], values).fetchone()
