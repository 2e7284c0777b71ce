"""One trace from an agent's publish to the hub's commit, over a real broker."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from nacl.signing import SigningKey
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from edge_agent import tracing as agent_tracing
from edge_agent.identity import DeviceIdentity
from edge_agent.outbox import Outbox
from edge_agent.publisher import Publisher
from edge_agent.settings import AgentSettings
from hub import tracing
from hub.store.place import enrol_device
from schemas.identifiers import uuid8
from tests.builders import COUNTER, NOW, health_payload
from tests.devices import wait_until
from tests.integration.brokers import HOST

pytestmark = pytest.mark.integration


@pytest.fixture
def publisher(tmp_path, mosquitto, hub_db, branch):
    """Makes an agent's way out with one health message in it."""
    started = []
    device = f"dev-{branch}"

    def start(hub_key):
        identity = DeviceIdentity.load_or_create(tmp_path / "agent", device, branch, COUNTER)
        enrol_device(
            hub_db.open("migrator"),
            device_id=device,
            branch_id=branch,
            counter_id=COUNTER,
            public_key=identity.public_key.hex(),
        )
        outbox = Outbox.open(
            tmp_path / "agent" / "outbox.db", identity.topic, identity.sign, device
        )
        outbox.append("health", health_payload(), uuid8(device, "1"), NOW)
        settings = AgentSettings.model_validate(
            {
                "device_id": device,
                "branch": branch,
                "counter": COUNTER,
                "state": tmp_path / "agent",
                "broker_url": f"mqtt://{mosquitto.address}",
                "hub_public_key": hub_key,
                "source": {"path": "none.wav"},
            }
        )
        started.append((Publisher(settings, identity, outbox, agent_version="0.1.0"), outbox))
        started[-1][0].start()
        return started[-1][0]

    yield start
    for one, outbox in started:
        one.stop()
        outbox.close()


@pytest.fixture
def stop_tracing():
    yield
    tracing.stop()
    agent_tracing.stop()


def test_from_publish_to_commit_it_is_one_trace(
    mosquitto, publisher, start_ingest, hub_db, stop_tracing
):
    hub_spans, agent_spans = InMemorySpanExporter(), InMemorySpanExporter()
    tracing.start("http://127.0.0.1:9/v1/traces", hub_spans)
    agent_tracing.start("http://127.0.0.1:9/v1/traces", agent_spans)
    ingest = start_ingest(mosquitto.address)
    sending = publisher(bytes(ingest.verify_key).hex())
    assert sending.wait_drained(20)
    tracing.stop()
    agent_tracing.stop()

    by_name = {}
    for span in hub_spans.get_finished_spans():
        by_name.setdefault(span.name, []).append(span)
    [publish] = agent_spans.get_finished_spans()
    [stored] = by_name["stored"]
    assert publish.name == "publish health"
    assert stored.context.trace_id == publish.context.trace_id
    assert stored.parent.span_id == publish.context.span_id
    batch = next(b for b in by_name["ingest batch"] if b.attributes["traced"])
    assert [link.context.span_id for link in batch.links] == [publish.context.span_id]
    assert [link.context.span_id for link in stored.links] == [batch.context.span_id]
    commit = next(c for c in by_name["commit"] if c.parent.span_id == batch.context.span_id)
    assert stored.start_time <= commit.start_time <= commit.end_time <= batch.end_time
    # Nothing of a message stands in a span.
    told = str([span.attributes for spans in by_name.values() for span in spans])
    assert "dev-" not in told
    assert hub_db.value("SELECT count(*) FROM hailong.device_status") == 1


class Collector(HTTPServer):
    """Takes OTLP over HTTP, as a collector does."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Taken)
        self.taken = []


class _Taken(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, self.headers["Content-Type"], body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_spans_go_to_the_endpoint(mosquitto, publisher, start_ingest, stop_tracing):
    collector = Collector()
    thread = threading.Thread(target=collector.serve_forever)
    thread.start()
    try:
        tracing.start(f"http://127.0.0.1:{collector.server_port}/v1/traces")
        ingest = start_ingest(mosquitto.address)
        assert publisher(bytes(ingest.verify_key).hex()).wait_drained(20)
        tracing.stop()
        wait_until(lambda: collector.taken)
    finally:
        collector.shutdown()
        thread.join()
        collector.server_close()
    path, kind, body = collector.taken[0]
    assert (path, kind) == ("/v1/traces", "application/x-protobuf")
    assert b"hailong-hub" in body
    assert b"ingest batch" in body


def test_without_tracing_a_message_carries_no_property(mosquitto, publisher):
    import paho.mqtt.client as mqtt

    seen = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_message = lambda _c, _u, m: seen.append(m)
    client.connect(HOST, mosquitto.port)
    client.subscribe("hailong/v1/+/+/health", qos=1)
    client.loop_start()
    try:
        publisher(bytes(SigningKey.generate().verify_key).hex())
        wait_until(lambda: seen)
    finally:
        client.disconnect()
        client.loop_stop()
    assert not hasattr(seen[0].properties, "UserProperty")
