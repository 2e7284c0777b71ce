"""`hailong hub check` finds real faults, says what to do, and is quiet where all is well."""

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from psycopg import connect, sql

from hub.checks import disk
from hub.checks.clock import check_clock
from hub.checks.files import check_backups, check_certificate
from hub.checks.finding import Level
from hub.cli import hub
from hub.control import rollouts
from hub.settings import load_signing_key
from hub.store import releases
from hub.store.arrivals import ensure_partitions
from tests.builders import health_payload, state_payload
from tests.integration.brokers import HOST, Mosquitto
from tests.stored import arrive

pytestmark = pytest.mark.integration
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def ready_db(module_db):
    now = datetime.now(UTC)
    ensure_partitions(module_db.open("migrator"), now, now + timedelta(days=21))
    return module_db


@pytest.fixture
def environment(tmp_path, ready_db, postgres_server, broker):
    """Of a hub around which nothing is wrong."""
    address = postgres_server.embedded.address
    load_signing_key(tmp_path / "state")
    passfile = tmp_path / "database.pass"
    shutil.copy(postgres_server.passfile, passfile)
    passfile.chmod(0o600)
    return {
        "HAILONG_DATABASE_URL": f"postgresql://{address.host}:{address.port}/{ready_db.name}",
        "HAILONG_DATABASE_PASSFILE": str(passfile),
        "HAILONG_BROKER_URL": f"mqtt://{broker}",
        "HAILONG_STATE": str(tmp_path / "state"),
    }


def check(environment, **more):
    """Exit code and the lines."""
    done = CliRunner().invoke(hub, ["check"], env={**environment, **more})
    return done.exit_code, done.stdout


def lines(text, level):
    return [line for line in text.splitlines() if line.startswith(level)]


@pytest.fixture
def superuser(ready_db):
    with connect(ready_db.server.superuser_url(ready_db.name), autocommit=True) as connection:
        yield connection


def test_where_all_is_well_nothing_is_wrong(environment, ready_db):
    code, text = check(environment)
    assert lines(text, "wrong") == []
    assert "roles ingest, worker, app, control, identity can sign in" in text
    assert "all migrations are applied" in text
    assert "shared subscriptions ($share) are allowed" in text
    assert "it keeps sessions" in text
    assert code in {0, 1}  # a test machine's clock or disk may be worth a word
    done = CliRunner().invoke(hub, ["check", "--json"], env=environment)
    said = json.loads(done.stdout)
    assert {one["level"] for one in said["findings"]} <= {"ok", "warn"}
    assert said["level"] in {"ok", "warn"}


def test_no_password_is_in_what_it_says(environment, postgres_server):
    _, text = check(environment, HAILONG_DATABASE_URL="postgresql://127.0.0.1:9/hailong")
    for line in postgres_server.passfile.read_text().splitlines():
        assert line.rsplit(":", 1)[1] not in text


def test_a_database_that_is_away(environment):
    code, text = check(environment, HAILONG_DATABASE_URL="postgresql://127.0.0.1:9/hailong")
    assert code == 2
    assert "no PostgreSQL answers at 127.0.0.1:9/hailong" in text


def test_a_password_file_that_others_can_read_and_that_libpq_so_ignores(environment, tmp_path):
    (tmp_path / "database.pass").chmod(0o644)
    code, text = check(environment)
    assert code == 2
    assert "can be read by others (mode 0644, expected 0600)" in text
    assert "chmod 600" in text
    assert "refuses the connection" in text


def test_a_role_that_may_not_sign_in(environment, superuser):
    superuser.execute("ALTER ROLE hailong_worker NOLOGIN")
    try:
        code, text = check(environment)
    finally:
        superuser.execute("ALTER ROLE hailong_worker LOGIN")
    assert code == 2
    assert len(lines(text, "wrong")) == 1
    assert "role hailong_worker cannot sign in" in text


def test_a_setting_by_which_settled_rows_are_lost(environment, superuser, ready_db):
    name = sql.Identifier(ready_db.name)
    superuser.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
    try:
        code, text = check(environment)
    finally:
        superuser.execute(sql.SQL("ALTER DATABASE {} RESET synchronous_commit").format(name))
    assert code == 2
    assert "synchronous_commit off: rows that devices were told are settled can be lost" in text


def test_a_migration_that_is_not_applied(environment, superuser):
    [(name, sha256)] = superuser.execute(
        "DELETE FROM public.hailong_migrations WHERE name = (SELECT max(name) FROM"
        " public.hailong_migrations) RETURNING name, sha256"
    ).fetchall()
    try:
        code, text = check(environment)
    finally:
        superuser.execute(
            "INSERT INTO public.hailong_migrations (name, sha256) VALUES (%s, %s)", (name, sha256)
        )
    assert code == 2
    assert f"1 migration(s) are not applied ({name}); run `hailong hub migrate`" in text


def test_without_the_migrators_password_migrations_are_not_looked_at(environment, tmp_path):
    passfile = tmp_path / "database.pass"
    kept = [line for line in passfile.read_text().splitlines() if "migrator" not in line]
    passfile.write_text("\n".join(kept) + "\n")
    code, text = check(environment)
    assert code in {0, 1}
    assert "not looked at; the migrator's password is not here" in text


def test_partitions_that_end_soon(environment, hub_db):
    address = hub_db.server.embedded.address
    url = f"postgresql://{address.host}:{address.port}/{hub_db.name}"
    code, text = check(environment, HAILONG_DATABASE_URL=url)
    assert code == 2
    assert "partitions are there for" in lines(text, "wrong")[0]
    assert "ingest makes them" in text


def test_devices_that_are_silent_never_heard_or_distrust_their_clock(environment, hub_db, enrolled):
    address = hub_db.server.embedded.address
    url = f"postgresql://{address.host}:{address.port}/{hub_db.name}"
    ingest = hub_db.open("ingest")
    well, odd, old, never = (enrolled() for _ in range(4))
    for device, trusted in ((well, True), (odd, False), (old, True)):
        arrive(ingest, device, state_payload(), health_payload(clock_trusted=trusted))
    hub_db.rows("UPDATE hailong.device_status SET health_at = now()")
    hub_db.rows(
        "UPDATE hailong.device_status SET health_at = now() - interval '1 hour'"
        " WHERE device_id = %s",
        old.device_id,
    )
    _, text = check(environment, HAILONG_DATABASE_URL=url)
    told = "\n".join(lines(text, "warn"))
    assert f"1 ({old.device_id}) told nothing for 25 minutes" in told
    assert f"1 ({never.device_id}) never told anything" in told
    assert f"1 ({odd.device_id}) do not trust their clock" in told
    hub_db.rows("UPDATE hailong.device_status SET health_at = now() - interval '1 hour'")
    _, text = check(environment, HAILONG_DATABASE_URL=url)
    assert any("all that were ever heard" in line for line in lines(text, "wrong"))


def test_a_release_that_does_not_send_what_a_rule_needs(environment, hub_db, enrolled):
    address = hub_db.server.embedded.address
    url = f"postgresql://{address.host}:{address.port}/{hub_db.name}"
    device = enrolled()
    migrator = hub_db.open("migrator")

    def told(*categories):
        number = releases.add_release(migrator, {}, [], "van-hanh", categories or None)
        if rollouts.status(migrator, NOW) is not None:
            rollouts.back(migrator, taken_by="van-hanh")
        rollouts.start(
            migrator,
            release_no=number,
            branch=device.branch,
            counter=device.counter,
            taken_by="van-hanh",
        )
        _, text = check(environment, HAILONG_DATABASE_URL=url)
        return number, [line for line in text.splitlines() if " releases: " in line]

    number, (line,) = told("greeting")
    assert line.startswith(f"warn   releases: release {number} (1 devices) does not send abusive,")
    assert "rule money_hint" in line
    assert "greeting_missing" not in line
    _, (line,) = told()
    assert line.startswith("ok     releases: devices send each kind")


def mosquitto(tmp_path, *settings):
    """Started with these lines beside its own."""
    broker = Mosquitto(tmp_path)
    config = tmp_path / "mosquitto.conf"
    base = config.read_text()
    for line in settings:
        base = base.replace("allow_anonymous true\n", "") if "anonymous" in line else base
    config.write_text(base + "\n".join(settings) + "\n")
    broker.start()
    return broker


@pytest.mark.parametrize(
    ("settings", "level", "words"),
    [
        ([], "ok", "shared subscriptions ($share) are allowed"),
        (["allow_anonymous false"], "wrong", "refuses the connection"),
        (["max_packet_size 4000"], "wrong", "its packets end at 4000 bytes"),
        (["retain_available false"], "wrong", "it retains nothing"),
        (["max_qos 0"], "wrong", "it allows QoS 0 alone"),
    ],
)
def test_a_broker_that_is_set_up_wrong(environment, tmp_path, settings, level, words):
    broker = mosquitto(tmp_path, *settings)
    try:
        _, text = check(environment, HAILONG_BROKER_URL=f"mqtt://{HOST}:{broker.port}")
    finally:
        broker.kill()
    assert any(words in line and "broker" in line for line in lines(text, level)), text


def test_the_check_leaves_no_session_behind(tmp_path):
    from hub.checks import broker as checked
    from hub.settings import Address

    mosquitto_ = mosquitto(tmp_path)
    address = Address(HOST, mosquitto_.port)
    asked = []
    connect = checked._connected

    def noted(broker, name, tls, *, forget):
        asked.append(name)
        return connect(broker, name, tls, forget=forget)

    checked._connected = noted
    try:
        found = checked.check_broker(address)
        assert any("it keeps sessions" in one.words for one in found)
        with connect(address, asked[0], None, forget=True) as again:
            assert not again.session_present
    finally:
        checked._connected = connect
        mosquitto_.kill()


def test_a_broker_that_is_away(environment):
    code, text = check(environment, HAILONG_BROKER_URL="mqtt://127.0.0.1:9")
    assert code == 2
    assert "127.0.0.1:9 cannot be reached" in text


def certificate(path, *, begins=-1, ends):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=begins))
        .not_valid_after(NOW + timedelta(days=ends, hours=1))
        .sign(key, hashes.SHA256())
    )
    from cryptography.hazmat.primitives.serialization import Encoding

    path.write_bytes(made.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("begins", "ends", "level", "words"),
    [
        (-1, 90, Level.OK, "ends in 90 days"),
        (-1, 20, Level.WARN, "ends in 20 days"),
        (-1, 5, Level.WRONG, "renew it now"),
        (-30, -1, Level.WRONG, "ended on"),
        (2, 90, Level.WRONG, "is the clock right?"),
    ],
)
def test_certificates_near_their_end(tmp_path, begins, ends, level, words):
    found = check_certificate(certificate(tmp_path / "x.crt", begins=begins, ends=ends), NOW)
    assert found.level is level
    assert words in found.words


def test_of_a_chain_the_first_to_end_counts_and_rubbish_is_told(environment, tmp_path):
    chain = tmp_path / "chain.pem"
    parts = [certificate(tmp_path / f"{n}.crt", ends=n).read_bytes() for n in (300, 12)]
    chain.write_bytes(b"".join(parts))
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("nothing")
    named = f"{chain}:{rubbish}:{tmp_path / 'none.pem'}"
    given = certificate(tmp_path / "given.pem", ends=3)
    code, text = check(
        environment, HAILONG_CHECK_CERTIFICATES=named, HAILONG_BROKER_CERT=str(given)
    )
    assert code == 2
    assert "given.pem ends in 3 days" in text
    assert "chain.pem ends in 12 days" in "\n".join(lines(text, "warn"))
    assert "rubbish.pem holds no certificate" in text
    assert "none.pem: No such file" in text


@pytest.mark.parametrize(
    ("hours", "level"), [(3, Level.OK), (40, Level.WARN), (24 * 9, Level.WRONG)]
)
def test_backups_by_their_age(tmp_path, hours, level):
    whole_backup(tmp_path, hours + 100)
    whole_backup(tmp_path, hours)
    assert check_backups(tmp_path, NOW).level is level


def whole_backup(folder, hours):
    """As the check sees one; made so long ago."""
    made = folder / f"hailong-{NOW - timedelta(hours=hours):%Y%m%dT%H%M%SZ}"
    made.mkdir()
    (made / "manifest.json").write_text("{}")
    return made


def test_what_is_no_whole_backup_does_not_make_an_old_one_new(tmp_path):
    whole_backup(tmp_path, 24 * 9)
    broken_off = whole_backup(tmp_path, 1)
    (broken_off / "manifest.json").unlink()
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".partial-hailong-20261125T010203Z").mkdir()
    found = check_backups(tmp_path, NOW)
    assert (found.level, "is 9 days old" in found.words) == (Level.WRONG, True)


def test_a_backup_named_after_no_moment_is_told(tmp_path):
    made = whole_backup(tmp_path, 3)
    made.rename(tmp_path / "hailong-99999999T999999Z")
    found = check_backups(tmp_path, NOW)
    assert (found.level, "named after no moment" in found.words) == (Level.WRONG, True)


def test_no_backup_at_all(environment, tmp_path):
    (tmp_path / "backups" / "2026-11-25").mkdir(parents=True)
    code, text = check(environment, HAILONG_CHECK_BACKUPS=str(tmp_path / "backups"))
    assert (code, "holds no whole backup" in text) == (2, True)


class Usage(NamedTuple):
    total: float
    used: float
    free: float


@pytest.mark.parametrize(
    ("free_gb", "total_gb", "level"),
    [(100, 500, Level.OK), (18, 500, Level.WARN), (1, 500, Level.WRONG), (4, 8, Level.OK)],
)
def test_room_by_what_is_left(monkeypatch, tmp_path, free_gb, total_gb, level):
    usage = Usage(total_gb * 1e9, 0, free_gb * 1e9)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: usage)
    assert disk.check_disk("state's disk", tmp_path).level is level


def test_the_databases_own_disk_is_looked_at_where_it_is_named(environment, tmp_path):
    _, text = check(environment, HAILONG_CHECK_DATABASE_FOLDER=str(tmp_path))
    told = re.search(r"database's disk: (\d+)", text)
    assert told is not None
    # Others write meanwhile.
    assert abs(int(told[1]) - shutil.disk_usage(tmp_path).free / 10**9) < 2
    _, text = check(environment, HAILONG_CHECK_DATABASE_FOLDER=str(tmp_path / "none"))
    assert "wrong  database's disk" in text


@pytest.mark.parametrize(
    ("apart_s", "synchronised", "level"),
    [
        (0.2, True, Level.OK),
        (0.2, False, Level.WARN),
        (-9, True, Level.WARN),
        (400, True, Level.WRONG),
        (0.2, None, Level.WARN),
    ],
)
def test_a_clock_that_is_off(apart_s, synchronised, level):
    found = check_clock(1000.0 + apart_s, 1000.0, lambda: synchronised)
    assert max(one.level for one in found) is level


def test_settings_that_cannot_be_read_are_one_line(environment):
    code, text = check(environment, HAILONG_BROKER_URL="http://x")
    assert code == 2
    assert text == ""


def test_it_runs_as_the_command_does(environment):
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "hailong", "hub", "check"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    assert "broker" in done.stdout
    assert done.stderr == ""
