"""Which certificates an authority has issued and revoked: one line of JSON each, only appended.

A line is on the disk before a certificate is handed out or a revocation counts as done. What a
crash left of a line (it has no line end) is cut off by the next writer: it was promised to
nobody. Any other line that cannot be read is an error and never passed over, because it may be
a revocation.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from hub.embedded.files import Lock, sync_folder
from hub.pki.errors import PkiError
from hub.pki.profiles import Kind


@dataclass(frozen=True, slots=True)
class Entry:
    serial: int
    kind: Kind
    name: str
    hosts: tuple[str, ...]
    issued_at: datetime
    not_after: datetime
    sha256: str
    """Of the certificate's DER, in hex."""
    revoked_at: datetime | None = None

    @property
    def serial_hex(self) -> str:
        return f"{self.serial:040x}"

    def valid(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.not_after


@dataclass(frozen=True, slots=True)
class Known:
    """What the index says, read at once."""

    entries: tuple[Entry, ...]
    crl_number: int
    """Of the last list of revoked certificates that was begun, 0 before the first."""

    def of(self, name: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.name == name]

    def revoked(self, now: datetime) -> list[Entry]:
        """What a list of revoked certificates must hold: expired ones nobody lets in anyway."""
        return [e for e in self.entries if e.revoked_at is not None and now < e.not_after]


class Index:
    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, _line({"what": "index", "version": 1}))
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(self.path.parent)

    def read(self) -> Known:
        """Raises PkiError when the file is missing or a whole line of it cannot be read."""
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError as error:
            raise PkiError(
                f"{self.path} is missing; put it back from the backup: without it nobody knows "
                "which certificates are revoked"
            ) from error
        whole, _, _ = raw.rpartition(b"\n")
        entries: dict[int, Entry] = {}
        number = 0
        for position, line in enumerate(whole.split(b"\n"), start=1):
            try:
                number = _take(json.loads(line), entries, number)
            except (ValueError, KeyError, TypeError) as error:
                raise PkiError(
                    f"{self.path}, line {position} cannot be read; expected one record as "
                    "JSON. Put the file back from the backup"
                ) from error
        return Known(tuple(entries.values()), number)

    def issued(
        self, certificate: x509.Certificate, kind: Kind, name: str, hosts: Sequence[str]
    ) -> None:
        self._append(
            {
                "what": "issued",
                "at": _text(datetime.now(UTC)),
                "serial": f"{certificate.serial_number:x}",
                "kind": str(kind),
                "name": name,
                "hosts": list(hosts),
                "not_after": _text(certificate.not_valid_after_utc),
                "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
            }
        )

    def revoked(self, serials: Sequence[int], at: datetime) -> None:
        for serial in serials:
            self._append({"what": "revoked", "at": _text(at), "serial": f"{serial:x}"})

    def crl(self, number: int) -> None:
        self._append({"what": "crl", "number": number, "at": _text(datetime.now(UTC))})

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else, in this process or another, changes the authority meanwhile."""
        with Lock(self.path.with_name("lock"), "the certificate authority"):
            yield

    def _append(self, record: dict[str, Any]) -> None:
        """Inside `alone`."""
        handle = os.open(self.path, os.O_RDWR)
        try:
            end = os.fstat(handle).st_size
            tail = os.pread(handle, min(end, 65_536), max(0, end - 65_536))
            if not tail.endswith(b"\n"):
                end -= len(tail) - (tail.rfind(b"\n") + 1)
                os.ftruncate(handle, end)
            line = _line(record)
            if os.pwrite(handle, line, end) != len(line):
                raise PkiError(f"{self.path} could not be written to its end; free some space")
            os.fsync(handle)
        except OSError as error:
            raise PkiError(f"{self.path} cannot be written: {error.strerror}") from error
        finally:
            os.close(handle)


def _take(record: dict[str, Any], entries: dict[int, Entry], number: int) -> int:
    what = record["what"]
    if what == "issued":
        entry = Entry(
            serial=int(record["serial"], 16),
            kind=Kind(record["kind"]),
            name=record["name"],
            hosts=tuple(record["hosts"]),
            issued_at=datetime.fromisoformat(record["at"]),
            not_after=datetime.fromisoformat(record["not_after"]),
            sha256=record["sha256"],
        )
        entries[entry.serial] = entry
    elif what == "revoked":
        serial = int(record["serial"], 16)
        known = entries[serial]
        at = known.revoked_at or datetime.fromisoformat(record["at"])
        entries[serial] = replace(known, revoked_at=at)
    elif what == "crl":
        return max(number, int(record["number"]))
    elif what != "index":
        raise ValueError(what)
    return number


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
