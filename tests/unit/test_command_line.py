"""Bad input gets one line that says what was expected and what to do, exit code 2, no traceback."""

import wave

import pytest
from click.testing import CliRunner

from hailong.cli import main


@pytest.fixture
def call():
    def run(*words, **environment):
        return CliRunner().invoke(main, [str(word) for word in words], env=environment)

    return run


def mono(path, seconds=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\1\0" * 8000 * seconds)


BAD = {
    "no such file": (lambda path: None, "no such file"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "no video": (lambda path: path.write_text("a shopping list"), "expected"),
    "one channel": (mono, "one audio channel"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_recording_is_told_in_one_line(call, tmp_path, kind):
    make, expected = BAD[kind]
    path = tmp_path / "recording.wav"
    make(path)
    channels = ["--channels", "2"] if kind == "one channel" else []
    done = call("analyze", path, *channels)
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("Error: ")
    assert expected in done.stderr
    assert "recording.wav" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("zone", ["left", "1,0,0,1", "0,0,1", "0,0,2,1", "nan,0,1,1"])
def test_a_zone_that_is_none(call, tmp_path, zone):
    path = tmp_path / "recording.wav"
    mono(path)
    done = call("analyze", path, "--citizen-zone", zone)
    assert done.exit_code == 2
    assert "expected left,top,right,bottom" in done.stderr


def test_an_agent_without_settings(call, tmp_path):
    done = call("agent", "run", "--settings", tmp_path / "agent.toml")
    assert done.exit_code == 2
    assert "agent.toml" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HAILONG_DATABASE_URL": ""}, "HAILONG_DATABASE_URL is not set"),
        ({"HAILONG_DATABASE_URL": "postgresql://u:secret@h/d"}, "names a user"),
        (
            {"HAILONG_DATABASE_URL": "postgresql://h/d", "HAILONG_BROKER_URL": "http://x"},
            "mqtt://",
        ),
    ],
)
def test_a_hub_with_wrong_settings(call, environment, expected):
    done = call("hub", "run", **environment)
    assert done.exit_code == 2
    assert expected in done.stderr
    assert "secret" not in done.stderr


def test_help_names_the_sides_and_each_option_its_variable(call):
    assert {"agent", "hub", "analyze"} <= set(call("--help").stdout.split())
    assert "HAILONG_AGENT_SETTINGS" in call("agent", "run", "--help").stdout
    assert "HAILONG_SUPERUSER_URL" in call("hub", "bootstrap", "--help").stdout


def test_a_side_that_is_not_installed_says_what_to_install(call, monkeypatch):
    monkeypatch.setattr("hailong.cli.find_spec", lambda _: None)
    done = call("hub", "run")
    assert done.exit_code == 2
    assert "hailong[hub]" in done.stderr
