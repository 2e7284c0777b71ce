"""Signing in and out. The database knows a session's token by its SHA-256 alone, so that a
copy of the database opens nothing.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from uuid import UUID

from hub.auth import passwords
from hub.auth.errors import SignInRefusedError
from hub.auth.permissions import UserRole
from hub.store import auth
from hub.store.pool import Database

_NOBODY = UUID(int=0)
"""An unknown user's failure costs the same statement; a locked user's lock does not grow."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    lifetime_s: float = 12 * 3600.0
    """From sign-in, whatever the person does: a working day."""
    idle_s: float = 45 * 60.0
    """Without a page asked for by a person."""
    touch_after_s: float = 60.0
    free_tries: int = 5
    first_lock_s: float = 60.0
    """Then twice as long with each further wrong password."""
    longest_lock_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Session:
    user_id: UUID
    login: str
    role: UserRole
    staff_id: str | None
    language: str
    branches: tuple[str, ...]
    csrf_token: str = field(repr=False)

    @property
    def staff_scope(self) -> str:
        """For `branches_transaction`: a clerk's own pseudonym, '*' for everybody else."""
        return self.staff_id or "*"


def sign_in(
    database: Database,
    limits: SessionLimits,
    login: str,
    password: str,
    language: str | None = None,
) -> str:
    """The token of a new session. `language`: chosen on the sign-in page, and kept.

    Raises SignInRefusedError, in the same time and words for an unknown user, a wrong
    password and a locked user.
    """
    name = login[:64]
    with database.person_transaction(login=name) as connection:
        user = auth.find_user(connection, name)
    matches = passwords.fits(password, user.password_hash if user else None)
    if user is None or user.disabled or user.locked or not matches:
        with database.person_transaction(login=name) as connection:
            auth.record_failure(
                connection,
                user.user_id if user and not user.locked else _NOBODY,
                free_tries=limits.free_tries,
                first_s=limits.first_lock_s,
                longest_s=limits.longest_lock_s,
            )
        raise SignInRefusedError("wrong name or password, or too many tries")
    token = secrets.token_urlsafe(32)
    renewed = (
        passwords.hash_password(password) if passwords.is_outdated(user.password_hash) else None
    )
    with database.person_transaction(login=name) as connection:
        auth.forget_ended_sessions(connection, limits.idle_s)
        auth.record_success(connection, user.user_id)
        if language is not None:
            auth.set_language(connection, user.user_id, language)
        if renewed:
            auth.replace_hash(connection, user.user_id, renewed)
        auth.open_session(
            connection,
            _digest(token),
            user.user_id,
            secrets.token_urlsafe(32),
            limits.lifetime_s,
        )
    return token


def find(
    database: Database, limits: SessionLimits, token: str, *, by_person: bool
) -> Session | None:
    """The session of a token, None when it has ended. `by_person` prolongs it."""
    digest = _digest(token)
    with database.person_transaction(session=digest) as connection:
        row = auth.find_session(
            connection,
            digest,
            idle_s=limits.idle_s,
            touch_after_s=limits.touch_after_s,
        )
        if row is None:
            return None
        if by_person and row.stale:
            auth.touch_session(connection, row.token_sha256)
    return Session(
        user_id=row.user_id,
        login=row.login,
        role=UserRole(row.role),
        staff_id=row.staff_id,
        language=row.language,
        branches=tuple(row.branches),
        csrf_token=row.csrf_token,
    )


def sign_out(database: Database, token: str) -> None:
    digest = _digest(token)
    with database.person_transaction(session=digest) as connection:
        auth.close_session(connection, digest)


def choose_language(database: Database, session: Session, language: str) -> None:
    with database.person_transaction(login=session.login) as connection:
        auth.set_language(connection, session.user_id, language)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
