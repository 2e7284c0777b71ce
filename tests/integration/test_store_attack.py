"""Every role at every table, view, partition and function, beside what docs/store-rights.md says.

The page is the declaration: a right that it does not name fails here, and so does a scope that
the database does not keep. Rows are told by their marks (tests/attack_site.py).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from hub.store.bootstrap import MIGRATOR, ROLES
from tests.attack_site import A1, B1, FILLERS, OF_NOBODY, fill, marks, name, partitions, tables

pytestmark = pytest.mark.integration

PAGE = (Path(__file__).parents[2] / "docs" / "store-rights.md").read_text("utf-8")
SERVICES = [role.name.removeprefix("hailong_") for role in ROLES if role.name != MIGRATOR]
SCOPES = ("all", "branch", "clerk", "no-clerk", "person", "fixed", "nothing")
SETTINGS = ("hailong.branches", "hailong.staff", "hailong.login", "hailong.session")
HOSTILE = (
    "*", "%", "cn-", "cn-aaa", "CN-AAAA", " cn-bbbb", "cn-bbbb ", "'cn-bbbb'", '"cn-bbbb"',
    "{cn-bbbb}", "cn-bbbb;", "cn-aaaa' OR 'a'='a", "cn-bbbb--", "cn-bbbb\n", "NULL", "", "\\",
    "cn-aaaa|cn-bbbb", "cn-aaaa;cn-bbbb", "(SELECT branch_id FROM hailong.branches)",
)  # fmt: skip


def declared():
    """Table -> role -> verb -> scope, from the page."""
    found = {}
    lines = re.findall(r"^\| `(hailong[\w.]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    for table, cells in lines:
        rights = [
            dict(right.split(" ", 1) for right in cell.strip().split(", ") if right)
            for cell in cells.split("|")
        ]
        found[table] = dict(zip(SERVICES, rights, strict=True))
    return found


RIGHTS = declared()
CELLS = [
    (table, role, verb, scope)
    for table, roles in RIGHTS.items()
    for role, rights in roles.items()
    for verb, scope in rights.items()
]


@pytest.fixture(scope="module")
def db(module_db):
    with psycopg.connect(module_db.server.superuser_url(module_db.name)) as connection:
        fill(connection)
    return module_db


@pytest.fixture(scope="module")
def connections(db) -> Iterator[dict[str, psycopg.Connection]]:
    made = {role: psycopg.connect(db.url(role)) for role in SERVICES}
    # A read-only default is a courtesy: what a role may do must hold without it.
    for connection in made.values():
        connection.read_only = False
    yield made
    for connection in made.values():
        connection.close()


@pytest.fixture(scope="module")
def superuser(db) -> Iterator[psycopg.Connection]:
    with psycopg.connect(db.server.superuser_url(db.name), autocommit=True) as connection:
        yield connection


@contextmanager
def seen_as(connection, branches="", staff="", person=""):
    """A transaction that is undone, with these settings."""
    values = (branches, staff, f"chief.{person}" if person else "", "")
    try:
        for setting, value in zip(SETTINGS, values, strict=True):
            connection.execute("SELECT set_config(%s, %s, true)", [setting, value])
        yield
    finally:
        connection.rollback()


def read(connection, table, columns="t::text", **settings):
    with seen_as(connection, **settings):
        query = psycopg.sql.SQL("SELECT {} FROM {} t").format(
            psycopg.sql.SQL(columns.replace("+", ", ")), name(table)
        )
        return connection.execute(query).fetchall()


def test_the_filler_and_the_page_know_every_table(superuser):
    there = tables(superuser)
    views = {
        row[0]
        for row in superuser.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('v', 'm')"
        )
    }
    assert set(FILLERS) == set(there) - views, "fill the new table in tests/attack_site.py"
    assert set(RIGHTS) == set(there), "declare its rights in docs/store-rights.md"
    for table in FILLERS:
        rows = superuser.execute(f"SELECT t::text FROM {table} t").fetchall()
        assert rows, table
        assert {m[0] for m in marks(rows)} == (set() if table in OF_NOBODY else {"a", "b"}), table


def actual(superuser, table, role):
    """What the catalog gives a role: verbs, with columns where the table is not given whole."""
    verbs = {"SELECT": "read", "INSERT": "insert", "UPDATE": "update", "DELETE": "delete"}
    names = [*verbs, "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"]
    found = set()
    for right in names:
        verb = verbs.get(right, right.lower())
        if superuser.execute(
            "SELECT has_table_privilege(%s, %s, %s)", [role, table, right]
        ).fetchone()[0]:
            found.add(verb)
        elif right in {"SELECT", "INSERT", "UPDATE", "REFERENCES"}:
            columns = superuser.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                " AND NOT attisdropped AND has_column_privilege(%s, attrelid, attnum, %s)"
                " ORDER BY attnum",
                [table, role, right],
            ).fetchall()
            if columns:
                found.add(f"{verb}({'+'.join(c for (c,) in columns)})")
    return found


@pytest.mark.parametrize("role", SERVICES)
def test_each_right_is_declared_and_each_declared_one_is_there(superuser, role):
    there = {table: actual(superuser, table, f"hailong_{role}") for table in RIGHTS}
    told = {table: set(RIGHTS[table][role]) for table in RIGHTS}
    assert there == told


def test_every_scope_on_the_page_is_a_word_that_is_tested():
    assert {scope for *_, scope in CELLS} <= set(SCOPES)


def allowed(scope, *, clerk):
    """Marks that may be seen as branch a, as its clerk a1a1 or as somebody unlimited."""
    return {
        "all": {"aaaa", "a1a1", "a2a2", "bbbb", "b1b1", "b2b2"},
        "branch": {"aaaa", "a1a1", "a2a2"},
        "clerk": {"aaaa", "a1a1"} if clerk else {"aaaa", "a1a1", "a2a2"},
        "no-clerk": set() if clerk else {"aaaa", "a1a1", "a2a2"},
        "person": {"aaaa", "a1a1"},
        "nothing": set(),
    }[scope]


@pytest.mark.parametrize(
    ("table", "role", "verb", "scope"),
    [cell for cell in CELLS if cell[2].startswith("read")],
)
def test_reading_shows_what_is_declared_and_no_more(connections, table, role, verb, scope):
    connection = connections[role]
    columns = verb[5:-1] or "t::text"
    if scope == "fixed":
        rows = read(connection, table, columns)
        assert rows
        assert marks(rows) == set()
        assert rows == read(connection, table, columns, branches="cn-bbbb", staff="cb-b1b1")
        return
    person = "a1a1" if scope == "person" else ""
    found = marks(read(connection, table, columns, branches="cn-aaaa", staff="*", person=person))
    assert found <= allowed(scope, clerk=False)
    assert bool(found) == (scope != "nothing"), "an empty table would prove nothing"
    clerk = marks(
        read(connection, table, columns, branches="cn-aaaa", staff="cb-a1a1", person=person)
    )
    if role == "app":
        assert clerk <= allowed(scope, clerk=True)
        assert bool(clerk) == (scope not in {"nothing", "no-clerk"})
        stranger = read(connection, table, columns, branches="cn-aaaa", staff="cb-b1b1")
        if scope in {"clerk", "no-clerk", "person"}:
            assert stranger == []
    if scope == "all":
        return
    assert read(connection, table, columns) == [], "without settings"
    if scope == "person":
        return
    for value in HOSTILE:
        assert read(connection, table, columns, branches=value, staff="*") == [], value
    if role == "app" and scope != "branch":
        for value in (v for v in HOSTILE if v != "*"):
            assert read(connection, table, columns, branches="cn-aaaa", staff=value) == [], value
    if role == "app" and scope == "clerk":
        assert marks(
            read(connection, table, columns, branches="cn-aaaa,cn-bbbb", staff="cb-a1a1")
        ) <= {
            "aaaa",
            "a1a1",
        }


@pytest.mark.parametrize("role", SERVICES)
def test_what_is_not_declared_is_refused(connections, superuser, role):
    connection = connections[role]
    views = {
        row[0]
        for row in superuser.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'v'")
    }
    for table, roles in RIGHTS.items():
        target = name(table).as_string(connection)
        refusals = [psycopg.errors.InsufficientPrivilege]
        if table in views - {"hailong.activity"}:
            # No table behind it: nobody at all writes there.
            refusals.append(psycopg.errors.ObjectNotInPrerequisiteState)
        column = superuser.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND attidentity = '' ORDER BY attnum LIMIT 1",
            [table],
        ).fetchone()[0]
        attempts = {
            "read": f"SELECT FROM {target}",
            "insert": f"INSERT INTO {target} DEFAULT VALUES",
            "update": f"UPDATE {target} SET {column} = {column}",
            "delete": f"DELETE FROM {target}",
            "truncate": f"TRUNCATE {target} CASCADE",
        }
        verbs = {verb.partition("(")[0] for verb in roles[role]}
        for verb, statement in attempts.items():
            if verb in verbs or (verb == "truncate" and table in views):
                continue  # nobody truncates a view
            with (
                seen_as(connection, "cn-aaaa,cn-bbbb", "*", "a1a1"),
                pytest.raises(tuple(refusals)),
            ):
                connection.execute(statement)


WRITES = [cell for cell in CELLS if cell[2].partition("(")[0] in {"update", "delete"}]


@pytest.mark.parametrize(("table", "role", "verb", "scope"), WRITES)
def test_changing_everything_reaches_only_what_is_declared(
    connections, superuser, table, role, verb, scope
):
    connection = connections[role]
    column = (
        verb[7:-1].split("+")[0]
        if "(" in verb
        else superuser.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND attidentity = '' ORDER BY attnum LIMIT 1",
            [table],
        ).fetchone()[0]
    )
    statement = (
        f"DELETE FROM {table}" if verb == "delete" else f"UPDATE {table} SET {column} = {column}"
    )
    shown = f"{table.split('.')[1]}::text"
    readable = next(v for v in RIGHTS[table][role] if v.startswith("read"))
    if "(" in readable:
        shown = readable[5:-1].replace("+", ", ")
    for staff, clerk in (("*", False), ("cb-a1a1", True)):
        with seen_as(connection, "cn-aaaa", staff, "a1a1" if scope == "person" else ""):
            rows = connection.execute(f"{statement} RETURNING {shown}")
            assert marks(rows.fetchall()) <= allowed(scope, clerk=clerk and role == "app")
    if scope != "all":
        with seen_as(connection):
            assert connection.execute(statement).rowcount == 0
    if scope in {"branch", "clerk", "no-clerk"} and "(" not in verb and verb == "update":
        with (
            seen_as(connection, "cn-aaaa", "*"),
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"UPDATE {table} SET branch_id = 'cn-bbbb'")


def inserted(superuser, table, owner, new_mark):
    """A row of the owner as JSON; with another mark it has a key that is not taken."""
    view = "hailong_private.activity" if table == "hailong.activity" else table
    row = superuser.execute(
        f"SELECT to_jsonb(t)::text FROM {view} t WHERE t::text LIKE %s LIMIT 1", [f"%{owner.mark}%"]
    ).fetchone()[0]
    return row.replace(owner.mark, new_mark)


@pytest.mark.parametrize(
    ("table", "role", "scope"),
    [(table, role, scope) for table, role, verb, scope in CELLS if verb == "insert"],
)
def test_no_row_is_put_into_another_branch_nor_its_existence_learned(
    connections, superuser, table, role, scope
):
    """A key that is taken and one that is not are refused alike, before any constraint."""
    if scope == "all":
        return
    connection = connections[role]
    insert = (
        f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
        f" SELECT * FROM jsonb_populate_record(NULL::{table}, %s::jsonb)"
    )
    refusals = (psycopg.errors.InsufficientPrivilege, psycopg.errors.WithCheckOptionViolation)
    if table == "hailong.activity":
        # A view's check comes after the key of the table behind it (docs/store-rights.md).
        refusals += (psycopg.errors.UniqueViolation,)
    for new_mark in (B1.mark, "b9b9"):
        with (
            seen_as(connection, "cn-aaaa", "*", "a1a1" if scope == "person" else ""),
            pytest.raises(refusals if new_mark == B1.mark else refusals[:2]),
        ):
            connection.execute(insert, [inserted(superuser, table, B1, new_mark)])
    # The same in the own branch gets past row security, so the refusal above is its doing.
    with (
        seen_as(connection, "cn-aaaa", "*", "a1a1" if scope == "person" else ""),
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute(insert, [inserted(superuser, table, A1, A1.mark)])


def test_a_clerk_writes_no_review(connections, superuser):
    row = inserted(superuser, "hailong.reviews", A1, A1.mark).replace(
        '"review_no": 1', '"review_no": 2'
    )
    insert = (
        "INSERT INTO hailong.reviews"
        " SELECT * FROM jsonb_populate_record(NULL::hailong.reviews, %s::jsonb)"
    )
    connection = connections["app"]
    with seen_as(connection, "cn-aaaa", "*"):
        assert connection.execute(insert, [row]).rowcount == 1
    with (
        seen_as(connection, "cn-aaaa", "cb-a1a1"),
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(insert, [row])
    # Nor does anybody decide in the name of one who may not.
    for decider in (A1.values["clerk_id"], B1.values["user_id"]):
        forged = row.replace(A1.values["user_id"], decider)
        with (
            seen_as(connection, "cn-aaaa", "*"),
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(insert, [forged])


def test_nobody_says_to_have_looked_in_anothers_name(connections, superuser):
    row = inserted(superuser, "hailong.alert_visits", A1, A1.mark)
    insert = (
        "INSERT INTO hailong.alert_visits"
        " SELECT * FROM jsonb_populate_record(NULL::hailong.alert_visits, %s::jsonb)"
    )
    connection = connections["app"]
    with seen_as(connection, "cn-aaaa", "*"), pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(insert, [row])
    for other in (A1.values["clerk_id"], B1.values["user_id"]):
        forged = row.replace(A1.values["user_id"], other)
        with (
            seen_as(connection, "cn-aaaa", "*"),
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(insert, [forged])
    with (
        seen_as(connection, "cn-aaaa", "cb-a1a1"),
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(insert, [row])


def test_no_role_has_any_right_on_a_partition_but_the_backup(superuser, connections):
    """Row security is not inherited by a partition that is addressed directly."""
    there = partitions(superuser)
    assert len(there) > 50
    for role in SERVICES:
        expected = {"read"} if role == "backup" else set()
        for partition in there:
            assert actual(superuser, partition, f"hailong_{role}") == expected, partition
    # With a real row behind it, not by the catalog alone.
    partition = superuser.execute(
        "SELECT tableoid::regclass::text FROM hailong.interactions LIMIT 1"
    ).fetchone()[0]
    for role in set(SERVICES) - {"backup"}:
        with (
            seen_as(connections[role], "cn-aaaa", "*"),
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connections[role].execute(f"SELECT FROM {partition}")


def test_what_is_made_later_is_given_to_the_backup_alone(superuser):
    """Default privileges: a table of a later migration starts with no right for a service."""
    superuser.execute("SET ROLE hailong_migrator")
    superuser.execute("BEGIN")
    superuser.execute("CREATE TABLE hailong.later (n integer)")
    superuser.execute("CREATE VIEW hailong.later_view AS SELECT 1 AS n")
    superuser.execute("CREATE TABLE hailong_private.later (n integer)")
    found = {
        (table, role): actual(superuser, table, f"hailong_{role}")
        for table in ("hailong.later", "hailong.later_view", "hailong_private.later")
        for role in SERVICES
    }
    superuser.execute("ROLLBACK")
    superuser.execute("RESET ROLE")
    assert {role for (_, role), rights in found.items() if rights} == {"backup"}


def test_row_security_is_on_and_forced_wherever_a_service_reads(superuser):
    open_tables = {
        row[0]
        for row in superuser.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND NOT relispartition AND relnamespace::regnamespace::text LIKE 'hailong%'"
            " AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
    }
    assert open_tables == {"hailong.branches", "hailong_private.activity"}


def test_views_are_barriers_and_functions_are_declared(superuser):
    views = superuser.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'v'"
        " AND relnamespace::regnamespace::text LIKE 'hailong%'"
        " AND NOT COALESCE('security_barrier=true' = ANY (reloptions), false)"
    ).fetchall()
    assert views == []
    told = {
        signature: set(roles.split(", ")) if roles != "-" else set()
        for signature, roles in re.findall(
            r"^\| `(\w+\([^`]*\))` \| ([^|]*) \| [^|]* \|$", PAGE, re.MULTILINE
        )
    }
    there, definers = {}, {}
    for oid, signature, definer, config in superuser.execute(
        "SELECT oid, proname || '(' || pg_get_function_identity_arguments(oid) || ')', prosecdef,"
        " proconfig FROM pg_proc WHERE pronamespace::regnamespace::text LIKE 'hailong%'"
    ).fetchall():
        if not definer:
            continue
        definers[signature] = config or []
        there[signature] = {
            role
            for role in SERVICES
            if superuser.execute(
                "SELECT has_function_privilege(%s, %s::oid, 'EXECUTE')", [f"hailong_{role}", oid]
            ).fetchone()[0]
        }
    assert there == told
    for signature, config in definers.items():
        assert "search_path=pg_catalog, pg_temp" in config, signature


def test_no_role_is_a_member_of_another_or_more_than_it_was_made(superuser):
    assert superuser.execute(
        "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member"
        " WHERE r.rolname LIKE 'hailong%'"
    ).fetchone() == (0,)
    found = superuser.execute(
        "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication, rolbypassrls"
        " FROM pg_roles WHERE rolname LIKE 'hailong%'"
    ).fetchall()
    for role, more, bypasses in found:
        assert not more, role
        assert bypasses == (role in {MIGRATOR, "hailong_backup"}), role
