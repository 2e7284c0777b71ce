"""Any valid payload of the wire, made from the models' own types and limits."""

from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from schemas.fields import SequenceRange, Wire
from schemas.interaction import ROLE_NEUTRAL, InteractionPayload, Turn
from schemas.registry import PAYLOADS, SEQUENCED, Body
from schemas.vocabulary import Role

_TIMES = st.datetimes(
    datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.timezones() | st.none()
).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))


def limits(metadata: list[Any] | tuple[Any, ...]) -> dict[str, Any]:
    """ge, le, min_length, max_length and pattern, however pydantic keeps them."""
    flat = [m for part in metadata for m in (part.metadata if isinstance(part, FieldInfo) else [part])]
    return {
        name: value
        for part in flat
        for name in ("ge", "le", "min_length", "max_length", "pattern")
        if (value := getattr(part, name, None)) is not None
    }


def values(kind: Any, bound: dict[str, Any]) -> st.SearchStrategy[Any]:  # noqa: PLR0911
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *metadata = get_args(kind)
        return values(inner, bound | limits(metadata))
    if origin in (Union, UnionType):
        return st.one_of(*(values(one, {}) for one in get_args(kind)))
    if origin is tuple:
        lists = st.lists(
            values(get_args(kind)[0], {}),
            min_size=bound.get("min_length", 0),
            max_size=min(bound["max_length"], 4),
        )
        return lists.map(tuple)
    if kind is NoneType:
        return st.none()
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(bound["ge"], bound["le"])
    if kind is float:
        return st.floats(bound["ge"], bound["le"]) | st.integers(
            int(bound["ge"]), int(bound["le"])
        )
    if kind is str:
        return st.from_regex(bound["pattern"], fullmatch=True)
    if kind is UUID:
        return st.uuids()
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    if issubclass(kind, Wire):
        return wires(kind)
    assert issubclass(kind, datetime), kind
    return _TIMES.filter(lambda at: at.tzinfo is not None)
