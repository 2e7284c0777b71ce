"""That a migration loses no row which it does not name: see hub/store/migrate.py."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from hub.store.errors import MigrationError

_Connection = psycopg.Connection[TupleRow]
_LINE = re.compile(r"^-- (keeps|loses): (.+)$", re.MULTILINE)
_NAME = re.compile(r"hailong(_private)?\.[a-z_][a-z0-9_]*")
# A partition speaks for the table that it belongs to.
_FILES = """
SELECT c.oid, COALESCE(r.relnamespace, c.relnamespace)::regnamespace || '.'
              || COALESCE(r.relname, c.relname),
       c.relfilenode
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(c.oid)
WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text IN ('hailong', 'hailong_private')
"""
# What the transaction before deleted may still stand here, hence only what is added counts.
_DELETED = """
SELECT relid, n_tup_del FROM pg_catalog.pg_stat_xact_user_tables
WHERE n_tup_del > 0 AND schemaname IN ('hailong', 'hailong_private')
"""


@dataclass(frozen=True, slots=True)
class Declared:
    keeps: Mapping[str, str]
    """Table before -> table after."""
    loses: frozenset[str]


@dataclass(frozen=True, slots=True)
class _File:
    table: str
    node: int


def declared_rows(name: str, text: str) -> Declared:
    """Of the comment at the top of a migration. Raises MigrationError for a name that is none."""
    keeps: dict[str, str] = {}
    loses: set[str] = set()
    head = re.match(r"(?:--.*\n|\s*\n)*", text)
    for kind, names in _LINE.findall(head.group() if head else ""):
        for part in names.split(","):
            before, _, after = (word.strip() for word in part.partition("->"))
            for table in (before, after or before):
                if not _NAME.fullmatch(table):
                    raise MigrationError(
                        f"migration {name} {kind} {table[:60]!r}; expected hailong.table"
                    )
            if kind == "keeps":
                keeps[before] = after or before
            else:
                loses.add(before)
    return Declared(keeps, frozenset(loses))


class RowGuard:
    """Looks before a migration and after it, in its own transaction."""

    def __init__(self, connection: _Connection, name: str, declared: Declared) -> None:
        self._connection = connection
        self._name = name
        self._declared = declared
        self._counts = {table: _count(connection, table) for table in declared.keeps}
        self._files = _files(connection)
        self._deleted = _deleted(connection)

    def check(self) -> None:
        """Raises MigrationError, which undoes the migration."""
        files = _files(self._connection)
        named = {*self._declared.keeps, *self._declared.loses}
        deleted = {
            oid
            for oid, rows in _deleted(self._connection).items()
            if rows > self._deleted.get(oid, 0)
        }
        for oid, before in self._files.items():
            if before.table in named:
                continue
            after = files.get(oid)
            if after is None:
                what = "drops"
            elif after.node != before.node:
                what = "empties or rewrites"
            elif oid in deleted:
                what = "deletes rows of"
            else:
                continue
            raise MigrationError(
                f"migration {self._name} {what} {before.table} and does not say what becomes of "
                f"its rows; expected `-- keeps: {before.table}` or `-- loses: {before.table}` in "
                "its first comment. Nothing was done"
            )
        for table, count in self._counts.items():
            now = _count(self._connection, self._declared.keeps[table])
            if now != count:
                raise MigrationError(
                    f"migration {self._name} keeps {table} by its own words: {count} rows before, "
                    f"{now} in {self._declared.keeps[table]} after. Nothing was done"
                )


def _files(connection: _Connection) -> dict[int, _File]:
    return {oid: _File(table, node) for oid, table, node in connection.execute(_FILES)}


def _deleted(connection: _Connection) -> dict[int, int]:
    """Table -> rows deleted."""
    return {int(oid): int(rows) for oid, rows in connection.execute(_DELETED)}


def _count(connection: _Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".")))
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
