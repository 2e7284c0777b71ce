"""From each released version, with its rows, to this one: nothing is lost and all of it works."""

from pathlib import Path

import psycopg
import pytest

from hub.store import pages
from hub.store.migrate import load_migrations, migrate
from hub.store.schema_dump import SCHEMA_FILE, dump_schema
from tests.attack_site import partitions
from tests.builders import NOW
from tests.integration.test_backup import new_database

pytestmark = pytest.mark.integration

RELEASES = sorted((Path(__file__).parents[1] / "data" / "releases").glob("*.sql"))


@pytest.fixture(params=RELEASES, ids=lambda path: path.stem)
def released(request, postgres_server):
    """A database as that release left it."""
    with new_database(postgres_server) as (name, database):
        with psycopg.connect(postgres_server.role_url("migrator", name)) as connection:
            connection.execute(request.param.read_text("utf-8"))
        yield name, database


def rows(connection):
    """Table -> its rows as JSON, of every table that is no partition."""
    names = connection.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND NOT relispartition AND relnamespace::regnamespace::text LIKE 'hailong%'"
    ).fetchall()
    return {
        table: [r for (r,) in connection.execute(f"SELECT to_jsonb(t) FROM {table} t").fetchall()]
        for (table,) in names
    }


def test_there_are_releases_to_come_from():
    assert RELEASES


def test_every_row_of_a_release_is_there_after_the_upgrade(released, postgres_server):
    name, database = released
    superuser = postgres_server.superuser_url(name)
    with psycopg.connect(superuser) as connection:
        before = rows(connection)
        applied = {
            row[0] for row in connection.execute("SELECT name FROM public.hailong_migrations")
        }
    assert all(len(found) >= 2 for found in before.values()), (
        "a release without rows proves nothing"
    )
    assert migrate(database) == [m.name for m in load_migrations() if m.name not in applied]
    assert migrate(database) == []
    with psycopg.connect(superuser) as connection:
        after = rows(connection)
        for table, old in before.items():
            columns = old[0].keys()
            new = [{c: row.get(c) for c in columns} for row in after[table]]
            assert sorted(map(repr, new)) == sorted(map(repr, old)), table
        # Besides its own partitions it is the very schema that a new hub has.
        for partition in partitions(connection):
            connection.execute(f"DROP TABLE {partition}")
    assert dump_schema(postgres_server.role_url("migrator", name)) == (
        SCHEMA_FILE.read_text("utf-8")
    )


def test_the_pages_read_what_a_release_wrote(released, postgres_server):
    from hub.store.pool import Database

    name, database = released
    migrate(database)
    app = Database(postgres_server.role_url("app", name))
    app.open(10)
    try:
        with app.branches_transaction(["cn-aaaa"]) as connection:
            listed = pages.interactions(connection, limit=10)
            assert len(listed) == 2
            assert pages.interaction(connection, listed[0].interaction_id) is not None
            assert len(pages.counters(connection, day_start=NOW, week_start=NOW)) == 2
            assert len(pages.devices(connection)) == 2
            assert {row.rows for row in pages.kept(connection)} >= {2}
    finally:
        app.close()
