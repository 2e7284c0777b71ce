"""What an agent tells of itself on loopback, with a real broker and a real outbox."""

import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner

from edge_agent.cli import agent
from edge_agent.clock import SystemClock
from edge_agent.delivery import Delivery
from edge_agent.errors import SettingsError
from edge_agent.guard import Guard
from edge_agent.identity import DeviceIdentity
from edge_agent.metrics import REGISTRY
from edge_agent.outbox import Outbox
from edge_agent.publisher import Publisher
from edge_agent.running.heart import HEARTS, Heart
from edge_agent.running.told import told
from edge_agent.running.view import views
from edge_agent.running.watch import watched
from edge_agent.settings import AgentSettings
from schemas.health import LossHealth, SensorHealth
from schemas.vocabulary import Overload, Sensor, SensorState
from tests.builders import BRANCH, COUNTER
from tests.integration.brokers import HOST, until

pytestmark = pytest.mark.integration
DEVICE = "dev-running"
SENSORS = (
    SensorHealth(sensor=Sensor.MICROPHONE_STAFF, state=SensorState.OK),
    SensorHealth(sensor=Sensor.CAMERA, state=SensorState.COVERED),
)


def get(address, path):
    try:
        with urllib.request.urlopen(f"{address}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def served():
    said = []
    with told("127.0.0.1:0", said.append):
        yield re.search(r"http://\S+", said[0])[0]


@pytest.fixture
def counter(tmp_path, mosquitto):
    """Delivery and publisher as edge_agent/run.py puts them together, without a source."""
    identity = DeviceIdentity.load_or_create(tmp_path / "state", DEVICE, BRANCH, COUNTER)
    outbox = Outbox.open(tmp_path / "state" / "outbox.db", identity.topic, identity.sign, DEVICE)
    settings = AgentSettings.model_validate(
        {
            "device_id": DEVICE,
            "branch": BRANCH,
            "counter": COUNTER,
            "state": tmp_path / "state",
            "broker_url": f"mqtt://{HOST}:{mosquitto.port}",
            "hub_public_key": "ab" * 32,
            "source": {"path": "none.wav"},
            "publish": {"reconnect_min_s": 0.05, "reconnect_max_s": 0.1},
        }
    )
    with watched(DEVICE) as watch:
        publisher = Publisher(
            settings, identity, outbox, agent_version="0.1.0", heart=watch.publisher
        )
        delivery = Delivery(
            settings, outbox, publisher, SystemClock(), threading.Event(), watch.measuring
        )
        watch.show(outbox, publisher, delivery)
        publisher.start()
        yield delivery
        publisher.stop()
        outbox.close()
    assert DEVICE not in [view.device for view in views()]
    assert not [heart for heart in HEARTS.all() if DEVICE in heart.name]


def value(name, **labels):
    return REGISTRY.get_sample_value(f"hailong_agent_{name}", {"device": DEVICE, **labels})


def test_metrics_say_what_health_knows(counter, served, mosquitto):
    counter.report(
        SENSORS,
        overload=Overload.FEWER_FRAMES,
        losses=LossHealth(audio_dropped_s=1.5, video_frames_dropped=7),
    )
    until(lambda: value("broker_connected") == 1)
    until(lambda: value("messages_sent_total") == 1)
    assert value("outbox_messages") == 1  # no hub has settled it
    assert value("outbox_bytes") > 0
    assert value("audio_lost_seconds") == 1.5
    assert value("pictures_lost") == 7
    assert value("overload_step") == 1
    assert value("clock_trusted") == 1
    assert value("sensor_ok", sensor="camera") == 0
    assert value("sensor_ok", sensor="microphone_staff") == 1
    status, body = get(served, "/metrics")
    assert status == 200
    assert "hailong_agent_process_cpu_seconds_total" in body
    status, body = get(served, "/readyz")
    assert status == 503
    assert json.loads(body)["missing"][DEVICE] == [
        "camera: covered",
        "overload: fewer_frames; not everything is measured",
    ]
    assert get(served, "/healthz")[0] == 200
    mosquitto.kill()
    until(lambda: value("broker_connected") == 0)
    assert "broker: not connected" in get(served, "/readyz")[1]
    assert get(served, "/healthz")[0] == 200


def test_a_loop_that_says_nothing_is_a_deadlock_and_one_that_ended_is_none(served):
    with HEARTS.beating("measuring dev-stuck") as heart:
        heart.beat("measuring", 0.2)
        assert get(served, "/healthz")[0] == 200
        time.sleep(0.3)
        status, body = get(served, "/healthz")
        assert status == 503
        assert "expected a sign of life" in json.loads(body)["loops"]["measuring dev-stuck"]
        assert (
            REGISTRY.get_sample_value("hailong_agent_loop_live", {"loop": "measuring dev-stuck"})
            == 0
        )
    assert get(served, "/healthz")[0] == 200


def test_a_full_outbox_is_waited_for_alive(counter):
    heart = Heart("x", clock=lambda: 100.0)
    heart.beat("waiting for room in the outbox", 30)
    assert heart.judge(129.0) == (True, "waiting for room in the outbox")
    assert not heart.judge(131.0)[0]
    assert counter.heart.judge(time.monotonic())[0]


def test_systemd_hears_the_watchdog_only_while_alive(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with told(None, lambda _: None), HEARTS.beating("measuring") as heart:
            assert listening.recv(500) == b"READY=1"
            heart.beat("measuring", 60)
            assert listening.recv(500).startswith(b"WATCHDOG=1\nSTATUS=ready")
            heart.beat("measuring", 0)
            stuck = listening.recv(500)
            while stuck.startswith(b"WATCHDOG"):
                stuck = listening.recv(500)
            assert stuck.startswith(b"STATUS=measuring: measuring, silent")
        assert listening.recv(500) in {b"STOPPING=1", stuck}


def test_models_are_timed_by_stage():
    name, labels = "hailong_agent_stage_busy_seconds_total", {"stage": "test_running"}
    Guard().run("test_running", lambda: time.sleep(0.05))
    assert REGISTRY.get_sample_value(name, labels) >= 0.05
    failed = "hailong_agent_stage_failures_total"
    Guard().run("test_running", lambda: {}["x"])
    assert REGISTRY.get_sample_value(failed, labels) == 1


@pytest.mark.parametrize(
    "address", ["0.0.0.0:9467", "10.0.0.7:9467", "9467", "localhost:9467", "127.0.0.1:70000"]
)
def test_a_device_opens_no_port_to_its_network(address):
    with pytest.raises(SettingsError, match="expected 127"), told(address, print):
        pass


def test_the_command_says_it_in_one_line(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text(
        f'device_id = "d"\nbranch = "b"\ncounter = "quay-1"\nstate = "{tmp_path}"\n'
        f'hub_public_key = "{"ab" * 32}"\n[source]\npath = "none.wav"\n'
    )
    done = CliRunner().invoke(
        agent, ["run", "--settings", str(file), "--metrics-address", "0.0.0.0:1"]
    )
    assert done.exit_code == 2
    assert "--metrics-address" in done.output
