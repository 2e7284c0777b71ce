"""The wire has no free-text field, and its ids are the same on every machine."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from schemas import vocabulary
from schemas.fields import Identifier, ModelId, Sha256, StreamId, Version, Wire
from schemas.identifiers import interaction_id, message_id, uuid8
from schemas.registry import PAYLOADS, READERS, Body
from tests.wire_strategies import limits

ALLOWED = {
    limits(get_args(allowed)[1:])["pattern"]
    for allowed in (Identifier, ModelId, Sha256, StreamId, Version)
}
"""Of names that are set up beforehand or computed. A new one is thought over here."""
SENTENCES = [
    "Bác ơi, chờ cháu một lát",
    "cho chau mot lat",
    "hello there",
    "Nguyễn",
    "đ",
    "a\nb",
    "a,b",
    "a?",
    "",
]


def leaves(
    kind: Any, where: str, bound: dict[str, Any]
) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """(place, type, limits) of every value that can stand in a message."""
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *metadata = get_args(kind)
        yield from leaves(inner, where, bound | limits(metadata))
    elif origin in (Union, UnionType, tuple):
        for part in get_args(kind):
            if part not in (NoneType, Ellipsis):
                yield from leaves(part, where, {})
        if origin is tuple:
            yield where, tuple, bound
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            yield from leaves(field.annotation, f"{where}.{name}", limits(field.metadata))
    else:
        yield where, kind, bound


LEAVES = [leaf for key, reader in READERS.items() for leaf in leaves(reader, key[0], {})]


def is_no_free_text(kind: Any, bound: dict[str, Any]) -> bool:
    if kind is str:
        return bound.get("pattern") in ALLOWED
    if get_origin(kind) is not None:  # Literal
        return all(
            isinstance(word, str) and re.fullmatch("[a-z_]+", word) for word in get_args(kind)
        )
    return kind in (int, float, bool, tuple, UUID, AwareDatetime) or issubclass(kind, Enum)


def test_no_field_takes_free_text():
    assert {where for where, kind, bound in LEAVES if not is_no_free_text(kind, bound)} == set()
    assert len(LEAVES) > 200
    assert sum(kind is str for _, kind, _ in LEAVES) >= 20


def test_every_number_and_every_list_has_its_limits():
    unbounded = {
        where
        for where, kind, bound in LEAVES
        if (kind in (int, float) and not {"ge", "le"} <= set(bound))
        or (kind is tuple and "max_length" not in bound)
    }
    assert unbounded == {f"{kind}.schema_version" for kind, _ in PAYLOADS}


def test_every_model_of_the_wire_is_frozen_and_forbids_extra_fields():
    def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
        yield model
        for field in model.model_fields.values():
            for inner in parts(field.annotation):
                yield from models(inner)

    def parts(kind: Any) -> Iterator[type[BaseModel]]:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind
        for part in get_args(kind):
            yield from parts(part)

    for model in {model for reader in READERS.values() for model in models(reader)}:
        assert issubclass(model, Wire)
        config = model.model_config
        assert (config["frozen"], config["extra"], config["allow_inf_nan"]) == (
            True,
            "forbid",
            False,
        )
        assert config["hide_input_in_errors"]


def test_the_walk_sees_free_text_wherever_it_hides():
    class Deep(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        note: tuple[Annotated[str | None, "a remark"], ...] | None = None
        any_time: datetime

    class Leaky(Body):
        remarks: dict[str, str] | None = None
        deep: Deep | None = None

    found = {
        where
        for where, kind, bound in leaves(Leaky, "leaky", {})
        if not is_no_free_text(kind, bound)
    }
    assert found == {"leaky.remarks", "leaky.deep.note", "leaky.deep.any_time"}


@pytest.mark.parametrize("pattern", sorted(ALLOWED))
@pytest.mark.parametrize("sentence", SENTENCES)
def test_no_allowed_pattern_takes_a_sentence(pattern, sentence):
    assert not re.fullmatch(pattern.removesuffix("$"), sentence)
    assert re.fullmatch(pattern, "0" * 32) or re.fullmatch(pattern, "0" * 64)


@pytest.mark.parametrize("kind", [Identifier, ModelId, Sha256, StreamId, Version])
@given(st.text(min_size=1).filter(lambda text: not text.isascii() or " " in text or "\n" in text))
def test_no_name_takes_spaces_line_ends_or_letters_beyond_ascii(kind, text):
    with pytest.raises(ValueError, match="pattern"):
        TypeAdapter(kind).validate_python(text)


def test_every_word_of_the_vocabulary_is_a_plain_word():
    enums = [e for e in vars(vocabulary).values() if isinstance(e, type) and issubclass(e, Enum)]
    words = [
        word.value for enum in enums if enum.__module__ == vocabulary.__name__ for word in enum
    ]
    assert len(words) > 90
    assert [word for word in words if not re.fullmatch("[a-z]+(_[a-z]+)*", word)] == []


def test_uuid8_has_version_8_and_the_variant_of_rfc_9562():
    for number in range(64):
        made = uuid8("device", number)
        assert (made.version, made.variant) == (8, RFC_4122)


def test_uuid8_is_the_sha256_of_length_prefixed_parts():
    digest = bytearray(hashlib.sha256(b"\0\0\0\x02ab\0\0\0\x01c").digest()[:16])
    digest[6] = digest[6] % 16 + 0x80
    digest[8] = digest[8] % 64 + 0x80
    assert uuid8("ab", "c") == UUID(bytes=bytes(digest))


def test_the_lengths_tell_the_parts_apart():
    assert len({uuid8("ab", "c"), uuid8("a", "bc"), uuid8("abc"), uuid8("abc", ""), uuid8()}) == 5
    assert uuid8("quầy", 1) == uuid8("quầy", "1")


def test_ids_are_what_they_were_in_the_first_version():
    source = "000102030405060708090a0b0c0d0e0f"
    assert [
        str(uuid8()),
        str(uuid8("quầy-05", 1)),
        str(interaction_id("dev-hk-05", source, 60_000)),
        str(message_id("dev-hk-05", source, "interaction", 60_000, 1)),
        str(message_id("dev-hk-05", source, "interaction", 60_000, 2)),
        str(message_id("dev-hk-05", source, "activity", 60_000, 1)),
    ] == IDS


IDS = [
    "e3b0c442-98fc-8c14-9afb-f4c8996fb924",
    "05f435dc-b104-8616-985d-98e5a3a9ce4c",
    "9d1936ef-6026-8c3c-823a-1863d0e91a3e",
    "047d1442-43ad-8fc1-8e61-944f17557042",
    "fe33c5ea-af46-800d-83d7-475710b5c785",
    "d6030b85-ee1c-824d-8ba2-8409e9e7f757",
]
