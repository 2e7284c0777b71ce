"""Two workers share the messages of several devices; a worker, the broker with all it held in
memory, and the database are killed in the middle. In the end each message is one row.

4,000 messages here; `make faults-ingest` sends 200,000 (HAILONG_FAULT_MESSAGES).
"""

import os
import signal
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from edge_agent.identity import DeviceIdentity
from edge_agent.outbox import Outbox
from edge_agent.publisher import Publisher
from edge_agent.settings import AgentSettings
from edge_agent.state_folder import open_state_folder
from hub.store.arrivals import ensure_partitions
from hub.store.place import enrol_device, set_up_place
from tests.builders import activity_payload
from tests.integration.brokers import until
from tests.integration.conftest import counter_row
from tests.site import site

pytestmark = pytest.mark.integration

MESSAGES = int(os.environ.get("HAILONG_FAULT_MESSAGES", "4000"))
DEVICES = 10 if MESSAGES <= 10_000 else 40
PATIENCE_S = 60 + MESSAGES / 200
BRANCH = "cn-hai-nguoi"
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)


class Device:
    """A counter's outbox and publisher, as the agent runs them."""

    def __init__(self, number, home, broker, migrator):
        name, counter = f"may-{number:02d}", f"quay-{number:02d}"
        state = open_state_folder(home / name)
        identity = DeviceIdentity.load_or_create(state, name, BRANCH, counter)
        set_up_place(migrator, [counter_row(BRANCH, counter, number=number)])
        enrol_device(
            migrator,
            device_id=name,
            branch_id=BRANCH,
            counter_id=counter,
            public_key=identity.public_key.hex(),
        )
        self.outbox = Outbox.open(
            state / "outbox.sqlite3", identity.topic, identity.sign, name, max_bytes=2**30
        )
        self._state, self._broker, self._identity = state, broker, identity

    def measure(self, windows):
        """One message a window, as many as there are numbers in `windows`."""
        for n in windows:
            payload = activity_payload(START + timedelta(seconds=10 * n), windows=1)
            self.outbox.append("activity", payload, uuid4(), datetime.now(UTC))

    def start(self, hub_key_hex):
        settings = AgentSettings.model_validate(
            {
                "device_id": self._identity.device_id,
                "branch": BRANCH,
                "counter": self._identity.counter,
                "state": self._state,
                "broker_url": f"mqtt://{self._broker}",
                "hub_public_key": hub_key_hex,
                "source": {"path": "none.wav"},
                "publish": {"resend_after_s": 2, "reconnect_max_s": 1},
            }
        )
        self.publisher = Publisher(settings, self._identity, self.outbox, agent_version="0.1.0")
        self.publisher.start()

    def close(self):
        self.publisher.stop()
        self.outbox.close()


@pytest.mark.timeout(PATIENCE_S * 2)
def test_each_message_is_one_row_whoever_is_killed(hub_db, postgres_server, mosquitto, tmp_path):
    broker = mosquitto.address
    migrator = hub_db.open("migrator")
    ensure_partitions(migrator, START, datetime.now(UTC))
    devices = [Device(n, tmp_path, broker, migrator) for n in range(1, DEVICES + 1)]
    quarter = MESSAGES // DEVICES // 4

    def stored():
        return hub_db.value("SELECT count(*) FROM hailong_private.activity")

    def in_the_middle_of(part):
        """Each device measures a quarter more, and some of it is stored."""
        for device in devices:
            device.measure(range(part * quarter, (part + 1) * quarter))
        until(lambda: stored() > (part + 0.02) * MESSAGES / 4, PATIENCE_S)

    with site(tmp_path, BRANCH, hub_db, postgres_server, broker) as made:
        workers = [made.start_worker("1"), made.start_worker("2")]
        until(lambda: made.log.read_text().count("connected and subscribed") == 2)
        for device in devices:
            device.start(made.hub_key_hex)
        try:
            in_the_middle_of(0)
            workers[1].kill()
            workers[1].wait()
            made.start_worker("2")
            in_the_middle_of(1)
            mosquitto.kill()
            mosquitto.start()
            in_the_middle_of(2)
            os.kill(postgres_server.embedded.pid, signal.SIGKILL)
            until(lambda: postgres_server.embedded.pid is None)
            postgres_server.embedded.start()
            in_the_middle_of(3)
            until(lambda: all(d.outbox.stats().waiting == 0 for d in devices), PATIENCE_S)
        finally:
            for device in devices:
                device.close()
    assert stored() == MESSAGES
    gaps = "SELECT count(*) FROM hailong.streams WHERE settled <> int8multirange(int8range(1, %s))"
    assert hub_db.value(gaps, MESSAGES // DEVICES + 1) == 0
    assert hub_db.value("SELECT count(*) FROM hailong.streams") == DEVICES
    assert hub_db.rows("SELECT reason, detail FROM hailong.rejects") == []
    text = made.log.read_text()
    assert "Traceback" not in text
    # Both took their share, or nothing was shared.
    for name in ("1", "2"):
        assert f"hailong-ingest-{name}" in text
