"""A backup is whole or none; a restore refuses what is not, and brings back every row."""

import itertools
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from nacl.public import PrivateKey
from psycopg import sql

from hailong.cli import main
from hub.backup import make, manifest, programs
from hub.backup.errors import BackupError
from hub.backup.make import Source, backups, make_backup
from hub.privacy.erasures import ErasureList
from hub.settings import load_signing_key
from hub.store import erasures as erasing
from hub.store import rollup_queue
from hub.store.backup import occupied_by
from hub.store.bootstrap import bootstrap
from hub.store.erasures import Erasure
from hub.store.pool import Database
from hub.store.schema_dump import SCHEMA_FILE, dump_schema
from tests.attack_site import A1, fill, tables
from tests.builders import NOW

pytestmark = pytest.mark.integration
_numbers = itertools.count(1)


@dataclass
class Kept:
    """A filled database, the hub's state folder, and a folder of backups."""

    database: Any
    server: Any
    state: Path
    out: Path

    def source(self) -> Source:
        url = self.database.url("backup")
        return Source(self.database.open("backup"), url, self.state, load_signing_key(self.state))

    def environment(self, database: str) -> dict[str, str]:
        address = self.server.embedded.address
        return {
            "HAILONG_DATABASE_URL": f"postgresql://{address.host}:{address.port}/{database}",
            "HAILONG_DATABASE_PASSFILE": str(self.server.passfile),
            "HAILONG_BROKER_URL": "mqtt://127.0.0.1:1",
            "HAILONG_STATE": str(self.state),
        }

    def call(self, *words: Any, database: str | None = None):
        environment = self.environment(database or self.database.name)
        return CliRunner().invoke(main, ["hub", *map(str, words)], env=environment)


@contextmanager
def new_database(server):
    """Empty, as `hailong hub bootstrap` leaves it."""
    name = f"hailong_restored_{next(_numbers)}"
    bootstrap(server.superuser_url(), server.passfile, name)
    database = Database(server.role_url("migrator", name))
    database.open(10)
    try:
        yield name, database
    finally:
        database.close()
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@pytest.fixture(scope="module")
def kept(module_db, postgres_server, tmp_path_factory):
    with psycopg.connect(postgres_server.superuser_url(module_db.name)) as connection:
        fill(connection)
        connection.execute("DELETE FROM hailong.erased")
    state = tmp_path_factory.mktemp("state")
    load_signing_key(state)
    return Kept(module_db, postgres_server, state, tmp_path_factory.mktemp("backups"))


@pytest.fixture(scope="module")
def made(kept):
    """One backup that no test changes."""
    return make_backup(kept.source(), kept.out)


@pytest.fixture
def copied(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / made.name))


def rows_of(server, name):
    """Every row of every table, as text; without the sessions, which a backup leaves out."""
    with psycopg.connect(server.superuser_url(name)) as connection:
        return {
            table: sorted(connection.execute(f"SELECT t::text FROM {table} t").fetchall())
            for table in tables(connection)
            if table not in {"hailong.sessions", "hailong.activity"}
        }


def test_a_restored_database_is_the_one_that_was_backed_up(kept, made, postgres_server):
    with new_database(postgres_server) as (name, _):
        done = kept.call("restore", made, database=name)
        assert done.exit_code == 0, done.output
        assert "Ingest may open" in done.output
        assert rows_of(postgres_server, name) == rows_of(postgres_server, kept.database.name)
        assert all(rows_of(postgres_server, name)[t] for t in ("hailong.turns", "hailong.users"))
        # Policies, rights, owners, triggers and partitions too.
        there = dump_schema(postgres_server.role_url("migrator", name))
        assert there.count("CREATE POLICY") == SCHEMA_FILE.read_text("utf-8").count("CREATE POLICY")
        assert there == dump_schema(postgres_server.role_url("migrator", kept.database.name))
        with psycopg.connect(postgres_server.superuser_url(name)) as connection:
            assert connection.execute("SELECT count(*) FROM hailong.sessions").fetchone() == (0,)
        assert kept.call("migrate", database=name).output == "the schema is up to date\n"
        # The copy can be backed up like any other.
        assert kept.call("backup", "--out", kept.out.parent / "again", database=name).exit_code == 0


def test_a_backup_is_private_and_says_what_it_is(kept, made):
    assert made.stat().st_mode & 0o777 == 0o700
    assert {p.name: p.stat().st_mode & 0o777 for p in made.iterdir()} == {
        "database.dump": 0o600,
        "manifest.json": 0o600,
        "manifest.sig": 0o600,
    }
    said = json.loads((made / "manifest.json").read_text())
    assert said["rows"]["hailong.interactions"] == 4
    assert said["rows"]["hailong_private.activity"] == 4
    assert "hailong.sessions" not in said["rows"]
    assert said["migrations"][0][0] == "0001_initial.sql"
    assert said["recipient"] is None
    assert not list(kept.out.glob(".partial-*"))


def signed(folder, key, **changes):
    said = json.loads((folder / "manifest.json").read_text())
    for name in ("manifest.json", "manifest.sig"):
        (folder / name).unlink()
    manifest.write(folder, manifest.Manifest(**{**said, **changes}), key)


def flip(path, offset):
    raw = bytearray(path.read_bytes())
    raw[offset] ^= 1
    path.write_bytes(raw)


NEWER = [["0001_initial.sql", "0" * 64], *([f"00{n:02}_x.sql", "0" * 64] for n in range(2, 99))]
FAULTS = {
    "no manifest": (lambda f, k: (f / "manifest.json").unlink(), "is no backup"),
    "altered": (lambda f, k: flip(f / "manifest.json", 40), "is not signed by this hub's key"),
    "no signature": (lambda f, k: (f / "manifest.sig").unlink(), "has no signature"),
    "signature of words": (lambda f, k: (f / "manifest.sig").write_text("so"), "has no signature"),
    "another hub": (
        lambda f, k: signed(f, load_signing_key(f / "other")),
        "is not signed by this hub's key",
    ),
    "no dump": (lambda f, k: (f / "database.dump").unlink(), "is missing"),
    "damaged": (lambda f, k: flip(f / "database.dump", 3000), "is damaged"),
    "cut": (
        lambda f, k: (f / "database.dump").write_bytes((f / "database.dump").read_bytes()[:-1]),
        "is damaged",
    ),
    "newer program": (lambda f, k: signed(f, k, migrations=NEWER), "does not know"),
    "another history": (
        lambda f, k: signed(f, k, migrations=NEWER[:1]),
        "do not belong together",
    ),
    "newer server": (lambda f, k: signed(f, k, server_version=990000), "the backup of 99"),
    "another form": (lambda f, k: signed(f, k, format=2), "this program reads 1"),
    "list went further": (
        lambda f, k: signed(f, k, erasures=7, erasures_head="0" * 64),
        "put the newest copy of the list back",
    ),
    "encrypted": (lambda f, k: signed(f, k, recipient="ab" * 32), "give its --key"),
}


@pytest.fixture(scope="module")
def empty(postgres_server):
    with new_database(postgres_server) as made:
        yield made


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_whole_backup_is_refused_before_anything_is_written(kept, copied, empty, fault):
    name, database = empty
    damage, told = FAULTS[fault]
    damage(copied, load_signing_key(kept.state))
    done = kept.call("restore", copied, database=name)
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert occupied_by(database) is None


def test_a_database_that_is_not_empty_is_left_alone(kept, made):
    done = kept.call("restore", made)
    assert done.exit_code == 2
    assert "is not empty" in done.stderr


def test_without_the_erasure_list_nothing_is_restored(kept, made, empty, tmp_path):
    name, database = empty
    elsewhere = Path(shutil.copytree(kept.state, tmp_path / "state"))
    shutil.rmtree(elsewhere / "erasures")
    done = CliRunner().invoke(
        main,
        ["hub", "restore", str(made)],
        env=kept.environment(name) | {"HAILONG_STATE": str(elsewhere)},
    )
    assert done.exit_code == 2
    assert "erasures.jsonl is missing; put it back" in done.stderr
    assert occupied_by(database) is None


def test_no_backup_is_made_where_the_list_is_behind_the_database(kept, tmp_path):
    kept.database.rows("INSERT INTO hailong.erased VALUES (sha256('x'), 'staff', 3, now())")
    try:
        with pytest.raises(BackupError, match="knows 3 erasures, the list"):
            make_backup(kept.source(), tmp_path / "out")
    finally:
        kept.database.rows("DELETE FROM hailong.erased")
    assert backups(tmp_path / "out") == []


def test_an_encrypted_backup_opens_with_its_key_alone(kept, postgres_server, tmp_path):
    printed = kept.call("backup-key", tmp_path / "backup.key").output.strip()
    assert (tmp_path / "backup.key").stat().st_mode & 0o777 == 0o600
    assert kept.call("backup-key", tmp_path / "backup.key").exit_code == 2
    done = kept.call("backup", "--out", tmp_path / "out", "--recipient", printed)
    assert done.exit_code == 0, done.output
    folder = backups(tmp_path / "out")[0]
    raw = (folder / "database.dump").read_bytes()
    assert b"PGDMP" not in raw
    (tmp_path / "other.key").write_text(bytes(PrivateKey.generate()).hex())
    with new_database(postgres_server) as (name, database):
        done = kept.call("restore", folder, "--key", tmp_path / "other.key", database=name)
        assert (done.exit_code, "the key given is that of" in done.stderr) == (2, True)
        assert occupied_by(database) is None
        done = kept.call("restore", folder, "--key", tmp_path / "backup.key", database=name)
        assert done.exit_code == 0, done.output
        assert rows_of(postgres_server, name) == rows_of(postgres_server, kept.database.name)


def test_the_settings_file_says_for_whom_it_is_encrypted(kept, tmp_path, monkeypatch):
    """So the nightly unit does, which names no recipient."""
    printed = kept.call("backup-key", tmp_path / "backup.key").output.strip()
    file = tmp_path / "hailong.toml"
    file.write_text(f'[backup]\nrecipient = "{printed}"\n')
    # Set and unset, so that what the command adds is put back as well.
    monkeypatch.setenv("HAILONG_BACKUP_RECIPIENT", "")
    monkeypatch.delenv("HAILONG_BACKUP_RECIPIENT")
    done = CliRunner().invoke(
        main,
        ["hub", "--config", str(file), "backup", "--out", str(tmp_path / "out")],
        env=kept.environment(kept.database.name),
    )
    assert done.exit_code == 0, done.output
    said = json.loads((backups(tmp_path / "out")[0] / "manifest.json").read_text())
    assert said["recipient"] == printed


def test_what_is_erased_after_a_restore_leaves_the_restored_rollups(kept, postgres_server):
    """Queue, triggers and remembered contributions came back with the rest."""
    database, branch = kept.database, A1.values["branch_id"]
    with database.open("worker").branches_transaction([branch]) as connection:
        connection.execute("SELECT hailong.roll_up(%s, 1000)", [branch])
    folder = make_backup(kept.source(), kept.out.parent / "rolled-up")
    count = (
        "SELECT COALESCE(sum(n), 0)::int FROM hailong.rollups"
        " WHERE measure = 'interactions' AND counter_id = %s"
    )
    counter = A1.values["counter_id"]
    with new_database(postgres_server) as (name, restored):
        assert kept.call("restore", folder, database=name).exit_code == 0
        with restored.transaction() as connection:
            assert connection.execute(count, [counter]).fetchone() == (1,)
        erasing.apply(restored, [Erasure(1, "interaction", A1.values["interaction_id"], NOW)])
        worker = Database(postgres_server.role_url("worker", name))
        worker.open(10)
        try:
            assert rollup_queue.roll_up(worker, branch, 1000).taken > 0
        finally:
            worker.close()
        with restored.transaction() as connection:
            assert connection.execute(count, [counter]).fetchone() == (0,)
            assert (
                connection.execute(
                    "SELECT FROM hailong_private.rollup_contributions WHERE interaction_id = %s",
                    [A1.values["interaction_id"]],
                ).rowcount
                == 0
            )


def test_counts_and_dump_are_of_one_moment(kept, postgres_server, monkeypatch, tmp_path):
    """Rows that come while pg_dump is starting are in neither."""
    count = "SELECT count(*) FROM hailong.branches"
    before = kept.database.value(count)
    running = programs.running

    def late(command):
        kept.database.rows("INSERT INTO hailong.branches VALUES ('cn-muon', 'a', 'b')")
        return running(command)

    monkeypatch.setattr(make.programs, "running", late)
    try:
        folder = make_backup(kept.source(), tmp_path / "out")
    finally:
        kept.database.rows("DELETE FROM hailong.branches WHERE branch_id = 'cn-muon'")
    said = json.loads((folder / "manifest.json").read_text())
    assert said["rows"]["hailong.branches"] == before
    with new_database(postgres_server) as (name, database):
        assert kept.call("restore", folder, database=name).exit_code == 0
        with database.transaction() as connection:
            assert connection.execute(count).fetchone() == (before,)


def test_a_restore_with_other_rows_than_the_manifest_says_keeps_ingest_shut(
    kept, copied, postgres_server
):
    said = json.loads((copied / "manifest.json").read_text())
    signed(copied, load_signing_key(kept.state), rows={**said["rows"], "hailong.interactions": 5})
    with new_database(postgres_server) as (name, database):
        done = kept.call("restore", copied, database=name)
        assert done.exit_code == 2
        assert "has 4 rows in hailong.interactions after the restore, the manifest says 5" in (
            done.stderr
        )
        with database.transaction() as connection:
            assert connection.execute(
                "SELECT erasures_replayed_at FROM public.hailong_restores"
            ).fetchall() == [(None,)]


def test_an_older_backup_is_brought_forward(kept, made, postgres_server, monkeypatch):
    """By a program that has one migration more than the backup."""
    from hub.backup import restore as restoring
    from hub.store import migrate as migrating

    known = migrating.load_migrations()
    later = [
        *known,
        migrating.Migration(
            f"{len(known) + 1:04d}_later.sql", "ALTER TABLE hailong.staff ADD COLUMN note text"
        ),
    ]
    monkeypatch.setattr(migrating, "load_migrations", lambda: later)
    monkeypatch.setattr(restoring, "load_migrations", lambda: later)
    with new_database(postgres_server) as (name, database):
        done = kept.call("restore", made, database=name)
        assert done.exit_code == 0, done.output
        assert "migrations added: 1" in done.output
        with database.transaction() as connection:
            assert connection.execute("SELECT note FROM hailong.staff").rowcount == 4


def test_a_database_without_a_schema_is_told_so(kept, empty, tmp_path):
    done = kept.call("backup", "--out", tmp_path / "out", database=empty[0])
    assert done.exit_code == 2
    assert "run `hailong hub migrate` first" in done.stderr


def test_a_wrong_state_folder_makes_no_new_key(kept, tmp_path):
    done = CliRunner().invoke(
        main,
        ["hub", "backup", "--out", str(tmp_path / "out")],
        env=kept.environment(kept.database.name) | {"HAILONG_STATE": str(tmp_path / "state")},
    )
    assert done.exit_code == 2
    assert "hub.pub is missing" in done.stderr
    assert not (tmp_path / "state" / "hub.key").exists()


def fake(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
    return folder


def test_an_older_pg_dump_is_refused_by_name_and_version(kept, tmp_path, monkeypatch):
    old = fake(tmp_path / "old", "pg_dump", "echo 'pg_dump (PostgreSQL) 15.4'")
    with pytest.raises(BackupError, match=r"PostgreSQL 18 or newer.*old/pg_dump is of version 15"):
        make_backup(kept.source(), tmp_path / "out", postgres_programs=old)
    # One in PATH that is too old is passed over for one that fits.
    monkeypatch.setenv("PATH", f"{old}:/usr/bin:/bin")
    assert programs.find("pg_dump", 180000).parent != old
    done = kept.call("backup", "--out", tmp_path / "out", "--programs", tmp_path / "none")
    assert done.exit_code == 2
    assert "is no program" in done.stderr
    assert backups(tmp_path / "out") == []


def test_a_pg_dump_that_fails_leaves_no_backup_behind(kept, tmp_path):
    broken = fake(
        tmp_path / "broken",
        "pg_dump",
        'case "$1" in --version) echo "pg_dump (PostgreSQL) 18.0";;'
        ' *) echo half; echo "pg_dump: error: row \\"cb-0117\\" is bad" >&2; exit 1;; esac',
    )
    with pytest.raises(BackupError, match=r'ended with 1: pg_dump: error: row "\.\.\." is bad'):
        make_backup(kept.source(), tmp_path / "out", postgres_programs=broken)
    assert [p.name for p in (tmp_path / "out").iterdir()] == [".lock"]


def test_the_oldest_go_and_what_was_broken_off_is_cleared(kept, tmp_path):
    out = tmp_path / "out"
    first = make_backup(kept.source(), out)
    (out / ".partial-hailong-20260101T000000Z").mkdir()
    (out / "notes").mkdir()
    broken = out / "hailong-20260101T000000Z"
    broken.mkdir()
    second = make_backup(kept.source(), out, keep=2)
    third = make_backup(kept.source(), out, keep=2)
    assert backups(out) == [second, third]
    assert not first.exists()
    assert not list(out.glob(".partial-*"))
    # What is no backup is not ours to delete.
    assert broken.exists()
    assert (out / "notes").exists()


def test_no_argument_of_a_program_holds_a_password(kept, monkeypatch, tmp_path):
    seen = []
    running = programs.running

    def watch(command):
        seen.extend(command)
        return running(command)

    monkeypatch.setattr(make.programs, "running", watch)
    make_backup(kept.source(), tmp_path / "out")
    secrets = [line.rsplit(":", 1)[1] for line in kept.server.passfile.read_text().splitlines()]
    assert seen
    assert not any(secret in word for secret in secrets for word in seen)


def test_the_list_can_be_checked_by_hand(kept):
    ErasureList.begin(kept.state, load_signing_key(kept.state), datetime.now(UTC))
    done = kept.call("erasures", "check")
    assert done.output == "0 erasures, signed and without a gap\n"
