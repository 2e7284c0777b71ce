"""Rollups on a real database: exact after any change, by one worker or two."""

import logging
import os
import re
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)
from psycopg.sql import SQL, Identifier

from hub.scoring.rollups import RollupWorker
from hub.store import erasures, rollup_queue, rollups, row_counts
from hub.store.bootstrap import bootstrap
from hub.store.errors import NotPermittedError, RollupError
from hub.store.histogram import Sums
from hub.store.migrate import load_migrations, migrate
from hub.store.pool import Database
from hub.store.rollup_check import check, close, rebuild
from hub.store.rows import Arrivals
from tests.builders import NOW
from tests.devices import wait_until
from tests.integration.conftest import HubDatabase
from tests.rollup_city import AnyOrder, City, hanoi

pytestmark = pytest.mark.integration
OPERATIONS = int(os.environ.get("HAILONG_ROLLUP_OPERATIONS", "1500"))
"""`make test-rollups` runs 10,000."""
SPAN = (NOW - timedelta(days=40), NOW + timedelta(days=1))
NOTHING: dict[str, dict[object, Sums]] = {"rollups": {}, "staff_rollups": {}, "hour_rollups": {}}


@pytest.fixture
def city(hub_db):
    return City(hub_db, seed=4)


def differences(city):
    return [str(d) for month in check(city.migrator) for d in month.differences]


def waiting(db):
    return db.value("SELECT count(*) FROM hailong.rollup_queue")


def sum_of(city, measure, variant="", table="rollups"):
    return sum(s.total for c, s in city.kept()[table].items() if c[1:3] == (measure, variant))


@pytest.mark.timeout(600)
def test_after_many_random_operations_rollups_are_what_the_rows_say(hub_db, city):
    for _ in range(4):
        city.operate(OPERATIONS // 4)
        # Before the queue is empty: what waits is no difference.
        assert differences(city) == []
        assert row_counts.faults(city.migrator) == []
        city.rollups.interactions()
        assert waiting(hub_db) == 0
        assert city.kept() == city.recomputed()
        assert row_counts.faults(city.migrator) == []
    assert differences(city) == []
    assert sum_of(city, "interactions") == len(city.keys)
    city.erase(len(city.keys))
    city.rollups.interactions()
    assert city.kept() == NOTHING
    assert row_counts.faults(city.migrator) == []


def test_any_order_of_changes_and_roll_ups_ends_at_what_the_rows_say(hub_db):
    AnyOrder.db = hub_db
    few = settings(
        max_examples=6,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(AnyOrder, settings=few)


def test_two_workers_beside_all_writers_never_block_each_other(hub_db, city):
    stop = threading.Event()
    failed = []

    def run(work):
        try:
            while not stop.is_set():
                work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
            failed.append(error)
            stop.set()

    workers = [
        RollupWorker(Database(hub_db.url("worker"), max_size=2, application_name="test-rollup"))
        for _ in range(2)
    ]
    for worker in workers:
        worker._database.open(10)
    threads = [threading.Thread(target=run, args=(w.interactions,)) for w in workers]
    threads.append(threading.Thread(target=run, args=(lambda: list(check(city.migrator)),)))
    for thread in threads:
        thread.start()
    try:
        city.operate(300)
        for month in check(hub_db.open("migrator")):
            assert month.differences == ()
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
        for worker in workers:
            worker._database.close()
    assert failed == []
    city.rollups.interactions()
    assert city.kept() == city.recomputed()
    assert row_counts.faults(city.migrator) == []
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert hub_db.value(deadlocks) == 0


def test_a_branch_is_one_workers_at_a_time_and_another_branch_anothers(hub_db, city):
    city.add(20)
    first, second = city.branches
    other = hub_db.open("worker")
    with city.worker.branches_transaction([first]) as connection:
        row = connection.execute("SELECT taken FROM hailong.roll_up(%s, 100)", [first]).fetchone()
        assert row[0] > 0
        assert rollup_queue.roll_up(other, first, 100).taken == 0
        assert rollup_queue.roll_up(other, second, 100).taken > 0
    city.rollups.interactions()
    assert city.kept() == city.recomputed()


def test_a_worker_that_dies_in_the_middle_leaves_all_as_it_was(hub_db, city):
    city.add(10)
    branch = city.branches[0]
    with city.worker.branches_transaction([branch]) as connection:
        connection.execute("SELECT hailong.roll_up(%s, 100)", [branch])
        connection.rollback()
    assert waiting(hub_db) == 10
    assert city.kept() == NOTHING
    city.rollups.interactions()
    assert city.kept() == city.recomputed()


def test_taken_twice_an_interaction_counts_once_and_writes_nothing(hub_db, city):
    city.add(10)
    city.rollups.interactions()
    before = hub_db.rows("SELECT xmin, ctid FROM hailong.rollups ORDER BY ctid")
    hub_db.rows(
        "INSERT INTO hailong.rollup_queue (branch_id, counter_id, at, interaction_id)"
        " SELECT branch_id, counter_id, at, interaction_id FROM hailong.interactions,"
        " generate_series(1, 3)"
    )
    assert city.rollups.interactions() == 30
    assert hub_db.rows("SELECT xmin, ctid FROM hailong.rollups ORDER BY ctid") == before


def test_a_decision_and_its_overturning_change_the_rollups_in_their_own_transaction(city):
    city.add(30)
    city.score(30)
    city.rollups.interactions()
    flags = sum(s.n for c, s in city.kept()["rollups"].items() if c[1] in ("flags", "shadow_flags"))
    for _ in range(2):
        city.decide(20)
        # No worker has been at it.
        assert city.kept() == city.recomputed()
    after = sum(s.n for c, s in city.kept()["rollups"].items() if c[1] in ("flags", "shadow_flags"))
    assert flags == after > 0


def test_a_decision_waits_for_nobody_long(hub_db, city):
    city.add(30)
    city.score(30)
    city.rollups.interactions()
    with city.migrator.transaction() as connection:
        for branch in city.branches:
            connection.execute(
                "SELECT pg_advisory_xact_lock(hailong_private.rollup_lock(%s))", [branch]
            )
        city.decide(1)  # 2 s, then the queue has it
    assert city.kept() != city.recomputed()
    assert city.rollups.interactions() > 0
    assert city.kept() == city.recomputed()


def test_one_that_cannot_be_read_is_set_aside_and_the_others_count(hub_db, city, caplog):
    city.add(20)
    city.score(20)
    bad = city.keys[0]
    sound = hub_db.value(
        'UPDATE hailong.interactions SET coverage = \'{"audio": "secret words"}\''
        " WHERE interaction_id = %s RETURNING handling_s",
        bad.interaction_id,
    )
    assert sound is not None
    with caplog.at_level(logging.ERROR):
        city.rollups.interactions()
    assert "cannot be rolled up" in caplog.text
    assert bad.branch_id in caplog.text
    assert "secret" not in caplog.text
    assert sum_of(city, "interactions") == 19
    wait = "SELECT max(extract(epoch FROM due_at - now())) FROM hailong.rollup_queue"
    assert 0 < float(hub_db.value(wait)) <= 60
    assert city.rollups.interactions() == 0
    hub_db.rows("UPDATE hailong.rollup_queue SET due_at = now()")
    city.rollups.interactions()
    assert 60 < float(hub_db.value(wait)) <= 120
    city._arrive([bad])  # a revision that can be read is due at once
    hub_db.rows("UPDATE hailong.rollup_queue SET due_at = now()")
    city.rollups.interactions()
    assert waiting(hub_db) == 0
    assert city.kept() == city.recomputed()


def test_a_row_that_cannot_be_read_stops_no_decision(hub_db, city):
    city.add(10)
    city.score(10)
    city.rollups.interactions()
    hub_db.rows('UPDATE hailong.interactions SET coverage = \'{"audio": "none"}\'')
    city.decide(5)
    assert hub_db.value("SELECT count(*) FROM hailong.reviews") == 5


def test_a_database_of_the_version_before_is_counted_by_the_worker(
    hub_db, postgres_server, template_database
):
    """What was measured before there were rollups is queued by the migration."""
    name = "hailong_before_rollups"
    bootstrap(postgres_server.superuser_url(), postgres_server.passfile, name)
    db = HubDatabase(name, postgres_server)
    known = load_migrations()
    (number,) = [n for n, m in enumerate(known) if m.name.endswith("_rollups.sql")]
    try:
        migrator = db.open("migrator")
        migrate(migrator, known[:number])
        with migrator.transaction() as connection:
            connection.execute("SELECT hailong.ensure_partitions(%s, %s)", [*SPAN])
        for at in (SPAN[0], NOW):
            db.rows(
                "INSERT INTO hailong.interactions VALUES ('cn-0', 'quay-01', %s,"
                " gen_random_uuid(), 1, %s, 'intake', 'd', NULL, 'live', 'silence', false, 60,"
                " '{\"handling_s\": 60.5}', '{}', '[]', '{}', gen_random_uuid(), now())",
                at,
                at,
            )
            db.rows(
                "INSERT INTO hailong_private.activity (branch_id, counter_id, at, device_id,"
                " in_interaction_s, audio_coverage, video_coverage)"
                " VALUES ('cn-0', 'quay-01', %s, 'd', 1, 1, 1)",
                at,
            )
        migrate(migrator, known)
        assert RollupWorker(db.open("worker")).run_once() == 4
        handled = "SELECT day, total FROM hailong.rollups WHERE measure = 'handling_s' ORDER BY day"
        assert db.rows(handled) == [(hanoi(at)[0], 6050) for at in (SPAN[0], NOW)]
        assert db.value("SELECT sum(windows) FROM hailong.activity_rollups") == 2
    finally:
        db.close()
        with psycopg.connect(postgres_server.superuser_url(), autocommit=True) as connection:
            drop = SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name))
            connection.execute(drop)


def test_days_are_hanois(hub_db, city):
    for at in ("2026-03-09 16:59:59+00", "2026-03-09 17:00:00+00"):
        city.add(1)
        hub_db.rows(
            "UPDATE hailong.interactions SET at = %s WHERE interaction_id = %s",
            at,
            city.keys[-1].interaction_id,
        )
    city.rollups.interactions()
    days = {(c[3], s.n) for c, s in city.kept()["rollups"].items() if c[1] == "interactions"}
    assert days == {(date(2026, 3, 9), 1), (date(2026, 3, 10), 1)}
    hours = {c[4] for c in city.kept()["hour_rollups"]}
    assert hours == {23, 0}


def test_a_cell_that_was_changed_by_hand_is_told_and_counted_anew(hub_db, city):
    city.operate(200)
    city.rollups.interactions()
    hub_db.rows(
        "UPDATE hailong.rollups SET total = total + 1 WHERE ctid ="
        " (SELECT min(ctid) FROM hailong.rollups WHERE measure = 'handling_s')"
    )
    hub_db.rows(
        "DELETE FROM hailong.staff_rollups WHERE staff_id ="
        " (SELECT min(staff_id) FROM hailong.staff_rollups)"
    )
    hub_db.rows(
        "UPDATE hailong.hour_rollups SET bins[1] = bins[1] + 1 WHERE measure = 'dead_air_s'"
    )
    told = differences(city)
    assert sum(line.startswith("rollups ") for line in told) == 1
    assert {line.split()[0] for line in told} == {"rollups", "staff_rollups", "hour_rollups"}
    assert any("got nothing, expected n " in line for line in told)
    city.add(5)  # ingest goes on; nothing of this is lost
    counted = sum(count for _, _, count in rebuild(city.migrator, date(2026, 1, 1)))
    assert counted == len(city.keys)
    assert differences(city) == []
    city.rollups.interactions()
    assert city.kept() == city.recomputed()


def test_a_rebuild_while_everything_goes_on_ends_exact(hub_db, city):
    city.operate(200)
    stop = threading.Event()

    def work():
        while not stop.is_set():
            city.rollups.interactions()

    worker = threading.Thread(target=work)
    writer = threading.Thread(target=city.operate, args=(150,))
    migrator = hub_db.open("migrator")
    worker.start()
    writer.start()
    for _ in range(3):
        list(rebuild(migrator, date(2026, 2, 1)))
    writer.join(60)
    stop.set()
    worker.join(60)
    city.rollups.interactions()
    assert city.kept() == city.recomputed()


def test_rollups_of_deleted_rows_stay_for_good(hub_db, city):
    city.add(60, days_ago=34)
    city.rollups.interactions()
    before = city.kept()
    limit = datetime(2026, 2, 23, tzinfo=UTC)
    close(city.migrator, limit)
    for table in ("turns", "interactions"):
        hub_db.rows(f"DELETE FROM hailong.{table} WHERE at < %s", limit)
    hub_db.rows("UPDATE hailong.interactions SET revision = revision + 1")
    city.rollups.interactions()
    assert city.kept() == before
    assert differences(city) == []
    assert hub_db.value("SELECT count(*) FROM hailong_private.rollup_contributions") == (
        hub_db.value("SELECT count(*) FROM hailong.interactions")
    )
    with pytest.raises(RollupError, match="expected 2026-03-01 or later"):
        list(rebuild(city.migrator, date(2026, 2, 25)))
    list(rebuild(city.migrator, date(2026, 3, 1)))
    assert city.kept() == before


# Activity -----------------------------------------------------------------------------------


def windows(branch, count, at=NOW - timedelta(hours=2), **values):
    from hub.store.rows import ActivityRow

    given = {
        "staff_speech_s": 3.25,
        "citizen_speech_s": None,
        "unknown_speech_s": 0.0,
        "overlap_s": None,
        "staff_level_dbfs": -20.0,
        "citizen_level_dbfs": None,
        "citizen_present_s": 10.0,
        "staff_present_s": None,
        "in_interaction_s": 7.5,
        "audio_coverage": 1.0,
        "video_coverage": 0.337,
    }
    return tuple(
        ActivityRow(branch, "quay-01", at + timedelta(seconds=10 * n), "d", **{**given, **values})
        for n in range(count)
    )


def arrive(city, rows):
    from hub.store.arrivals import write_arrivals

    write_arrivals(city.ingest, city.branches, Arrivals(activity=rows))


def test_what_is_erased_is_subtracted(hub_db, city):
    city.add(40)
    city.score(40)
    city.decide(20)
    city.rollups.interactions()
    flagged = next(iter(city.flags.values()))[0]
    other = next(key for key in city.keys if key != flagged)
    for number, key in enumerate((flagged, other), start=1):
        erasure = erasures.Erasure(number, "interaction", str(key.interaction_id), NOW)
        assert erasures.apply(city.migrator, [erasure]) > 0
    left = len(city.keys) - 2
    assert differences(city) == [], "what waits is no difference"
    city.rollups.interactions()
    assert city.kept() == city.recomputed()
    assert sum_of(city, "interactions") == left
    assert hub_db.value("SELECT count(*) FROM hailong_private.rollup_contributions") == left
    assert waiting(hub_db) == 0


@pytest.mark.parametrize("closed", [False, True], ids=["all rows there", "some deleted"])
def test_an_erased_pseudonym_has_no_sums(hub_db, city, closed):
    city.add(60)
    city.rollups.interactions()
    # Decided again after the worker counted it: changes of this clerk wait, too.
    city.revise(20)
    staff_id, before = hub_db.rows(
        "SELECT staff_id, count(*) FROM hailong.staff_rollups GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    )[0]
    assert before > 0
    others = "SELECT count(*) FROM hailong.staff_rollups WHERE staff_id <> %s"
    kept = hub_db.value(others, staff_id)
    if closed:
        # Retention: the rows go, and what was summed of them stays.
        close(city.migrator, NOW - timedelta(days=1))
        hub_db.rows("DELETE FROM hailong.interactions WHERE at < %s", NOW - timedelta(days=1))
    assert erasures.apply(city.migrator, [erasures.Erasure(1, "staff", staff_id, NOW)]) > before
    for table in ("hailong.staff_rollups", "hailong_private.rollup_contributions"):
        assert hub_db.value(f"SELECT count(*) FROM {table} WHERE staff_id = %s", staff_id) == 0
    assert hub_db.value(others, staff_id) == kept
    assert differences(city) == []
    city.rollups.interactions()
    assert staff_id not in {cell[4] for cell in city.kept()["staff_rollups"]}
    assert differences(city) == []
    if not closed:
        assert city.kept() == city.recomputed()
    assert erasures.apply(city.migrator, [erasures.Erasure(1, "staff", staff_id, NOW)]) == 0


def test_hours_of_activity_add_up_whatever_comes_late_or_twice(hub_db, city):
    branch = city.branches[0]
    rows = windows(branch, 400)
    for part in (rows[200:], rows[:100], rows[50:220]):
        arrive(city, part)
        city.rollups.activity()
    assert hub_db.value("SELECT count(*) FROM hailong.activity_marks") == 0
    with city.app.branches_transaction([branch]) as connection:
        found = rollups.activity(connection, *[hanoi(NOW)[0]] * 2)
    assert [hour.windows for hour in found] == [360, 40]
    first = found[0]
    assert first.hour_at == NOW - timedelta(hours=2)
    assert (first.staff_speech_n, first.staff_speech_cs) == (360, 360 * 325)
    assert (first.citizen_speech_n, first.citizen_speech_cs) == (0, 0)
    assert first.in_interaction_cs == 360 * 750
    assert first.video_coverage_thousandths == 360 * 337
    assert differences(city) == []


def test_an_hour_that_does_not_hold_its_windows_is_told_and_counted_anew(hub_db, city):
    arrive(city, windows(city.branches[0], 30))
    assert differences(city) == []  # marked, not counted yet
    city.rollups.activity()
    hub_db.rows("UPDATE hailong.activity_rollups SET staff_speech_cs = 1")
    (told,) = differences(city)
    assert told.startswith(f"activity_rollups {city.branches[0]} quay-01 2026-03-10 08:00")
    list(rebuild(city.migrator, date(2026, 3, 1)))
    assert differences(city) == []


# Reading --------------------------------------------------------------------------------------


def test_figures_by_each_key_are_those_of_the_values(hub_db, city):
    city.operate(400)
    city.rollups.interactions()
    values = {}
    for key, zone, staff, handling in (
        ((c, at), zone, staff, float(h))
        for c, at, zone, staff, h in hub_db.rows(
            "SELECT counter_id, at, zone, staff_id, measurements ->> 'handling_s'"
            " FROM hailong.interactions WHERE branch_id = %s",
            city.branches[0],
        )
    ):
        day, hour = hanoi(key[1])
        if day.month == 3:
            for by, cell in (
                ("counter", (key[0], zone)),
                ("zone", (zone,)),
                ("day", (zone, day)),
                ("hour", (zone, hour)),
                ("staff", (staff, zone)),
            ):
                if by != "staff" or staff:
                    values.setdefault((by, *cell), []).append(round(handling, 2))
    seen = {}
    with city.app.branches_transaction([city.branches[0]]) as connection:
        measure = rollups.measures(connection)["handling_s"]
        for by in ("counter", "zone", "day", "hour", "staff"):
            span = (date(2026, 3, 1), date(2026, 3, 31))
            for figure in rollups.figures(connection, by, measure, *span, least=1):
                cell = {
                    "counter": (figure.counter_id, figure.zone),
                    "zone": (figure.zone,),
                    "day": (figure.zone, figure.day),
                    "hour": (figure.zone, figure.hour),
                    "staff": (figure.staff_id, figure.zone),
                }[by]
                seen[by, *cell] = figure
        shown = rollups.figures(connection, "day", measure, *span, least=rollups.SHOWN_FROM)
        assert all(figure.n >= 20 for figure in shown)
        nothing = rollups.figures(connection, "zone", measure, *span, least=1, zone="digitising")
        assert nothing == []
        (*_, fast) = rollups.figures(connection, "zone", measure, *span, least=1, percentiles=False)
        assert fast.mean == seen["zone", fast.zone].mean
        assert fast.percentile(0.95) is None
    assert seen.keys() == values.keys()
    for key, figure in seen.items():
        known = sorted(values[key])
        assert figure.n == len(known)
        assert figure.mean == pytest.approx(sum(known) / len(known), abs=0.011)
        p95 = figure.percentile(0.95)
        true = known[-(-95 * len(known) // 100) - 1]
        assert p95.low - 0.011 <= true <= p95.high + 0.011
        assert p95.low <= p95.value <= p95.high


# Who may what ---------------------------------------------------------------------------------


def test_a_clerk_reads_the_own_figures_and_no_counters(hub_db, city):
    city.operate(300)
    city.rollups.interactions()
    branch = city.branches[0]
    own = hub_db.value(
        "SELECT min(staff_id) FROM hailong.staff_rollups WHERE branch_id = %s", branch
    )
    span = (date(2026, 3, 1), date(2026, 3, 31))
    with city.app.branches_transaction([branch], own) as connection:
        measures = rollups.measures(connection)
        for by in ("counter", "zone", "day", "hour"):
            assert rollups.figures(connection, by, measures["interactions"], *span, least=1) == []
        found = rollups.figures(connection, "staff", measures["interactions"], *span, least=1)
        assert {figure.staff_id for figure in found} == {own}
        # The branch answers for these, or nobody does.
        for name in ("experience", "sentiment.citizen", "shadow_flags"):
            assert rollups.figures(connection, "staff", measures[name], *span, least=1) == []
        hits = rollups.figures(connection, "staff", measures["hits"], *span, least=1)
        assert {figure.variant.rsplit(".", 1)[1] for figure in hits} == {"staff"}


@pytest.mark.parametrize("role", ["app", "worker", "ingest", "auditor"])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO hailong.rollups SELECT * FROM hailong.rollups",
        "UPDATE hailong.staff_rollups SET n = 1",
        "DELETE FROM hailong.hour_rollups",
        "DELETE FROM hailong.rollup_queue",
        "INSERT INTO hailong.rollup_queue (branch_id) VALUES ('cn-0')",
        "SELECT hailong_private.apply('cn-0', '{}', '{}', '{}')",
    ],
)
def test_no_program_writes_a_rollup_itself(city, role, statement):
    with (
        pytest.raises(NotPermittedError),
        city.db.open(role).branches_transaction(city.branches) as connection,
    ):
        connection.execute(statement)


def test_a_branch_that_the_transaction_does_not_see_is_not_touched(city):
    theirs = city.branches[1]
    for database, statement in (
        (city.worker, "SELECT hailong.roll_up(%s, 10)"),
        (city.worker, "SELECT hailong.roll_up_activity(%s, 10)"),
        (city.app, "SELECT hailong.refresh_rollups(%s, '{}', '{}', '{}')"),
    ):
        with (
            pytest.raises(NotPermittedError),
            database.branches_transaction(city.branches[:1]) as connection,
        ):
            connection.execute(statement, [theirs])
    for statement in (
        "SELECT hailong.roll_up('cn-0', 1)",
        "SELECT hailong.roll_up_activity('cn-0', 1)",
    ):
        with (
            pytest.raises(NotPermittedError),
            city.app.branches_transaction(city.branches) as connection,
        ):
            connection.execute(statement)


# The running worker -----------------------------------------------------------------------------


def test_a_running_worker_keeps_up_and_waits_for_a_lost_database(hub_db, city, monkeypatch, caplog):
    monkeypatch.setattr("hub.scoring.rollups._POLL_S", 0.05)
    stop = threading.Event()
    database = Database(hub_db.url("worker"), max_size=2, application_name="test-rollup")
    thread = threading.Thread(target=RollupWorker(database).run, args=(stop,))
    with caplog.at_level(logging.INFO, logger="hub.scoring.rollups"):
        thread.start()
        try:
            arrive(city, windows(city.branches[0], 5))
            city.add(5)
            wait_until(lambda: waiting(hub_db) == 0 and sum_of(city, "interactions") == 5)
            hub_db.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'test-rollup'"
            )
            city.add(5)
            wait_until(lambda: sum_of(city, "interactions") == 10)
        finally:
            stop.set()
            thread.join(10)
    assert not thread.is_alive()
    assert "in use" in caplog.text


def test_the_commands_tell_and_mend(hub_db, city, monkeypatch):
    from click.testing import CliRunner

    from hub.cli import hub

    address = hub_db.server.embedded.address
    monkeypatch.setenv(
        "HAILONG_DATABASE_URL", f"postgresql://{address.host}:{address.port}/{hub_db.name}"
    )
    monkeypatch.setenv("HAILONG_DATABASE_PASSFILE", str(hub_db.server.passfile))
    monkeypatch.setenv("HAILONG_BROKER_URL", "mqtt://127.0.0.1:1")
    city.add(20)
    city.rollups.interactions()
    city.add(3)

    def said(*words):
        return CliRunner().invoke(hub, ["rollups", *words])

    clean = said("check")
    assert (clean.exit_code, clean.output) == (
        0,
        "0 cells differ; 3 changes wait, 0 of them set aside\n",
    )
    hub_db.rows("UPDATE hailong.rollups SET n = n + 1 WHERE measure = 'interactions'")
    wrong = said("check", "--since", "2026-03-05")
    assert wrong.exit_code == 1
    assert "expected n 1 total" in wrong.output or "expected n " in wrong.output
    assert "rollups rebuild --since" in wrong.output
    built = said("rebuild", "--since", "2026-03-05")
    assert built.exit_code == 0
    assert f"{city.branches[0]} 03/2026: " in built.output
    assert said("check").exit_code == 0
    monkeypatch.setenv("HAILONG_DATABASE_URL", "postgresql://127.0.0.1:1/hailong")
    monkeypatch.setattr("hub.cli_errors._OPEN_S", 0.1)
    away = said("check")
    assert away.exit_code == 2
    assert "127.0.0.1:1/hailong" in away.output


def test_the_page_tells_every_measure_and_every_bin(hub_db):
    page = (Path(__file__).parents[2] / "docs" / "store.md").read_text("utf-8")
    told = re.findall(
        r"^\| `([\w.]+)` \| (\w+) \| ([\d.]+) \| (\w+|–) \| (yes|no) \|$", page, re.MULTILINE
    )
    edges = {
        name: [Decimal(edge) for edge in row.split()]
        for name, row in re.findall(r"^\| (\w+) \| ([-\d. ]+) \|$", page, re.MULTILINE)
    }
    assert edges == dict(hub_db.rows("SELECT bins, edges FROM hailong.rollup_bins"))
    known = hub_db.rows("SELECT measure, unit, step, by_staff, edges FROM hailong.rollup_measures")
    assert [(m, u, Decimal(s), by == "yes") for m, u, s, _, by in told] == [k[:4] for k in known]
    for (_, _, step, bins, _), (*_, kept) in zip(told, known, strict=True):
        steps = None if bins == "–" else [int(edge / Decimal(step)) for edge in edges[bins]]
        assert kept == steps


def test_edges_rise_and_hold_all_that_the_wire_admits(hub_db):
    for (edges,) in hub_db.rows("SELECT edges FROM hailong.rollup_bins"):
        assert edges == sorted(set(edges))
    for measure, edges in hub_db.rows(
        "SELECT measure, edges FROM hailong.rollup_measures WHERE edges IS NOT NULL"
    ):
        assert len(edges) >= 20, measure
        assert edges == sorted(set(edges)), measure
