"""Malformed, truncated, oversized, replayed, reordered, wrongly signed, wrong-version,
wrong-topic and wrong-time messages, by seeded mutation, through a real broker against one worker:
each is rejected with a reason, the good ones in between are stored, memory stays flat.

20,000 messages here; `make fuzz` sends a million (HAILONG_FUZZ_MESSAGES).
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from nacl.signing import SigningKey

from benchmarks.fleet import Message
from benchmarks.hub.spool import write
from hub.store.arrivals import ensure_partitions
from hub.store.place import enrol_device, revoke_device, set_up_place
from schemas.envelope import MAX_BYTES, seal
from tests.builders import Sender, activity_payload, health_payload, interaction_payload
from tests.integration.brokers import HOST, until
from tests.integration.conftest import counter_row
from tests.site import site

pytestmark = pytest.mark.integration

MESSAGES = int(os.environ.get("HAILONG_FUZZ_MESSAGES", "20000"))
PATIENCE_S = 90 + MESSAGES / 500
BRANCH = "cn-thu-lo"
GOOD_SHARE = 0.05
SEED = 20_261_126


@dataclass
class Fuzzer:
    """Draws messages; `sent` counts them by what was done to them."""

    draw: random.Random
    devices: list[Sender]
    stranger: Sender
    revoked: Sender
    now: datetime

    def __post_init__(self):
        self.sent = Counter()
        self.good = []
        self.other_key = SigningKey(b"\x09" * 32)
        self._windows = 0
        self._bad = {
            "random bytes": self.noise,
            "truncated": self.truncated,
            "bit in the body": self.flipped_body,
            "bit in the signature": self.flipped_signature,
            "envelope version": self.version,
            "another's key": self.forged,
            "another counter's topic": self.moved,
            "another kind's topic": self.other_kind,
            "no topic of ours": self.foreign_topic,
            "too old or too new": self.wrong_time,
            "field changed": self.changed_field,
            "unknown kind or version": self.unknown,
            "no JSON": self.no_json,
            "unknown device": lambda: self.stranger.message(self.payload()),
            "revoked device": lambda: self.revoked.message(self.payload(), **self.at()),
        }

    def messages(self, count):
        """Good ones at random places; of the bad, one in 500 is over the size."""
        kinds = sorted(self._bad)
        for number in range(count):
            lot = self.draw.random()
            if lot < GOOD_SHARE:
                kind, made = "good", self.valid()
                self.good.append(made)
            elif lot < GOOD_SHARE * 1.5 and self.good:
                kind, made = "replayed", self.draw.choice(self.good[-200:])
            elif number % 500 == 0:
                kind, made = "oversized", self.oversized()
            else:
                kind = self.draw.choice(kinds)
                made = self._bad[kind]()
            self.sent[kind] += 1
            yield Message(*made, 1)

    @property
    def bad(self):
        return sum(n for kind, n in self.sent.items() if kind not in {"good", "replayed"})

    def at(self):
        return {"captured_at": self.now - timedelta(seconds=self.draw.randint(1, 3600))}

    def payload(self):
        pick = self.draw.random()
        if pick < 0.4:
            return health_payload()
        if pick < 0.8:
            self._windows += 1
            return activity_payload(self.now - timedelta(days=5, seconds=-10 * self._windows), 1)
        started_at = self.now - timedelta(seconds=self.draw.randint(300, 10**6))
        return interaction_payload(started_at=started_at)

    def valid(self):
        return self.draw.choice(self.devices).message(self.payload(), **self.at())

    def noise(self):
        return self.topic(), self.draw.randbytes(self.draw.randint(0, 400))

    def topic(self):
        return self.draw.choice(self.devices).topic(self.draw.choice(["health", "interaction"]))

    def unsequenced(self):
        """A valid message whose sequence is another's, so that no stream gets a hole by it."""
        sender = self.draw.choice(self.devices)
        return sender, sender.message(self.payload(), **self.at(), sequence=2**40)

    def truncated(self):
        _, (topic, raw) = self.unsequenced()
        return topic, raw[: self.draw.randint(0, len(raw) - 1)]

    def flipped_body(self):
        _, (topic, raw) = self.unsequenced()
        return topic, self.flip(raw, 65, len(raw) - 1)

    def flipped_signature(self):
        _, (topic, raw) = self.unsequenced()
        return topic, self.flip(raw, 1, 64)

    def flip(self, raw, first, last):
        changed = bytearray(raw)
        changed[self.draw.randint(first, last)] ^= 1 << self.draw.randint(0, 7)
        return bytes(changed)

    def version(self):
        _, (topic, raw) = self.unsequenced()
        return topic, bytes([self.draw.randint(2, 255)]) + raw[1:]

    def forged(self):
        sender, _ = self.unsequenced()
        thief = replace(sender, key=self.other_key)
        return thief.message(self.payload(), **self.at(), sequence=2**40)

    def moved(self):
        sender, (topic, raw) = self.unsequenced()
        other = self.draw.choice([d for d in self.devices if d.counter != sender.counter])
        return topic.replace(f"/{sender.counter}/", f"/{other.counter}/"), raw

    def other_kind(self):
        _, (topic, raw) = self.unsequenced()
        kinds = ["activity", "interaction", "health", "dropped"]
        kinds.remove(topic.rsplit("/", 1)[1])
        return f"{topic.rsplit('/', 1)[0]}/{self.draw.choice(kinds)}", raw

    def foreign_topic(self):
        _, (_, raw) = self.unsequenced()
        names = ["noi-la/quay-01", "Ồn ào/quay-01", "x" * 40 + "/quay-01", "cn-thu-lo/"]
        return f"hailong/v1/{self.draw.choice(names)}/health", raw

    def own(self, kind, body):
        """Signed by the device itself: it is told, so the sequence is one that it may lose."""
        sender = self.draw.choice(self.devices)
        body["device_id"] = sender.device_id
        body["stream"] = "f" * 32
        body["sequence"] = self.draw.randint(1, 10**9)
        raw = json.dumps(body).encode()
        return sender.sealed(kind, raw)

    def fields(self, payload=None):
        sender = self.draw.choice(self.devices)
        return json.loads(sender.body(payload or self.payload(), **self.at(), sequence=1).encode())

    def wrong_time(self):
        body = self.fields(health_payload())
        away = self.draw.choice([timedelta(days=-36), timedelta(days=-9000), timedelta(hours=1)])
        body["captured_at"] = (self.now + away).isoformat()
        return self.own("health", body)

    def changed_field(self):
        """One required field, or one inside the payload, gets a value of another type or size."""
        body = self.fields()
        kind, target = body["kind"], body
        if self.draw.random() < 0.7:
            target = body["payload"]
            while True:
                inner = [v for v in target.values() if isinstance(v, dict) and v]
                if not inner or self.draw.random() < 0.5:
                    break
                target = self.draw.choice(inner)
        name = self.draw.choice(sorted(set(target) - {"device_id", "stream", "sequence"}))
        value = self.draw.choice([-(2**70), 1e308, "\u0000'; DROP TABLE--", [None] * 9])
        target[name] = value
        return self.own(kind, body)

    def unknown(self):
        body = self.fields(health_payload())
        if self.draw.random() < 0.5:
            body["kind"] = self.draw.choice(["thermometer", "", "HEALTH"])
        else:
            body["schema_version"] = self.draw.choice([0, 2, 10**9])
        return self.own("health", body)

    def no_json(self):
        sender = self.draw.choice(self.devices)
        texts = [b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * 5000, b'{"a":NaN}', b'{"a":1,"a":2}', b"{"]
        return sender.sealed("health", self.draw.choice(texts))

    def oversized(self):
        sender = self.draw.choice(self.devices)
        topic = sender.topic("health")
        whole = seal(topic, b'{"a":"%s"}' % (b"x" * (MAX_BYTES - 200)), lambda m: bytes(64))
        return topic, whole + b" " * self.draw.randint(201, 4096)


def enrolled(migrator, number):
    sender = Sender(f"may-{number:02d}", BRANCH, f"quay-{number:02d}")
    set_up_place(migrator, [counter_row(BRANCH, sender.counter, number=number)])
    enrol_device(
        migrator,
        device_id=sender.device_id,
        branch_id=BRANCH,
        counter_id=sender.counter,
        public_key=sender.public_key.hex(),
    )
    return sender


@pytest.mark.timeout(PATIENCE_S * 3)
def test_whatever_comes_is_stored_or_refused_with_a_reason(
    hub_db, postgres_server, mosquitto, tmp_path
):
    broker = mosquitto.address
    migrator = hub_db.open("migrator")
    now = datetime.now(UTC).replace(microsecond=0)
    ensure_partitions(migrator, now - timedelta(days=36), now + timedelta(days=1))
    senders = [enrolled(migrator, n) for n in range(1, 9)]
    revoke_device(migrator, senders[-1].device_id)
    stranger = Sender("may-la", BRANCH, "quay-01")
    fuzzer = Fuzzer(random.Random(SEED), senders[:-1], stranger, senders[-1], now)
    spool = write(tmp_path / "spool", fuzzer.messages(MESSAGES), 2)

    def refused():
        return int(hub_db.value("SELECT COALESCE(sum(messages), 0) FROM hailong.reject_counts"))

    with site(tmp_path, BRANCH, hub_db, postgres_server, broker) as made:
        worker = made.start_worker("1")
        until(lambda: "connected and subscribed" in made.log.read_text())
        memory = psutil.Process(worker.pid)
        command = [sys.executable, "-m", "benchmarks.hub.publisher", str(spool.folder), "2", HOST]
        sending = subprocess.Popen(
            [*command, str(mosquitto.port), "0", str(tmp_path / "sent.npy")],
            stdout=subprocess.DEVNULL,
        )
        until(lambda: refused() > fuzzer.bad * 0.3, PATIENCE_S)
        warm = memory.memory_info().rss
        until(lambda: refused() >= fuzzer.bad, PATIENCE_S)
        assert sending.wait(60) == 0
        grown = memory.memory_info().rss - warm
        assert worker.poll() is None
    assert refused() == fuzzer.bad
    assert grown < 30 * 2**20, f"the worker grew by {grown / 2**20:.0f} MiB"
    assert "Traceback" not in made.log.read_text()
    by_reason = dict(
        hub_db.rows("SELECT reason, sum(messages)::int FROM hailong.reject_counts GROUP BY 1")
    )
    for kind, reason in (
        ("oversized", "too_large"),
        ("envelope version", "unknown_envelope_version"),
        ("revoked device", "revoked"),
        ("too old or too new", "clock"),
        ("unknown device", "unknown_device"),
    ):
        assert by_reason[reason] >= fuzzer.sent[kind] > 0, kind
    # Each good message is in, replays added nothing.
    settled = "SELECT sum(hailong.cardinality(settled - rejected))::int FROM hailong.streams WHERE stream <> %s"
    assert hub_db.value(settled, "f" * 32) == fuzzer.sent["good"]
    kinds = Counter(topic.rsplit("/", 1)[1] for topic, _ in fuzzer.good)
    assert hub_db.value("SELECT count(*) FROM hailong.interactions") == kinds["interaction"]
    assert hub_db.value("SELECT count(*) FROM hailong_private.activity") == kinds["activity"]
    assert fuzzer.sent["replayed"] > 0
