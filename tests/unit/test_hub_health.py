"""Alive or deadlocked, ready or not: judged from heartbeats and what the database says."""

import json
import socket
import time
import urllib.error
import urllib.request

import pytest

from hub.health.heart import ACKNOWLEDGING, COMMITTING, GATHERING, Heart
from hub.health.judge import Part, judge_loop, what_is_missing
from hub.health.monitor import Monitor, Watched
from hub.health.probe import Answer
from hub.health.server import HealthServer, MetricsAddressError
from hub.health.settings import OperationsSettings
from hub.health.systemd import Systemd
from hub.settings import Address, SettingsError


class Clock:
    now_s = 1000.0

    def __call__(self):
        return self.now_s


class Said:
    """A probe's answers, as scripted."""

    address = "127.0.0.1:5432/hailong"

    def __init__(self, *, answers=True, idle_s=0.0, took_s=0.001, code=""):
        self._answers, self._idle_s = answers, idle_s
        self.answer = Answer(1000.0, took_s, code, None)

    def answers(self, _now_s):
        return self._answers

    def idle_s(self, _now_s):
        return self._idle_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def heart(clock):
    return Heart("ingest", clock=clock)


def test_a_loop_within_its_phase_is_alive_and_says_what_it_does(heart, clock):
    heart.beat(GATHERING)
    clock.now_s += 9
    found = judge_loop(heart, None, clock.now_s)
    assert found.live
    assert found.words == "gathering messages for 9 s"


def test_a_beat_in_the_same_phase_keeps_its_beginning(heart, clock):
    heart.beat(COMMITTING)
    clock.now_s += 12
    heart.beat()
    clock.now_s += 12
    assert judge_loop(heart, Said(), clock.now_s).words == "committing for 24 s"


@pytest.mark.parametrize("phase", [GATHERING, ACKNOWLEDGING])
def test_silence_where_nothing_is_waited_for_is_a_deadlock(heart, clock, phase):
    heart.beat(phase)
    clock.now_s += 11
    found = judge_loop(heart, Said(answers=False), clock.now_s)
    assert not found.live
    assert "expected a sign of life" in found.words


def test_a_long_commit_with_the_database_at_work_is_busy(heart, clock):
    heart.beat(COMMITTING)
    clock.now_s += 20
    found = judge_loop(heart, Said(idle_s=0), clock.now_s)
    assert found.live
    assert "the database is at work for it" in found.words


def test_a_long_commit_of_which_the_database_knows_nothing_is_a_deadlock(heart, clock):
    heart.beat(COMMITTING)
    clock.now_s += 20
    found = judge_loop(heart, Said(idle_s=7), clock.now_s)
    assert not found.live
    assert "nothing to do for it" in found.words


def test_a_stopped_database_is_no_reason_to_restart_and_none_to_call_it_ready(heart, clock):
    heart.beat(COMMITTING)
    clock.now_s += 3600
    probe = Said(answers=False, code="database_unavailable")
    assert judge_loop(heart, probe, clock.now_s).live
    missing = what_is_missing(Part("ingest", [heart], probe), clock.now_s)
    assert missing == ["database 127.0.0.1:5432/hailong: does not answer (database_unavailable)"]


def test_slow_answers_and_long_commits_are_told(heart, clock):
    heart.beat(GATHERING)
    slow = what_is_missing(Part("ingest", [heart], Said(took_s=3.2)), clock.now_s)
    assert slow == ["database 127.0.0.1:5432/hailong: slow, 3.2 s for an answer"]
    heart.beat(COMMITTING)
    clock.now_s += 14
    assert what_is_missing(Part("ingest", [heart], Said()), clock.now_s) == [
        "committing has taken 14 s; expected under 10"
    ]


def get(server, path):
    try:
        with urllib.request.urlopen(f"http://{server.address}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def serve():
    started = []

    def start(monitor):
        started.append(HealthServer(Address("127.0.0.1", 0), monitor.report))
        started[-1].start()
        return started[-1]

    yield start
    for server in started:
        server.stop()


def test_the_endpoints_say_what_is_missing_in_words(heart, serve):
    lacking = ["broker 127.0.0.1:1883: not connected and subscribed"]
    server = serve(Monitor([Watched("ingest", [heart], Said(), lambda: lacking)]))
    heart._clock = time.monotonic
    heart.beat(GATHERING)
    assert get(server, "/healthz")[0] == 200
    status, body = get(server, "/readyz")
    said = json.loads(body)
    assert (status, said["live"], said["ready"]) == (503, True, False)
    assert said["parts"]["ingest"] == {"ready": False, "missing": lacking}
    lacking.clear()
    assert get(server, "/readyz")[0] == 200
    status, body = get(server, "/metrics")
    assert status == 200
    assert 'hailong_hub_ready{part="ingest"} 1.0' in body
    assert get(server, "/")[0] == 404


def test_a_port_that_is_taken_is_named(heart):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MetricsAddressError, match=f"127.0.0.1:{port}"):
            HealthServer(Address("127.0.0.1", port), lambda: None)


def test_systemd_hears_the_watchdog_only_while_the_hub_is_alive(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        heart = Heart("ingest", pace=0.05)
        monitor = Monitor(
            [Watched("ingest", [heart], None, list)],
            pace=0.05,
            systemd=Systemd({"NOTIFY_SOCKET": str(tmp_path / "notify")}),
        )
        heart.beat(GATHERING)
        monitor.start()
        try:
            assert listening.recv(500) == b"READY=1"
            heart.beat(GATHERING)
            said = [listening.recv(500) for _ in range(3)]
            assert any(b"STATUS=ingest: gathering" in one for one in said)
            assert b"WATCHDOG=1" not in said[-1]
        finally:
            monitor.stop()
        rest = listening.recv(500)
        while rest != b"STOPPING=1":
            rest = listening.recv(500)


def test_without_a_socket_nothing_is_told_and_nothing_fails(tmp_path):
    Systemd({}).ready()
    Systemd({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).alive("ready")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HAILONG_METRICS_ADDRESS", "127.0.0.1"),
        ("HAILONG_METRICS_ADDRESS", "127.0.0.1:70000"),
        ("HAILONG_METRICS_DEVICES", "yes"),
    ],
)
def test_settings_that_cannot_be_read_are_named(variable, value):
    with pytest.raises(SettingsError, match=f"^{variable} .*expected"):
        OperationsSettings.from_environment({variable: value})


def test_defaults_are_loopback_and_off_is_off():
    assert OperationsSettings.from_environment({}).metrics == Address("127.0.0.1", 9464)
    off = OperationsSettings.from_environment({"HAILONG_METRICS_ADDRESS": "off"})
    assert off.metrics is None
