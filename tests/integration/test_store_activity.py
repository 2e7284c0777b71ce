"""The seam under `activity`: one suite for native partitions and for TimescaleDB.

TimescaleDB is tried where HAILONG_TEST_DATABASE_URL names a superuser on a server that has the
extension; docs/store.md says how to install it. That server's hailong_* roles get new passwords.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hub.scoring.rollups import RollupWorker
from hub.settings import Address, role_url
from hub.store.activity import NativeActivity, activity_store, adopt_timescale
from hub.store.arrivals import ensure_partitions, write_arrivals
from hub.store.bootstrap import bootstrap
from hub.store.errors import MigrationError, NotPermittedError
from hub.store.migrate import load_migrations, migrate
from hub.store.place import set_up_place
from hub.store.rollup_check import check
from hub.store.rows import ActivityRow, Arrivals
from tests.builders import NOW
from tests.integration.conftest import HubDatabase, counter_row

pytestmark = pytest.mark.integration
OURS, THEIRS = "cn-ta", "cn-ban"
TODAY = NOW.replace(hour=0, minute=0)
SPAN = (TODAY - timedelta(days=36), TODAY + timedelta(days=2))


@dataclass
class OtherServer:
    """Takes the place of the embedded one in HubDatabase."""

    url: str
    passfile: Path

    def superuser_url(self, database: str = "postgres") -> str:
        return make_conninfo(self.url, dbname=database)

    def role_url(self, role: str, database: str) -> str:
        parts = conninfo_to_dict(self.url)
        where = Address(str(parts.get("host", "127.0.0.1")), int(parts.get("port", 5432)))
        return role_url(where, database, f"hailong_{role}", self.passfile)


@pytest.fixture(scope="module")
def timescale(tmp_path_factory) -> OtherServer:
    url = os.environ.get("HAILONG_TEST_DATABASE_URL")
    if not url:
        pytest.skip("HAILONG_TEST_DATABASE_URL names no server with TimescaleDB")
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT name FROM pg_available_extensions WHERE name = 'timescaledb'"
        ).fetchone()
        if found is None:
            pytest.skip("the server of HAILONG_TEST_DATABASE_URL has no TimescaleDB")
    return OtherServer(url, tmp_path_factory.mktemp("timescale") / "database.pass")


@contextmanager
def timescale_database(server: OtherServer, *, extension: bool) -> Iterator[HubDatabase]:
    name = f"hailong_test_{uuid4().hex[:8]}"
    bootstrap(server.superuser_url(), server.passfile, name)
    db = HubDatabase(name, server)  # type: ignore[arg-type]
    try:
        if extension:
            db.rows("CREATE EXTENSION timescaledb")
        yield db
    finally:
        db.close()
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@pytest.fixture(scope="module", params=["native", "timescale"])
def db(request) -> Iterator[HubDatabase]:
    if request.param == "native":
        yield request.getfixturevalue("module_db")
        return
    with timescale_database(request.getfixturevalue("timescale"), extension=True) as made:
        assert migrate(made.open("migrator"))[-1] == "activity as a hypertable"
        yield made


@pytest.fixture
def store(db):
    migrator = db.open("migrator")
    for branch in (OURS, THEIRS):
        set_up_place(migrator, [counter_row(branch, "quay-01")])
    ensure_partitions(migrator, *SPAN)
    yield activity_store(migrator)
    db.close()
    for table in (
        "hailong_private.activity",
        "hailong.activity_rollups",
        "hailong.activity_marks",
        "hailong_private.rollups_closed",
    ):
        db.rows(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table.split("."))))


def window(at, branch=OURS, **values):
    given = dict.fromkeys(
        (
            "unknown_speech_s",
            "overlap_s",
            "staff_level_dbfs",
            "citizen_level_dbfs",
            "staff_present_s",
        )
    )
    given |= {"staff_speech_s": 2.5, "citizen_speech_s": 1.0, "citizen_present_s": 10.0}
    given |= {"in_interaction_s": 10.0, "audio_coverage": 1.0, "video_coverage": 0.5}
    return ActivityRow(branch, "quay-01", at, "d", **{**given, **values})


def write(db, *rows, branches=(OURS, THEIRS)):
    write_arrivals(db.open("ingest"), branches, Arrivals(activity=rows))


def kept(db):
    return db.rows("SELECT branch_id, at FROM hailong_private.activity ORDER BY at, branch_id")


def test_the_form_is_what_the_server_has(db, store):
    extension = db.rows("SELECT extname FROM pg_extension WHERE extname = 'timescaledb'")
    assert store.name == ("timescale" if extension else "native")
    # Again and again: nothing is left to do.
    assert adopt_timescale(db.open("migrator")) is False
    assert migrate(db.open("migrator")) == []


def test_a_window_is_kept_once_however_often_it_comes(db, store):
    rows = [window(NOW + timedelta(seconds=10 * n)) for n in range(6)]
    write(db, *rows[:4])
    write(db, *rows[2:], window(NOW, THEIRS))
    assert kept(db) == sorted(
        [(OURS, row.at) for row in rows] + [(THEIRS, NOW)], key=lambda k: (k[1], k[0])
    )


def test_the_view_shows_a_branch_its_own_and_a_clerk_nothing(db, store):
    write(db, window(NOW), window(NOW, THEIRS))
    app = db.open("app")
    for scope, seen in (
        (([OURS],), [OURS]),
        (([OURS, THEIRS],), [THEIRS, OURS]),
        (([],), []),
        (([OURS], "cb-1"), []),
    ):
        with app.branches_transaction(*scope) as connection:
            rows = connection.execute("SELECT branch_id FROM hailong.activity ORDER BY 1")
            assert [row[0] for row in rows] == sorted(seen)
    with app.transaction() as connection:
        assert connection.execute("SELECT FROM hailong.activity").rowcount == 0


def test_nobody_writes_into_a_branch_that_the_transaction_does_not_name(db, store):
    with pytest.raises(NotPermittedError):
        write(db, window(NOW, THEIRS), branches=(OURS,))
    assert kept(db) == []


@pytest.mark.parametrize("role", ["app", "ingest", "worker", "auditor"])
def test_no_program_reaches_the_table_or_its_parts(db, store, role):
    write(db, window(NOW))
    parts = db.rows(
        "SELECT DISTINCT tableoid::regclass::text FROM hailong_private.activity"
        " UNION SELECT 'hailong_private.activity'"
    )
    assert len(parts) == 2
    for (part,) in parts:
        with (
            pytest.raises(NotPermittedError),
            db.open(role).branches_transaction([OURS]) as connection,
        ):
            connection.execute(sql.SQL("SELECT FROM {}").format(sql.SQL(part)))


def test_preparing_twice_makes_nothing_the_second_time(db, store):
    far = datetime(2027, 1, 1, tzinfo=UTC)
    made = store.prepare(db.open("ingest"), far, far + timedelta(days=3))
    assert made == (3 if store.name == "native" else 0)
    assert store.prepare(db.open("worker"), far, far + timedelta(days=3)) == 0
    write(db, window(far))
    assert kept(db) == [(OURS, far)]


def test_whole_days_go_at_once_and_what_they_added_up_to_stays(db, store):
    migrator = db.open("migrator")
    days = [TODAY - timedelta(days=n) for n in (3, 2, 1)]
    for day in days:
        write(db, window(day), window(day + timedelta(hours=23, minutes=59, seconds=50)))
    worker = RollupWorker(db.open("worker"))
    worker.activity()
    hours = "SELECT count(*), sum(windows) FROM hailong.activity_rollups"
    assert db.rows(hours) == [(6, 6)]
    assert store.oldest(migrator) == days[0]
    before = store.size(migrator)
    store.drop_before(migrator, days[1].date())
    assert kept(db)[0] == (OURS, days[1])
    assert len(kept(db)) == 4
    assert store.oldest(migrator) == days[1]
    after = store.size(migrator)
    assert 0 < after.bytes < before.bytes
    assert after.days < before.days
    assert store.drop_before(migrator, days[1].date()) == 0
    # Its hours can be counted no more; what they held stays, and is no difference.
    ensure_partitions(migrator, *SPAN)
    write(db, window(days[0] + timedelta(hours=1)), window(days[0]))
    worker.activity()
    assert db.rows(hours) == [(6, 6)]
    assert [d for month in check(migrator) for d in month.differences] == []


def test_the_oldest_of_nothing_is_nothing(db, store):
    assert store.oldest(db.open("migrator")) is None


def test_every_other_role_of_the_table_is_as_before(db, store):
    write(db, window(NOW))
    with db.open("backup").transaction() as connection:
        assert connection.execute("SELECT FROM hailong_private.activity").rowcount == 1
    with db.open("auditor").branches_transaction([OURS]) as connection:
        assert connection.execute("SELECT FROM hailong.activity").rowcount == 1
    with (
        pytest.raises(NotPermittedError),
        db.open("app").branches_transaction([OURS]) as connection,
    ):
        connection.execute("INSERT INTO hailong.activity SELECT * FROM hailong.activity")


# TimescaleDB's alone ----------------------------------------------------------------------------


def test_a_site_that_gets_timescale_later_keeps_its_windows(timescale):
    with timescale_database(timescale, extension=False) as db:
        migrator = db.open("migrator")
        assert migrate(migrator) == [m.name for m in load_migrations()]
        set_up_place(migrator, [counter_row(OURS, "quay-01")])
        ensure_partitions(migrator, *SPAN)
        assert activity_store(migrator) == NativeActivity()
        rows = [window(TODAY + timedelta(hours=n)) for n in range(40)]
        write(db, *rows, branches=(OURS,))
        before = kept(db)
        db.rows("CREATE EXTENSION timescaledb")
        assert activity_store(migrator) == NativeActivity()
        assert migrate(migrator) == ["activity as a hypertable"]
        assert kept(db) == before
        assert activity_store(migrator).name == "timescale"
        assert activity_store(migrator).size(migrator).days == 2
        write(db, *rows, window(TODAY + timedelta(hours=41)), branches=(OURS,))
        assert len(kept(db)) == 41
        left = db.rows("SELECT relname FROM pg_class WHERE relname LIKE 'activity_2%%'")
        assert left == []


def test_in_columns_it_is_read_and_written_like_before(timescale):
    with timescale_database(timescale, extension=True) as db:
        migrator = db.open("migrator")
        migrate(migrator)
        if db.value("SELECT current_setting('timescaledb.license')") != "timescale":
            pytest.skip("this TimescaleDB's licence has no columnstore")
        set_up_place(migrator, [counter_row(b, "quay-01") for b in (OURS, THEIRS)])
        ensure_partitions(migrator, *SPAN)
        policy = db.value(
            "SELECT config ->> 'compress_after' FROM timescaledb_information.jobs"
            " WHERE hypertable_name = 'activity'"
        )
        assert policy == "7 days"
        rows = [window(TODAY + timedelta(seconds=10 * n)) for n in range(500)]
        write(db, *rows, window(TODAY, THEIRS))
        db.rows(
            "DO $$ DECLARE c regclass; BEGIN"
            " FOR c IN SELECT show_chunks('hailong_private.activity') LOOP"
            "   CALL convert_to_columnstore(c); END LOOP; END $$"
        )
        columns = "SELECT bool_and(is_compressed) FROM timescaledb_information.chunks"
        assert db.value(columns) is True
        write(db, *rows[:50], window(TODAY + timedelta(seconds=5001)))  # resent, and late
        assert len(kept(db)) == 502
        RollupWorker(db.open("worker")).activity()
        assert db.value("SELECT sum(windows) FROM hailong.activity_rollups") == 502
        with db.open("app").branches_transaction([OURS]) as connection:
            assert connection.execute("SELECT FROM hailong.activity").rowcount == 501
        assert activity_store(migrator).oldest(migrator) == TODAY
        assert activity_store(migrator).drop_before(migrator, date(2026, 4, 1)) == 1
        assert kept(db) == []


def test_a_table_of_neither_form_is_told(hub_db):
    migrator = hub_db.open("migrator")
    with migrator.transaction() as connection:
        connection.execute("ALTER TABLE hailong_private.activity RENAME TO away")
    try:
        with pytest.raises(MigrationError, match="neither partitioned nor a hypertable"):
            activity_store(migrator)
    finally:
        hub_db.rows("ALTER TABLE hailong_private.away RENAME TO activity")
