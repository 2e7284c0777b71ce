"""A hub restored from an old backup gets back what the devices still hold, and nothing that was
erased meanwhile.
"""

import logging
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from edge_agent.identity import DeviceIdentity
from edge_agent.outbox import Outbox
from edge_agent.publisher import Publisher
from edge_agent.settings import AgentSettings
from hub.backup import restore as restoring
from hub.backup.errors import BackupError
from hub.backup.make import Source, make_backup
from hub.backup.restore import Target
from hub.ingest.service import IngestService, utc_now
from hub.privacy.erasures import ErasureList
from hub.settings import Address, load_signing_key
from hub.store import erasures as erasing
from hub.store.backup import pending_restores
from hub.store.place import enrol_device
from hub.store.pool import Database
from tests.builders import COUNTER, activity_payload, health_payload, interaction_payload
from tests.devices import wait_until
from tests.integration.test_backup import new_database

pytestmark = pytest.mark.integration
STAFF = "cb-0117"


@contextmanager
def ingesting(url, broker, key, name):
    service = IngestService(
        Database(url, max_size=2), broker, key, clock=utc_now, client_id=f"restore-{name}"
    )
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    try:
        yield service
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


class Agent:
    """A device's own outbox and publisher."""

    def __init__(self, state, branch, broker, hub_key):
        self.identity = DeviceIdentity.load_or_create(state, "may-khoi-phuc", branch, COUNTER)
        self.outbox = Outbox.open(
            state / "outbox.sqlite3",
            self.identity.topic,
            self.identity.sign,
            self.identity.device_id,
        )
        settings = AgentSettings.model_validate(
            {
                "device_id": self.identity.device_id,
                "branch": branch,
                "counter": COUNTER,
                "state": state,
                "broker_url": f"mqtt://{broker}",
                "hub_public_key": bytes(hub_key.verify_key).hex(),
                "source": {"path": "none.wav"},
                "publish": {"resend_after_s": 0.5, "reconnect_max_s": 0.5},
            }
        )
        self.publisher = Publisher(settings, self.identity, self.outbox, agent_version="0.1.0")
        self.publisher.start()

    def interactions(self, count):
        started = datetime.now(UTC) - timedelta(minutes=30)
        made = []
        for number in range(count):
            payload = interaction_payload(started_at=started + timedelta(seconds=number))
            self.outbox.append("interaction", payload, payload.interaction_id, datetime.now(UTC))
            made.append(payload.interaction_id)
        self.outbox.append(
            "activity",
            activity_payload(at=started + timedelta(seconds=10 * count)),
            uuid4(),
            datetime.now(UTC),
        )
        return made

    def hello(self):
        self.outbox.append("health", health_payload(), uuid4(), datetime.now(UTC))

    def close(self):
        self.publisher.stop()
        self.outbox.close()


def rows(database, query):
    with database.transaction() as connection:
        return connection.execute(query).fetchall()


def contents(database):
    """What came from the device: measurements as they were sent, turns, windows, who sat there."""
    return {
        "interactions": rows(
            database,
            "SELECT interaction_id, at, revision, staff_id, measurements::text, message_id"
            " FROM hailong.interactions ORDER BY 1",
        ),
        "turns": rows(
            database, "SELECT interaction_id, turn_no, role FROM hailong.turns ORDER BY 1, 2"
        ),
        "activity": rows(
            database, "SELECT at, staff_speech_s FROM hailong_private.activity ORDER BY 1"
        ),
    }


def erase(listed, key, database, kind, subject):
    """In this order: the list first, then the database."""
    entry = listed.append(key, kind, str(subject), datetime.now(UTC), "privacy")
    assert erasing.apply(database, [entry]) > 0


def test_what_came_after_the_backup_comes_again_and_what_was_erased_does_not(
    tmp_path, hub_db, branch, own_broker, postgres_server, caplog
):
    caplog.set_level(logging.INFO)
    broker = Address(own_broker.address.host, own_broker.address.port)
    state = tmp_path / "hub"
    key = load_signing_key(state)
    listed = ErasureList.begin(state, key, datetime.now(UTC))
    migrator = hub_db.open("migrator")
    device = tmp_path / "agent"
    device.mkdir(mode=0o700)
    agent = Agent(device, branch, broker, key)
    enrol_device(
        migrator,
        device_id=agent.identity.device_id,
        branch_id=branch,
        counter_id=COUNTER,
        public_key=agent.identity.public_key.hex(),
    )
    hub_db.rows("INSERT INTO hailong.staff VALUES (%s, %s)", STAFF, branch)
    hub_db.rows(
        "INSERT INTO hailong.assignments VALUES (%s, %s, %s, now() - interval '2 hours', now())",
        branch,
        COUNTER,
        STAFF,
    )
    try:
        with ingesting(hub_db.url("ingest"), broker, key, "first"):
            before = agent.interactions(20)
            assert agent.publisher.wait_drained(20)
            backup_url = hub_db.url("backup")
            folder = make_backup(
                Source(hub_db.open("backup"), backup_url, state, key), tmp_path / "backups"
            )
            after = agent.interactions(30)
            assert agent.publisher.wait_drained(20)
        assert {row[3] for row in contents(migrator)["interactions"]} == {STAFF}
        for kind, subject in (
            ("interaction", before[3]),
            ("interaction", after[5]),
            ("staff", STAFF),
        ):
            erase(listed, key, migrator, kind, subject)
        expected = contents(migrator)
        assert [len(expected[k]) for k in ("interactions", "turns", "activity")] == [48, 96, 12]
        with new_database(postgres_server) as (name, restored):
            target = Target(
                restored, postgres_server.role_url("migrator", name), state, key.verify_key
            )
            done = restoring.restore(target, folder)
            assert (done.erasures, done.manifest.rows["hailong.interactions"]) == (3, 20)
            assert len(contents(restored)["interactions"]) == 19
            with ingesting(postgres_server.role_url("ingest", name), broker, key, "second"):
                # The device need only say anything at all: the answer names what is missing.
                agent.hello()
                wait_until(
                    lambda: (
                        rows(restored, "SELECT settled::text FROM hailong.streams")
                        == [("{[1,54)}",)]
                    ),
                    30,
                )
                assert agent.publisher.wait_drained(20)
            assert contents(restored) == expected
            assert rows(restored, "SELECT staff_id FROM hailong.staff") == []
            assert rows(restored, "SELECT count(*) FROM hailong.rejects") == [(0,)]
    finally:
        agent.close()


def test_ingest_stays_shut_until_the_erasures_were_replayed(
    tmp_path, hub_db, branch, own_broker, postgres_server, monkeypatch, caplog
):
    caplog.set_level(logging.INFO)
    broker = Address(own_broker.address.host, own_broker.address.port)
    state = tmp_path / "hub"
    key = load_signing_key(state)
    folder = make_backup(
        Source(hub_db.open("backup"), hub_db.url("backup"), state, key), tmp_path / "backups"
    )
    with new_database(postgres_server) as (name, restored):
        url = postgres_server.role_url("migrator", name)
        target = Target(restored, url, state, key.verify_key)
        replay = restoring.replay

        def broken_off(_target):
            raise BackupError("killed")

        monkeypatch.setattr(restoring, "replay", broken_off)
        with pytest.raises(BackupError, match="killed"):
            restoring.restore(target, folder)
        with ingesting(postgres_server.role_url("ingest", name), broker, key, "shut") as service:
            wait_until(lambda: "its erasures were not replayed" in caplog.text)
            assert "run `hailong hub erasures replay`" in caplog.text
            assert not service.ready
            assert replay(target) == (0, 0)
            wait_until(lambda: service.ready)
        assert pending_restores(restored) == []


def test_an_erased_interaction_is_refused_in_every_form(hub_db, branch, sender):
    """By the database itself, so that no program has to remember it."""
    from tests.builders import NOW, interaction_uuid
    from tests.stored import arrive

    ingest = hub_db.open("ingest")
    known = interaction_payload(interaction_id=interaction_uuid(7))
    other = interaction_payload(interaction_id=interaction_uuid(8))
    arrive(ingest, sender, known, other)
    entry = erasing.Erasure(1, "interaction", str(interaction_uuid(7)), NOW)
    migrator = hub_db.open("migrator")
    # Interaction, two turns, and its place in the queue.
    assert erasing.apply(migrator, [entry]) == 4
    assert erasing.apply(migrator, [entry]) == 0
    arrive(ingest, sender, known)
    arrive(ingest, sender, known.model_copy(update={"revision": 9}), other)
    found = hub_db.rows("SELECT interaction_id FROM hailong.interactions")
    assert found == [(interaction_uuid(8),)]
    assert hub_db.value("SELECT count(*) FROM hailong.turns") == 2
    assert hub_db.value("SELECT count(*) FROM hailong.scoring_queue") == 1
    assert hub_db.value("SELECT settled::text FROM hailong.streams") == "{[1,6)}"


def test_erasing_takes_figures_flags_and_decisions_along(module_db):
    import psycopg

    from tests.attack_site import A1, fill, marks

    with psycopg.connect(module_db.server.superuser_url(module_db.name)) as connection:
        fill(connection)
    mine = A1.values
    migrator = module_db.open("migrator")
    entry = erasing.Erasure(1, "interaction", mine["interaction_id"], mine["at"])
    assert erasing.apply(migrator, [entry]) == 12
    tables = (
        "interactions", "turns", "scores", "flags", "reviews", "scoring_queue", "ratings",
        "truth_ticks",
    )  # fmt: skip
    for table in tables:
        left = module_db.rows(f"SELECT t::text FROM hailong.{table} t")
        assert "a1a1" not in marks(left)
        assert "a2a2" in marks(left), "of others nothing goes"
    # A decision on anything else stays, whoever asks.
    with pytest.raises(psycopg.IntegrityError, match="append-only"):
        module_db.rows("DELETE FROM hailong.reviews")
    staff = erasing.Erasure(2, "staff", mine["staff_id"], mine["at"])
    assert erasing.apply(migrator, [staff]) > 0
    for table in ("staff", "assignments"):
        assert "a1a1" not in marks(module_db.rows(f"SELECT t::text FROM hailong.{table} t"))
    assert (
        module_db.rows("SELECT login FROM hailong.users WHERE login = %s", mine["clerk_login"])
        == []
    )
    assert erasing.apply(migrator, [entry, staff]) == 0
