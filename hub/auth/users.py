"""Accounts are made by the command line with the migrator's connection; the web may not."""

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from hub.auth import passwords
from hub.auth.errors import UserError
from hub.auth.permissions import UserRole
from hub.store import auth
from hub.store.pool import Database

LANGUAGES: Final = ("vi", "en")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def create_user(
    database: Database,
    login: str,
    password: str,
    role: str,
    branches: Sequence[str],
    staff_id: str | None = None,
    language: str = "vi",
) -> UUID:
    """Makes a user, or brings an existing one to what is asked; asked twice, nothing changes.

    `database` must be connected as the migrator (or a superuser). A changed password ends the
    user's sessions. Raises UserError naming what is wrong.
    """
    if not _LOGIN.fullmatch(login):
        raise UserError(
            f"login {login[:40]!r} is no login; expected 1 to 64 lower-case letters, digits, "
            "dots, hyphens and underscores, beginning with a letter or a digit"
        )
    if role not in UserRole.__members__.values():
        raise UserError(f"role {role[:40]!r} is unknown; expected one of {', '.join(UserRole)}")
    if (role == UserRole.CLERK) != (staff_id is not None):
        raise UserError("a clerk needs a staff_id, and nobody else has one")
    if language not in LANGUAGES:
        raise UserError(f"language {language[:40]!r} is unknown; expected vi or en")
    with database.transaction() as connection:
        found = auth.find_user(connection, login)
        same = found is not None and passwords.fits(password, found.password_hash)
        password_hash = found.password_hash if found and same else passwords.hash_password(password)
        user_id = auth.put_user(
            connection,
            login=login,
            password_hash=password_hash,
            role=role,
            branches=branches,
            staff_id=staff_id,
            language=language,
        )
        if not same:
            auth.close_sessions_of(connection, user_id)
    return user_id
