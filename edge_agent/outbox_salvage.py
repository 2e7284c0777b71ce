"""What can still be read of a damaged outbox."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.envelope import Sign, signed_bytes, unseal
from schemas.errors import WireError
from schemas.registry import Body, parse


@dataclass(frozen=True, slots=True)
class SalvagedRow:
    body: Body
    stream: str
    sequence: int
    settled: bool
    message: bytes = field(repr=False)


def damaged_files(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.stem}-damaged-*{path.suffix}"))


def put_away(file: Path) -> None:
    for suffix in ("-wal", "-shm", ""):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.rename(part.with_name(part.name.replace("-damaged-", "-salvaged-")))


def next_sequences(file: Path) -> dict[str, int]:
    """Stream -> the sequence it would have used next; empty where that cannot be read."""
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as db:
            found = db.execute("SELECT stream, next_sequence FROM streams").fetchall()
    except sqlite3.Error:
        return {}
    return {
        stream: number
        for stream, number in found
        if isinstance(stream, str) and isinstance(number, int)
    }


def rows(file: Path, topic_for: Callable[[str], str], sign: Sign) -> Iterator[SalvagedRow]:
    """The rows whose bytes are exactly what this device signed; all others are lost."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        for settled_at, message in _readable(db):
            try:
                sealed = unseal(message)
                body = parse(sealed.body)
                # Ed25519 gives one signature a message: the same again proves each byte.
                whole = sign(signed_bytes(topic_for(body.kind), sealed.body)) == sealed.signature
            except (WireError, TypeError):
                continue
            if whole and body.stream is not None and body.sequence is not None:
                yield SalvagedRow(body, body.stream, body.sequence, settled_at is not None, message)


def _readable(db: sqlite3.Connection) -> Iterator[tuple[Any, Any]]:
    """In row order; a page that cannot be read is leapt over in growing steps."""
    after, step = 0, 1
    while after < 2**53:
        try:
            for row_id, settled_at, message in db.execute(
                "SELECT row_id, settled_at, message FROM rows WHERE row_id > ? ORDER BY row_id",
                (after,),
            ):
                after, step = row_id, 1
                yield settled_at, message
        except sqlite3.Error:
            after += step
            step *= 2
        else:
            return
