"""PostgreSQL's text form of an array, for statements that take hundreds of values at each commit:
psycopg's own asks a regular expression about every element.
"""

from collections.abc import Iterable
from datetime import datetime

Element = str | int | datetime | None
"""A bool, too: it is an int, and True and False are read as they are."""


def array_text(values: Iterable[Element]) -> str:
    """To be cast where it is used: `%(name)s::text[]`."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Element) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        # Always in quotes: an empty text, the word NULL, spaces, braces and commas are safe there.
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, int):
        return str(value)
    return value.isoformat()
