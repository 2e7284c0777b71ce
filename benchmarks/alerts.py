"""How long an alert takes from a device's publish to the supervisor's page.

    python -m benchmarks.alerts

Mosquitto, the embedded PostgreSQL and the hub as one process (its parts ingest, score and web). A
device publishes signed snapshots, one after the other at odd moments; a reader holds the page's
stream of events, and asks for the list when one comes, as the page does. The clock is one: all of it
runs on this machine. The second half runs while another device sends ten finished interactions a
second, ten times what a city's counters do.
"""

import contextlib
import json
import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import paho.mqtt.client as mqtt

from benchmarks import machine
from benchmarks.edge.latency import quantile
from benchmarks.hub.site import HOST, Site, site
from benchmarks.machine import Figure
from hub.auth.users import create_user
from hub.scoring.flag import flag_id
from hub.scoring.rules import packaged_rules
from hub.settings import Address, role_url
from hub.store.place import enrol_device, set_up_place
from hub.store.pool import Database
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Role
from tests.builders import Sender, hit, interaction_payload, turn
from tests.devices import wait_until
from tests.integration.conftest import counter_row

ALERTS = 40
"""In each half."""
LOAD = 10
"""Finished interactions a second."""
BRANCH = "hoan-kiem"
_LOGIN, _PASSWORD = "lan", "một-mật-khẩu-dài"
_RULE = "escalation"
_WAIT_S = 30.0


def main() -> None:
    before = machine.describe()
    rng = random.Random(1)
    with site() as made:
        web = _set_up(made)
        quiet, busy = Sender(branch=BRANCH), Sender(device_id="dev-2", branch=BRANCH)
        with _database(made) as database:
            for sender in (quiet, busy):
                enrol_device(
                    database,
                    device_id=sender.device_id,
                    branch_id=BRANCH,
                    counter_id=sender.counter,
                    public_key=sender.public_key.hex(),
                )
        with _signed_in(web) as page, _connected(made) as broker:
            reader = _Reader(page)
            wait_until(reader.listening.is_set, _WAIT_S)
            alone = _measure(broker, quiet, reader, page, rng)
            stop = threading.Event()
            load = threading.Thread(target=_load, args=(made, busy, stop))
            load.start()
            loaded = _measure(broker, quiet, reader, page, rng)
            stop.set()
            load.join()
        stored = made.rows("SELECT count(*) FROM hailong.interactions")[0][0]
    figures = []
    for name, (events, lists) in (("", alone), (", beside 10 interactions a second", loaded)):
        figures += [
            Figure(f"publish to event, median{name}", quantile(events, 0.5), "s"),
            Figure(f"publish to event, p95{name}", quantile(events, 0.95), "s"),
            Figure(f"publish to list, p95{name}", quantile(lists, 0.95), "s", goal=2.0),
        ]
    machine.write(
        "alerts",
        figures,
        machine=before,
        notes=[
            f"{ALERTS} alerts a half, one at a time; {stored} finished interactions beside the second",
            "ingest gathers 0.2 s before it stores a batch",
        ],
    )
    machine.show(machine.read("alerts"))


def _measure(
    broker: mqtt.Client, sender: Sender, reader: "_Reader", page: httpx.Client, rng: random.Random
) -> tuple[list[float], list[float]]:
    """Seconds to the event, and to the list that the page asks for then; ascending."""
    events, lists = [], []
    for _ in range(ALERTS):
        payload = _escalation()
        expected = flag_id(payload.interaction_id, _RULE)
        now = datetime.now(UTC)
        topic, message = sender.message(payload, kind="alert", captured_at=now)
        began_s = time.monotonic()
        broker.publish(topic, message, qos=1)
        events.append(reader.wait_for(expected) - began_s)
        text = page.get("/overview/alerts").text
        lists.append(time.monotonic() - began_s)
        if str(expected) not in text:
            raise SystemExit("the list does not hold the alert that the event told of")
        time.sleep(rng.uniform(0.05, 0.5))
    return sorted(events), sorted(lists)


def _escalation() -> InteractionPayload:
    said = turn(role=Role.CITIZEN, start_s=6.0, hits=(hit("escalation", 7.0),))
    began = datetime.now(UTC) - timedelta(minutes=4)
    return interaction_payload(started_at=began, turns=(turn(), said)).model_copy(
        update={"open": True}
    )


def _load(made: Site, sender: Sender, stop: threading.Event) -> None:
    """Finished interactions of 40 turns."""
    said = tuple(turn(start_s=4.0 * n) for n in range(40))
    with _connected(made) as broker:
        while not stop.is_set():
            began = datetime.now(UTC) - timedelta(minutes=4)
            payload = interaction_payload(started_at=began, turns=said)
            topic, message = sender.message(payload, captured_at=datetime.now(UTC))
            broker.publish(topic, message, qos=1)
            stop.wait(1 / LOAD)


def _set_up(made: Site) -> Address:
    with _database(made) as database:
        set_up_place(database, [counter_row(BRANCH, "quay-05")])
        create_user(database, _LOGIN, _PASSWORD, "supervisor", [BRANCH])
    # A rule that is new to a branch is silent for weeks.
    made.rows(
        "INSERT INTO hailong.rule_standings (branch_id, rule_id, rule_version, standing_no, standing,"
        " reason, since, set_by) VALUES (%s, %s, %s, 1, 'active', 'by_hand', now(), 'bench')",
        BRANCH,
        _RULE,
        next(rule.version for rule in packaged_rules() if rule.id == _RULE),
    )
    web = Address(HOST, _free_port())
    parts = [word for part in ("ingest", "score", "web") for word in ("--only", part)]
    made.start(["hailong", "hub", "run", *parts], "hub.log", HAILONG_WEB_ADDRESS=str(web))
    wait_until(lambda: _answers(web), _WAIT_S)
    # Before that, the broker keeps nothing for a hub that it does not know.
    wait_until(lambda: "subscribed" in (made.home / "hub.log").read_text(), _WAIT_S)
    return web


def _answers(web: Address) -> bool:
    try:
        return httpx.get(f"http://{web}/readyz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def _database(made: Site) -> Iterator[Database]:
    address = made.postgres.address
    url = role_url(
        Address(address.host, address.port),
        "hailong",
        "hailong_migrator",
        made.home / "database.pass",
    )
    database = Database(url)
    database.open(10)
    yield database
    database.close()


@contextmanager
def _signed_in(web: Address) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{web}", trust_env=False, timeout=_WAIT_S) as client:
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
        assert found is not None
        form = {"csrf_token": found[1], "login": _LOGIN, "password": _PASSWORD}
        assert client.post("/sign-in", data=form).status_code == 303
        yield client


@contextmanager
def _connected(made: Site) -> Iterator[mqtt.Client]:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect(made.broker.host, made.broker.port)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


class _Reader(threading.Thread):
    """The page's stream: when which alert was told of, by the monotonic clock."""

    def __init__(self, page: httpx.Client) -> None:
        super().__init__(daemon=True)
        self._page = page
        self._told: dict[UUID, float] = {}
        self._changed = threading.Condition()
        self.listening = threading.Event()
        self.start()

    def run(self) -> None:
        with contextlib.suppress(httpx.HTTPError):  # the end: its client is closed under it
            self._read()

    def _read(self) -> None:
        with self._page.stream("GET", "/overview/alerts/events", timeout=None) as answer:
            name = ""
            for line in answer.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data" and name == "hello":
                    self.listening.set()
                elif field == "data" and name == "alert":
                    now_s = time.monotonic()
                    with self._changed:
                        self._told.setdefault(UUID(json.loads(value)["flag_id"]), now_s)
                        self._changed.notify_all()

    def wait_for(self, expected: UUID) -> float:
        with self._changed:
            if not self._changed.wait_for(lambda: expected in self._told, _WAIT_S):
                raise SystemExit("an alert did not come within 30 s; see hub.log")
            return self._told[expected]


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
