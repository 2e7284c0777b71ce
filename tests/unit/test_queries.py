import pytest

from hub.store.bootstrap import ROLES, ensure_passwords
from hub.store.errors import MigrationError, StoreError, UnknownQueryError
from hub.store.migrate import load_migrations
from hub.store.queries import load_queries, parse_queries


def test_a_query_is_found_by_its_name_and_its_comment_stays_behind():
    found = parse_queries(
        "x", "-- Of the file.\n\n-- name: one\n-- What for.\nSELECT 1;\n\n-- name: two\n-- T.\nS\n"
    )
    assert found == {"one": "SELECT 1;", "two": "S"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("-- name: a\nSELECT 1", "a does not say what it is for"),
        ("-- name: a\n-- For.\n", "a has no SQL"),
        ("-- name: a\n-- For.\nS\n-- name: a\n-- For.\nS", "a stands there twice"),
        ("SELECT 1\n-- name: a\n-- For.\nS", "SQL before the first"),
    ],
)
def test_a_file_that_breaks_the_form_says_where(text, fault):
    with pytest.raises(UnknownQueryError, match=fault):
        parse_queries("x", text)


def test_an_unknown_name_lists_what_there_is():
    queries = load_queries("ingest")
    assert "settle" in queries
    with pytest.raises(UnknownQueryError, match=r"no query 'x' in .*ingest\.sql; it holds devices"):
        queries["x"]
    with pytest.raises(UnknownQueryError, match="no file"):
        load_queries("x")


def test_migrations_are_numbered_without_a_gap(monkeypatch, tmp_path):
    assert load_migrations()[0].name == "0001_initial.sql"
    (tmp_path / "migrations").mkdir()
    for name in ("0001_a.sql", "0003_c.sql"):
        (tmp_path / "migrations" / name).write_text("")
    monkeypatch.setattr("hub.store.migrate.resources.files", lambda _: tmp_path)
    with pytest.raises(MigrationError, match=r"0003_c\.sql breaks the numbering; expected 0002"):
        load_migrations()


def test_passwords_of_the_file_are_kept_and_missing_ones_made(tmp_path):
    passfile = tmp_path / "state" / "database.pass"
    made = ensure_passwords(passfile)
    assert sorted(made) == sorted(role.name for role in ROLES)
    assert len(set(made.values())) == len(ROLES)
    assert passfile.stat().st_mode & 0o777 == 0o600
    assert ensure_passwords(passfile) == made
    passfile.write_text("# ours\ndb.local:5432:hailong:hailong_app:a\\:b\\\\c\n")
    assert ensure_passwords(passfile)["hailong_app"] == "a:b\\c"
    assert passfile.read_text().startswith("# ours\ndb.local:5432:")
    passfile.chmod(0o644)
    with pytest.raises(StoreError, match="mode 0644"):
        ensure_passwords(passfile)
