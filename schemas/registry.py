"""(kind, schema version) -> payload class; the one way to read a body.

Producers build the payload classes, which forbid extra fields. Consumers come through
`parse`, which accepts additions within a version and refuses unknown kinds and versions.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ValidationError, model_validator

from schemas.activity import ActivityPayload
from schemas.control import ConfirmPayload, StatePayload
from schemas.errors import EnvelopeError, SchemaError, UnknownKindError, UnknownVersionError
from schemas.fields import Identifier, Sequence, StreamId, Timestamp, Wire
from schemas.health import DroppedPayload, HealthPayload
from schemas.interaction import InteractionPayload

Kind = Literal["activity", "interaction", "health", "dropped", "alert", "state", "confirm"]

PAYLOADS: Mapping[tuple[str, int], type[Wire]] = {
    ("activity", 1): ActivityPayload,
    ("interaction", 1): InteractionPayload,
    ("health", 1): HealthPayload,
    ("dropped", 1): DroppedPayload,
    ("alert", 1): InteractionPayload,
    ("state", 1): StatePayload,
    ("confirm", 1): ConfirmPayload,
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
    def _sequenced(self) -> "Body":
        numbered = self.stream is not None and self.sequence is not None
        if numbered != (self.kind in SEQUENCED):
            raise ValueError("stream and sequence stand on sequenced kinds and on no other")
        if type(self.payload) is not PAYLOADS.get((self.kind, self.schema_version)):
            raise ValueError("payload is not of this kind and version")
        return self

    def encode(self) -> bytes:
        """UTF-8 JSON, fields in the order of the schema, None left out."""
        data = self.model_dump(mode="json", exclude={"payload"}, exclude_none=True)
        data["payload"] = self.payload.model_dump(mode="json", exclude_none=True)
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def parse(raw: bytes) -> Body:
    """The typed body of a message.

    Raises EnvelopeError (no JSON object), UnknownKindError, UnknownVersionError or
    SchemaError. No error text repeats what the message held.
    """
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise EnvelopeError("body is no JSON: expected a UTF-8 JSON object") from error
    if not isinstance(data, dict):
        raise EnvelopeError("body is no JSON object")
    kind, version = data.get("kind"), data.get("schema_version")
    known = [k for k, _ in PAYLOADS]
    if kind not in known:
        raise UnknownKindError(f"unknown kind; expected one of {', '.join(dict.fromkeys(known))}")
    if isinstance(version, bool) or not isinstance(version, int) or (kind, version) not in PAYLOADS:
        raise UnknownVersionError(
            f"unknown schema version of {kind}; this side knows up to {CURRENT[kind]}"
        )
    payload_type = PAYLOADS[kind, version]
    try:
        payload = payload_type.model_validate_json(
            json.dumps(_known_fields(payload_type, data.get("payload")))
        )
        fields = _known_fields(Body, {k: v for k, v in data.items() if k != "payload"})
        return Body.model_validate({**fields, "payload": payload})
    except (ValidationError, RecursionError) as error:
        raise SchemaError(f"{kind} does not fit its schema: {_where(error)}") from error


def _where(error: Exception) -> str:
    """Field and rule of the first fault; never the value, which a stranger chose."""
    if not isinstance(error, ValidationError):
        return "nested too deeply"
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])[:120]}: {first['type']}"


def _known_fields(model: type[BaseModel], data: Any) -> Any:
    """`data` without the fields that `model` and its parts do not know."""
    if not isinstance(data, dict):
        return data
    return {
        name: _known_value(model.model_fields[name].annotation, value)
        for name, value in data.items()
        if name in model.model_fields
    }


def _known_value(annotation: Any, value: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _known_fields(annotation, value)
    inner = [a for a in get_args(annotation) if a is not type(None)]
    if get_origin(annotation) is tuple and isinstance(value, list):
        return [_known_value(inner[0], item) for item in value]
    models = [a for a in inner if isinstance(a, type) and issubclass(a, BaseModel)]
    return _known_fields(models[0], value) if models else value
