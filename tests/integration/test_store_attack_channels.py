"""Ways around row security that are no query: errors, statistics, temporary names, roles."""

import psycopg
import pytest

from hub.store import pages
from hub.store.bootstrap import MIGRATOR, ROLES
from hub.store.errors import DuplicateRowError, RowRefusedError
from tests.attack_site import A1, fill, marks

pytestmark = pytest.mark.integration

SERVICES = [role.name for role in ROLES if role.name != MIGRATOR]
LIMITED = [role for role in SERVICES if role != "hailong_backup"]
READERS = [role for role in LIMITED if role not in {"hailong_identity", "hailong_control"}]
OTHERS = {"bbbb", "b1b1", "b2b2"}


@pytest.fixture(scope="module")
def db(module_db):
    with psycopg.connect(module_db.server.superuser_url(module_db.name)) as connection:
        fill(connection)
        connection.execute("ANALYZE")
    return module_db


@pytest.fixture
def sign_in(db):
    """A connection of a role with branch a set for the session, undone at the end."""
    made = []

    def connect(role):
        connection = psycopg.connect(db.url(role.removeprefix("hailong_")))
        made.append(connection)
        connection.execute(
            "SELECT set_config('hailong.branches', 'cn-aaaa', false),"
            " set_config('hailong.staff', '*', false)"
        )
        connection.commit()
        return connection

    yield connect
    for connection in made:
        connection.close()


@pytest.mark.parametrize("role", SERVICES)
@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "ALTER TABLE hailong.interactions DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE hailong.interactions NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY by_branch ON hailong.interactions",
        "CREATE POLICY mine ON hailong.interactions USING (true)",
        "CREATE TABLE public.mine (n integer)",
        "CREATE FUNCTION hailong.mine() RETURNS integer LANGUAGE sql RETURN 1",
        "CREATE SCHEMA mine",
        "COPY hailong.interactions TO PROGRAM 'cat'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT stavalues1 FROM pg_statistic",
        "SELECT rolpassword FROM pg_authid",
    ],
)
def test_no_service_lifts_the_barrier(sign_in, role, statement):
    connection = sign_in(role)
    connection.read_only = False
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("role", SERVICES)
def test_no_service_becomes_another(sign_in, role):
    connection = sign_in(role)
    for other in (*(r.name for r in ROLES if r.name != role), "postgres", "pg_read_all_data"):
        for statement in (f"SET ROLE {other}", f"SET SESSION AUTHORIZATION {other}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()


@pytest.mark.parametrize("role", LIMITED)
def test_row_security_that_is_switched_off_shows_nothing(sign_in, role):
    connection = sign_in(role)
    connection.execute("SET row_security = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        connection.execute("SELECT * FROM hailong.interactions")


@pytest.mark.parametrize("role", READERS)
def test_a_copy_holds_the_own_branch(sign_in, role):
    connection = sign_in(role)
    with connection.cursor().copy("COPY (SELECT * FROM hailong.interactions) TO STDOUT") as copy:
        found = marks(b"".join(bytes(part) for part in copy).decode())
    assert found & {"a1a1"}
    assert not found & OTHERS


GUESSES = (
    "SELECT branch_id FROM {} WHERE 1 / (CASE WHEN branch_id = 'cn-bbbb' THEN 0 ELSE 1 END) = 1",
    (
        "SELECT branch_id FROM {} WHERE (CASE WHEN branch_id = 'cn-bbbb' THEN branch_id ELSE '1' END)"
        "::integer = 1"
    ),
    "SELECT branch_id FROM {} ORDER BY 1 / (CASE WHEN branch_id = 'cn-bbbb' THEN 0 ELSE 1 END)",
    "SELECT count(*) FROM {} HAVING 1 / (2 - count(DISTINCT branch_id)) = 1",
)


@pytest.mark.parametrize("table", ["interactions", "activity", "turns", "scores", "flags"])
@pytest.mark.parametrize("guess", GUESSES)
def test_an_expression_that_fails_on_strangers_rows_is_not_asked_of_them(sign_in, guess, table):
    connection = sign_in("hailong_app")
    assert not marks(connection.execute(guess.format(f"hailong.{table}")).fetchall()) & OTHERS


@pytest.mark.parametrize("table", ["interactions", "activity", "turns", "device_status"])
def test_a_function_that_tells_what_it_is_given_meets_no_strangers_row(sign_in, table):
    """As cheap as can be, so that the planner wants it first; a service that may make it is
    worse off than any attacker of the web, who may make none.
    """
    connection = sign_in("hailong_ingest")
    told = []
    connection.add_notice_handler(lambda notice: told.append(notice.message_primary))
    connection.execute(
        "CREATE FUNCTION pg_temp.tells(t text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001"
        " AS $$ BEGIN RAISE NOTICE '%', t; RETURN true; END $$"
    )
    rows = connection.execute(
        f"SELECT branch_id FROM hailong.{table} t WHERE pg_temp.tells(t::text)"
    ).fetchall()
    assert rows
    assert marks(told) & {"a1a1"}
    assert not marks(told) & OTHERS


def test_no_temporary_type_is_taken_for_ours_by_what_runs_as_the_owner(sign_in, db):
    """ensure_partitions declares a variable of type text: whose text?"""
    connection = sign_in("hailong_ingest")
    connection.execute("CREATE TEMPORARY TABLE loot (who name)")
    connection.execute("GRANT ALL ON pg_temp.loot TO PUBLIC")
    connection.execute(
        "CREATE FUNCTION pg_temp.steals(t pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO pg_temp.loot VALUES (current_user); RETURN true; END $$"
    )
    connection.execute("GRANT EXECUTE ON FUNCTION pg_temp.steals TO PUBLIC")
    for kind in ("text", "timestamptz"):
        connection.execute(
            f"CREATE DOMAIN pg_temp.{kind} AS pg_catalog.{kind}"
            " CHECK (pg_temp.steals(VALUE::pg_catalog.text))"
        )
    connection.execute(
        "SELECT hailong.ensure_partitions(pg_catalog.now(), pg_catalog.now() + interval '1 day')"
    )
    assert connection.execute("SELECT who FROM pg_temp.loot").fetchall() == []


def test_temporary_tables_with_our_names_hide_none_of_ours(sign_in):
    connection = sign_in("hailong_ingest")
    for table in ("devices", "interactions", "counters", "streams"):
        connection.execute(f"CREATE TEMPORARY TABLE {table} (LIKE hailong.{table})")
    connection.execute("SET search_path = pg_temp, hailong")
    from hub.store.queries import load_queries

    rows = connection.execute(
        load_queries("ingest")["devices"], {"device_ids": [A1.values["device_id"]]}
    ).fetchall()
    assert [row[0] for row in rows] == [A1.values["device_id"]]


@pytest.mark.parametrize("role", [r for r in SERVICES if r != "hailong_ingest"])
def test_only_ingest_makes_temporary_tables(sign_in, role):
    connection = sign_in(role)
    connection.read_only = False
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TEMPORARY TABLE mine (n integer)")


@pytest.mark.parametrize("role", LIMITED)
def test_statistics_hold_no_strangers_value(sign_in, role):
    """pg_stats keeps the commonest values of each column, of each partition as well."""
    connection = sign_in(role)
    rows = connection.execute(
        "SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats"
        " WHERE schemaname LIKE 'hailong%' AND tablename <> 'branches'"
    ).fetchall()
    assert not marks(rows) & OTHERS


def test_statistics_are_there_to_be_hidden(db):
    rows = db.rows("SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats")
    assert marks(rows) & OTHERS


@pytest.mark.parametrize("role", LIMITED)
def test_sequences_tell_nobody_how_much_there_is(sign_in, role):
    connection = sign_in(role)
    rows = connection.execute("SELECT last_value FROM pg_sequences").fetchall()
    assert rows
    assert {row[0] for row in rows} == {None}
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT last_value FROM hailong.rejects_reject_id_seq")


def test_an_error_names_the_constraint_and_no_value(db):
    ingest = db.open("ingest")
    faults = (
        ("INSERT INTO hailong.interactions SELECT * FROM hailong.interactions", DuplicateRowError),
        (
            (
                'INSERT INTO hailong.turns SELECT (jsonb_populate_record(t, \'{"role": "staff",'
                ' "turn_no": 9, "sentiment_polarity": 1}\')).* FROM hailong.turns t'
            ),
            RowRefusedError,
        ),
        ("UPDATE hailong.interactions SET handling_s = device_id::real", RowRefusedError),
    )
    for statement, kind in faults:
        with (
            pytest.raises(kind) as caught,
            ingest.branches_transaction(["cn-aaaa"]) as connection,
        ):
            connection.execute(statement)
        assert marks(str(caught.value)) == set()
    assert "a1a1" in str(caught.value.__cause__), "the server's own text repeats the value"


def test_what_runs_elsewhere_is_seen_without_its_values(db):
    """A role sees the text of its other connections' statements: values must not stand in it."""
    app = db.open("app")
    with app.branches_transaction(["cn-bbbb"], "cb-b1b1") as theirs:
        pages.interactions(theirs, branch_id="cn-bbbb", limit=5)
        with app.branches_transaction(["cn-aaaa"]) as ours:
            texts = ours.execute("SELECT query FROM pg_stat_activity").fetchall()
    assert any("AS figure_value" in str(row[0]) for row in texts)
    assert not marks(texts) & OTHERS
