"""What the hub counts, against what was really sent and stored."""

import urllib.request
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as mqtt
import pytest

from hub.health.figures import FLEET, read_backlog, read_fleet, read_streams
from hub.health.monitor import Monitor
from hub.health.server import HealthServer
from hub.metrics import REGISTRY
from hub.settings import Address
from schemas.health import SensorHealth
from schemas.vocabulary import Overload, Sensor, SensorState
from tests.builders import NOW, Sender, health_payload, interaction_payload, state_payload
from tests.devices import wait_until
from tests.stored import arrive, make_worker
from tests.website import Site

pytestmark = pytest.mark.integration


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def since():
    """The growth of a counter since the test asked for it first."""
    before = {}

    def grown(name, **labels):
        key = (name, *sorted(labels.items()))
        before.setdefault(key, value(name, **labels))
        return value(name, **labels) - before[key]

    return grown


def test_messages_are_counted_by_kind_and_by_reason_where_refused(
    start_ingest, own_broker, sender, since
):
    broker = Address(own_broker.address.host, own_broker.address.port)
    counted = [
        ("hailong_hub_messages_received_total", {"kind": "health"}),
        ("hailong_hub_messages_received_total", {"kind": "interaction"}),
        ("hailong_hub_messages_committed_total", {"kind": "interaction"}),
        ("hailong_hub_rejects_total", {"reason": "unknown_device"}),
        ("hailong_hub_confirmations_total", {}),
        ("hailong_hub_batch_messages_sum", {}),
        ("hailong_hub_commit_seconds_count", {}),
        ("hailong_hub_captured_to_commit_seconds_count", {}),
        ("hailong_hub_captured_to_commit_seconds_sum", {}),
        ("hailong_hub_received_to_commit_seconds_count", {}),
    ]
    for name, labels in counted:
        since(name, **labels)
    ingest = start_ingest(broker)
    assert value("hailong_hub_broker_connected") == 1
    stranger = Sender(device_id="dev-la", branch=sender.branch)
    with ingest.device(sender) as device:
        device.publish(
            sender.message(health_payload()),
            sender.message(interaction_payload()),
            stranger.message(interaction_payload()),
        )
        wait_until(lambda: since("hailong_hub_batch_messages_sum") == 3)
        device.confirm_when(lambda c: c.settled_below == 3)
    grown = [since(name, **labels) for name, labels in counted]
    assert grown[:4] == [1, 2, 1, 1]
    assert grown[4] >= 1
    assert grown[5] == 3
    assert grown[6] >= 1
    # Captured 5 s before NOW, at which the hub's clock stands.
    assert grown[7:] == [2, pytest.approx(10), 2]
    assert value("hailong_hub_queue_messages") == 0


def test_a_strangers_topic_makes_no_label(start_ingest, own_broker, since):
    broker = Address(own_broker.address.host, own_broker.address.port)
    since("hailong_hub_messages_received_total", kind="state")
    start_ingest(broker)
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect(broker.host, broker.port)
    client.loop_start()
    client.publish("hailong/v1/ten-nguoi/so-dien-thoai-0912/state", b"x", qos=1)
    wait_until(lambda: since("hailong_hub_messages_received_total", kind="state") == 1)
    client.loop_stop()
    told = "".join(str(family.samples) for family in REGISTRY.collect())
    assert "so-dien-thoai" not in told
    assert "ten-nguoi" not in told


def test_gaps_and_partitions_are_read_with_ingests_own_rights(hub_db, sender):
    database = hub_db.open("ingest")
    read_streams(database)
    assert value("hailong_hub_streams_with_gaps") == 0
    arrive(database, sender, interaction_payload())
    sender.sequence += 1  # lost on its way
    arrive(database, sender, interaction_payload(started_at=NOW - timedelta(hours=2)))
    read_streams(database)
    assert value("hailong_hub_streams_with_gaps") == 1
    until = hub_db.value(
        "SELECT max(to_date(right(relname, 8), 'YYYYMMDD')) + 1 FROM pg_class"
        " WHERE relname ~ '^activity_[0-9]{8}$'"
    )
    expected = datetime(until.year, until.month, until.day, tzinfo=UTC) - datetime.now(UTC)
    assert value("hailong_hub_partitions_ahead_seconds") == pytest.approx(
        expected.total_seconds(), abs=60
    )


def test_the_backlog_falls_when_it_is_scored(hub_db, sender, since):
    since("hailong_hub_interactions_scored_total")
    since("hailong_hub_scoring_seconds_count")
    worker = hub_db.open("worker")
    arrive(hub_db.open("ingest"), sender, interaction_payload())
    read_backlog(worker)
    assert value("hailong_hub_scoring_backlog") == 1
    assert value("hailong_hub_scoring_oldest_seconds") >= 0
    make_worker(worker).run_once()
    read_backlog(worker)
    assert value("hailong_hub_scoring_backlog") == 0
    assert since("hailong_hub_interactions_scored_total") == 1
    assert since("hailong_hub_scoring_seconds_count") == 1


def test_each_device_tells_its_last_health_and_a_revoked_one_nothing(hub_db, enrolled):
    from hub.store.place import revoke_device

    well, ill, quiet, gone = enrolled(), enrolled(), enrolled(), enrolled()
    database = hub_db.open("ingest")
    arrive(database, well, state_payload(), health_payload())
    arrive(
        database,
        ill,
        health_payload(
            sensors=(
                SensorHealth(sensor=Sensor.CAMERA, state=SensorState.COVERED),
                SensorHealth(sensor=Sensor.MICROPHONE_STAFF, state=SensorState.OK),
            ),
            overload=Overload.SMALLER_BEAM,
            clock_trusted=False,
        ),
    )
    arrive(database, gone, state_payload(), health_payload())
    revoke_device(hub_db.open("migrator"), gone.device_id)
    read_fleet(hub_db.open("app"))
    assert value("hailong_hub_device_online", device=well.device_id) == 1
    assert value("hailong_hub_device_uptime_seconds", device=well.device_id) == 60
    assert value("hailong_hub_device_overload_step", device=ill.device_id) == 2
    assert value("hailong_hub_device_clock_trusted", device=well.device_id) == 1
    assert value("hailong_hub_device_clock_trusted", device=ill.device_id) == 0
    camera = {"device": ill.device_id, "sensor": "camera"}
    assert REGISTRY.get_sample_value("hailong_hub_device_sensor_ok", camera) == 0
    assert value("hailong_hub_sensors", sensor="camera", state="covered") == 1
    assert value("hailong_hub_sensors", sensor="camera", state="ok") == 1
    assert value("hailong_hub_devices", status="never") == 1
    gone_labels = {"device": gone.device_id}
    assert REGISTRY.get_sample_value("hailong_hub_device_online", gone_labels) is None
    FLEET.each_device = False
    try:
        well_labels = {"device": well.device_id}
        assert REGISTRY.get_sample_value("hailong_hub_device_online", well_labels) is None
        assert value("hailong_hub_devices", status="never") == 1
    finally:
        FLEET.each_device = True
    unheard = {"device": quiet.device_id}
    assert REGISTRY.get_sample_value("hailong_hub_device_health_age_seconds", unheard) is None


def test_figures_that_cannot_be_read_any_more_are_not_shown(hub_db, enrolled):
    device = enrolled()
    arrive(hub_db.open("ingest"), device, state_payload())
    read_fleet(hub_db.open("app"))
    labels = {"device": device.device_id}
    assert REGISTRY.get_sample_value("hailong_hub_device_online", labels) == 1
    clock = FLEET._clock
    FLEET._clock = lambda: clock() + 121
    try:
        assert REGISTRY.get_sample_value("hailong_hub_device_online", labels) is None
    finally:
        FLEET._clock = clock


def test_requests_are_counted_by_their_routes_template(hub_db, branch, since):
    site = Site(hub_db.open("app"), hub_db.open("migrator"), branch)
    routes = {
        "/healthz": ("/healthz", "200"),
        "/interactions/0196f3d2-7a4b-8c5d-9e6f-a1b2c3d4e5f6": ("/interactions/{", "303"),
        "/no-such-page/0912": ("none", "404"),
        "/static/hailong.css": ("static", "200"),
    }
    from fastapi.testclient import TestClient

    client = TestClient(site.app, follow_redirects=False)
    for path in routes:
        client.get(path)
    seen = {
        (sample.labels["route"], sample.labels["status"])
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == "hailong_hub_http_requests_total"
    }
    for template, status in routes.values():
        assert any(r.startswith(template) and s == status for r, s in seen), (template, seen)
    assert not any("0912" in route or "0196f3d2" in route for route, _ in seen)
    assert value("hailong_hub_http_open") == 0


def test_all_of_it_is_served_in_prometheus_own_format():
    server = HealthServer(Address("127.0.0.1", 0), Monitor([]).report)
    server.start()
    try:
        with urllib.request.urlopen(f"http://{server.address}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    finally:
        server.stop()
    from prometheus_client.parser import text_string_to_metric_families

    names = {family.name for family in text_string_to_metric_families(text)}
    assert {"hailong_hub_info", "hailong_hub_process_cpu_seconds"} <= names
    assert "hailong_hub_captured_to_commit_seconds" in names
