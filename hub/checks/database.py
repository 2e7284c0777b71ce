"""The database: reachable by each role, recent, complete, and set so that it forgets nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from hub.checks.disk import check_disk
from hub.checks.finding import Finding, ok, warn, wrong
from hub.settings import HubSettings
from hub.store import operations
from hub.store.errors import StoreError
from hub.store.operations import Server
from hub.store.pool import Database

ABOUT: Final = "database"
SERVICES: Final = ("ingest", "worker", "app", "control", "identity")
OLDEST: Final = 170000
_AHEAD: Final = (timedelta(days=3), timedelta(days=7))
_LAG_S: Final = 30.0
_FULL: Final = 0.8
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@contextmanager
def opened(settings: HubSettings, role: str) -> Iterator[Database]:
    """Raises StoreError."""
    database = Database(settings.database_url(role), max_size=1, application_name="hailong-check")
    database.open(2.0)
    try:
        yield database
    finally:
        database.close()


def check_roles(settings: HubSettings) -> list[Finding]:
    """A line for all of them, or one for each that cannot sign in."""
    found = []
    for role in SERVICES:
        try:
            with opened(settings, role):
                pass
        except StoreError as error:
            found.append(wrong(ABOUT, f"role hailong_{role} cannot sign in: {error}"))
    return found or [ok(ABOUT, f"roles {', '.join(SERVICES)} can sign in")]


def check_server(server: Server) -> list[Finding]:
    version = f"PostgreSQL {server.version // 10000}.{server.version % 10000}"
    found = [
        ok(ABOUT, f"{version}, {server.size_bytes / 1e9:.1f} GB")
        if server.version >= OLDEST
        else wrong(ABOUT, f"{version}; expected {OLDEST // 10000} or newer: upgrade it")
    ]
    if server.standby:
        found.append(
            wrong(
                ABOUT,
                "the address leads to a standby, which takes no rows; point "
                "HAILONG_DATABASE_URL at the primary",
            )
        )
    unsafe = [
        name
        for name, value in (
            ("synchronous_commit", server.synchronous_commit),
            ("fsync", server.fsync),
            ("full_page_writes", server.full_page_writes),
        )
        if value == "off"
    ]
    if unsafe:
        found.append(
            wrong(
                ABOUT,
                f"{', '.join(unsafe)} off: rows that devices were told are settled can "
                "be lost in a crash; turn it on",
            )
        )
    if server.autovacuum != "on":
        found.append(wrong(ABOUT, "autovacuum is off; tables grow without end: turn it on"))
    if server.data_checksums != "on":
        found.append(
            warn(
                ABOUT,
                "data checksums are off: a failing disk is found late; turn them on with "
                "pg_checksums",
            )
        )
    if server.connections > _FULL * server.max_connections:
        found.append(
            warn(
                ABOUT,
                f"{server.connections} of {server.max_connections} connections in use; "
                "raise max_connections",
            )
        )
    return found


def check_store(database: Database, now: datetime) -> list[Finding]:
    """Partitions, standbys and vacuum; any role may look."""
    found = [_partitions(operations.partitions_until(database), now)]
    standby = operations.standbys(database)
    if standby.standbys and standby.lag_s is not None and standby.lag_s > _LAG_S:
        found.append(
            warn(
                ABOUT,
                f"a standby is {standby.lag_s:.0f} s behind; expected {_LAG_S:.0f} at most: "
                "look at its network and disk",
            )
        )
    elif standby.standbys:
        lag = f", {standby.lag_s:.0f} s behind" if standby.lag_s is not None else ""
        found.append(ok(ABOUT, f"{standby.standbys} standby(s){lag}"))
    neglected = operations.neglected_tables(database)
    if neglected:
        found.append(
            warn(
                ABOUT,
                f"autovacuum does not keep up with {', '.join(neglected)}; give it more "
                "(autovacuum_vacuum_cost_limit)",
            )
        )
    return found


def check_migrations(settings: HubSettings) -> Finding:
    """The migrator alone may look; a machine that only runs services need not hold it."""
    try:
        with opened(settings, "migrator") as database:
            pending = operations.pending_migrations(database)
    except StoreError as error:
        if error.code == "database_refused":
            return ok(ABOUT, "migrations: not looked at; the migrator's password is not here")
        return wrong(ABOUT, f"migrations: {error}; run `hailong hub migrate`")
    if pending:
        return wrong(
            ABOUT,
            f"{len(pending)} migration(s) are not applied ({', '.join(pending)}); run "
            "`hailong hub migrate`",
        )
    return ok(ABOUT, "all migrations are applied")


def check_room(settings: HubSettings, database: Database, folder: Path | None) -> Finding:
    """Of the database's disk, where it is this machine's."""
    about = "database's disk"
    if folder is None and settings.database.host in _LOOPBACK:
        told = operations.data_directory(database)
        folder = Path(told) if told and Path(told).exists() else None
    if folder is None:
        return ok(about, "not looked at; on this machine HAILONG_CHECK_DATABASE_FOLDER names it")
    return check_disk(about, folder)


def _partitions(until: datetime | None, now: datetime) -> Finding:
    if until is None:
        return wrong(ABOUT, "no partitions; start ingest once, which makes them")
    left = until - now.astimezone(UTC)
    words = f"partitions are there for {left.total_seconds() / 86400:.1f} days ahead"
    if left < _AHEAD[0]:
        return wrong(ABOUT, f"{words}; ingest makes them every six hours: see its log")
    if left < _AHEAD[1]:
        return warn(ABOUT, f"{words}; expected two weeks: is ingest running?")
    return ok(ABOUT, words)
