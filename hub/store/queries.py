"""Named queries from hub/store/sql/*.sql, so that SQL is read as SQL.

A file holds blocks of this form; the second comment, saying what the query is for, is asked of
every one:

    -- name: get_interaction
    -- One interaction by its id, newest revision.
    SELECT ...
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from hub.store.errors import UnknownQueryError

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


class Queries(Mapping[str, str]):
    """Of one file, by name; an unknown name raises UnknownQueryError."""

    def __init__(self, file: str, by_name: Mapping[str, str]) -> None:
        self._file = file
        self._by_name = by_name

    def __getitem__(self, name: str) -> str:
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownQueryError(
                f"no query {name!r} in hub/store/sql/{self._file}.sql; "
                f"it holds {', '.join(self._by_name)}"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


@cache
def load_queries(name: str) -> Queries:
    """The queries of hub/store/sql/{name}.sql."""
    try:
        text = (resources.files("hub.store") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UnknownQueryError(f"no file hub/store/sql/{name}.sql") from error
    return Queries(name, parse_queries(name, text))


def parse_queries(file: str, text: str) -> dict[str, str]:
    preamble, *parts = _NAME.split(text)
    if any(line and not line.startswith("--") for line in preamble.splitlines()):
        raise UnknownQueryError(f"hub/store/sql/{file}.sql: SQL before the first `-- name:` line")
    found: dict[str, str] = {}
    for name, block in zip(parts[::2], parts[1::2], strict=True):
        lines = block.strip().splitlines()
        if not lines or not lines[0].startswith("-- "):
            raise UnknownQueryError(
                f"hub/store/sql/{file}.sql: {name} does not say what it is for; expected a "
                "comment under its name"
            )
        sql = "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip()
        if not sql:
            raise UnknownQueryError(f"hub/store/sql/{file}.sql: {name} has no SQL")
        if name in found:
            raise UnknownQueryError(f"hub/store/sql/{file}.sql: {name} stands there twice")
        found[name] = sql
    return found
