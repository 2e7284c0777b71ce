from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from hub.settings import Address, HubSettings, SettingsError, load_signing_key, role_url

GOOD = {
    "HAILONG_DATABASE_URL": "postgresql://127.0.0.1:5433/hailong",
    "HAILONG_BROKER_URL": "mqtt://127.0.0.1:1883",
    "HAILONG_STATE": "/srv/hailong",
}


def test_defaults_and_what_each_role_signs_in_with():
    settings = HubSettings.from_environment(GOOD)
    assert settings.broker == Address("127.0.0.1", 1883)
    assert settings.web == Address("127.0.0.1", 8080)
    assert settings.passfile == Path("/srv/hailong/database.pass")
    assert conninfo_to_dict(settings.database_url("app")) == {
        "user": "hailong_app",
        "host": "127.0.0.1",
        "port": "5433",
        "dbname": "hailong",
        "passfile": "/srv/hailong/database.pass",
    }
    with pytest.raises(SettingsError, match="no database role 'postgres'"):
        settings.database_url("postgres")


def test_an_ipv6_server_and_ports_left_out():
    settings = HubSettings.from_environment(
        GOOD
        | {
            "HAILONG_DATABASE_URL": "postgresql://[::1]/hailong",
            "HAILONG_BROKER_URL": "mqtt://broker.local",
        }
    )
    assert conninfo_to_dict(settings.database_url("worker"))["host"] == "::1"
    assert (settings.database.port, settings.broker) == (5432, Address("broker.local", 1883))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HAILONG_DATABASE_URL", ""),
        ("HAILONG_DATABASE_URL", "mysql://127.0.0.1/hailong"),
        ("HAILONG_DATABASE_URL", "postgresql://127.0.0.1"),
        ("HAILONG_DATABASE_URL", "postgresql://127.0.0.1:x/hailong"),
        ("HAILONG_DATABASE_URL", "postgresql:///hailong"),
        ("HAILONG_BROKER_URL", ""),
        ("HAILONG_BROKER_URL", "127.0.0.1:1883"),
        ("HAILONG_BROKER_URL", "mqtts://127.0.0.1"),
        ("HAILONG_WEB_ADDRESS", "127.0.0.1:99999"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_was_expected(variable, value):
    with pytest.raises(SettingsError, match=f"^{variable} .*expected"):
        HubSettings.from_environment(GOOD | {variable: value})


@pytest.mark.parametrize("variable", ["HAILONG_DATABASE_URL", "HAILONG_BROKER_URL"])
def test_a_password_in_a_url_is_refused_and_not_repeated(variable):
    scheme = GOOD[variable].partition(":")[0]
    with pytest.raises(SettingsError, match="names a user") as caught:
        HubSettings.from_environment(GOOD | {variable: f"{scheme}://ai:bi-mat@host/x"})
    assert "bi-mat" not in str(caught.value)


def test_the_hubs_key_is_made_once_and_is_nobody_elses(tmp_path):
    state = tmp_path / "state"
    key = load_signing_key(state)
    assert load_signing_key(state) == key
    assert (state / "hub.key").stat().st_mode & 0o777 == 0o600
    assert (state / "hub.pub").read_text().strip() == bytes(key.verify_key).hex()
    (state / "hub.key").chmod(0o644)
    with pytest.raises(SettingsError, match="mode 0644"):
        load_signing_key(state)
    (state / "hub.key").chmod(0o600)
    (state / "hub.key").write_text("not hex")
    with pytest.raises(SettingsError, match="expected 64 hex digits"):
        load_signing_key(state)


def test_a_password_file_in_a_folder_with_a_space_and_no_ascii_is_found(tmp_path):
    passfile = tmp_path / "nhà riêng" / "database.pass"
    url = role_url(Address("127.0.0.1", 5432), "hailong", "hailong_app", passfile)
    assert conninfo_to_dict(url)["passfile"] == str(passfile)
