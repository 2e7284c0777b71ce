"""The hub as systemd starts it: ready, alive, and answering on the management address."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from hub.settings import Address
from tests.devices import wait_until

pytestmark = pytest.mark.integration


class Started:
    """A hub's process, and what systemd heard of it."""

    def __init__(self, words, environment, folder):
        self.log = folder / "hub.log"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.setblocking(False)
        self.heard = []
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hailong", "hub", *words],
                env={
                    **os.environ,
                    **environment,
                    "NOTIFY_SOCKET": str(folder / "notify"),
                    "HAILONG_STATE": str(folder / "state"),
                },
                stdout=log,
                stderr=log,
            )

    def listen(self):
        while True:
            try:
                self.heard.append(self._socket.recv(500).decode())
            except BlockingIOError:
                return self.heard

    def lines(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    @property
    def address(self):
        wait_until(lambda: "metrics and health at" in self.log.read_text(), timeout_s=20)
        return re.search(r"metrics and health at (http://[\d.:]+)", self.log.read_text())[1]

    def get(self, path):
        try:
            with urllib.request.urlopen(f"{self.address}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.listen()
        return code

    def close(self):
        if self.process.poll() is None:
            self.stop()
        self._socket.close()


@pytest.fixture
def start(hub_db, postgres_server, own_broker, tmp_path):
    started = []
    address = postgres_server.embedded.address
    environment = {
        "HAILONG_DATABASE_URL": f"postgresql://{address.host}:{address.port}/{hub_db.name}",
        "HAILONG_DATABASE_PASSFILE": str(postgres_server.passfile),
        "HAILONG_BROKER_URL": f"mqtt://{Address(own_broker.address.host, own_broker.address.port)}",
        "HAILONG_INGEST_WINDOW": "100",
        "HAILONG_WEB_ADDRESS": "127.0.0.1:0",
        "HAILONG_METRICS_ADDRESS": "127.0.0.1:0",
    }

    def run(*words, **more):
        started.append(Started(words, {**environment, **more}, tmp_path))
        return started[-1]

    yield run
    for one in started:
        one.close()


def test_all_parts_in_one_process_tell_that_they_are_ready_and_alive(start):
    hub = start("run")
    wait_until(lambda: hub.get("/readyz")[0] == 200, timeout_s=20)
    said = json.loads(hub.get("/readyz")[1])
    assert set(said["parts"]) == {"ingest", "score", "rollup", "web", "control"}
    assert set(said["loops"]) == {*said["parts"], "ingest-store", "ingest-store-2"}
    wait_until(lambda: "WATCHDOG=1\nSTATUS=ready" in hub.listen())
    assert hub.heard[0] == "READY=1"
    metrics = hub.get("/metrics")[1]
    for name in ("broker_connected 1.0", 'ready{part="web"} 1.0', "scoring_backlog 0.0"):
        assert f"hailong_hub_{name}" in metrics
    assert hub.stop() == 0
    assert hub.heard[-1] == "STOPPING=1"
    assert {line["level"] for line in hub.lines()} == {"info"}


def test_a_worker_by_itself_shows_its_own_figures_alone(start, own_broker):
    worker = start("ingest", "--worker", "7")
    wait_until(lambda: worker.get("/readyz")[0] == 200, timeout_s=20)
    wait_until(lambda: "hailong_hub_partitions_ahead_seconds" in worker.get("/metrics")[1])
    assert "\nhailong_hub_scoring_backlog" not in worker.get("/metrics")[1]
    os.kill(own_broker.pid, signal.SIGKILL)
    wait_until(lambda: worker.get("/readyz")[0] == 503, timeout_s=20)
    assert "not connected and subscribed" in worker.get("/readyz")[1]
    assert worker.get("/healthz")[0] == 200
    own_broker.start()
    wait_until(lambda: worker.get("/readyz")[0] == 200, timeout_s=20)
    assert worker.stop() == 0


def test_without_a_database_it_waits_alive_and_says_what_is_missing(start):
    hub = start("run", HAILONG_DATABASE_URL="postgresql://127.0.0.1:9/hailong")
    wait_until(lambda: "does not answer" in hub.get("/readyz")[1], timeout_s=20)
    assert hub.get("/readyz")[0] == 503
    assert hub.get("/healthz")[0] == 200
    wait_until(lambda: any("does not answer" in one for one in hub.listen()))
    assert all("WATCHDOG=1" in one for one in hub.heard[1:])
    assert hub.stop() == 0


def test_an_address_that_is_taken_stops_the_start_in_one_line(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        hub = start("run", HAILONG_METRICS_ADDRESS=f"127.0.0.1:{port}")
        assert hub.process.wait(20) == 2
    assert f"cannot listen on HAILONG_METRICS_ADDRESS 127.0.0.1:{port}" in hub.log.read_text()
