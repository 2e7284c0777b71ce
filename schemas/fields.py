"""Field types that several messages share. No type here admits free text."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

Share = Annotated[float, Field(ge=0, le=1)]
"""0 to 1: a coverage, a confidence or a probability."""

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Decibels = Annotated[float, Field(ge=-200, le=200)]
"""dB or, where the field says so, dBFS (RMS; 0 is full scale)."""

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
"""A device, branch or counter: enrolled beforehand, never typed by a person on the way."""

StreamId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Sequence = Annotated[int, Field(ge=1, le=2**53)]
ModelId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._:-]{0,63}$")]
"""Name and version or sha256 prefix of a model, e.g. `whisper-base:905e5bf8`."""

Version = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$")]


def _rfc3339(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[AwareDatetime, PlainSerializer(_rfc3339, return_type=str, when_used="json")]
"""RFC 3339 with milliseconds; producers write UTC."""


class Wire(BaseModel):
    """A part of a message: frozen, and forbidding extra fields, as producers must.

    Consumers read through `registry.parse`, which drops unknown fields first, so that a
    later producer may add fields within a version.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        ser_json_inf_nan="constants",
        hide_input_in_errors=True,
    )


class SequenceRange(Wire):
    """Both ends included."""

    first: Sequence
    last: Sequence
