"""One TOML file gives what the environment gives, and the environment stands over it."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import hub
from hub.health.settings import OperationsSettings
from hub.settings import Address, HubSettings, SettingsError
from hub.settings_file import KEYS, load_into, read

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "hailong.toml"


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "hailong.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_the_example_gives_a_hubs_settings():
    environment = {}
    load_into(environment, EXAMPLE)
    settings = HubSettings.from_environment(environment)
    assert settings.database_name == "hailong"
    assert settings.state == Path("/var/lib/hailong")
    assert OperationsSettings.from_environment(environment).metrics == Address("127.0.0.1", 9464)


def test_the_example_shows_every_key():
    text = EXAMPLE.read_text("utf-8")
    for name in KEYS:
        section, key = name.split(".")
        body = text.split(f"[{section}]", 1)[1].split("\n[", 1)[0]
        assert re.search(rf"^(# )?{key} = ", body, re.MULTILINE), name


def test_every_variable_that_the_hub_reads_has_its_key():
    not_settings = {"HAILONG_CONFIG", "HAILONG_SUPERUSER_URL", "HAILONG_OPERATOR"}
    """Where the file is, what is given once by hand, and who types: a file would sign for all."""
    found = {
        name
        for path in (ROOT / "hub").rglob("*.py")
        for name in re.findall(r"\bHAILONG_[A-Z_]+[A-Z]\b", path.read_text("utf-8"))
    }
    assert found - not_settings == {key.variable for key in KEYS.values()}


def test_the_environment_stands_over_the_file(file):
    path = file(
        '[broker]\nurl = "mqtt://from-file:1883"\n[metrics]\ndevices = false\n'
        '[check]\ncertificates = ["/a.crt", "/b.crt"]\n'
    )
    environment = {"HAILONG_BROKER_URL": "mqtt://from-environment:1883"}
    load_into(environment, path)
    assert environment == {
        "HAILONG_BROKER_URL": "mqtt://from-environment:1883",
        "HAILONG_METRICS_DEVICES": "off",
        "HAILONG_CHECK_CERTIFICATES": "/a.crt:/b.crt",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[database]\nulr = "x"', r"database\.ulr is no setting.*spelling"),
        ('[databse]\nurl = "x"', r"databse\.url is no setting"),
        ("[database]\nurl = 5432", r"database\.url cannot be used: got int, expected \"postgres"),
        ('[database]\nurl = ""', r"database\.url cannot be used: got nothing"),
        ('[metrics]\ndevices = "yes"', r"metrics\.devices cannot be used: got str, expected true"),
        ("[check]\ncertificates = [1]", r"check\.certificates cannot be used"),
        ('state = "/x"', r"state stands outside a section"),
        ("[database", r"no TOML: "),
    ],
)
def test_a_fault_names_file_key_and_what_was_expected(file, text, words):
    path = file(text)
    environment = {}
    with pytest.raises(SettingsError, match=words) as caught:
        load_into(environment, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert environment == {}


def test_a_value_of_the_wrong_kind_is_not_repeated(file):
    with pytest.raises(SettingsError) as caught:
        read(file('[database]\nurl = ["postgresql://lan:bi-mat@db/x"]'))
    assert "bi-mat" not in str(caught.value)


def test_a_command_reads_the_file_before_anything_else(file, tmp_path, monkeypatch):
    for key in KEYS.values():
        # Set and unset, so that what the command adds is put back as well.
        monkeypatch.setenv(key.variable, "")
        monkeypatch.delenv(key.variable)
    path = file('[log]\nlevel = "LOUD"\n')
    done = CliRunner().invoke(hub, ["--config", str(path), "migrate"])
    assert done.exit_code == 2
    assert "LOUD" in done.output
    missing = CliRunner().invoke(hub, ["--config", str(tmp_path / "none.toml"), "migrate"])
    assert missing.exit_code == 2
    assert "none.toml" in missing.output
