"""Any valid payload of the wire, made from the models' own types and limits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import cache
from math import ceil, floor
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from schemas.fields import SequenceRange, Wire
from schemas.interaction import ROLE_NEUTRAL, InteractionPayload, Turn
from schemas.registry import PAYLOADS, SEQUENCED, Body
from schemas.release import WHISPER, CommandPayload, ConfigPayload
from schemas.vocabulary import CommandKind, Role

_FIRST = datetime(1, 1, 3, tzinfo=UTC)
_OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))
_TIMES = st.builds(
    lambda ms, zone: (_FIRST + timedelta(milliseconds=ms)).astimezone(zone),
    st.integers(0, 9990 * 365 * 86_400_000),
    st.just(UTC) | _OFFSETS,
)


def limits(metadata: list[Any] | tuple[Any, ...]) -> dict[str, Any]:
    """ge, le, min_length, max_length and pattern, however pydantic keeps them."""
    flat = [
        m for part in metadata for m in (part.metadata if isinstance(part, FieldInfo) else [part])
    ]
    return {
        name: value
        for part in flat
        for name in ("ge", "le", "min_length", "max_length", "pattern")
        if (value := getattr(part, name, None)) is not None
    }


def values(kind: Any, bound: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any value of a type within its limits; lists are kept short."""
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *metadata = get_args(kind)
        return values(inner, bound | limits(metadata))
    if origin in (Union, UnionType):
        return st.one_of(*(values(one, {}) for one in get_args(kind)))
    if origin is tuple:
        longest = min(bound["max_length"], 4)
        parts = values(get_args(kind)[0], {})
        return st.lists(parts, min_size=bound.get("min_length", 0), max_size=longest).map(tuple)
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    return wires(kind) if issubclass(kind, Wire) else _PLAIN[kind](bound)


_PLAIN: dict[Any, Callable[[dict[str, Any]], st.SearchStrategy[Any]]] = {
    NoneType: lambda _: st.none(),
    bool: lambda _: st.booleans(),
    int: lambda bound: st.integers(bound["ge"], bound["le"]),
    float: lambda bound: (
        st.floats(bound["ge"], bound["le"]) | st.integers(ceil(bound["ge"]), floor(bound["le"]))
    ),
    str: lambda bound: st.from_regex(bound["pattern"], fullmatch=True),
    UUID: lambda _: st.uuids(),
    AwareDatetime: lambda _: _TIMES,
}


@cache
def wires(model: type[Wire]) -> st.SearchStrategy[Any]:
    """Any instance of a part of a message."""
    fields = {
        name: values(field.annotation, limits(field.metadata))
        for name, field in model.model_fields.items()
    }
    return st.fixed_dictionaries(fields).map(lambda given: model(**_ruled(model, given)))


def _ruled(model: type[Wire], given: dict[str, Any]) -> dict[str, Any]:
    """What rules over several fields ask for."""
    if model is Turn:
        if given["role"] is not Role.CITIZEN:
            given["sentiment"] = None
        if given["role"] is Role.UNKNOWN:
            given["hits"] = tuple(h for h in given["hits"] if h.category in ROLE_NEUTRAL)
    if model is SequenceRange:
        given["first"], given["last"] = sorted((given["first"], given["last"]))
    if model is InteractionPayload:
        given["started_at"], given["ended_at"] = sorted((given["started_at"], given["ended_at"]))
        given |= _as_sent(given)
    if model is ConfigPayload:
        given |= _each_once(given)
    for name in ("categories", "categories_sent"):
        if given.get(name) is not None:
            given[name] = tuple(dict.fromkeys(given[name]))
    if model is CommandPayload:
        given |= _ranges(given)
    return given


def _as_sent(given: dict[str, Any]) -> dict[str, Any]:
    """No hit of a category that is not named as sent."""
    sent = given["coverage"].categories_sent
    if sent is None:
        return {}
    said = {hit.category for turn in given["turns"] for hit in turn.hits}
    told = {"categories_sent": tuple(sorted({*sent, *said}))}
    return {"coverage": given["coverage"].model_copy(update=told)}


def _each_once(given: dict[str, Any]) -> dict[str, Any]:
    models = {entry.model: entry for entry in given["models"]}
    if not models.keys() >= WHISPER:
        models = {name: entry for name, entry in models.items() if name not in WHISPER}
    lexicon = {entry.list: entry for entry in given["lexicon"]}
    return {"lexicon": tuple(lexicon.values()), "models": tuple(models.values())}


def _ranges(given: dict[str, Any]) -> dict[str, Any]:
    if given["stream"] is not None and given["ranges"]:
        return {"command": CommandKind.RESEND}
    resend = given["command"] is CommandKind.RESEND
    return {
        "command": CommandKind.RESTART if resend else given["command"],
        "stream": None,
        "ranges": (),
    }


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    kind, version = draw(st.sampled_from(sorted(PAYLOADS)))
    payload = draw(wires(PAYLOADS[kind, version]))
    if isinstance(payload, InteractionPayload):
        payload = payload.model_copy(update={"open": kind == "alert"})
    given: dict[str, Any] = {"kind": kind, "schema_version": version, "payload": payload}
    for name in ("message_id", "device_id", "captured_at"):
        given[name] = draw(_body_field(name))
    if kind in SEQUENCED:
        given |= {
            "stream": draw(st.from_regex(r"^[0-9a-f]{32}$", fullmatch=True)),
            "sequence": draw(st.integers(1, 2**53)),
        }
    return Body(**given)


def _body_field(name: str) -> st.SearchStrategy[Any]:
    field = Body.model_fields[name]
    return values(field.annotation, limits(field.metadata))
