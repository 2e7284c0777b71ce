"""One connection, one person after another: nothing of the first is there for the second."""

import psycopg
import pytest

from hub.store.errors import DatabaseUnavailableError, StatementTimeoutError, StoreError
from hub.store.pool import Database
from tests.attack_site import fill

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def db(module_db):
    with psycopg.connect(module_db.server.superuser_url(module_db.name)) as connection:
        fill(connection)
    return module_db


@pytest.fixture
def one(db):
    """A pool of one connection, as (pool of the app, pool of ingest)."""
    made = []

    def pool(role):
        # The app as hub/run.py makes it.
        database = Database(db.url(role), max_size=1, plan_once=role == "app")
        database.open(10)
        made.append(database)
        return database

    yield pool
    for database in made:
        database.close()


def pid_of(database):
    with database.transaction() as connection:
        return connection.info.backend_pid


def plain(connection, _db):
    pass


def fails(connection, _db):
    connection.execute("SELECT 1 / 0")


def program_fails(connection, _db):
    raise KeyError("a fault of the program")


def sets_for_the_session(connection, _db):
    connection.execute(
        "SELECT set_config('hailong.branches', 'cn-aaaa', false),"
        " set_config('hailong.staff', '*', false), set_config('hailong.login', 'chief.a1a1', false)"
    )


def holds_a_cursor(connection, _db):
    connection.execute(
        "DECLARE held CURSOR WITH HOLD FOR SELECT branch_id FROM hailong.interactions"
    )


def is_cancelled(connection, _db):
    connection.execute("SET LOCAL statement_timeout = '20ms'")
    connection.execute("SELECT pg_sleep(5)")


def listens(connection, _db):
    connection.execute("LISTEN hailong_scoring")


def locks(connection, _db):
    connection.execute("SELECT pg_advisory_lock(4711)")


def moves_the_search_path(connection, _db):
    connection.execute("SET search_path = pg_temp, public")


def is_broken(connection, db):
    db.rows("SELECT pg_terminate_backend(%s)", connection.info.backend_pid)
    connection.execute("SELECT 1")


@pytest.mark.parametrize(
    ("leave", "error"),
    [
        (plain, None),
        (fails, StoreError),
        (program_fails, KeyError),
        (sets_for_the_session, None),
        (holds_a_cursor, None),
        (is_cancelled, StatementTimeoutError),
        (listens, None),
        (locks, None),
        (moves_the_search_path, None),
        (is_broken, DatabaseUnavailableError),
    ],
)
def test_nothing_stays_on_a_connection(one, db, leave, error):
    app = one("app")
    before = pid_of(app)

    def first():
        with app.branches_transaction(["cn-aaaa"]) as connection:
            assert connection.info.backend_pid == before
            assert connection.execute("SELECT FROM hailong.interactions").rowcount == 2
            leave(connection, db)

    if error is None:
        first()
    else:
        with pytest.raises(error):
            first()
    with app.transaction() as connection:
        assert (connection.info.backend_pid == before) == (leave is not is_broken)
        for table in ("interactions", "turns", "activity", "users", "devices"):
            assert connection.execute(f"SELECT FROM hailong.{table}").rowcount == 0
        for name in ("branches", "staff", "login", "session"):
            value = connection.execute(
                "SELECT current_setting(%s, true)", [f"hailong.{name}"]
            ).fetchone()
            assert value == ("",)
        assert connection.execute("SHOW search_path").fetchone() == ("hailong, pg_catalog",)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1min",)
        for query in (
            "SELECT FROM pg_cursors WHERE name = 'held'",
            "SELECT FROM pg_listening_channels()",
            "SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
        ):
            assert connection.execute(query).rowcount == 0, query
    with app.branches_transaction(["cn-bbbb"]) as connection:
        found = connection.execute("SELECT DISTINCT branch_id FROM hailong.interactions").fetchall()
    assert found == [("cn-bbbb",)]


@pytest.mark.parametrize("fault", [None, "SELECT 1 / 0"])
def test_ingests_temporary_tables_are_empty_for_the_next_batch(one, fault):
    ingest = one("ingest")
    from hub.store.queries import load_queries

    def batch():
        with ingest.branches_transaction(["cn-aaaa"]) as connection:
            connection.execute(load_queries("ingest")["incoming_tables"])
            connection.execute(
                "INSERT INTO pg_temp.incoming_activity (branch_id) VALUES ('cn-aaaa')"
            )
            if fault:
                # Committed first: the table itself stays, as it does from batch to batch.
                connection.commit()
                connection.execute(
                    "INSERT INTO pg_temp.incoming_activity (branch_id) VALUES ('cn-aaaa')"
                )
                connection.execute(fault)

    if fault:
        with pytest.raises(StoreError):
            batch()
    else:
        batch()
    with ingest.transaction() as connection:
        for table in ("interactions", "turns", "activity"):
            assert connection.execute(f"SELECT FROM pg_temp.incoming_{table}").rowcount == 0


def test_a_commit_in_the_middle_ends_the_scope(one):
    with one("app").branches_transaction(["cn-aaaa"]) as connection:
        connection.commit()
        assert connection.execute("SELECT FROM hailong.interactions").rowcount == 0


def test_a_roles_own_settings_open_nothing(one, db):
    """What somebody with the superuser's rights left on a role must not greet the next."""
    db.rows("ALTER ROLE hailong_app SET hailong.branches = 'cn-aaaa'")
    db.rows("ALTER ROLE hailong_app SET hailong.staff = '*'")
    try:
        with one("app").transaction() as connection:
            assert connection.execute("SELECT FROM hailong.interactions").rowcount == 0
    finally:
        db.rows('ALTER ROLE hailong_app RESET "hailong.branches"')
        db.rows('ALTER ROLE hailong_app RESET "hailong.staff"')


def test_a_person_is_seen_by_login_or_secret_alone(one):
    app = one("app")
    query = "SELECT login FROM hailong.users"
    with app.person_transaction(login="chief.a1a1") as connection:
        assert connection.execute(query).fetchall() == [("chief.a1a1",)]
    with app.person_transaction(session=bytes.fromhex("b1b1" * 16)) as connection:
        assert connection.execute(query).fetchall() == [("chief.b1b1",)]
    for given in ({}, {"login": "chief%"}, {"login": "' OR true --"}, {"session": b"x" * 32}):
        with app.person_transaction(**given) as connection:
            assert connection.execute(query).fetchall() == []
