"""Row security as an attacker meets it: the app's own role, another branch, another clerk."""

import pytest

from hub.store.errors import (
    InvalidScopeError,
    NotPermittedError,
    RowRefusedError,
)
from tests.builders import NOW

pytestmark = pytest.mark.integration

AT = NOW
OURS, THEIRS = "cn-ta", "cn-ban"
INTERACTION = {OURS: "00000000-0000-8000-8000-000000000001"}
INTERACTION[THEIRS] = "00000000-0000-8000-8000-000000000002"
FLAG = {OURS: "00000000-0000-8000-8000-000000000011"}
FLAG[THEIRS] = "00000000-0000-8000-8000-000000000012"
USER = "00000000-0000-8000-8000-000000000099"
BRANCH_TABLES = (
    "interactions",
    "turns",
    "scores",
    "flags",
    "reviews",
    "counters",
    "points",
    "assignments",
    "device_status",
    "staff",
    "devices",
    "rejects",
    "reject_counts",
    "activity",
    "rollups",
    "hour_rollups",
    "staff_rollups",
    "activity_rollups",
    "open_interactions",
    "alerts",
    "alert_events",
    "alert_visits",
    "alert_sendings",
    "rule_standings",
    "review_budgets",
    "row_counts",
    "row_changes",
    "ratings",
    "truth_sessions",
    "truth_ticks",
    "truth_matches",
)
NOT_BY_BRANCH = {
    "branches": "names on the building",
    "user_branches": "read at sign-in, before a branch is known",
    "scoring_queue": "keys alone; the app has no right to it",
    "rollup_queue": "keys alone; the app has no right to it",
    "activity_marks": "counters and hours alone; the app has no right to it",
}


def fill(db, branch):
    keys = (branch, "quay-05", AT, INTERACTION[branch])
    db.rows("INSERT INTO hailong.branches VALUES (%s, 'a', 'b')", branch)
    db.rows("INSERT INTO hailong.points VALUES (%s, 'diem-1', 'a', 'b')", branch)
    db.rows("INSERT INTO hailong.counters VALUES (%s, 'quay-05', 'diem-1', 'intake', 5)", branch)
    db.rows("INSERT INTO hailong.staff VALUES (%s, %s)", f"{branch}-an", branch)
    db.rows(
        "INSERT INTO hailong.assignments VALUES"
        " (%s, 'quay-05', %s, %s, %s::timestamptz + interval '1 hour')",
        branch,
        f"{branch}-an",
        AT,
        AT,
    )
    db.rows(
        "INSERT INTO hailong.devices VALUES (%s, %s, 'quay-05', %s)",
        f"dev-{branch}",
        branch,
        b"k" * 32,
    )
    db.rows("INSERT INTO hailong.device_status VALUES (%s, %s)", f"dev-{branch}", branch)
    db.rows(
        "INSERT INTO hailong.rejects (branch_id, reason, detail, bytes, message_sha256)"
        " VALUES (%s, 'schema', '', 1, %s)",
        branch,
        branch.encode(),
    )
    db.rows(
        "INSERT INTO hailong.reject_counts VALUES (date_trunc('hour', now()), %s, '', 'schema', 1)",
        branch,
    )
    db.rows(
        "INSERT INTO hailong.interactions VALUES (%s, %s, %s, %s, 1, %s, 'intake', 'd', %s,"
        " 'live', 'silence', false, 60, '{}', '{}', '[]', '{}', %s, now())",
        *keys,
        AT,
        f"{branch}-an",
        INTERACTION[branch],
    )
    db.rows(
        "INSERT INTO hailong.turns VALUES (%s, %s, %s, %s, 1, 'staff', 1, 0, 1, 1, false, 4, 240,"
        " -20, 0, 1, 'vi', false, NULL, NULL, '[]')",
        *keys,
    )
    db.rows(
        "INSERT INTO hailong.scores VALUES (%s, %s, %s, %s, 'experience', 'r', 1, 50, 40, 60, 1,"
        " '[]', now())",
        *keys,
    )
    db.rows(
        "INSERT INTO hailong.flags VALUES (%s, %s, %s, %s, %s, 'r', 1, 'review', 3, 'staff',"
        " '{}', 1, 'open', now())",
        *keys[:3],
        FLAG[branch],
        keys[3],
    )
    db.rows(
        "INSERT INTO hailong.reviews VALUES (%s, %s, %s, %s, 1, %s, 'coached', 'none', %s)",
        *keys[:3],
        FLAG[branch],
        keys[3],
        USER,
    )
    db.rows(
        "INSERT INTO hailong.open_interactions VALUES (%s, %s, %s, %s, 'd', now(), '{}', %s, now())",
        *keys,
        INTERACTION[branch],
    )
    db.rows(
        "INSERT INTO hailong.alerts VALUES (%s, %s, %s, %s, %s, 'r', 1, 3, 'staff', '{}', 1, 'new',"
        " NULL, now(), now(), now())",
        *keys[:3],
        FLAG[branch],
        keys[3],
    )
    db.rows(
        "INSERT INTO hailong.alert_events (branch_id, counter_id, at, flag_id, interaction_id, what,"
        " event_at) VALUES (%s, %s, %s, %s, %s, 'new', now())",
        *keys[:3],
        FLAG[branch],
        keys[3],
    )
    db.rows(
        "INSERT INTO hailong.alert_visits VALUES (%s, %s, %s, %s, %s, %s, now())",
        *keys[:3],
        FLAG[branch],
        USER,
        keys[3],
    )
    db.rows(
        "INSERT INTO hailong.alert_sendings SELECT event_no, 'kenh', branch_id, 'waiting', 0, now(),"
        " now() FROM hailong.alert_events WHERE branch_id = %s",
        branch,
    )
    db.rows(
        "INSERT INTO hailong_private.activity VALUES (%s, 'quay-05', %s, 'd', 1, 1, 1, 1, -20,"
        " -20, 1, 1, 1, 1, 1)",
        branch,
        AT,
    )
    db.rows(
        "INSERT INTO hailong.ratings VALUES (%s, %s, 'quay-05', %s, NULL, '{}', 4, 'exit', false)",
        branch,
        INTERACTION[branch],
        AT,
    )
    cell = (branch, "handling_s", "", AT.date())
    for table, more in (
        ("rollups", ("quay-05",)),
        ("hour_rollups", (10, "quay-05")),
        ("staff_rollups", (f"{branch}-an",)),
    ):
        columns = ", ".join(["%s"] * len(cell + more))
        db.rows(f"INSERT INTO hailong.{table} VALUES ({columns}, 'intake', 1, 1, 1)", *cell, *more)
    db.rows(
        "INSERT INTO hailong.rule_standings (branch_id, rule_id, rule_version, standing_no,"
        " standing, reason, since) VALUES (%s, 'r', 1, 1, 'active', 'silence_over', %s)",
        branch,
        AT,
    )
    db.rows("INSERT INTO hailong.review_budgets VALUES (%s, %s, 'r')", branch, AT.date())
    db.rows(
        "INSERT INTO hailong.activity_rollups VALUES"
        " (%s, 'quay-05', %s, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
        branch,
        AT,
    )
    # All of this was counted: one row of each, as of the other tables.
    db.rows("DELETE FROM hailong.row_changes WHERE branch_id = %s", branch)
    for table in ("row_counts", "row_changes"):
        db.rows(
            f"INSERT INTO hailong.{table} (branch_id, kept_in, part, variant, rows)"
            " VALUES (%s, 'turns', '2026-03-09', '', 1)",
            branch,
        )
    session = (branch, INTERACTION[branch])
    db.rows(
        "INSERT INTO hailong.truth_sessions VALUES (%s, %s, 'quay-05', 'observer', NULL, 'north',"
        " 'quiet', '{courtesy}', %s, %s, %s, %s)",
        *session, AT, AT, USER, AT,
    )  # fmt: skip
    db.rows(
        "INSERT INTO hailong.truth_ticks VALUES (%s, %s, %s, 'category', 'greeting', 'staff', %s,"
        " %s, 0, %s)",
        *session, INTERACTION[branch], AT, AT, AT,
    )  # fmt: skip
    db.rows(
        "INSERT INTO hailong.truth_matches VALUES (%s, %s, 1, 'category', 'greeting', 'staff',"
        " NULL, 'found')",
        *session,
    )


@pytest.fixture(scope="module")
def db(module_db):
    module_db.rows(
        "INSERT INTO hailong.users (user_id, login, password_hash, role)"
        " VALUES (%s, 'giam-sat', 'x', 'supervisor')",
        USER,
    )
    for branch in (OURS, THEIRS):
        fill(module_db, branch)
        module_db.rows("INSERT INTO hailong.user_branches VALUES (%s, %s)", USER, branch)
    return module_db


@pytest.fixture(scope="module")
def app(db):
    return db.open("app")


def seen(app, table, branches, staff="*"):
    with app.branches_transaction(branches, staff) as connection:
        rows = connection.execute(f"SELECT branch_id FROM hailong.{table}").fetchall()
    return sorted(row[0] for row in rows)


def test_the_tables_with_a_branch_are_all_under_test(db):
    found = db.rows(
        "SELECT DISTINCT table_name FROM information_schema.columns c JOIN pg_class t"
        " ON t.relname = c.table_name AND NOT t.relispartition"
        " WHERE table_schema = 'hailong' AND column_name = 'branch_id'"
    )
    assert {name for (name,) in found} == {*BRANCH_TABLES, *NOT_BY_BRANCH}


@pytest.mark.parametrize("table", BRANCH_TABLES)
def test_a_branch_sees_its_own_rows_alone(app, table):
    assert seen(app, table, [OURS]) == [OURS]
    assert seen(app, table, [OURS, THEIRS]) == [THEIRS, OURS]
    assert seen(app, table, []) == []


@pytest.mark.parametrize("table", BRANCH_TABLES)
def test_without_settings_nothing_is_seen(app, table):
    with app.transaction() as connection:
        assert connection.execute(f"SELECT FROM hailong.{table}").rowcount == 0
    # The connection is the one that saw rows a moment ago: its settings ended with them.
    seen(app, table, [OURS, THEIRS])
    with app.transaction() as connection:
        assert connection.execute(f"SELECT FROM hailong.{table}").rowcount == 0


def test_a_filter_that_names_the_other_branch_finds_nothing(app):
    with app.branches_transaction([OURS]) as connection:
        for table in BRANCH_TABLES:
            query = f"SELECT FROM hailong.{table} WHERE branch_id = %s"
            assert connection.execute(query, [THEIRS]).rowcount == 0


@pytest.mark.parametrize(
    "table",
    [
        "interactions",
        "turns",
        "scores",
        "flags",
        "reviews",
        "assignments",
        "staff",
        "staff_rollups",
    ],
)
def test_a_clerk_sees_the_own_alone(app, table):
    assert seen(app, table, [OURS, THEIRS], f"{OURS}-an") == [OURS]
    assert seen(app, table, [OURS], f"{THEIRS}-an") == []
    assert seen(app, table, [OURS], "nguoi-khac") == []


@pytest.mark.parametrize(
    "table",
    [
        "activity",
        "rejects",
        "rollups",
        "hour_rollups",
        "activity_rollups",
        "open_interactions",
        "alerts",
        "alert_events",
        "alert_visits",
        "alert_sendings",
        "rule_standings",
        "review_budgets",
        "row_counts",
        "row_changes",
        "ratings",
    ],
)
def test_what_is_a_counters_and_no_persons_no_clerk_sees(app, table):
    assert seen(app, table, [OURS], f"{OURS}-an") == []


def test_partitions_cannot_be_read_past_the_policy(app, db):
    partition = db.value("SELECT tableoid::regclass::text FROM hailong.interactions LIMIT 1")
    with pytest.raises(NotPermittedError), app.branches_transaction([OURS]) as connection:
        connection.execute(f"SELECT FROM {partition}")


def test_the_private_schema_cannot_be_read(app):
    with pytest.raises(NotPermittedError), app.branches_transaction([OURS]) as connection:
        connection.execute("SELECT FROM hailong_private.activity")


@pytest.mark.parametrize(
    "statement", ["DELETE FROM hailong.{}", "UPDATE hailong.{} SET at = now()"]
)
@pytest.mark.parametrize("table", ["interactions", "turns", "scores", "reviews"])
def test_the_app_changes_no_measurement_and_no_review(app, table, statement):
    with pytest.raises(NotPermittedError), app.branches_transaction([OURS]) as connection:
        connection.execute(statement.format(table))


def test_the_app_writes_no_interaction(app):
    with pytest.raises(NotPermittedError), app.branches_transaction([OURS]) as connection:
        connection.execute(
            "INSERT INTO hailong.interactions SELECT * FROM hailong.interactions LIMIT 1"
        )


def decide(app, branch, staff="*"):
    with app.branches_transaction([OURS], staff) as connection:
        connection.execute(
            "INSERT INTO hailong.reviews VALUES"
            " (%s, 'quay-05', %s, %s, 2, %s, 'dismissed', 'none', %s)",
            [branch, AT, FLAG[branch], INTERACTION[branch], USER],
        )
        connection.execute("SELECT 1 / 0")  # undone: other tests count the reviews


def test_reviews_are_written_in_the_own_branch_and_never_by_a_clerk(app):
    with pytest.raises(NotPermittedError):
        decide(app, THEIRS)
    with pytest.raises(NotPermittedError):
        decide(app, OURS, f"{OURS}-an")
    with pytest.raises(RowRefusedError):  # reaches the division
        decide(app, OURS)


def test_a_clerk_closes_no_flag(app):
    with app.branches_transaction([OURS], f"{OURS}-an") as connection:
        assert connection.execute("UPDATE hailong.flags SET state = 'decided'").rowcount == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hailong.reviews SET outcome = 'dismissed'",
        "DELETE FROM hailong.reviews",
        "TRUNCATE hailong.reviews",
    ],
)
@pytest.mark.parametrize("role", ["migrator", "superuser"])
def test_a_decision_is_changed_by_nobody(db, role, statement):
    if role == "superuser":
        import psycopg

        with pytest.raises(psycopg.IntegrityError, match="append-only"):
            db.rows(statement)
        return
    with pytest.raises(RowRefusedError), db.open(role).transaction() as connection:
        connection.execute(statement)


def test_ingest_and_worker_are_held_to_their_branches_too(db):
    for role in ("ingest", "worker"):
        with db.open(role).branches_transaction([OURS]) as connection:
            assert connection.execute("SELECT FROM hailong.interactions").rowcount == 1
            assert connection.execute("SELECT FROM hailong.turns").rowcount == 1


def test_ingest_writes_into_no_branch_it_has_not_named(db):
    ingest = db.open("ingest")
    activity = (
        "INSERT INTO hailong.activity SELECT %s, counter_id, at + interval '1 day', 'd',"
        " 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 FROM hailong.activity"
    )
    status = "INSERT INTO hailong.device_status (device_id, branch_id) VALUES ('x', %s)"
    for query in (activity, status):
        with (
            pytest.raises(NotPermittedError),
            ingest.branches_transaction([OURS]) as connection,
        ):
            connection.execute(query, [THEIRS])


def test_the_auditor_and_the_backup_only_read(db):
    for role in ("auditor", "backup"):
        with (
            pytest.raises(NotPermittedError),
            db.open(role).branches_transaction([OURS]) as connection,
        ):
            connection.execute("DELETE FROM hailong.interactions")
    with db.open("backup").transaction() as connection:
        assert connection.execute("SELECT FROM hailong.interactions").rowcount == 2
        partitions = connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind = 'r'"
        ).fetchall()
        for (partition,) in partitions:
            connection.execute(f"SELECT FROM {partition}")


@pytest.mark.parametrize("name", ["a,cn-ban", "", "x' OR true --", "CN-TA", "a" * 33])
def test_a_scope_that_is_no_name_never_reaches_the_database(app, name):
    for branches, staff in (([name], "*"), ([OURS], name)):
        with (
            pytest.raises(InvalidScopeError, match="expected lower-case"),
            app.branches_transaction(branches, staff),
        ):
            pass
