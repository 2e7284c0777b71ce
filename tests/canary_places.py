"""What canaries have in common: a phrase as sound, and where to look for it beside the disk."""

import subprocess
import threading
from pathlib import Path

import av
import numpy as np
import paho.mqtt.client as mqtt
import psycopg

from tests.canary import Canary, Leak, search

SPOKEN = (
    "hello, I would like to say that seven purple elephants are dancing quietly under the umbrella"
)
RATE = 16_000


def spoken(text: str, folder: Path) -> np.ndarray:
    """int16, 16 kHz."""
    raw = folder / "spoken.wav"
    subprocess.run(["espeak-ng", "-v", "en-us+m3", "-s", "140", "-w", raw, text], check=True)
    with av.open(str(raw)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        parts = [
            p.to_ndarray()[0] for f in container.decode(audio=0) for p in resampler.resample(f)
        ]
    raw.unlink()
    return np.concatenate(parts)


class Wire:
    """Everything that crosses the broker, topics included."""

    def __init__(self, broker) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._ready = threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.on_message = lambda _c, _u, m: self.messages.append((m.topic, bytes(m.payload)))
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        self.client.subscribe("#", qos=1)
        assert self._ready.wait(10)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def leaks(self, sought: Canary) -> list[Leak]:
        raw = b"\n".join(topic.encode() + b" " + payload for topic, payload in self.messages)
        return search(raw, sought, "wire")


def row_leaks(database, sought: Canary) -> list[Leak]:
    """Every row of every table as text, unpacked from wherever the server keeps it."""
    leaks: list[Leak] = []
    with psycopg.connect(database.server.superuser_url(database.name)) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN"
            " ('hailong', 'hailong_private', 'public')"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f"SELECT t::text, to_jsonb(t)::text FROM {table} t")
            raw = b"\n".join(part.encode() for row in rows for part in row)
            leaks += search(raw, sought, f"rows of {table}")
    return leaks
