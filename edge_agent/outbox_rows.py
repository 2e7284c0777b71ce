"""What happens to the outbox's rows; each function inside a transaction of its caller."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from edge_agent import outbox_salvage
from edge_agent.clock import BUILT_AT, WallClock
from edge_agent.errors import ClockError, OutboxError, OutboxFullError, StreamMismatchError
from edge_agent.outbox_file import used_bytes
from schemas.activity import WINDOW_S, ActivityPayload
from schemas.control import ConfirmPayload
from schemas.envelope import Sign, seal
from schemas.fields import SequenceRange, Wire
from schemas.health import DroppedPayload
from schemas.registry import CURRENT, Body, Kind
from schemas.vocabulary import DropReason

_ROW_OVERHEAD_BYTES = 1024  # the id and the indexes beside the message
_MOST_DROPPED = 1000  # in one go, so that an append stays short
_BATCH = 50
_RANGES = 100  # in one `dropped` message


@dataclass(frozen=True, slots=True)
class Span:
    """A run of sequences, both ends included, and the activity they told of."""

    first: int
    last: int
    activity_s: float = 0


class Rows:
    def __init__(
        self,
        topic_for: Callable[[str], str],
        sign: Sign,
        device_id: str,
        clock: WallClock,
        max_bytes: int,
    ) -> None:
        self.topic_for = topic_for
        self._sign = sign
        self._device_id = device_id
        self._clock = clock
        # A tenth is kept back, so that a full outbox can still note what the hub settles.
        self._high_bytes = max_bytes * 9 // 10
        self._low_bytes = max_bytes * 8 // 10
        self._stream_no = 0
        self.stream = ""

    def now_s(self) -> float:
        """Unix time."""
        return self._clock.now().timestamp()

    def begin(self, db: sqlite3.Connection, path: Path) -> None:
        """Finds or makes this file's own stream; refuses the file of another device."""
        topic = self.topic_for("interaction")
        about = db.execute(
            "SELECT device_id, topic, stream_no, stream FROM about JOIN streams USING (stream_no)"
        ).fetchone()
        if about is None:
            self.stream = uuid4().hex
            self._stream_no = _stream_number(db, self.stream)
            db.execute(
                "INSERT INTO about VALUES (?, ?, ?)", (self._device_id, topic, self._stream_no)
            )
            return
        device_id, kept_topic, self._stream_no, self.stream = about
        if (device_id, kept_topic) != (self._device_id, topic):
            raise OutboxError(
                f"outbox {path} is that of {device_id} with {kept_topic}, got {self._device_id} "
                f"with {topic}; let the old one drain under its old settings, or use another "
                "state folder"
            )

    def add(
        self,
        db: sqlite3.Connection,
        kind: Kind,
        payload: Wire,
        message_id: UUID,
        captured_at: datetime,
    ) -> tuple[int, int]:
        """(sequence, row id) of the new row."""
        if captured_at < BUILT_AT:
            raise ClockError(
                f"{kind} captured at {captured_at.isoformat()}, before this version was built; "
                "set the device's clock"
            )
        (sequence,) = db.execute(
            "UPDATE streams SET next_sequence = next_sequence + 1 WHERE stream_no = ? "
            "RETURNING next_sequence - 1",
            (self._stream_no,),
        ).fetchone()
        body = Body(
            kind=kind,
            schema_version=CURRENT[kind],
            message_id=message_id,
            device_id=self._device_id,
            stream=self.stream,
            sequence=sequence,
            captured_at=captured_at.astimezone(UTC),
            payload=payload,
        )
        message = seal(self.topic_for(kind), body.encode(), self._sign)
        row_id = _insert(db, self._stream_no, body, message, added_at=self.now_s())
        return sequence, row_id

    def make_room(self, db: sqlite3.Connection, payload: Wire) -> None:
        """Frees what the order of leaving allows, so that a row of this payload fits.

        Raises OutboxFullError where only interactions are left.
        """
        need = len(payload.model_dump_json(exclude_none=True)) + _ROW_OVERHEAD_BYTES
        if used_bytes(db) + need <= self._high_bytes:
            return
        goal = self._low_bytes - need
        while used_bytes(db) > goal and _remove_confirmed(db):
            pass
        gone: list[tuple[int, int, float]] = []
        for kind in ("activity", "health"):
            while used_bytes(db) > goal and len(gone) < _MOST_DROPPED:
                batch = _remove_waiting(db, kind)
                if not batch:
                    break
                gone += batch
        self._tell_gone(db, gone)
        if used_bytes(db) + need > self._high_bytes:
            raise OutboxFullError(
                "the outbox is full of interactions that the hub has not confirmed; nothing more "
                "is taken until it does. Bring the hub or the network back, or raise "
                "outbox.max_bytes"
            )

    def tell_dropped(
        self, db: sqlite3.Connection, stream_no: int, spans: list[Span], reason: DropReason
    ) -> None:
        """Writes `dropped` rows for sequences that are gone unsettled."""
        (stream,) = db.execute(
            "SELECT stream FROM streams WHERE stream_no = ?", (stream_no,)
        ).fetchone()
        for start in range(0, len(spans), _RANGES):
            part = spans[start : start + _RANGES]
            payload = DroppedPayload(
                dropped_stream=stream,
                ranges=tuple(SequenceRange(first=s.first, last=s.last) for s in part),
                reason=reason,
                seconds_lost=sum(s.activity_s for s in part) or None,
            )
            _, row_id = self.add(db, "dropped", payload, uuid4(), self._clock.now())
            db.executemany(
                "INSERT INTO drops VALUES (?, ?, ?, ?)",
                [(stream_no, s.first, s.last, row_id) for s in part],
            )

    def missed(self, db: sqlite3.Connection, stream_no: int, missing: SequenceRange) -> set[int]:
        """Row ids of the range, waiting again; what is gone of it is told as dropped."""
        (upcoming,) = db.execute(
            "SELECT next_sequence FROM streams WHERE stream_no = ?", (stream_no,)
        ).fetchone()
        first, last = missing.first, min(missing.last, upcoming - 1)
        key = (stream_no, first, last)
        db.execute(
            "UPDATE rows SET settled_at = NULL WHERE stream_no = ? AND sequence BETWEEN ? AND ?",
            key,
        )
        db.execute("DELETE FROM dead_letters WHERE stream_no = ? AND sequence BETWEEN ? AND ?", key)
        found = db.execute(
            "SELECT row_id, sequence FROM rows WHERE stream_no = ? AND sequence BETWEEN ? AND ?",
            key,
        ).fetchall()
        told = db.execute(
            "SELECT first, last FROM drops WHERE stream_no = ? AND last >= ? AND first <= ?", key
        ).fetchall()
        covered = [(sequence, sequence) for _, sequence in found] + told
        lost = _uncovered(first, last, covered)
        if lost:
            own = stream_no == self._stream_no
            self.tell_dropped(db, stream_no, lost, DropReason.SPACE if own else DropReason.DAMAGED)
        return {row_id for row_id, _ in found}

    def salvage(self, db: sqlite3.Connection, file: Path) -> tuple[int, int]:
        """(rows taken over, rows told as lost) of a damaged file."""
        have: dict[int, set[int]] = defaultdict(set)
        waits_from: dict[int, int] = {}
        now = self.now_s()
        for row in outbox_salvage.rows(file, self.topic_for, self._sign):
            number = _stream_number(db, row.stream)
            if _holds(db, number, row.sequence):
                continue
            have[number].add(row.sequence)
            if not row.settled:
                waits_from.setdefault(number, row.sequence)
            _insert(db, number, row.body, row.message, now, settled_at=now if row.settled else None)
        lost = 0
        upcoming = {
            _stream_number(db, s): n for s, n in outbox_salvage.next_sequences(file).items()
        }
        for number in have.keys() | upcoming.keys():
            highest = max(have[number], default=0)
            after = max(upcoming.get(number, 1), highest + 1)
            db.execute(
                "UPDATE streams SET next_sequence = max(next_sequence, ?) WHERE stream_no = ?",
                (after, number),
            )
            gaps = _uncovered(
                waits_from.get(number, highest + 1), after - 1, [(n, n) for n in have[number]]
            )
            if gaps:
                self.tell_dropped(db, number, gaps, DropReason.DAMAGED)
            lost += sum(s.last - s.first + 1 for s in gaps)
        db.execute("INSERT INTO salvaged VALUES (?)", (file.name,))
        return sum(map(len, have.values())), lost

    def _tell_gone(self, db: sqlite3.Connection, gone: list[tuple[int, int, float]]) -> None:
        by_stream: dict[int, list[Span]] = defaultdict(list)
        for stream_no, sequence, activity_s in sorted(gone):
            spans = by_stream[stream_no]
            if spans and spans[-1].last == sequence - 1:
                last = spans.pop()
                spans.append(Span(last.first, sequence, last.activity_s + activity_s))
            else:
                spans.append(Span(sequence, sequence, activity_s))
        for stream_no, spans in by_stream.items():
            self.tell_dropped(db, stream_no, spans, DropReason.SPACE)


def known_stream(db: sqlite3.Connection, said: ConfirmPayload) -> int:
    """The number of the stream that a confirm speaks of; raises StreamMismatchError."""
    found = db.execute(
        "SELECT stream_no, next_sequence FROM streams WHERE stream = ?", (said.stream,)
    ).fetchone()
    if found is None:
        raise StreamMismatchError(
            f"confirm for stream {said.stream}, which is not in this outbox; ignored"
        )
    stream_no, upcoming = found
    settled = max([said.settled_below - 1, *(r.last for r in said.settled)])
    if settled >= upcoming:
        raise StreamMismatchError(
            f"the hub has settled sequence {settled} of stream {said.stream}, this file has "
            f"written up to {upcoming - 1}: an older copy of the outbox was put back; move the "
            "file away and start again"
        )
    return int(stream_no)


def _holds(db: sqlite3.Connection, stream_no: int, sequence: int) -> bool:
    found = db.execute(
        "SELECT 1 FROM rows WHERE stream_no = ? AND sequence = ?", (stream_no, sequence)
    )
    return found.fetchone() is not None


def _stream_number(db: sqlite3.Connection, stream: str) -> int:
    db.execute("INSERT OR IGNORE INTO streams (stream, next_sequence) VALUES (?, 1)", (stream,))
    (number,) = db.execute("SELECT stream_no FROM streams WHERE stream = ?", (stream,)).fetchone()
    return int(number)


def _insert(
    db: sqlite3.Connection,
    stream_no: int,
    body: Body,
    message: bytes,
    added_at: float,
    settled_at: float | None = None,
) -> int:
    payload = body.payload
    activity_s = WINDOW_S * len(payload.windows) if isinstance(payload, ActivityPayload) else 0
    (row_id,) = db.execute(
        "INSERT INTO rows (stream_no, sequence, kind, message_id, activity_s, added_at, "
        "settled_at, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING row_id",
        (
            stream_no,
            body.sequence,
            body.kind,
            body.message_id.bytes,
            activity_s,
            added_at,
            settled_at,
            message,
        ),
    ).fetchone()
    db.execute(
        "INSERT OR IGNORE INTO message_ids VALUES (?, ?)",
        (body.message_id.bytes, body.captured_at.timestamp()),
    )
    return int(row_id)


def _remove_confirmed(db: sqlite3.Connection) -> int:
    return db.execute(
        "DELETE FROM rows WHERE row_id IN (SELECT row_id FROM rows WHERE settled_at IS NOT NULL "
        "ORDER BY settled_at, row_id LIMIT ?)",
        (_BATCH,),
    ).rowcount


def _remove_waiting(db: sqlite3.Connection, kind: str) -> list[tuple[int, int, float]]:
    """(stream number, sequence, activity seconds) of the oldest rows of a kind, now gone."""
    found = db.execute(
        "SELECT row_id, message_id, stream_no, sequence, activity_s FROM rows "
        "WHERE settled_at IS NULL AND kind = ? ORDER BY row_id LIMIT ?",
        (kind, _BATCH),
    ).fetchall()
    db.executemany("DELETE FROM rows WHERE row_id = ?", [(row[0],) for row in found])
    db.executemany("DELETE FROM message_ids WHERE message_id = ?", [(row[1],) for row in found])
    return [(row[2], row[3], row[4]) for row in found]


def _uncovered(first: int, last: int, covered: Iterable[tuple[int, int]]) -> list[Span]:
    """The runs within [first, last] that no covered range touches."""
    gaps = []
    for start, end in sorted(covered):
        if start > first:
            gaps.append(Span(first, min(start - 1, last)))
        first = max(first, end + 1)
        if first > last:
            return gaps
    return [*gaps, Span(first, last)] if first <= last else gaps
