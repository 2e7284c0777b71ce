"""The least that a subscriber can do: take, read the JSON, COPY, acknowledge. No signature, no
check of anything, no row security, no record of sequences, no confirmation.

    BARE_DATABASE_URL=... python -m benchmarks.hub.bare HOST PORT WINDOW

Batches as the worker's: 400 messages or 200 ms, one transaction each, acknowledged after it.
Rows go straight into tables of the schema `bare`, which have the same columns and keys.
"""

import json
import os
import queue
import sys
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from schemas.envelope import HEADER_BYTES

SCHEMA = """
DROP SCHEMA IF EXISTS bare CASCADE;
CREATE SCHEMA bare;
CREATE TABLE bare.activity (LIKE hailong_private.activity,
    PRIMARY KEY (branch_id, counter_id, at, device_id));
CREATE TABLE bare.interactions (
    branch_id text, counter_id text, at timestamptz, interaction_id uuid, ended_at timestamptz,
    device_id text, measurements text, coverage text, spans text,
    PRIMARY KEY (branch_id, counter_id, at, interaction_id));
CREATE TABLE bare.turns (
    branch_id text, counter_id text, at timestamptz, interaction_id uuid, turn_no integer,
    role text, start_s real, duration_s real, speech_s real, loudness_dbfs real, hits text,
    PRIMARY KEY (branch_id, counter_id, at, interaction_id, turn_no));
CREATE TABLE bare.health (device_id text, at timestamptz, health text);
"""
_COPY = {
    "activity": ["text", "text", "timestamptz", "text", *["float4"] * 11],
    "interactions": ["text", "text", "timestamptz", "uuid", "timestamptz", "text", *["text"] * 3],
    "turns": ["text", "text", "timestamptz", "uuid", "int4", "text", *["float4"] * 4, "text"],
    "health": ["text", "timestamptz", "text"],
}
_WINDOW = (
    "staff_speech_s", "citizen_speech_s", "unknown_speech_s", "overlap_s", "staff_level_dbfs",
    "citizen_level_dbfs", "citizen_present_s", "staff_present_s", "in_interaction_s",
    "audio_coverage", "video_coverage",
)  # fmt: skip
MESSAGES, SECONDS = 400, 0.2
Rows = dict[str, list[tuple[Any, ...]]]


def read(topic: str, payload: bytes, rows: Rows) -> None:
    _, _, branch, counter, kind = topic.split("/")
    body = json.loads(payload[HEADER_BYTES:])
    said = body["payload"]
    if kind == "activity":
        rows["activity"] += [
            (branch, counter, datetime.fromisoformat(w["at"]), body["device_id"],
             *(w.get(name) for name in _WINDOW))
            for w in said["windows"]
        ]  # fmt: skip
    elif kind == "interaction":
        key = (
            branch,
            counter,
            datetime.fromisoformat(said["started_at"]),
            UUID(said["interaction_id"]),
        )
        rows["interactions"].append(
            (*key, datetime.fromisoformat(said["ended_at"]), body["device_id"],
             *(json.dumps(said[name]) for name in ("measurements", "coverage", "spans")))
        )  # fmt: skip
        rows["turns"] += [
            (*key, number, t["role"], t["start_s"], t["duration_s"], t["speech_s"],
             t["loudness_dbfs"], json.dumps(t.get("hits", [])))
            for number, t in enumerate(said["turns"], 1)
        ]  # fmt: skip
    else:
        at = datetime.fromisoformat(body["captured_at"])
        rows["health"].append((body["device_id"], at, json.dumps(said)))


def run(host: str, port: int, url: str, window: int) -> None:
    arrived: queue.Queue[mqtt.MQTTMessage] = queue.Queue(2 * window)
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id="bare",
        protocol=MQTTProtocolVersion.MQTTv5,
        manual_ack=True,
    )
    client.on_message = lambda _c, _u, message: arrived.put(message)
    client.on_connect = lambda c, *_: c.subscribe("hailong/v1/+/+/+", qos=1)
    client.on_subscribe = lambda *_: print("subscribed", flush=True)
    connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    connect.ReceiveMaximum = window
    client.connect(host, port, properties=connect)
    client.loop_start()
    done = 0
    with psycopg.connect(url) as connection:
        while True:
            batch = [arrived.get()]
            end_s = time.monotonic() + SECONDS
            while len(batch) < MESSAGES and (left_s := end_s - time.monotonic()) > 0:
                try:
                    batch.append(arrived.get(timeout=left_s))
                except queue.Empty:
                    break
            rows: Rows = {name: [] for name in _COPY}
            for message in batch:
                read(message.topic, message.payload, rows)
            for table, types in _COPY.items():
                if rows[table]:
                    text = f"COPY bare.{table} FROM STDIN (FORMAT binary)"
                    with connection.cursor().copy(text.encode()) as copy:
                        copy.set_types(types)
                        for row in rows[table]:
                            copy.write_row(row)
            connection.commit()
            for message in batch:
                client.ack(message.mid, message.qos)
            done += len(batch)
            print(done, flush=True)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), os.environ["BARE_DATABASE_URL"], int(sys.argv[3]))
