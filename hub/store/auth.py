"""Rows of people who sign in. Times are the database's own: sessions know one clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from hub.store.queries import load_queries

_SQL = load_queries("auth")


@dataclass(frozen=True, slots=True)
class UserRow:
    user_id: UUID
    login: str
    password_hash: str = field(repr=False)
    role: str
    staff_id: str | None
    language: str
    failed_sign_ins: int
    locked: bool
    disabled: bool


@dataclass(frozen=True, slots=True)
class SessionRow:
    token_sha256: bytes = field(repr=False)
    user_id: UUID
    csrf_token: str = field(repr=False)
    login: str
    role: str
    staff_id: str | None
    language: str
    branches: list[str]
    stale: bool
    """Not seen for a while: worth an UPDATE."""


def find_user(connection: Connection, login: str) -> UserRow | None:
    with connection.cursor(row_factory=class_row(UserRow)) as cursor:
        return cursor.execute(_SQL["find_user"], {"login": login}).fetchone()


def record_failure(
    connection: Connection, user_id: UUID, *, free_tries: int, first_s: float, longest_s: float
) -> None:
    connection.execute(
        _SQL["record_failure"],
        {
            "user_id": user_id,
            "free_tries": free_tries,
            "first_s": first_s,
            "longest_s": longest_s,
        },
    )


def record_success(connection: Connection, user_id: UUID) -> None:
    connection.execute(_SQL["record_success"], {"user_id": user_id})


def replace_hash(connection: Connection, user_id: UUID, password_hash: str) -> None:
    connection.execute(_SQL["replace_hash"], {"user_id": user_id, "password_hash": password_hash})


def set_language(connection: Connection, user_id: UUID, language: str) -> None:
    connection.execute(_SQL["set_language"], {"user_id": user_id, "language": language})


def open_session(
    connection: Connection, token_sha256: bytes, user_id: UUID, csrf_token: str, lifetime_s: float
) -> None:
    connection.execute(
        _SQL["open_session"],
        {
            "token_sha256": token_sha256,
            "user_id": user_id,
            "csrf_token": csrf_token,
            "lifetime_s": lifetime_s,
        },
    )


def find_session(
    connection: Connection, token_sha256: bytes, *, idle_s: float, touch_after_s: float
) -> SessionRow | None:
    with connection.cursor(row_factory=class_row(SessionRow)) as cursor:
        return cursor.execute(
            _SQL["find_session"],
            {"token_sha256": token_sha256, "idle_s": idle_s, "touch_after_s": touch_after_s},
        ).fetchone()


def touch_session(connection: Connection, token_sha256: bytes) -> None:
    connection.execute(_SQL["touch_session"], {"token_sha256": token_sha256})


def close_session(connection: Connection, token_sha256: bytes) -> None:
    connection.execute(_SQL["close_session"], {"token_sha256": token_sha256})


def close_sessions_of(connection: Connection, user_id: UUID) -> None:
    connection.execute(_SQL["close_sessions_of"], {"user_id": user_id})


def forget_ended_sessions(connection: Connection, idle_s: float) -> None:
    connection.execute(_SQL["forget_ended_sessions"], {"idle_s": idle_s})


def put_user(
    connection: Connection,
    *,
    login: str,
    password_hash: str,
    role: str,
    branches: Sequence[str],
    staff_id: str | None,
    language: str,
) -> UUID:
    """Needs the migrator's rights. An existing user's own choice of language stays."""
    row = connection.execute(
        _SQL["put_user"],
        {
            "login": login,
            "password_hash": password_hash,
            "role": role,
            "staff_id": staff_id,
            "language": language,
        },
    ).fetchone()
    assert row is not None, "INSERT ... RETURNING gives a row"
    user_id: UUID = row[0]
    named = {"user_id": user_id, "branches": list(branches)}
    connection.execute(_SQL["drop_branches"], named)
    connection.execute(_SQL["put_branches"], named)
    return user_id
