"""Migrations that are killed, meet each other, wait for a lock, or would lose rows."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from hailong.cli import main
from hub.store.errors import MigrationError
from hub.store.migrate import Migration, load_migrations, migrate, waiting
from hub.store.migrate_plan import EFFECTS_FILE, Effect, Recorder, plan, plan_text
from tests.attack_site import fill
from tests.devices import wait_until
from tests.integration.test_backup import new_database

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty(postgres_server):
    """Name and migrator's pool of an empty database."""
    with new_database(postgres_server) as made:
        yield made


@pytest.fixture
def filled(empty, postgres_server):
    """With the whole schema and rows in every table."""
    from datetime import timedelta

    from hub.store.arrivals import ensure_partitions
    from tests.builders import NOW

    name, database = empty
    migrate(database)
    ensure_partitions(database, NOW - timedelta(days=1), NOW)
    with psycopg.connect(postgres_server.superuser_url(name)) as connection:
        fill(connection)
    return name, database


def further(text, *more):
    """All of ours, then these."""
    known = load_migrations()
    texts = [text, *more]
    return known + [
        Migration(f"{len(known) + number:04d}_test.sql", each)
        for number, each in enumerate(texts, start=1)
    ]


def count(database, table):
    with database.transaction() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


LOSSES = {
    "DELETE FROM hailong.turns": "deletes rows of hailong.turns",
    "DELETE FROM hailong.sessions WHERE csrf_token = 'csrf a1a1'": "deletes rows of",
    "TRUNCATE hailong.scores": "empties or rewrites hailong.scores",
    "DROP TABLE hailong.dropped": "drops hailong.dropped",
    "ALTER TABLE hailong.device_status ALTER connection TYPE numeric": "empties or rewrites",
    "DO $$ BEGIN EXECUTE 'DELETE FROM hailong.flags'; END $$": "deletes rows of hailong.flags",
}


@pytest.mark.parametrize("text", LOSSES)
def test_a_migration_that_loses_rows_without_a_word_is_undone(filled, text):
    _, database = filled
    tables = ("turns", "sessions", "scores", "dropped", "device_status", "flags")
    before = {table: count(database, f"hailong.{table}") for table in tables}
    with pytest.raises(MigrationError, match=LOSSES[text]) as caught:
        migrate(database, further(text))
    assert "expected `-- keeps:" in str(caught.value)
    assert {table: count(database, f"hailong.{table}") for table in tables} == before
    assert min(before.values()) == 4


def test_what_a_migration_names_it_may_lose(filled):
    _, database = filled
    migrate(database, further("-- Old.\n-- loses: hailong.sessions\nDELETE FROM hailong.sessions"))
    assert count(database, "hailong.sessions") == 0


def test_what_a_migration_keeps_is_counted(filled):
    _, database = filled
    rewrite = (
        "-- keeps: hailong.device_status, hailong.dropped -> hailong.lost\n"
        "ALTER TABLE hailong.device_status ALTER connection TYPE numeric;\n"
        "CREATE TABLE hailong.lost AS SELECT * FROM hailong.dropped {};\n"
        "DROP TABLE hailong.dropped"
    )
    with pytest.raises(MigrationError, match=r"4 rows before, 3 in hailong\.lost after"):
        migrate(database, further(rewrite.format("LIMIT 3")))
    assert count(database, "hailong.dropped") == 4
    migrate(database, further(rewrite.format("")))
    assert count(database, "hailong.lost") == 4


def test_a_declaration_that_names_no_table_is_refused(filled):
    with pytest.raises(MigrationError, match=r"expected hailong\.table"):
        migrate(filled[1], further("-- keeps: interactions\nSELECT 1"))


def test_changing_rows_and_adding_columns_asks_for_no_word(filled):
    migrate(
        filled[1],
        further(
            "ALTER TABLE hailong.staff ADD COLUMN note text NOT NULL DEFAULT '';"
            "UPDATE hailong.staff SET note = 'x';"
            "CREATE INDEX ON hailong.turns (role)"
        ),
    )


SCRIPT = """
import sys
from hub.store.migrate import Migration, migrate
from hub.store.pool import Database
database = Database(sys.argv[1])
database.open(10)
migrate(database, [Migration(n, t) for n, t in zip(sys.argv[2::2], sys.argv[3::2])])
"""


def test_killed_in_the_middle_it_goes_on_where_it_was(empty, postgres_server):
    name, database = empty
    steps = [
        Migration("0001_a.sql", "CREATE TABLE public.a AS SELECT generate_series(1, 1000) AS n"),
        Migration("0002_b.sql", "UPDATE public.a SET n = n + 1000; SELECT pg_sleep(60)"),
        Migration("0003_c.sql", "CREATE TABLE public.c AS SELECT n FROM public.a"),
    ]
    words = [word for step in steps for word in (step.name, step.text)]
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, postgres_server.role_url("migrator", name), *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        with psycopg.connect(postgres_server.superuser_url(name), autocommit=True) as watch:
            asleep = "SELECT FROM pg_stat_activity WHERE datname = %s AND wait_event = 'PgSleep'"
            wait_until(lambda: watch.execute(asleep, [name]).rowcount == 1)
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    quick = [steps[0], Migration("0002_b.sql", steps[1].text.replace("60", "0")), steps[2]]
    started = time.monotonic()
    assert migrate(database, quick) == ["0002_b.sql", "0003_c.sql"]
    # The server noticed the death, and did not sleep the minute out.
    assert time.monotonic() - started < 15
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*), min(n), max(n) FROM public.c").fetchone() == (
            1000,
            1001,
            2000,
        )


def test_two_programs_that_start_at_once_share_the_work(empty, postgres_server):
    name, database = empty
    words = [w for m in load_migrations() for w in (m.name, m.text)]
    command = [sys.executable, "-c", SCRIPT, postgres_server.role_url("migrator", name), *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    children = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    assert waiting(database) == []


def test_it_steps_back_from_a_lock_and_lets_ingest_pass(filled, postgres_server):
    """Whoever waits for an exclusive lock stands before everybody who comes after."""
    name, database = filled
    done = []
    with (
        psycopg.connect(postgres_server.role_url("migrator", name)) as reader,
        psycopg.connect(postgres_server.role_url("ingest", name)) as ingest,
    ):
        reader.execute("SELECT FROM hailong.staff")
        text = "ALTER TABLE hailong.staff ADD COLUMN note text"
        thread = threading.Thread(target=lambda: done.extend(migrate(database, further(text))))
        thread.start()
        ingest.execute("SET hailong.branches = 'cn-aaaa'")
        longest = 0.0
        deadline = time.monotonic() + 20
        while longest < 0.5 and time.monotonic() < deadline:
            before = time.monotonic()
            assert ingest.execute("SELECT FROM hailong.staff").rowcount == 2
            ingest.commit()
            longest = max(longest, time.monotonic() - before)
            time.sleep(0.1)
        assert 0.5 < longest < 3.5, "it waited behind the migration, and not for long"
        assert done == []
        reader.rollback()
        thread.join(30)
    assert len(done) == 1


def test_a_lock_that_never_comes_free_is_told(filled, postgres_server):
    name, database = filled
    with psycopg.connect(postgres_server.role_url("migrator", name)) as reader:
        reader.execute("SELECT FROM hailong.staff")
        with pytest.raises(MigrationError, match="could not be had for 1 s; nothing of this"):
            migrate(
                database,
                further("ALTER TABLE hailong.staff ADD COLUMN note text"),
                patience_s=1,
            )


def test_the_effects_are_those_of_a_fresh_replay(empty):
    recorder = Recorder()
    migrate(empty[1], before=recorder.before, after=recorder.after)
    assert recorder.text() == EFFECTS_FILE.read_text("utf-8"), (
        "effects.json is not current: run `python -m hub.store.schema_dump`"
    )


def test_what_a_migration_locks_rewrites_and_indexes_is_recorded(empty):
    migrations = further(
        "CREATE INDEX later ON hailong.interactions (zone)",
        "-- keeps: hailong.turns\nALTER TABLE hailong.turns ALTER start_s TYPE double precision",
        "CREATE TABLE hailong.new (n integer)",
        "UPDATE hailong.staff SET branch_id = branch_id",
    )
    recorder = Recorder()
    migrate(empty[1], migrations, before=recorder.before, after=recorder.after)
    assert [recorder.effects[m.name] for m in migrations[-4:]] == [
        [Effect("hailong.interactions", "ShareLock", indexes=True)],
        [Effect("hailong.turns", "AccessExclusiveLock", rewrites=True)],
        [],
        [Effect("hailong.staff", "RowExclusiveLock", changes=True)],
    ]


def test_the_command_shows_a_plan(empty, postgres_server, tmp_path):
    name, database = empty
    address = postgres_server.embedded.address
    environment = {
        "HAILONG_DATABASE_URL": f"postgresql://{address.host}:{address.port}/{name}",
        "HAILONG_DATABASE_PASSFILE": str(postgres_server.passfile),
        "HAILONG_BROKER_URL": "mqtt://127.0.0.1:1",
        "HAILONG_STATE": str(tmp_path),
    }
    done = CliRunner().invoke(main, ["hub", "migrate", "--plan"], env=environment)
    assert done.exit_code == 0, done.output
    names = [m.name for m in load_migrations()]
    assert [n for n in names if n not in done.output] == []
    assert f"{len(names)} to apply, each in one transaction" in done.output
    with database.transaction() as connection:
        assert (
            connection.execute("SELECT FROM pg_namespace WHERE nspname = 'hailong'").rowcount == 0
        )
        assert connection.execute("SELECT to_regclass('public.hailong_migrations')").fetchone() == (
            None,
        )
    migrate(database)
    done = CliRunner().invoke(main, ["hub", "migrate", "--plan"], env=environment)
    assert done.output == "the schema is up to date; nothing would be done\n"


def test_a_plan_tells_when_ingest_is_better_stopped(filled):
    _, database = filled
    migrations = further("SELECT 1")
    last = migrations[-1].name
    effects = {last: [Effect("hailong_private.activity", "ShareLock", indexes=True)]}
    plans = plan(database, migrations, effects)
    assert "ingest may go on" in plan_text(plans)
    assert plans[0].effects[0].ingest_writes, "by its view"
    assert plans[0].effects[0].bytes > 0
    import dataclasses

    big = dataclasses.replace(plans[0].effects[0], bytes=10**10)
    huge = dataclasses.replace(plans[0], effects=(big,))
    text = plan_text([huge])
    assert "ingest would wait about 200 s; stop it first" in text
    assert "builds an index; ShareLock keeps writers waiting" in text
    # What ingest does not write may take as long as it likes.
    other = dataclasses.replace(big, ingest_writes=False)
    assert "ingest may go on" in plan_text([dataclasses.replace(plans[0], effects=(other,))])
