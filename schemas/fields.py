"""Field types that several messages share. No type here admits free text."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

Share = Annotated[float, Field(ge=0, le=1)]
"""0 to 1: a coverage, a confidence or a probability."""

Seconds = Annotated[float, Field(ge=0, le=86_400)]
LongSeconds = Annotated[float, Field(ge=0, le=3.2e9)]
"""Up to a hundred years: how long a device runs, or a row waits."""

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


_RFC3339 = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})$"
)


_LONGEST_TIME = 35
"""Characters: nine digits of a second and an offset."""


def _read_rfc3339(value: Any) -> Any:
    """Text as a time. pydantic by itself would take Unix seconds and several spellings."""
    if isinstance(value, datetime):
        return value
    # The length first: what is remembered must be small.
    time = _time_of(value) if isinstance(value, str) and len(value) <= _LONGEST_TIME else None
    if time is None:
        raise ValueError("expected RFC 3339 with a UTC offset")
    return time


@lru_cache(maxsize=4096)
def _time_of(text: str) -> datetime | None:
    """Remembered: windows begin at whole ten seconds, so a city's counters name the same times."""
    if not re.fullmatch(_RFC3339, text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None  # the error's text would repeat the value


def _write_rfc3339(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[
    AwareDatetime,
    BeforeValidator(_read_rfc3339),
    PlainSerializer(_write_rfc3339, return_type=str, when_used="json"),
    Field(json_schema_extra={"pattern": _RFC3339}),
]
"""RFC 3339 with milliseconds; producers write UTC."""


class Wire(BaseModel):
    """A part of a message: frozen, and forbidding extra fields, as producers must.

    Consumers read through `registry.parse`, which passes over unknown fields, so that a
    later producer may add fields within a version.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


class SequenceRange(Wire):
    """Both ends included."""

    first: Sequence
    last: Sequence

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.last < self.first:
            raise ValueError("last lies before first")
        return self
