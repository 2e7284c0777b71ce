"""The broker's files as text; the real Mosquitto reads them in tests/integration."""

import re
import signal
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_agent.errors import IdentityError, SettingsError
from edge_agent.settings import AgentSettings
from edge_agent.tls import BrokerTls
from hailong.cli import main
from hub.identity import emqx, mosquitto
from hub.identity.errors import BrokerFilesError
from hub.identity.mosquitto import BrokerPlan
from hub.identity.reload import hang_up, reload_from
from hub.identity.settings import IdentitySettings
from hub.settings import Address, HubSettings
from hub.settings import SettingsError as HubSettingsError
from hub.store.rows import DeviceRow
from hub.tls import TlsError

DEVICES = [
    DeviceRow("may-02", "hoan-kiem", "quay-02", b"", revoked=False),
    DeviceRow("may-01", "hoan-kiem", "quay-01", b"", revoked=False),
    DeviceRow("may-03", "hoan-kiem", "quay-03", b"", revoked=True),
]
PLAN = BrokerPlan(
    Path("/etc/mosquitto/hailong"),
    Path("/var/lib/mosquitto"),
    Address("0.0.0.0", 8883),
    Address("127.0.0.1", 8884),
)


def test_devices_stand_in_order_and_the_revoked_not_at_all():
    text = mosquitto.devices_acl(DEVICES)
    assert re.findall(r"^user (.*)$", text, re.MULTILINE) == ["may-01", "may-02"]
    assert "topic write hailong/v1/hoan-kiem/quay-01/health" in text
    assert "topic readwrite hailong/v1/hoan-kiem/quay-01/state" in text
    assert "topic read hailong/v1/hoan-kiem/quay-02/confirm" in text
    assert "quay-03" not in text
    assert mosquitto.devices_acl(reversed(DEVICES)) == text


def test_each_listener_asks_for_a_certificate():
    text = mosquitto.configuration(PLAN)
    first, devices, hubs = re.split(r"^listener ", text, flags=re.MULTILINE)
    for listener in (devices, hubs):
        for line in ("tlsv1.3", "require_certificate true", "allow_anonymous false", "crlfile"):
            assert line in listener
    assert "use_username_as_clientid true" in devices
    assert "use_username_as_clientid" not in hubs
    assert "log_type all" not in text
    assert "per_listener_settings true" in first


def test_emqx_lets_a_device_do_the_same_and_closes_with_a_refusal_of_all():
    text = emqx.acl(DEVICES, ["hub-1"])
    assert '{allow, {user, "may-01"}, publish, ["hailong/v1/hoan-kiem/quay-01/health"]}.' in text
    assert '{allow, {user, "may-01"}, subscribe, ["hailong/v1/hoan-kiem/quay-01/confirm"]}.' in text
    assert '{allow, {user, "hub-1"}, subscribe, ["hailong/v1/+/+/health"]}.' in text
    assert "quay-03" not in text
    assert text.splitlines()[-1] == "{deny, all}."
    for line in text.splitlines()[1:]:
        assert line.endswith("}.")
        assert line.count("{") == line.count("}")
        assert line.count("[") == line.count("]")
    configuration = emqx.configuration(PLAN)
    assert configuration.count("{") == configuration.count("}")
    assert configuration.count("fail_if_no_peer_cert = true") == 2
    assert "peer_cert_as_clientid" in configuration
    assert configuration.count("peer_cert_as_clientid") == 1


def test_a_stranger_that_has_the_brokers_pid_gets_no_signal(tmp_path):
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    file = tmp_path / "pid"
    file.write_text(f"{stranger.pid}\n")
    try:
        with pytest.raises(BrokerFilesError, match="expected mosquitto"):
            hang_up(file)
        assert stranger.poll() is None
    finally:
        stranger.send_signal(signal.SIGKILL)
        stranger.wait()
    for text in ("", "x", "99999999"):
        file.write_text(text)
        with pytest.raises(BrokerFilesError, match="is it running"):
            hang_up(file)
    with pytest.raises(BrokerFilesError):
        hang_up(tmp_path / "none")


def test_a_reload_command_is_words_and_no_shell(tmp_path):
    reload_from(f'{sys.executable} -c \'open("{tmp_path}/done", "w")\'')()
    assert (tmp_path / "done").exists()
    reload_from(f"{sys.executable} -c pass ; touch {tmp_path}/shell")()
    assert not (tmp_path / "shell").exists()
    with pytest.raises(BrokerFilesError, match="ended with status 3"):
        reload_from(f"{sys.executable} -c 'raise SystemExit(3)'")()
    with pytest.raises(BrokerFilesError, match="did not run"):
        reload_from("/no/such/program")()
    with pytest.raises(BrokerFilesError, match="HAILONG_BROKER_RELOAD is not set"):
        reload_from("")


HUB = {"HAILONG_DATABASE_URL": "postgresql://127.0.0.1/hailong"}


def test_a_plain_connection_of_the_hub_stays_on_the_machine():
    def tls(url, **more):
        settings = HubSettings.from_environment({**HUB, "HAILONG_BROKER_URL": url, **more})
        return settings.tls.broker(settings.broker.host)

    for host in ("127.0.0.1", "localhost", "[::1]", "127.9.9.9"):
        assert tls(f"mqtt://{host}") is None
    with pytest.raises(TlsError, match=r"mqtt:// to broker.local.*could read and forge"):
        tls("mqtt://broker.local")
    assert tls("mqtt://broker.local", HAILONG_BROKER_PLAIN="yes") is None
    with pytest.raises(TlsError, match="is no certificate of an authority"):
        tls("mqtts://broker.local", HAILONG_BROKER_CA="/no/ca.pem")
    settings = HubSettings.from_environment(
        {**HUB, "HAILONG_BROKER_URL": "mqtts://broker.local", "HAILONG_BROKER_CA": "/ca.pem"}
    )
    assert settings.broker.port == 8883


def agent(**changes):
    return AgentSettings.model_validate(
        {
            "device_id": "may-01",
            "branch": "b",
            "counter": "c",
            "state": "/x",
            "hub_public_key": "ab" * 32,
            "source": {"path": "none.wav"},
            **changes,
        }
    )


def test_a_plain_connection_of_the_agent_stays_on_the_machine():
    assert BrokerTls.of(agent()).context() is None
    with pytest.raises(SettingsError, match=r"mqtt:// to broker.*could read and forge"):
        BrokerTls.of(agent(broker_url="mqtt://broker"))
    allowed = agent(broker_url="mqtt://broker", tls={"plain_broker": True})
    assert BrokerTls.of(allowed).context() is None
    with pytest.raises(SettingsError, match="enrol the device"):
        BrokerTls.of(agent(broker_url="mqtts://broker"))
    files = {"ca": "/no/ca.pem", "certificate": "/no/tls.pem"}
    secure = agent(broker_url="mqtts://broker", tls=files)
    assert secure.broker == ("broker", 8883)
    with pytest.raises(IdentityError, match="enrol the device again"):
        BrokerTls.of(secure).context()


IDENTITY = {
    "HAILONG_PKI": "/pki",
    "HAILONG_ENROL_CERT": "/hub.pem",
    "HAILONG_ENROL_URL": "https://hub.hn.test:8443",
    "HAILONG_DEVICE_BROKER_URL": "mqtts://broker.hn.test:8883",
}


def test_the_identity_parts_settings():
    settings = IdentitySettings.from_environment(IDENTITY)
    assert settings.listen == Address("127.0.0.1", 8443)
    assert settings.broker_files is None
    assert settings.lifetime.days == 90


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HAILONG_PKI", ""),
        ("HAILONG_ENROL_CERT", ""),
        ("HAILONG_ENROL_URL", "http://hub"),
        ("HAILONG_ENROL_URL", ""),
        ("HAILONG_DEVICE_BROKER_URL", "mqtt://broker"),
        ("HAILONG_ENROL_ADDRESS", "8443"),
        ("HAILONG_DEVICE_CERTIFICATE_DAYS", "0"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_expected(variable, value):
    with pytest.raises(HubSettingsError, match=f"^{variable}.*expected"):
        IdentitySettings.from_environment({**IDENTITY, variable: value})


def test_the_page_names_every_variable():
    root = Path(__file__).parents[2]
    page = (root / "docs" / "identity.md").read_text("utf-8")
    for file in ("hub/tls.py", "hub/identity/settings.py"):
        for name in re.findall(r"HAILONG_[A-Z_]*[A-Z]", (root / file).read_text("utf-8")):
            assert name in page, name


def test_the_page_names_every_command():
    page = (Path(__file__).parents[2] / "docs" / "identity.md").read_text("utf-8")
    named = set(re.findall(r"hailong ((?:pki|agent|hub) [a-z-]+(?: (?:enrol|revoke))?)", page))
    assert {f"pki {name}" for name in ("init", "issue", "renew", "revoke", "list", "crl")} <= named
    for words in named:
        done = CliRunner().invoke(main, [*words.split(), "--help"], env={"HAILONG_PKI": "pki"})
        assert done.exit_code == 0, words


def test_neither_agent_nor_hub_runs_plainly_over_a_network(tmp_path):
    sound = tmp_path / "counter.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\1\0" * 16_000)
    settings = tmp_path / "agent.toml"
    settings.write_text(
        'device_id = "may-01"\nbranch = "b"\ncounter = "c"\n'
        f'state = "{tmp_path / "state"}"\nbroker_url = "mqtt://broker.hn.test"\n'
        f'hub_public_key = "{"ab" * 32}"\n[source]\npath = "{sound}"\n'
    )
    hub = {**HUB, "HAILONG_BROKER_URL": "mqtt://broker.hn.test", "HAILONG_STATE": str(tmp_path)}
    for words, environment in (
        (["agent", "run", "--settings", str(settings)], {}),
        (["hub", "run", "--only", "ingest"], hub),
    ):
        done = CliRunner().invoke(main, words, env=environment)
        assert done.exit_code == 2
        assert "could read and forge" in done.stderr
        assert done.stderr.count("\n") == 1
