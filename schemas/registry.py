"""(kind, schema version) -> payload class; the one way to read a body.

Producers build the payload classes, which forbid extra fields. Consumers come through
`parse`, which accepts additions within a version and refuses unknown kinds and versions.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from types import NoneType
from typing import Any, Literal, NoReturn, Self
from uuid import UUID

from pydantic import BaseModel, ValidationError, create_model, model_validator

from schemas.activity import ActivityPayload
from schemas.control import ConfirmPayload, StatePayload
from schemas.errors import (
    EnvelopeError,
    SchemaError,
    UnknownKindError,
    UnknownVersionError,
    WireError,
)
from schemas.fields import Identifier, Sequence, StreamId, Timestamp, Wire
from schemas.health import DroppedPayload, HealthPayload
from schemas.interaction import InteractionPayload
from schemas.release import CommandPayload, ConfigPayload

Kind = Literal[
    "activity",
    "interaction",
    "health",
    "dropped",
    "alert",
    "state",
    "confirm",
    "config",
    "command",
]

PAYLOADS: Mapping[tuple[str, int], type[Wire]] = {
    ("activity", 1): ActivityPayload,
    ("interaction", 1): InteractionPayload,
    ("health", 1): HealthPayload,
    ("dropped", 1): DroppedPayload,
    ("alert", 1): InteractionPayload,
    ("state", 1): StatePayload,
    ("confirm", 1): ConfirmPayload,
    ("config", 1): ConfigPayload,
    ("command", 1): CommandPayload,
}
CURRENT: Mapping[str, int] = {
    kind: max(v for k, v in PAYLOADS if k == kind) for kind, _ in PAYLOADS
}
SEQUENCED = frozenset({"activity", "interaction", "health", "dropped"})


class Body(Wire):
    """What is signed, apart from the domain string and the topic."""

    kind: Kind
    schema_version: int
    message_id: UUID
    device_id: Identifier
    stream: StreamId | None = None
    """The outbox file the row stands in; None for what is not sequenced."""
    sequence: Sequence | None = None
    captured_at: Timestamp
    payload: Wire

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        wanted = self.kind in SEQUENCED
        if (self.stream is not None, self.sequence is not None) != (wanted, wanted):
            raise ValueError("stream and sequence stand on sequenced kinds and on no other")
        if type(self.payload) is not PAYLOADS.get((self.kind, self.schema_version)):
            raise ValueError("payload is not of this kind and version")
        if isinstance(self.payload, InteractionPayload) and self.payload.open != (
            self.kind == "alert"
        ):
            raise ValueError("an alert tells of an open interaction, and nothing else does")
        return self

    def encode(self) -> bytes:
        """UTF-8 JSON, fields in the order of the schema, None left out."""
        data = self.model_dump(mode="json", exclude={"payload"}, exclude_none=True)
        data["payload"] = self.payload.model_dump(mode="json", exclude_none=True)
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()


READERS: Mapping[tuple[str, int], type[Body]] = {
    (kind, version): create_model(f"{kind}-{version}", __base__=Body, payload=(payload, ...))
    for (kind, version), payload in PAYLOADS.items()
}
"""`Body` with the payload's type named, to read and to describe it by."""


def parse(raw: bytes) -> Body:
    """The typed body of a message. JSON types are taken as they stand: no "1" for 1.

    Raises EnvelopeError (see `read_object`), UnknownKindError, UnknownVersionError or
    SchemaError. No error repeats what the message held, nor leads to an error that does.
    """
    return parse_object(raw, read_object(raw))


_PLAIN = frozenset({float, int, str, bool, NoneType, datetime, UUID})
"""Most values: asked first, as each message of thousands a second has a hundred."""


def parse_sound(kind: str, raw: bytes) -> Body | None:
    """The body of a message of this kind and its current version in one pass, or None where
    anything is unusual about it: `parse` then says what. For whoever reads thousands a second.
    """
    reader = READERS.get((kind, CURRENT.get(kind, 0)))
    if reader is None:
        return None
    try:
        read = reader.model_validate_json(raw, strict=True, extra="ignore")
    except ValidationError:
        return None
    # As many names in the text as fields were set: none stands twice, and none is unknown.
    return read if read.kind == kind and raw.count(b'":') == _names(read) else None


def _names(model: BaseModel) -> int:
    total = len(model.__pydantic_fields_set__)
    for value in model.__dict__.values():
        kind = type(value)
        if kind is tuple:
            for item in value:
                if isinstance(item, BaseModel):
                    total += _names(item)
        elif kind not in _PLAIN and isinstance(value, BaseModel):
            total += _names(value)
    return total


def parse_object(raw: bytes, data: Mapping[str, Any]) -> Body:
    """As `parse`, where `read_object` has read `raw` before: a hub reads each message once."""
    kind, version = data.get("kind"), data.get("schema_version")
    if not isinstance(kind, str) or kind not in CURRENT:
        raise UnknownKindError(f"unknown kind; expected one of {', '.join(CURRENT)}")
    if type(version) is not int or (kind, version) not in PAYLOADS:
        raise UnknownVersionError(
            f"unknown schema version of {kind}; this side knows up to {CURRENT[kind]}"
        )
    try:
        read = READERS[kind, version].model_validate_json(raw, strict=True, extra="ignore")
    except ValidationError as error:
        fault = _fault(kind, error)
    else:
        # Checked by its reader, which is a Body with the payload's type named.
        return Body.model_construct(_fields_set=read.model_fields_set, **dict(read))
    # Raised outside of the handler: pydantic's error holds the message, and would be kept
    # as this one's cause or context.
    raise fault


def read_object(raw: bytes) -> dict[str, Any]:
    """A body as the JSON object it must be, its kind still unknown.

    Raises EnvelopeError unless it is UTF-8 without a byte order mark, JSON by RFC 8259 (no
    NaN, no Infinity) and an object, with no name twice in any object: readers disagree on
    which of two counts, and so on what was signed.
    """
    data = None
    try:
        data = json.loads(
            raw.decode(), object_pairs_hook=_each_name_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        pass  # not chained: UnicodeDecodeError and JSONDecodeError hold the whole text
    else:
        if isinstance(data, dict):
            return data
    raise EnvelopeError("body is no JSON object; expected UTF-8 JSON with each name once")


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a name stands twice")
    return data


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _fault(kind: str, error: ValidationError) -> WireError:
    """Field and rule of the first fault; never the value, which a stranger chose."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid":  # lone surrogates, or over 200 levels
        return EnvelopeError("body is no JSON; expected whole characters and few levels")
    where = ".".join(str(part) for part in first["loc"])[:120]
    return SchemaError(f"{kind} does not fit its schema: {where or 'body'}: {first['type']}")
