"""A set of kinds of phrases, as several messages name one."""

from typing import Annotated

from pydantic import AfterValidator, Field

from schemas.vocabulary import Category


def _each_once(value: tuple[Category, ...]) -> tuple[Category, ...]:
    if len(set(value)) != len(value):
        raise ValueError("a category stands twice")
    return value


Categories = Annotated[
    tuple[Category, ...],
    Field(max_length=64, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_each_once),
]
