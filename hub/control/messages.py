"""Configs and commands as the wire has them: the same row gives the same bytes each time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hub.control.making import payload
from hub.store import releases
from hub.store.errors import ReleaseRefusedError
from hub.store.pool import Database
from hub.store.releases import OpenCommandRow, ReleaseFileRow, ReleaseRow, WantedRow
from schemas.envelope import Sign, seal
from schemas.fields import SequenceRange, Wire
from schemas.identifiers import uuid8
from schemas.registry import CURRENT, Body, Kind
from schemas.release import CommandPayload
from schemas.topics import Topic
from schemas.vocabulary import CommandKind


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    raw: bytes = field(repr=False)


@dataclass(slots=True)
class Messages:
    """A release is read once: it never changes."""

    database: Database
    sign: Sign
    _known: dict[int, tuple[ReleaseRow, Sequence[ReleaseFileRow]]] = field(default_factory=dict)

    def config(self, wanted: WantedRow) -> Message:
        """Raises StoreError."""
        if wanted.release_no is None:
            said = payload(wanted.version, 0, {}, ())
        else:
            row, files = self._release(wanted.release_no)
            said = payload(wanted.version, wanted.release_no, row.settings, files, row.categories)
        number = uuid8(wanted.device_id, "config", wanted.version)
        return self._sealed("config", wanted, number, wanted.wanted_at, said)

    def command(self, asked: OpenCommandRow) -> Message:
        ranges: tuple[SequenceRange, ...] = ()
        if asked.first_sequence is not None and asked.last_sequence is not None:
            ranges = (SequenceRange(first=asked.first_sequence, last=asked.last_sequence),)
        said = CommandPayload(
            command_id=asked.command_id,
            command=CommandKind(asked.command),
            expires_at=asked.expires_at,
            stream=asked.stream,
            ranges=ranges,
        )
        number = uuid8(asked.device_id, "command", str(asked.command_id))
        return self._sealed("command", asked, number, asked.asked_at, said)

    def _release(self, release_no: int) -> tuple[ReleaseRow, Sequence[ReleaseFileRow]]:
        if release_no not in self._known:
            found = releases.releases(self.database, release_no)
            if not found:
                raise ReleaseRefusedError(f"no release {release_no}, and a device is to run it")
            files = releases.release_files(self.database, release_no)
            self._known[release_no] = (found[0], files)
        return self._known[release_no]

    def _sealed(
        self, kind: Kind, to: WantedRow | OpenCommandRow, number: UUID, at: datetime, said: Wire
    ) -> Message:
        topic = str(Topic(to.branch_id, to.counter_id, kind))
        body = Body(
            kind=kind,
            schema_version=CURRENT[kind],
            message_id=number,
            device_id=to.device_id,
            captured_at=at,
            payload=said,
        )
        return Message(topic, seal(topic, body.encode(), self.sign))
