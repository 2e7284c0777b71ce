import re
from pathlib import Path

import pytest

from edge_agent.errors import SettingsError
from edge_agent.settings import ENVIRONMENT, WHOLE_PICTURE, AgentSettings
from schemas.vocabulary import SourceKind

WHOLE = f"""\
device_id = "dev-hk-05"
branch = "hoan-kiem"
counter = "quay-05"
state = "/var/lib/hailong"
broker_url = "mqtt://broker.hn.test:8883"
hub_public_key = "{"ab" * 32}"

[source]
path = "ghi-hình.mp4"
channels = 2

[zones]
citizen = [[0, 0.2], [0.5, 0.2], [0.5, 1]]
staff = [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]

[models]
whisper = "/opt/models/phowhisper"
beam_size = 5
threads = 4

[outbox]
max_bytes = 1073741824

[health]
interval_s = 30
"""
SHORT = WHOLE[: WHOLE.index("channels")]


def load(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> AgentSettings:
    file = tmp_path / "agent.toml"
    file.write_text(text)
    return AgentSettings.load(file, environ or {})


def test_whole_file(tmp_path):
    settings = load(tmp_path, WHOLE)
    assert settings.broker == ("broker.hn.test", 8883)
    assert settings.source.path == Path("ghi-hình.mp4")
    assert settings.source.channels == 2
    assert settings.zones.citizen == ((0, 0.2), (0.5, 0.2), (0.5, 1))
    assert settings.models.beam_size == 5
    assert settings.outbox.max_bytes == 2**30
    assert settings.health.interval_s == 30


def test_what_is_left_out_has_a_default(tmp_path):
    settings = load(tmp_path, SHORT)
    assert settings.source.live_or_recording is SourceKind.RECORDING
    assert settings.source.channels is None
    assert settings.zones.citizen == WHOLE_PICTURE
    assert settings.zones.staff is None
    assert settings.models.whisper is None
    assert settings.publish.in_flight == 100


def test_environment_stands_over_the_file(tmp_path):
    given = {"HAILONG_AGENT_STATE": "/srv/state", "HAILONG_BROKER_URL": "mqtt://127.0.0.1"}
    settings = load(tmp_path, SHORT, given)
    assert settings.state == Path("/srv/state")
    assert settings.broker == ("127.0.0.1", 1883)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('counter = "quay-05"\n', "", "counter: is missing; set it"),
        ('branch = "hoan-kiem"', 'branch = "Hoàn Kiếm"', "branch: String should match pattern"),
        ("channels = 2", "chanels = 2", "source.chanels: is no setting; check its spelling"),
        ("channels = 2", "channels = 3", "source.channels: Input should be 1 or 2"),
        ("threads = 4", "threads = 0", "models.threads: Input should be greater than or equal to"),
        ("max_bytes = 1073741824", "max_bytes = 9", "outbox.max_bytes: Input should be greater"),
        ("[0.5, 1]]\nstaff", "[50, 1]]\nstaff", "zones.citizen.2.0: Input should be less than"),
        ("[0.5, 1]]\nstaff", "[0.2, 0.2]]\nstaff", "zones.citizen: expected corners that enclose"),
        ("mqtt://broker.hn.test:8883", "http://broker", "broker_url: expected mqtt://host:port"),
        ("mqtt://broker.hn.test:8883", "mqtt://", "broker_url: expected mqtt://host:port"),
        ("broker.hn.test:8883", "broker:99999", "broker_url: expected mqtt://host:port"),
        (f'"{"ab" * 32}"', '"abcd"', "hub_public_key: String should match pattern"),
    ],
)
def test_fault_names_file_and_field_in_one_line(tmp_path, old, new, line):
    assert old in WHOLE
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, WHOLE.replace(old, new))
    assert str(caught.value).startswith(f"{tmp_path / 'agent.toml'}: {line}")
    assert "\n" not in str(caught.value)


def test_further_faults_are_counted(tmp_path):
    with pytest.raises(SettingsError, match=r"device_id: is missing; set it \(and 3 more\)$"):
        load(tmp_path, 'state = "x"\nbranch = "b"\n')


def test_fault_of_the_environment_names_the_variable(tmp_path):
    with pytest.raises(
        SettingsError,
        match=r"^HAILONG_BROKER_URL: expected mqtt://host:port on this machine, or mqtts://host:port$",
    ):
        load(tmp_path, SHORT, {"HAILONG_BROKER_URL": "broker"})


def test_password_in_the_address_is_refused_and_not_repeated(tmp_path):
    url = "mqtt://agent:bi-mat-123@broker:1883"
    with pytest.raises(SettingsError, match="without a user or password") as caught:
        load(tmp_path, SHORT, {"HAILONG_BROKER_URL": url})
    assert "bi-mat-123" not in f"{caught.value}{caught.value.__cause__}"


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml: No such file"):
        AgentSettings.load(tmp_path / "none.toml", {})


def test_file_that_is_no_toml(tmp_path):
    with pytest.raises(SettingsError, match=r"agent\.toml: no TOML: .*line 1"):
        load(tmp_path, "device_id = oops\n")


def test_variables_name_settings():
    assert set(ENVIRONMENT.values()) <= set(AgentSettings.model_fields)


LIVE = SHORT.replace(
    'path = "ghi-hình.mp4"\n',
    """
[[source.microphones]]
device = "Andrea"
staff = 0
citizen = 1

[source.camera]
url = "rtsp://camera.quay-05/sub"
""",
)


def test_live_sensors(tmp_path):
    source = load(tmp_path, LIVE).source
    assert source.live_or_recording is SourceKind.LIVE
    assert (source.microphones[0].staff, source.microphones[0].citizen) == (0, 1)
    assert (source.camera.url, source.camera.fps) == ("rtsp://camera.quay-05/sub", 3)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("citizen = 1", "", "microphones hear staff; expected staff and citizen once each"),
        ("citizen = 1", "citizen = 0", "two different channels"),
        ("staff = 0\ncitizen = 1", "", "expected staff, citizen or shared"),
        ("citizen = 1", "citizen = 1\nshared = 2", "either shared, or staff and citizen"),
        ('device = "Andrea"', "", "expected device or url"),
        ("rtsp://camera", "http://camera", "expected rtsp://host:port/path"),
        ("[[source.microphones]]", 'path = "x.mp4"\n[[source.microphones]]', "one of the two"),
        ("[[source.microphones]]", 'kind = "recording"\n[[source.microphones]]', "is live"),
        ("[[source.microphones]]", "channels = 2\n[[source.microphones]]", "for recordings"),
    ],
)
def test_live_sensors_that_do_not_fit(tmp_path, before, after, says):
    assert before in LIVE
    with pytest.raises(SettingsError, match=re.escape(says)):
        load(tmp_path, LIVE.replace(before, after, 1))


def test_a_password_in_an_address_is_refused_and_not_repeated(tmp_path):
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, LIVE.replace("rtsp://", "rtsp://admin:Secret99@"))
    assert "HAILONG_CAMERA_PASSWORD" in str(refused.value)
    assert "Secret99" not in str(refused.value)


def test_whether_one_microphone_may_hear_both_sides(tmp_path):
    one = LIVE.replace("staff = 0\ncitizen = 1", "shared = 0")
    assert load(tmp_path, one).source.may_be_shared
    assert not load(tmp_path, LIVE).source.may_be_shared
    # A recording shows it when it is opened.
    assert load(tmp_path, SHORT).source.may_be_shared
    assert not load(tmp_path, SHORT.replace("path =", "channels = 2\npath =")).source.may_be_shared
    assert load(tmp_path, SHORT).models.speakers
