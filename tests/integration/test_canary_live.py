"""Law 1 on live sources: what is said at a counter is nowhere but in the agent's memory, also
when the agent crashes while it holds it.
"""

import resource
import signal
import time

import numpy as np
import pytest

from tests.canary import Canary, search_folder
from tests.canary_places import RATE, SPOKEN, Wire, row_leaks, spoken
from tests.integration.brokers import until
from tests.site import site
from tests.streams import rtsp_server
from tests.streams.conftest import pulse
from tests.streams.pulse import RATE as PLAYED

__all__ = ["pulse"]  # the fixture
pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(240),
    pytest.mark.skipif(rtsp_server.missing() is not None, reason=str(rtsp_server.missing())),
]

SOUND = np.random.default_rng(5).normal(0, 900, 4096).astype(np.int16)
PICTURE = np.random.default_rng(6).integers(0, 255, (64, 64, 3)).astype(np.uint8)
"""Pictures of the live camera cannot be marked; the recording's canary looks for one."""


def conversation(folder) -> np.ndarray:
    """The citizen says the phrase again and again; the marked sound lies between. 48 kHz."""
    phrase = spoken(SPOKEN, folder).astype(np.float32) / 32768
    rest = np.zeros(RATE, np.float32)
    once = np.concatenate([phrase, rest, SOUND.astype(np.float32) / 32768, rest])
    citizen = np.tile(once, 24)
    staff = np.random.default_rng(7).normal(0, 1e-3, citizen.size).astype(np.float32)
    return np.repeat(np.stack([staff, citizen * 0.5]), PLAYED // RATE, axis=1)


def test_nothing_of_a_live_conversation_is_left_anywhere_nor_after_a_crash(
    tmp_path, hub_db, postgres_server, broker, pulse
):
    since = time.time() - 1
    wire = Wire(broker)
    sought = Canary((SPOKEN.replace(",", ""),), SOUND, PICTURE)
    folder = tmp_path / "site"
    folder.mkdir()
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (limits[1], limits[1]))  # the agent must lower it
    try:
        with (
            rtsp_server.RtspServer(pattern="smpte") as camera,
            site(folder, "cn-live", hub_db, postgres_server, broker) as made,
        ):
            made.start_hub("ingest")
            source = (
                '[[source.microphones]]\ndevice = "counter_microphone"\nstaff = 0\n'
                f'citizen = 1\n[source.camera]\nurl = "{camera.url}"\n[models]\nthreads = 1'
            )
            agent = made.start_live_agent(source, "quay-01")
            until(lambda: "measuring" in made.log.read_text(), 60)
            player = pulse.play("counter", conversation(tmp_path))
            until(lambda: talked(hub_db), 130)
            agent.send_signal(signal.SIGSEGV)
            assert agent.wait(20) == -signal.SIGSEGV
            assert player.poll() is None, "the citizen was still speaking when it crashed"
            hub_db.rows("CHECKPOINT")
            leaks = [
                *search_folder(folder, sought),
                *search_folder(postgres_server.embedded.data, sought, newer_than=since),
                *wire.leaks(sought),
                *row_leaks(hub_db, sought),
            ]
            assert leaks == []
            assert [p for p in folder.rglob("*") if p.name.startswith("core")] == []
            with made.log.open("a") as log:
                log.write(f"said: {SPOKEN}\n")
            assert {leak.where for leak in search_folder(folder, sought)} == {"programs.log"}
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, limits)
        wire.close()


def talked(hub_db) -> bool:
    """The live counter's windows have reached the hub with the citizen's speech in them."""
    return bool(
        hub_db.value("SELECT count(*) FROM hailong_private.activity WHERE citizen_speech_s > 3")
    )
