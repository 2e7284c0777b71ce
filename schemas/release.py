"""What the hub asks of a device: to run a release, or to do something once.

A release is a number, settings, files named by their sha256, and the kinds of phrases whose hits
may leave the device. Its message is the signed manifest of its files: the hub's signature over
topic and body stands over each hash.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from schemas.categories import Categories
from schemas.fields import (
    Count,
    SequenceRange,
    Sha256,
    Share,
    StreamId,
    Timestamp,
    Wire,
)
from schemas.vocabulary import Category, CommandKind, ModelFile, SharedList

MAX_FILE_BYTES = 2**33
WHISPER = frozenset(
    {
        ModelFile.WHISPER_MODEL,
        ModelFile.WHISPER_CONFIG,
        ModelFile.WHISPER_TOKENIZER,
        ModelFile.WHISPER_VOCABULARY,
    }
)
"""One model in four files: all of them or none."""

ConfigVersion = Annotated[int, Field(ge=1, le=2**53)]
"""Counts what one device was told to run; never the same for another release."""
FileBytes = Annotated[int, Field(ge=1, le=MAX_FILE_BYTES)]
FaultSeconds = Annotated[float, Field(ge=0.5, le=30)]


class ReleaseSettings(Wire):
    """What may be set from afar; None leaves what the device's own file says.

    Nothing here names a source, a zone, an address, a key or a credential: those are the
    device's own, and whoever takes over the hub cannot point a camera.
    """

    beam_size: Annotated[int, Field(ge=1, le=10)] | None = None
    threads: Annotated[int, Field(ge=1, le=64)] | None = None
    expression: bool | None = None
    speakers: bool | None = None
    dead_s: FaultSeconds | None = None
    stalled_s: FaultSeconds | None = None
    frozen_s: FaultSeconds | None = None
    clipped_s: FaultSeconds | None = None
    appear_s: Annotated[float, Field(ge=0, le=5)] | None = None
    vanish_s: Annotated[float, Field(ge=0.5, le=10)] | None = None
    min_face: Share | None = None
    stay_margin: Annotated[float, Field(ge=0, le=2)] | None = None
    health_interval_s: Annotated[float, Field(ge=1, le=3600)] | None = None
    in_flight: Annotated[int, Field(ge=1, le=100)] | None = None
    resend_after_s: Annotated[float, Field(ge=0.1, le=3600)] | None = None
    resend_max_s: Annotated[float, Field(ge=0.1, le=3600)] | None = None
    reconnect_max_s: Annotated[float, Field(ge=0.1, le=3600)] | None = None
    keepalive_s: Annotated[int, Field(ge=5, le=600)] | None = None


class LexiconEntry(Wire):
    """A phrase list that takes the installed one's place."""

    list: Category | SharedList
    sha256: Sha256
    bytes: FileBytes


class ModelEntry(Wire):
    model: ModelFile
    sha256: Sha256
    bytes: FileBytes


class ConfigPayload(Wire):
    """Retained on the device's own topic. A version that the device has seen before, or an
    older one, changes nothing: so a replay does not.
    """

    version: ConfigVersion
    release: Count
    """The hub's number of it; 0 is the device as it was installed."""
    settings: ReleaseSettings
    lexicon: Annotated[tuple[LexiconEntry, ...], Field(max_length=64)] = ()
    models: Annotated[tuple[ModelEntry, ...], Field(max_length=16)] = ()
    categories: Categories | None = None
    """The kinds of phrases whose hits may leave the device; None: all of them. On the device the
    others go on serving its own measurements."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        _once("list", (entry.list for entry in self.lexicon))
        _once("model", (entry.model for entry in self.models))
        named = {entry.model for entry in self.models} & WHISPER
        if named and named != WHISPER:
            raise ValueError("the files of Whisper stand together or not at all")
        return self


def _once(what: str, names: Iterable[str]) -> None:
    found = list(names)
    if len(set(found)) != len(found):
        raise ValueError(f"a {what} stands twice")


_RANGES_AS_JSON_SCHEMA: dict[str, Any] = {
    "if": {"properties": {"command": {"const": "resend"}}},
    "then": {
        "required": ["stream", "ranges"],
        "properties": {"stream": {"type": "string"}, "ranges": {"minItems": 1}},
    },
    "else": {"properties": {"stream": {"type": "null"}, "ranges": {"maxItems": 0}}},
}
"""What `CommandPayload._ranges` checks, for producers who check against JSON Schema alone."""


class CommandPayload(Wire):
    """Done once, however often it comes; never after it has expired."""

    model_config = ConfigDict(json_schema_extra=_RANGES_AS_JSON_SCHEMA)

    command_id: UUID
    command: CommandKind
    expires_at: Timestamp
    stream: StreamId | None = None
    """Of `resend`: the outbox file."""
    ranges: Annotated[tuple[SequenceRange, ...], Field(max_length=100)] = ()
    """Of `resend`: the rows to send again."""

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        wanted = self.command is CommandKind.RESEND
        if (self.stream is not None, bool(self.ranges)) != (wanted, wanted):
            raise ValueError("stream and ranges stand on resend and on nothing else")
        return self
