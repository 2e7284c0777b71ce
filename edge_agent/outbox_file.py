"""The outbox's file: opened whole, or moved aside for salvage."""

import fcntl
import logging
import os
import sqlite3
import stat
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

from edge_agent.errors import OutboxError, OutboxFullError

FORMAT = 1
PAGE_BYTES = 4096
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_log = logging.getLogger(__name__)


def translate(error: sqlite3.Error, path: Path) -> OutboxError:
    """The agent's error for SQLite's."""
    primary = _primary_code(error)
    if primary == sqlite3.SQLITE_FULL:
        return OutboxFullError(
            f"outbox {path} has no room left: the disk or its size bound is full. The message "
            "was not taken; free space or bring the hub back"
        )
    if primary in _DAMAGED:
        return OutboxError(
            f"outbox {path} is damaged; start the agent again: it then salvages the file"
        )
    return OutboxError(
        f"outbox {path}: {getattr(error, 'sqlite_errorname', 'SQLite error')}; expected a file "
        "this user may write to, on a disk in order"
    )


def lock(path: Path) -> int:
    """A descriptor that holds the outbox for this process until it is closed or dies."""
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise OutboxError(
            f"outbox {path} is in use by another agent; stop it, or give this one a state "
            "folder of its own"
        ) from error
    return descriptor


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file that is whole; a damaged one is moved aside first."""
    try:
        return _connect(path)
    except sqlite3.Error as error:
        if _primary_code(error) not in _DAMAGED:
            raise translate(error, path) from error
    aside = _move_aside(path)
    _log.error(
        "outbox %s is damaged; kept as %s, a new stream begins in a new file", path, aside.name
    )
    return _connect(path)


def used_bytes(db: sqlite3.Connection) -> int:
    """What the file holds, also within a transaction; freed pages do not count."""
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    return int(pages - free) * PAGE_BYTES


def _connect(path: Path) -> sqlite3.Connection:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise OutboxError(f"outbox {path} is no plain file; expected one, or none")
    # Made here, so that SQLite's own files take over the mode from the first byte on.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise OutboxError(f"outbox {path} is open to others; run: chmod 600 {path}")
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        _check(db)
        _prepare(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection) -> None:
    (finding,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if finding != "ok":
        error = sqlite3.DatabaseError("quick_check found damage")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        schema = files("edge_agent").joinpath("sql/outbox.sql").read_text("utf-8")
        # The version stands in the same transaction, so that a file is whole or empty.
        db.executescript(f"BEGIN;{schema};PRAGMA user_version = {FORMAT};COMMIT;")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version != FORMAT:
        raise OutboxError(
            f"outbox {path} has format {version}, this agent knows {FORMAT}; "
            "run the agent that wrote it until it is drained"
        )


def _primary_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _move_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.stem}-damaged-{uuid4().hex[:8]}{path.suffix}")
    # The log first: without its database it is nothing, the database without it would open.
    for suffix in ("-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    path.rename(aside)
    return aside


def damaged_files(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.stem}-damaged-*{path.suffix}"))
