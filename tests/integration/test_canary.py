"""Law 1: content never leaves memory.

A recording carries a spoken phrase, a marked sound and a marked picture through a real agent,
broker, hub and database; then everything that was written, sent, stored and logged is searched.
The same search must find a leak planted on purpose in each of those channels.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from edge_agent.capture.file import RecordingSource
from edge_agent.models import catalog
from tests.canary import Canary, Leak, search_folder
from tests.canary_places import RATE, SPOKEN, Wire, row_leaks, spoken
from tests.integration.brokers import until
from tests.integration.conftest import HubDatabase
from tests.site import Site, site

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SCRIPTED = "bảy con voi tím nhảy múa dưới chiếc ô vàng tôi muốn gặp lãnh đạo"
"""Ends in words that an alert is sent for, while the interaction goes on."""
STAGES = ("", "transcribe", "categories", "sentiment", "presence")
RNG = np.random.default_rng(3)
SOUND = RNG.normal(0, 900, 4096).astype(np.int16)
PICTURE = np.kron(RNG.integers(40, 216, (8, 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    """30 s: the citizen speaks the phrase twice; the marked sound lies in a pause, the marked
    picture in a corner of each frame. Lossless, so that what the agent holds is known."""
    folder = tmp_path_factory.mktemp("recording")
    speech = spoken(SPOKEN, folder)
    sound = RNG.normal(0, 20, (2, RATE * 30)).astype(np.int16)
    for start_s in (4, 15):
        sound[1, start_s * RATE : start_s * RATE + len(speech)] += speech // 3
    sound[0, 12 * RATE + 8000 : 12 * RATE + 8000 + len(SOUND)] = SOUND
    sound[1, 13 * RATE : 13 * RATE + len(SOUND)] = SOUND
    path = folder / "canary.mkv"
    with av.open(str(path), "w") as container:
        audio = container.add_stream("pcm_s16le", rate=RATE)
        audio.layout = "stereo"
        video = container.add_stream("ffv1", rate=3)
        video.width, video.height, video.pix_fmt = 320, 240, "bgr0"
        for index in range(90):
            canvas = RNG.integers(100, 110, (240, 320, 3), dtype=np.uint8)
            canvas[:, 160:] += 60
            canvas[:64, :64] = PICTURE
            shot = av.VideoFrame.from_ndarray(canvas, format="rgb24")
            shot.pts = index
            container.mux(video.encode(shot))
            part = sound[:, index * RATE // 3 : (index + 1) * RATE // 3]
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(part.T).reshape(1, -1), format="s16", layout="stereo"
            )
            frame.rate, frame.pts = RATE, index * RATE // 3
            container.mux(audio.encode(frame))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path


def _speech(channel: np.ndarray) -> np.ndarray:
    """The first utterance, without the silence around it."""
    loud = np.flatnonzero(np.abs(channel[: 12 * RATE]) > 0.01)
    return channel[loud[0] : loud[-1]]


def heard_by_whisper(recording: Path) -> str:
    """What the model makes of the phrase: that is what could leak, to the letter."""
    models = catalog.load(catalog.whisper_folder(None, lambda _: None), beam_size=1, threads=2)
    source = RecordingSource(recording, channels=2, video_fps=3)
    sound = np.concatenate([f.samples for f in source.frames() if hasattr(f, "samples")], axis=1)
    found = models.transcriber.transcribe(_speech(sound[1]), None)
    assert found is not None
    words = "".join(c if c.isalnum() or c == " " else " " for c in found.text).split()
    assert len(set(words) & set(SPOKEN.split())) >= 8, "the model must understand the canary"
    return " ".join(words)


@dataclass
class World:
    """What is left after five agents have measured the recording on one hub."""

    site: Site
    wire: Wire
    database: HubDatabase
    sought: Canary
    since: float

    def leaks(self) -> list[Leak]:
        """Disk (agents, hub, scratch, logs, the database's own files), wire, rows."""
        self.database.rows("CHECKPOINT")
        return [
            *search_folder(self.site.folder, self.sought),
            *search_folder(self.database.server.embedded.data, self.sought, newer_than=self.since),
            *self.wire.leaks(self.sought),
            *row_leaks(self.database, self.sought),
        ]


@pytest.fixture(scope="module")
def world(tmp_path_factory, module_db, postgres_server, broker, recording):
    """One agent with Whisper, and for each stage one whose stage throws an exception that
    holds the phrase (or the picture)."""
    phrase = heard_by_whisper(recording)
    since = time.time() - 1
    wire = Wire(broker)
    folder = tmp_path_factory.mktemp("world")
    with site(folder, "cn-canary", module_db, postgres_server, broker) as made:
        made.start_hub("ingest", "score")
        made.start_whisper_agent(recording, "quay-01")
        for number, stage in enumerate(STAGES, start=2):
            fails = ["--raise", stage] if stage else []
            made.start_agent(recording, "--say", SCRIPTED, *fails, counter=f"quay-{number:02d}")
        for agent in made.agents:
            assert agent.wait(150) == 0, made.log.read_text()[-3000:]
        until(lambda: scored(module_db) == 1 + len(STAGES), 30)
        sought = Canary((phrase, SPOKEN.replace(",", ""), SCRIPTED), SOUND, PICTURE)
        yield World(made, wire, module_db, sought, since)
    wire.close()


def scored(database: HubDatabase) -> int:
    return database.value("SELECT count(*) FROM hailong.scores WHERE figure = 'experience'")


def test_the_phrase_was_read_and_each_stage_did_fail(world):
    """Else the tests below would show nothing."""
    read = world.database.rows(
        "SELECT counter_id, count(*) FROM hailong.turns WHERE asr_confidence > 0 GROUP BY 1"
    )
    assert {counter for counter, _ in read} >= {"quay-01", "quay-02"}
    alerts = [topic for topic, _ in world.wire.messages if topic.endswith("/alert")]
    assert len(alerts) > 1, "what goes on must have been told of, too"
    log = world.site.log.read_text()
    for stage in STAGES[1:]:
        assert f"stage {'categories' if stage == 'sentiment' else stage} failed" in log


def test_nothing_of_a_conversation_is_left_anywhere(world):
    assert world.leaks() == []


def test_a_leak_planted_in_each_channel_is_found(world):
    """The same search over the same places: what it cannot find, it does not prove absent."""
    made, database = world.site, world.database
    with made.log.open("a") as log:
        log.write(f"DEBUG transcribed {SCRIPTED}\n")
    (made.folder / "scratch" / "cache.bin").write_bytes(b"\0" * 99 + SOUND.tobytes())
    (made.folder / "scratch" / "frame.raw").write_bytes(PICTURE.tobytes())
    world.wire.client.publish("hailong/v1/x/y/debug", SCRIPTED.encode("utf-16-le"), qos=1)
    until(lambda: any(topic.endswith("/debug") for topic, _ in world.wire.messages))
    # Long enough to be compressed in the database's files, and so found only when unpacked.
    database.rows(
        "UPDATE hailong.scores SET parts = jsonb_build_array(%s::text || repeat(' x', 4000))",
        SCRIPTED,
    )
    database.rows("UPDATE hailong.interactions SET end_reason = %s", SCRIPTED)
    places = {leak.where for leak in world.leaks()}
    assert {"programs.log", "scratch/cache.bin", "scratch/frame.raw", "wire"} <= places
    assert "rows of hailong.scores" in {place.partition(" (")[0] for place in places}
    assert "rows of hailong.interactions" in places
    assert any(place.startswith(("base/", "pg_wal/")) for place in places), "the server's files"
