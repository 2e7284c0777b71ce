"""One connection pool for one role, and the only ways into a transaction."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from hub.store.errors import (
    DatabaseRefusedError,
    DatabaseUnavailableError,
    InvalidScopeError,
    StoreError,
    translate,
)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_ACQUIRE_S = 3.0
"""How long a transaction waits for a connection before the database counts as away."""
_GIVE_UP_S = 1.0
"""The pool's own attempt at a lost server ends soon; the next transaction starts another, so
that a caller's back-off, and not the pool's growing one, says when a server is found again."""
_PROBE_PAUSE_S = 0.2
_DEAD_AFTER = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
"""A server that vanished without a word (a cut cable, a lost machine) is found within 30 s."""
_OPTIONS = "-c timezone=UTC -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
_SCOPE = ("hailong.branches", "hailong.staff", "hailong.login", "hailong.session")
# A connection begins with nobody's rows in sight, whatever a role's own settings say.
_OPTIONS = (
    "-c timezone=UTC -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s "
    + " ".join(f"-c {name}=" for name in _SCOPE)
)
# Not DISCARD ALL, which would drop ingest's temporary tables; those empty themselves at commit.
_CLEAN = (
    "SET SESSION AUTHORIZATION DEFAULT; RESET ALL; CLOSE ALL; UNLISTEN *; "
    "SELECT pg_catalog.pg_advisory_unlock_all()"
)

# Callers log that the database is away, once a change; the pool would at each attempt.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


def describe(url: str) -> str:
    """Host, port and database of a URL: what may be shown. Never the password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise StoreError(
            "the database URL cannot be read; expected postgresql://host:port/database"
        ) from None  # the original repeats the URL, which may hold a password
    hosts = str(parts.get("host", "localhost")).split(",")
    ports = str(parts.get("port", "5432")).split(",")
    if len(ports) < len(hosts):
        ports = ports[:1] * len(hosts)
    servers = ",".join(f"{host}:{port}" for host, port in zip(hosts, ports, strict=False))
    return f"{servers}/{parts.get('dbname', '')}"


class Database:
    """Opens lazily after `open`; finds a server that comes back by itself."""

    def __init__(
        self,
        url: str,
        *,
        max_size: int = 4,
        application_name: str = "hailong",
        plan_once: bool = False,
    ) -> None:
        """`plan_once`: each connection plans a statement at its first use and never again. For
        short questions over many partitions, where planning takes ten times what running does.
        """
        self.address = describe(url)
        options = f"{_OPTIONS} -c plan_cache_mode=force_generic_plan" if plan_once else _OPTIONS
        self._conninfo = make_conninfo(
            url,
            application_name=application_name,
            options=options,
            connect_timeout=3,
            **_DEAD_AFTER,
        )
        self._pool: ConnectionPool[psycopg.Connection[TupleRow]] = ConnectionPool(
            self._conninfo,
            kwargs={"prepare_threshold": 0} if plan_once else None,
            min_size=0,
            max_size=max_size,
            open=False,
            timeout=_ACQUIRE_S,
            reconnect_timeout=_GIVE_UP_S,
            max_idle=600.0 if plan_once else 60.0,
            check=_clean,
            num_workers=1,
            name=application_name,
        )

    def __repr__(self) -> str:
        return f"Database({self.address})"

    def open(self, timeout_s: float) -> None:
        """Waits until the server answers, for `timeout_s` at most.

        Raises DatabaseUnavailableError naming host, port and database; at once
        (DatabaseRefusedError) when the server answers that role, password or database is wrong.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                psycopg.connect(self._conninfo).close()
                break
            except psycopg.OperationalError as error:
                answer = _connection_error(error, self.address)
                if answer.permanent or time.monotonic() >= deadline:
                    raise answer from error
            time.sleep(min(_PROBE_PAUSE_S, max(0.0, deadline - time.monotonic())))
        self._pool.open()

    @property
    def is_open(self) -> bool:
        """Whether the server has answered once; it may be away now."""
        return not self._pool.closed

    def close(self) -> None:
        self._pool.close()

    @contextmanager
    def branches_transaction(
        self, branches: Sequence[str], staff: str = "*"
    ) -> Iterator[psycopg.Connection[TupleRow]]:
        """A transaction that sees and writes rows of these branches alone.

        `staff` limits a clerk to the own pseudonym; '*' is for people who are not limited.
        """
        for name in (*branches, *(() if staff == "*" else (staff,))):
            if not _NAME.fullmatch(name):
                raise InvalidScopeError(
                    f"no name of a branch or of staff: got {name[:40]!r}, expected lower-case "
                    "letters, digits and hyphens, 32 at most"
                )
        with self.transaction() as connection:
            connection.execute(
                "SELECT set_config('hailong.branches', %s, true),"
                " set_config('hailong.staff', %s, true)",
                (",".join(branches), staff),
            )
            yield connection

    @contextmanager
    def person_transaction(
        self, *, login: str = "", session: bytes = b""
    ) -> Iterator[psycopg.Connection[TupleRow]]:
        """A transaction that sees one person's account and sessions: of a login that was typed,
        or of the session with this SHA-256. Neither names nobody.
        """
        with self.transaction() as connection:
            connection.execute(
                "SELECT set_config('hailong.login', %s, true),"
                " set_config('hailong.session', %s, true)",
                (login, session.hex()),
            )
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """For tables without row security; those with it show nothing here.

        Commits at the end, rolls back on any exception. psycopg's errors leave as the
        store's own.
        """
        try:
            with self._pool.connection() as connection:
                yield connection
        except psycopg.Error as error:
            raise translate(error, self.address) from error

    @contextmanager
    def listening(self, channel: str) -> Iterator[Callable[[float], list[str]]]:
        """A connection beside the pool that hears what is notified on `channel`: seconds to wait
        at most -> what was said meanwhile.
        """
        try:
            with psycopg.connect(self._conninfo, autocommit=True) as connection:
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))

                def wait(timeout_s: float) -> list[str]:
                    heard = connection.notifies(timeout=timeout_s, stop_after=1)
                    return [notify.payload for notify in heard]

                yield wait
        except psycopg.Error as error:
            raise translate(error, self.address) from error


def _clean(connection: psycopg.Connection[TupleRow]) -> None:
    """Before a connection is handed out: finds one that is dead, and takes away whatever the
    transaction before left on it: settings, cursors that outlive a commit, locks, listening.
    """
    connection.autocommit = True
    try:
        connection.execute(_CLEAN, prepare=False)
    finally:
        # Avoids hiding the error of a connection that is closed.
        with suppress(psycopg.Error):
            connection.autocommit = False


def _connection_error(error: psycopg.OperationalError, address: str) -> DatabaseUnavailableError:
    """The reason stands in libpq's text alone: there is no SQLSTATE yet."""
    text = str(error)
    for sign in ("authentication failed", "no password supplied", "does not exist", "pg_hba.conf"):
        if sign in text:
            return DatabaseRefusedError(
                f"{address} refuses the connection ({sign}); check the role, the password file "
                "(mode 0600) and the database's name"
            )
    return DatabaseUnavailableError(
        f"no PostgreSQL answers at {address}; is it running, and is the address right?"
    )
