"""What only a superuser can do, once: the cluster's roles, their passwords, the database.

Idempotent. Passwords come from a libpq password file; missing ones are made up with
`secrets` and written there. PostgreSQL gets SCRAM verifiers, so that no password is ever in a
statement, a log or pg_stat_activity.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from hub.store.errors import DatabaseUnavailableError, StoreError, translate
from hub.store.pool import describe

MIGRATOR = "hailong_migrator"


@dataclass(frozen=True, slots=True)
class RoleKind:
    name: str
    sees_every_branch: bool = False
    read_only: bool = False
    temporary_tables: bool = False


ROLES = (
    RoleKind(MIGRATOR, sees_every_branch=True, temporary_tables=True),
    RoleKind("hailong_ingest", temporary_tables=True),
    RoleKind("hailong_worker"),
    RoleKind("hailong_control"),
    RoleKind("hailong_app"),
    RoleKind("hailong_identity"),
    RoleKind("hailong_auditor", read_only=True),
    RoleKind("hailong_backup", sees_every_branch=True, read_only=True),
)
_LOCK = 7_201_001
"""Advisory lock of bootstrap: two starters at once must not alter the same role."""


def bootstrap(superuser_url: str, passfile: Path, database: str = "hailong") -> None:
    """Makes roles and the database, or brings those that are there to what they must be.

    `passfile`: mode 0600; lines of roles it lacks are added to it. Raises
    DatabaseUnavailableError, or StoreError when the server is older than PostgreSQL 17.
    """
    passwords = ensure_passwords(passfile)
    with _superuser(superuser_url) as connection:
        if connection.info.server_version < 170000:
            raise StoreError(
                f"PostgreSQL at {describe(superuser_url)} is version "
                f"{connection.info.server_version // 10000}; expected 17 or newer"
            )
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        for role in ROLES:
            _ensure_role(connection, role, passwords[role.name])
        _ensure_database(connection, database)


def ensure_passwords(passfile: Path) -> dict[str, str]:
    """Role -> password from the file, which gets a line for each role it lacks.

    Made lines have * for host, port and database: the embedded server's port may change.
    """
    lines: list[str] = []
    if passfile.exists():
        mode = stat.S_IMODE(passfile.stat().st_mode)
        if mode & 0o077:
            raise StoreError(
                f"{passfile} can be read by others (mode {mode:04o}); libpq ignores such a "
                "password file. Expected 0600"
            )
        lines = passfile.read_text(encoding="utf-8").splitlines()
    found = _passwords(lines)
    missing = [role.name for role in ROLES if role.name not in found]
    if missing:
        made = {name: secrets.token_urlsafe(32) for name in missing}
        _write_private(passfile, [*lines, *(f"*:*:*:{n}:{p}" for n, p in made.items())])
        found |= made
    return found


def _passwords(lines: list[str]) -> dict[str, str]:
    r"""First line of a role wins, as in libpq; `\:` and `\\` are escapes there."""
    found: dict[str, str] = {}
    for line in lines:
        if not line or line.startswith("#"):
            continue
        kept = line.replace("\\\\", "\0").replace("\\:", "\1")
        fields = [f.replace("\1", ":").replace("\0", "\\") for f in kept.split(":", 4)]
        if len(fields) == 5:
            found.setdefault(fields[3], fields[4])
    return found


def _write_private(path: Path, lines: list[str]) -> None:
    """Whole or not at all, never readable by others."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


@contextmanager
def _superuser(url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    address = describe(url)
    try:
        # CREATE DATABASE allows no transaction around it.
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            yield connection
    except psycopg.OperationalError as error:
        if error.sqlstate is None:
            raise DatabaseUnavailableError(
                f"no PostgreSQL lets the superuser in at {address}; is it running?"
            ) from error
        raise translate(error, address) from error
    except psycopg.Error as error:
        raise translate(error, address) from error


def _ensure_role(connection: psycopg.Connection[TupleRow], role: RoleKind, password: str) -> None:
    name = sql.Identifier(role.name)
    known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role.name,)).fetchone()
    if known is None:
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.name.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL(
            "ALTER ROLE {} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT"
            " {} PASSWORD {}"
        ).format(
            name,
            sql.SQL("BYPASSRLS" if role.sees_every_branch else "NOBYPASSRLS"),
            sql.Literal(verifier),
        )
    )
    read_only = sql.Literal("on" if role.read_only else "off")
    connection.execute(
        sql.SQL("ALTER ROLE {} SET default_transaction_read_only = {}").format(name, read_only)
    )
    # Statements name their schema. For those that forget: no schema a stranger could fill.
    path = sql.SQL("pg_catalog" if role.name == MIGRATOR else "hailong, pg_catalog")
    connection.execute(sql.SQL("ALTER ROLE {} SET search_path = {}").format(name, path))


def _ensure_database(connection: psycopg.Connection[TupleRow], database: str) -> None:
    name = sql.Identifier(database)
    known = connection.execute("SELECT FROM pg_database WHERE datname = %s", (database,)).fetchone()
    if known is None:
        # The builtin locale sorts alike on every machine; Vietnamese order is the program's.
        connection.execute(
            sql.SQL(
                "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'"
                " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
            ).format(name, sql.Identifier(MIGRATOR))
        )
    limit_database(connection, database)


def limit_database(connection: psycopg.Connection[TupleRow], database: str) -> None:
    """Who may come in and make temporary tables. A copy of a database does not have this."""
    name = sql.Identifier(database)
    connection.execute(
        sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, sql.Identifier(MIGRATOR))
    )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role in ROLES:
        rights = sql.SQL("CONNECT, TEMPORARY" if role.temporary_tables else "CONNECT")
        connection.execute(
            sql.SQL("GRANT {} ON DATABASE {} TO {}").format(rights, name, sql.Identifier(role.name))
        )
