import threading

import psycopg
import pytest
from psycopg import sql

from hub.store.bootstrap import ROLES, bootstrap
from hub.store.errors import (
    DatabaseRefusedError,
    DatabaseUnavailableError,
    MigrationError,
    RowRefusedError,
)
from hub.store.migrate import Migration, load_migrations, migrate
from hub.store.pool import Database
from hub.store.schema_dump import SCHEMA_FILE, dump_schema

pytestmark = pytest.mark.integration


@pytest.fixture
def empty(postgres_server):
    """An empty database of the migrator's."""
    name = "hailong_empty"
    bootstrap(postgres_server.superuser_url(), postgres_server.passfile, name)
    database = Database(postgres_server.role_url("migrator", name))
    database.open(10)
    yield database
    database.close()
    with psycopg.connect(postgres_server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_schema_sql_is_what_the_migrations_make(empty, postgres_server):
    names = [m.name for m in load_migrations()]
    assert migrate(empty) == names
    assert migrate(empty) == []
    fresh = dump_schema(postgres_server.role_url("migrator", "hailong_empty"))
    assert fresh == SCHEMA_FILE.read_text(encoding="utf-8"), (
        "schema.sql is not current: run `python -m hub.store.schema_dump`"
    )


def test_two_starters_at_once_apply_each_migration_once(empty):
    slow = Migration("0001_slow.sql", "SELECT pg_sleep(0.1); CREATE TABLE public.made (n integer)")
    next_one = Migration("0002_next.sql", "INSERT INTO public.made VALUES (1)")
    applied = []
    barrier = threading.Barrier(2)

    def start():
        barrier.wait()
        applied.extend(migrate(empty, [slow, next_one]))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == ["0001_slow.sql", "0002_next.sql"]
    with empty.transaction() as connection:
        assert connection.execute("SELECT n FROM public.made").fetchall() == [(1,)]


def test_what_was_applied_is_never_changed_nor_forgotten(empty):
    first = Migration("0001_a.sql", "CREATE TABLE public.a (n integer)")
    second = Migration("0002_b.sql", "CREATE TABLE public.b (n integer)")
    broken = Migration("0003_c.sql", "CREATE TABLE public.c (n integer); SELECT 1 / 0")
    assert migrate(empty, [first, second]) == ["0001_a.sql", "0002_b.sql"]
    with pytest.raises(MigrationError, match="An applied migration is never changed"):
        migrate(empty, [Migration("0001_a.sql", "-- other"), second])
    with pytest.raises(MigrationError, match="it is newer"):
        migrate(empty, [first])
    with pytest.raises(RowRefusedError, match="DivisionByZero"):
        migrate(empty, [first, second, broken])
    with empty.transaction() as connection:
        assert connection.execute("SELECT to_regclass('public.c')").fetchall() == [(None,)]


def test_bootstrap_keeps_strangers_out_and_passwords_to_itself(postgres_server, template_database):
    passfile = postgres_server.passfile
    assert passfile.stat().st_mode & 0o777 == 0o600
    before = passfile.read_text()
    bootstrap(postgres_server.superuser_url(), passfile, template_database)
    assert passfile.read_text() == before
    with psycopg.connect(postgres_server.superuser_url(template_database)) as connection:
        attributes = dict(
            connection.execute(
                "SELECT rolname, rolbypassrls FROM pg_roles WHERE rolname LIKE 'hailong%%'"
            ).fetchall()
        )
        assert attributes == {r.name: r.name.endswith(("migrator", "backup")) for r in ROLES}
        assert connection.execute(
            "SELECT count(*) FROM pg_authid WHERE rolname LIKE 'hailong%%'"
            " AND rolpassword LIKE 'SCRAM-SHA-256$%%'"
        ).fetchone() == (len(ROLES),)
        assert connection.execute(
            "SELECT has_database_privilege('public', %s, 'CONNECT')", [template_database]
        ).fetchone() == (False,)


def test_a_server_that_is_not_there_is_named_without_a_password(tmp_path):
    database = Database("postgresql://hailong_app:bi-mat@127.0.0.1:1/hailong")
    with pytest.raises(DatabaseUnavailableError, match=r"127\.0\.0\.1:1/hailong") as caught:
        database.open(0.1)
    assert "bi-mat" not in str(caught.value) + repr(database)


def test_a_wrong_password_is_no_reason_to_wait(postgres_server, template_database):
    address = postgres_server.embedded.address
    url = f"postgresql://hailong_app:bi-mat@{address.host}:{address.port}/{template_database}"
    with pytest.raises(DatabaseRefusedError, match="check the role") as caught:
        Database(url).open(60)
    assert "bi-mat" not in str(caught.value)
    with pytest.raises(DatabaseRefusedError, match="does not exist"):
        Database(postgres_server.role_url("app", "khong-co")).open(60)
