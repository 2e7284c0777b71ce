"""The erasure list: what was erased, kept outside every backup, so that a restore does not
bring it back.

A file of lines, each a JSON object that is signed by the hub's key and names the hash of the
line before it; so nothing in it can be changed, left out or put in without the key. It holds
keys alone. Line 0 begins the list: a list that is missing is never taken for one that is empty.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from hub.errors import HubError
from hub.store.erasures import Erasure

FOLDER = "erasures"
_FILE = "erasures.jsonl"
_DOMAIN = b"hailong erasure 1\n"
_NOTHING = "0" * 64
_KEYS = {"begin": "", "interaction": "interaction_id", "staff": "staff_id"}


class ErasureListError(HubError):
    """The list is missing, was changed, or does not reach as far as it must."""

    code = "erasure_list"


@dataclass(frozen=True, slots=True)
class Head:
    """How far a list reaches; a backup keeps it, to know later whether the list is all there."""

    entries: int
    sha256: str


class ErasureList:
    """One file below the hub's state folder, append-only."""

    def __init__(self, state: Path, verify_key: VerifyKey) -> None:
        self.path = state / FOLDER / _FILE
        self._verify_key = verify_key

    @classmethod
    def begin(cls, state: Path, key: SigningKey, at: datetime) -> Self:
        """The list of this state folder; begins one where there is none."""
        found = cls(state, key.verify_key)
        found.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(found.path, os.O_RDWR | os.O_CREAT, 0o600))
        with found._locked():
            if found.path.stat().st_size == 0:
                found._write(_line(0, "begin", "", at, "", _NOTHING, key))
        return found

    def append(self, key: SigningKey, kind: str, subject: str, at: datetime, by: str) -> Erasure:
        """On disk when it returns. `subject`: an interaction's id or a pseudonym; `by`: the login
        of who ordered it. To be called before the rows are deleted: a list that is ahead of the
        database is replayed, a database that is ahead of the list cannot be.
        """
        if kind not in {"interaction", "staff"}:
            raise ErasureListError(f"kind {kind[:20]!r}; expected interaction or staff")
        with self._locked():
            lines = self._lines()
            before = _sha256(lines[-1])
            self._write(_line(len(lines), kind, subject, at, by, before, key))
        return Erasure(len(lines), kind, subject, at)

    def head(self) -> Head:
        with self._locked():
            lines = self._lines()
        return Head(len(lines) - 1, _sha256(lines[-1]))

    def read(self, at_least: Head | None = None) -> list[Erasure]:
        """Every entry in order, verified. `at_least`: must be a point of this list.

        Raises ErasureListError naming the line at fault.
        """
        with self._locked():
            lines = self._lines()
        if at_least is not None and (
            len(lines) <= at_least.entries or _sha256(lines[at_least.entries]) != at_least.sha256
        ):
            raise ErasureListError(
                f"{self.path} has {len(lines) - 1} entries and is not the list that the backup "
                f"knew with {at_least.entries}: put the newest copy of the list back"
            )
        return [entry for number, line in enumerate(lines) if (entry := _entry(number, line))]

    def _lines(self) -> list[bytes]:
        """Checked one by one. A last line without its end was never promised to anybody."""
        *lines, _unfinished = self.path.read_bytes().split(b"\n")
        previous = _NOTHING
        for number, line in enumerate(lines):
            fault = _fault(number, line, previous, self._verify_key)
            if fault:
                raise ErasureListError(
                    f"{self.path}, line {number + 1}: {fault}; put the list back from its copy"
                )
            previous = _sha256(line)
        if not lines:
            raise ErasureListError(f"{self.path} is empty; put the list back from its copy")
        return lines

    def _write(self, line: bytes) -> None:
        with self.path.open("r+b") as file:
            whole = file.read().rfind(b"\n") + 1
            file.truncate(whole)  # what a killed append left
            file.seek(whole)
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            handle = os.open(self.path, os.O_RDWR)
        except FileNotFoundError as error:
            raise ErasureListError(
                f"the erasure list {self.path} is missing; put it back from where it is kept. "
                "Without it nobody knows what must not come back"
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _line(
    number: int, kind: str, subject: str, at: datetime, by: str, previous: str, key: SigningKey
) -> bytes:
    body: dict[str, Any] = {
        "number": number,
        "kind": kind,
        "key": {_KEYS[kind]: subject} if subject else {},
        "at": at.isoformat(),
        "by": by,
        "previous": previous,
    }
    signature = key.sign(_DOMAIN + _canonical(body)).signature.hex()
    return _canonical({**body, "signature": signature})


def _fault(number: int, line: bytes, previous: str, key: VerifyKey) -> str | None:
    try:
        body = json.loads(line)
        signature = bytes.fromhex(body.pop("signature"))
        key.verify(_DOMAIN + _canonical(body), signature)
    except (ValueError, KeyError, AttributeError, TypeError, BadSignatureError):
        return "is not signed by this hub's key"
    if body.get("number") != number or body.get("previous") != previous:
        return "does not follow the line before it"
    if (body.get("kind") == "begin") != (number == 0):
        return "is no entry"
    return None


def _entry(number: int, line: bytes) -> Erasure | None:
    body = json.loads(line)
    kind = str(body["kind"])
    if kind == "begin":
        return None
    subject = str(body["key"][_KEYS[kind]])
    if kind == "interaction":
        subject = str(UUID(subject))
    return Erasure(number, kind, subject, datetime.fromisoformat(body["at"]))


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _sha256(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
