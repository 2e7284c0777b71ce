"""`hailong agent check`, `ready` and `devices` on real sound, with and without a camera."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge_agent.cli import agent
from tests.streams import rtsp_server
from tests.streams.pulse import RATE

pytestmark = pytest.mark.timeout(120)


def speech(seconds: float = 60) -> np.ndarray:
    """Noise in syllables of half a second, on a little noise. 48 kHz."""
    rng = np.random.default_rng(3)
    on = np.tile(np.repeat([1.0, 0.0], RATE // 2), round(seconds))
    return rng.normal(0, 0.06, on.size) * on + rng.normal(0, 8e-4, on.size)


@pytest.fixture
def settings(tmp_path):
    def write(camera: str = ""):
        file = tmp_path / "agent.toml"
        file.write_text(
            f'device_id = "may-01"\nbranch = "cn"\ncounter = "quay-01"\n'
            f'state = {json.dumps(str(tmp_path / "state"))}\nhub_public_key = "{"ab" * 32}"\n'
            '[[source.microphones]]\ndevice = "counter_microphone"\nstaff = 0\ncitizen = 1\n'
            + (f'[source.camera]\nurl = "{camera}"\n' if camera else "")
        )
        return str(file)

    return write


def run(*words: str):
    return CliRunner().invoke(agent, words)


def test_devices_lists_what_is_there_and_meters_it(pulse):
    assert "counter_microphone" in run("devices").output
    pulse.play("counter", np.stack([speech(), speech()]).astype(np.float32))
    assert "dBFS" in run("devices", "--meter", "counter_microphone", "--seconds", "1").output
    wrong = run("devices", "--meter", "nothing-of-the-kind", "--seconds", "1")
    assert wrong.exit_code == 2
    assert len(wrong.output.strip().splitlines()) == 1


def test_good_microphones_are_ready(pulse, settings):
    voice = speech()
    pulse.play("counter", np.stack([voice, voice * 0.1]).astype(np.float32))
    checked = run("check", "--settings", settings(), "--language", "en", "--seconds", "4")
    assert checked.exit_code == 0, checked.output
    assert "Staff microphone: works" in checked.output
    ready = run("ready", "--settings", settings())
    assert ready.exit_code == 0
    assert ready.output.splitlines() == [
        "Micro phía cán bộ: sẵn sàng",
        "Micro phía người dân: sẵn sàng",
    ]


def test_swapped_distorted_and_silent_ones_are_told(pulse, settings):
    voice = speech()
    player = pulse.play("counter", np.stack([voice * 0.1, voice]).astype(np.float32))
    said = run("check", "--settings", settings(), "--language", "en", "--seconds", "4").output
    assert "seem to be swapped" in said
    player.kill()
    player.wait()
    loud = np.clip(voice * 60, -1, 1)
    player = pulse.play("counter", np.stack([voice * 0, loud]).astype(np.float32))
    done = run("check", "--settings", settings(), "--seconds", "4")
    assert done.exit_code == 1
    assert "Micro phía cán bộ: không có tín hiệu âm thanh" in done.output
    assert "Micro phía người dân: âm thanh bị vỡ" in done.output


@pytest.mark.skipif(rtsp_server.missing() is not None, reason=str(rtsp_server.missing()))
def test_the_camera_is_looked_at_and_its_still_drawn(pulse, settings):
    voice = speech()
    pulse.play("counter", np.stack([voice, voice * 0.1]).astype(np.float32))
    with rtsp_server.RtspServer(pattern="gradient") as camera:
        words = ("check", "--settings", settings(camera.url), "--language", "en")
        done = run(*words, "--seconds", "9", "--zones", "terminal")
        assert "▀" in done.output
        assert "Camera: the picture stands still" in done.output
    with rtsp_server.RtspServer(pattern="snow") as camera:
        words = ("check", "--settings", settings(camera.url), "--language", "en")
        done = run(*words, "--seconds", "5")
        assert "sees nobody in the citizen zone" in done.output
        assert "has no staff zone" in done.output
        assert done.exit_code == 0, done.output
    gone = run(*words, "--seconds", "3")
    assert "Camera: cannot be connected" in gone.output
    assert gone.exit_code == 1


def test_a_recording_has_nothing_to_check(tmp_path, settings):
    file = tmp_path / "recording.toml"
    head = Path(settings()).read_text().split("[[")[0]
    file.write_text(head + '[source]\npath = "x.mp4"\n')
    done = run("ready", "--settings", str(file))
    assert done.exit_code == 2
    assert "is a recording" in done.output
