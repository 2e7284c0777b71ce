"""From an interaction's end to its settled row: outbox, broker, hub and back.

The database, the broker and the hub's ingest are the embedded ones, each a process of its
own on this machine. The end is the moment at which the agent knows it: the 20 s of absence
that tell it are no part.
"""

import os
import socket
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from benchmarks.edge.latency import quantile
from benchmarks.edge.media import BRIEF, frames, load_stock
from benchmarks.edge.watched import WatchedPipeline, load_models, whisper_folder
from demo.children import start_hub, wait_ready
from demo.setup import BRANCH, COUNTER, DEVICE, set_up
from edge_agent.identity import DeviceIdentity
from edge_agent.message import Draft
from edge_agent.outbox import Outbox
from edge_agent.publisher import Publisher
from edge_agent.settings import AgentSettings
from hub.embedded.broker import EmbeddedBroker
from hub.embedded.postgres import EmbeddedPostgres
from schemas.version import VERSION

_POLL_S = 0.01
_REST_S = 30.0
_RECORDING = Path(__file__).parents[2] / "demo" / "counter.mp4"


@dataclass(frozen=True, slots=True)
class Settled:
    interactions: int
    unsettled: int
    """Still waiting half a minute after the last one; expected 0."""
    p50_s: float
    p95_s: float


def settled(interactions: int) -> Settled:
    """About so many interactions, at full speed."""
    seconds = interactions * (BRIEF.stay_s + BRIEF.empty_s)
    # Root's PostgreSQL runs as nobody, who must be able to enter.
    with tempfile.TemporaryDirectory(prefix="hailong-bench-") as named:
        state = Path(named)
        state.chmod(0o755)
        with (
            EmbeddedPostgres(state, shared=state / "shared") as postgres,
            EmbeddedBroker(state) as broker,
        ):
            demo = set_up(state, _RECORDING, postgres, broker, _free_port(), whisper_folder())
            hub = start_hub(demo)
            try:
                wait_ready(demo, hub, threading.Event())
                return _through(AgentSettings.load(demo.agent_settings, os.environ), seconds)
            finally:
                hub.stop()


def _through(settings: AgentSettings, seconds: float) -> Settled:
    identity = DeviceIdentity.load_or_create(settings.state, DEVICE, BRANCH, COUNTER)
    with closing(
        Outbox.open(
            settings.state / "outbox.db",
            topic_for=identity.topic,
            sign=identity.sign,
            device_id=DEVICE,
        )
    ) as outbox:
        publisher = Publisher(settings, identity, outbox, agent_version=VERSION)
        publisher.start()
        watch = _Watch(outbox)
        try:
            _measure(watch, seconds)
            return watch.result()
        finally:
            watch.stop()
            publisher.stop()


def _measure(watch: "_Watch", seconds: float) -> None:
    # The hub refuses what lies in the future; all of the media is to lie before now.
    anchor = datetime.now(UTC) - timedelta(seconds=seconds + 3600)
    known: dict[UUID, float] = {}
    pipeline = WatchedPipeline(
        load_models(),
        device=DEVICE,
        anchor=anchor,
        closed=lambda known_s, draft: known.__setitem__(draft.message_id, known_s),
    )
    for frame in frames(load_stock(), BRIEF, seconds, seed=1):
        for draft in pipeline.push(frame):
            watch.append(draft, known.get(draft.message_id))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class _Watch:
    """Looks again and again which rows still wait for the hub."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._lock = threading.Lock()
        self._known_s: dict[int, float] = {}
        """By sequence: when the end was known, of interactions that wait."""
        self._took_s: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def append(self, draft: Draft, known_s: float | None) -> None:
        if draft.kind == "alert":
            return  # goes past the outbox
        with self._lock:
            sequence = self._outbox.append(
                draft.kind, draft.payload, draft.message_id, draft.captured_at
            )
            if known_s is not None and sequence is not None:
                self._known_s[sequence] = known_s

    def result(self) -> Settled:
        deadline_s = time.monotonic() + _REST_S
        while self._waiting() and time.monotonic() < deadline_s:
            time.sleep(_POLL_S)
        found = sorted(self._took_s)
        return Settled(
            interactions=len(found),
            unsettled=self._waiting(),
            p50_s=quantile(found, 0.5),
            p95_s=quantile(found, 0.95),
        )

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _waiting(self) -> int:
        with self._lock:
            return len(self._known_s)

    def _look(self) -> None:
        seen = -1
        while not self._stop.wait(_POLL_S):
            if self._outbox.version == seen:
                continue
            with self._lock:
                seen = self._outbox.version
                waiting = {row.sequence for row in self._outbox.unsettled(limit=10_000)}
                now_s = time.monotonic()
                for sequence in [s for s in self._known_s if s not in waiting]:
                    self._took_s.append(now_s - self._known_s.pop(sequence))
