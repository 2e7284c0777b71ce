"""Keeps each message until the hub has settled it (law 5).

A row is sealed and signed in the transaction that takes its sequence, so each sending is the
same bytes, and a kill at any moment leaves it whole or absent. The hub's confirm settles
rows; they stay 7 days for a hub restored from a backup.

The size is bounded. When it is reached, confirmed rows leave first, then the oldest
unconfirmed activity, then health; what left unconfirmed is told in a `dropped` row of the
same transaction. Interactions never leave: where nothing else is left, and where the disk is
full, `append` raises OutboxFullError, nothing is taken, and the pipeline stops taking until
there is room again.

An id of a message is remembered until 36 days after its capture, past the hub's own window
of 35 days, so that the same media measured again adds nothing; the hub refuses doubles as
well. The id of a dropped row is forgotten: measuring again may bring it back.
"""

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import UUID

from edge_agent import outbox_file, outbox_salvage
from edge_agent.clock import SystemClock, WallClock
from edge_agent.errors import OutboxClosedError
from edge_agent.outbox_rows import Rows, known_stream
from schemas.control import ConfirmPayload
from schemas.envelope import Sign
from schemas.fields import SequenceRange, Wire
from schemas.health import OutboxHealth
from schemas.registry import Kind

KEEP_CONFIRMED = timedelta(days=7)
KEEP_DEAD_LETTERS = timedelta(days=36)
REMEMBER_IDS = timedelta(days=36)
DEFAULT_MAX_BYTES = 256 * 2**20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    row_id: int
    """Rises in the order of sending; unlike `sequence` over all streams of the file."""
    stream: str
    sequence: int
    kind: str
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Confirmed:
    settled: int
    rejected: int
    again: frozenset[int]
    """Row ids that the hub misses: to be sent again at once."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    stream: str
    sequence: int
    kind: str
    reason: str


class Outbox:
    """Safe to use from several threads of one process; a second process is refused."""

    def __init__(
        self, db: sqlite3.Connection, path: Path, lock_descriptor: int, rows: Rows
    ) -> None:
        self._db = db
        self._path = path
        self._lock_descriptor = lock_descriptor
        self._rows = rows
        self._lock = threading.Lock()
        self._open = True
        self.version = 0
        """Rises with each change, so that a reader knows when to look again."""

    @classmethod
    def open(
        cls,
        path: Path,
        topic_for: Callable[[str], str],
        sign: Sign,
        device_id: str,
        *,
        clock: WallClock | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> Self:
        """Opens or makes the file. A damaged one is moved aside and kept; its readable rows
        keep their stream and bytes and drain from the new file, whose stream is a new one.

        Raises OutboxError: in use, open to others, of another device, of another format.
        """
        rows = Rows(topic_for, sign, device_id, clock or SystemClock(), max_bytes)
        descriptor = outbox_file.lock(path)
        try:
            db = outbox_file.connect(path)
        except BaseException:
            os.close(descriptor)
            raise
        outbox = cls(db, path, descriptor, rows)
        try:
            with outbox._transaction():
                rows.begin(db, path)
            for file in outbox_salvage.damaged_files(path):
                outbox._salvage(file)
            db.execute(f"PRAGMA max_page_count = {max_bytes // outbox_file.PAGE_BYTES}")
        except BaseException:
            outbox.close()
            raise
        return outbox

    @property
    def stream(self) -> str:
        """Id of the file: new rows count in it."""
        return self._rows.stream

    def topic(self, row: OutboxRow) -> str:
        return self._rows.topic_for(row.kind)

    def close(self) -> None:
        with self._lock:
            if self._open:
                self._open = False
                self._db.close()
                os.close(self._lock_descriptor)

    def append(
        self, kind: Kind, payload: Wire, message_id: UUID, captured_at: datetime
    ) -> int | None:
        """The sequence taken; None when a message of this id was taken before.

        Raises OutboxFullError (nothing was taken), ClockError (captured before any device
        of this version could run).
        """
        with self._transaction() as db:
            taken = db.execute(
                "SELECT 1 FROM message_ids WHERE message_id = ?", (message_id.bytes,)
            )
            if taken.fetchone():
                return None
            self._rows.make_room(db, payload)
            sequence, _ = self._rows.add(db, kind, payload, message_id, captured_at)
            return sequence

    def unsettled(self, after: int = 0, limit: int = 100) -> list[OutboxRow]:
        """The first rows that wait for the hub beyond row id `after`, in sending order:
        those out of damaged files first.
        """
        with self._transaction() as db:
            found = db.execute(
                "SELECT row_id, stream, sequence, kind, message FROM rows JOIN streams "
                "USING (stream_no) WHERE settled_at IS NULL AND row_id > ? "
                "ORDER BY row_id LIMIT ?",
                (after, limit),
            ).fetchall()
        return [OutboxRow(*row) for row in found]

    def waiting_among(self, row_ids: Collection[int]) -> frozenset[int]:
        with self._transaction() as db:
            return frozenset(
                row_id
                for row_id in row_ids
                if db.execute(
                    "SELECT 1 FROM rows WHERE row_id = ? AND settled_at IS NULL", (row_id,)
                ).fetchone()
            )

    def confirm(self, said: ConfirmPayload) -> Confirmed:
        """Notes what the hub has settled. What it misses waits again, also when it was
        settled before; what it misses and is gone from the file is told as dropped.

        Raises StreamMismatchError, having changed nothing.
        """
        spans = [(1, said.settled_below - 1), *((r.first, r.last) for r in said.settled)]
        spans += [(r.sequence, r.sequence) for r in said.rejected]
        now = self._rows.now_s()
        again: set[int] = set()
        with self._transaction() as db:
            stream_no = known_stream(db, said)
            settled = sum(
                db.execute(
                    "UPDATE rows SET settled_at = ? WHERE stream_no = ? AND settled_at IS NULL "
                    "AND sequence BETWEEN ? AND ?",
                    (now, stream_no, first, last),
                ).rowcount
                for first, last in spans
            )
            for rejected in said.rejected:
                db.execute(
                    "INSERT OR IGNORE INTO dead_letters SELECT stream_no, sequence, kind, ?, ? "
                    "FROM rows WHERE stream_no = ? AND sequence = ?",
                    (rejected.reason.value, now, stream_no, rejected.sequence),
                )
            for missing in said.missing:
                again |= self._rows.missed(db, stream_no, missing)
        if said.rejected:
            _log.warning(
                "the hub rejected %d row(s) of stream %s: %s",
                len(said.rejected),
                said.stream,
                ", ".join(sorted({r.reason.value for r in said.rejected})),
            )
        return Confirmed(settled, len(said.rejected), frozenset(again))

    def resend(self, stream: str, ranges: Iterable[SequenceRange]) -> bool:
        """Rows of the ranges wait again, as if a confirm had missed them. False where this
        outbox does not know the stream.
        """
        with self._transaction() as db:
            found = db.execute("SELECT stream_no FROM streams WHERE stream = ?", (stream,))
            known = found.fetchone()
            if known is not None:
                for wanted in ranges:
                    self._rows.missed(db, known[0], wanted)
        return known is not None

    def stats(self) -> OutboxHealth:
        with self._transaction() as db:
            waiting, oldest = db.execute(
                "SELECT count(*), min(added_at) FROM rows WHERE settled_at IS NULL"
            ).fetchone()
            (dead,) = db.execute("SELECT count(*) FROM dead_letters").fetchone()
            (pages,) = db.execute("PRAGMA page_count").fetchone()
        return OutboxHealth(
            waiting=waiting,
            oldest_waiting_s=0 if oldest is None else max(0, self._rows.now_s() - oldest),
            dead_letters=dead,
            bytes=pages * outbox_file.PAGE_BYTES,
        )

    def dead_letters(self) -> list[DeadLetter]:
        with self._transaction() as db:
            found = db.execute(
                "SELECT stream, sequence, kind, reason FROM dead_letters "
                "JOIN streams USING (stream_no) ORDER BY stream_no, sequence"
            ).fetchall()
        return [DeadLetter(*row) for row in found]

    def prune(self, now: datetime) -> int:
        """Rows removed because the hub settled them 7 days ago; forgets what is older still."""
        at = now.timestamp()
        with self._transaction() as db:
            removed = db.execute(
                "DELETE FROM rows WHERE settled_at < ?", (at - KEEP_CONFIRMED.total_seconds(),)
            ).rowcount
            db.execute(
                "DELETE FROM dead_letters WHERE rejected_at < ?",
                (at - KEEP_DEAD_LETTERS.total_seconds(),),
            )
            db.execute(
                "DELETE FROM message_ids WHERE captured_at < ? "
                "AND message_id NOT IN (SELECT message_id FROM rows)",
                (at - REMEMBER_IDS.total_seconds(),),
            )
        return removed

    def _salvage(self, file: Path) -> None:
        with self._transaction() as db:
            known = db.execute("SELECT 1 FROM salvaged WHERE file = ?", (file.name,)).fetchone()
            taken, lost = (0, 0) if known else self._rows.salvage(db, file)
        if not known:
            _log.warning(
                "outbox %s: took over %d row(s) of the damaged %s; told %d as lost; "
                "it may be deleted once it was looked at",
                self._path,
                taken,
                file.name,
                lost,
            )
        # A later damaged file must not bring this one's rows up again.
        outbox_salvage.put_away(file)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if not self._open:
                raise OutboxClosedError(f"outbox {self._path} is closed; open it again")
            before = self._db.total_changes
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise outbox_file.translate(error, self._path) from error
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            if self._db.total_changes != before:
                self.version += 1
