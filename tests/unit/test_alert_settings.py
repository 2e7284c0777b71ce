"""Channels from the settings: what is taken, and what is refused in a clear line."""

import json

import pytest

from hub.alerting.settings import AlertSettings, Mailbox, Webhook
from hub.settings import SettingsError
from hub.settings_file import load_into

MAIL = {"HAILONG_MAIL_SERVER": "smtp.example:587", "HAILONG_MAIL_FROM": "hailong@example.gov.vn"}
WEB = {"HAILONG_WEB_URL": "https://hailong.example/"}


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "hook.key"
    path.write_text("k" * 64 + "\n")
    path.chmod(0o600)
    return str(path)


def settings(channels, **more):
    environment = {**MAIL, **WEB, "HAILONG_ALERT_CHANNELS": json.dumps(channels), **more}
    return AlertSettings.from_environment(environment)


def hooked(key_file, **overrides):
    given = {
        "kind": "webhook",
        "branches": ["hoan-kiem"],
        "url": "https://ops.example:8443/hailong?x=1",
        "secret_file": key_file,
    }
    return {"dieu-hanh": {**given, **overrides}}


def boxed(**overrides):
    given = {"kind": "email", "branches": ["*"], "to": ["lan@example.gov.vn"]}
    return {"truc-ban": {**given, **overrides}}


def test_no_channel_needs_no_setting():
    assert AlertSettings.from_environment({}) == AlertSettings()
    assert AlertSettings.from_environment({"HAILONG_ALERT_CHANNELS": "{}"}).channels == ()


def test_channels_of_both_kinds(secret):
    found = settings({**hooked(secret, allow=["10.20.0.0/16"]), **boxed(language="en")})
    one, two = found.channels
    assert isinstance(one, Webhook)
    assert (one.host, one.port, one.path, one.secret) == (
        "ops.example", 8443, "/hailong?x=1", b"k" * 64,
    )  # fmt: skip
    assert [str(network) for network in one.allow] == ["10.20.0.0/16"]
    assert two == Mailbox("truc-ban", ("*",), "en", ("lan@example.gov.vn",))
    assert found.web_url == "https://hailong.example"
    assert found.mail is not None
    assert "kkkk" not in repr(found)


def test_the_settings_file_gives_the_same(tmp_path, secret):
    file = tmp_path / "hailong.toml"
    file.write_text(
        '[web]\nurl = "https://hailong.example"\n[mail]\nserver = "smtp.example:587"\n'
        'from = "hailong@example.gov.vn"\n[alerts.channels.dieu-hanh]\nkind = "webhook"\n'
        f'branches = ["hoan-kiem"]\nurl = "https://ops.example:8443/hailong?x=1"\n'
        f'secret_file = "{secret}"\n[alerts.channels.truc-ban]\nkind = "email"\nbranches = ["*"]\n'
        'to = ["lan@example.gov.vn"]\n'
    )
    environment: dict[str, str] = {}
    load_into(environment, file)
    assert AlertSettings.from_environment(environment) == settings({**hooked(secret), **boxed()})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": "http://ops.example/"}, "dieu-hanh: url"),
        ({"url": "https://user:pw@ops.example/"}, "dieu-hanh: url"),
        ({"url": "https://ops.example/#a"}, "dieu-hanh: url"),
        ({"url": "https:///path"}, "dieu-hanh: url"),
        ({"url": "https://ops.example:99999/"}, "dieu-hanh: url"),
        ({"url": "https://ops.example/a b"}, "dieu-hanh: url"),
        ({"url": "https://ops.example/\r\nX: y"}, "dieu-hanh: url"),
        ({"url": 7}, "dieu-hanh: url"),
        ({"kind": "sms"}, "dieu-hanh: kind .*webhook or email"),
        ({"branches": []}, "dieu-hanh: branches"),
        ({"branches": ["*", "hoan-kiem"]}, "dieu-hanh: branches"),
        ({"branches": ["Hoàn Kiếm"]}, "dieu-hanh: branches"),
        ({"branches": "hoan-kiem"}, "dieu-hanh: branches"),
        ({"allow": ["10.0.0.1/8"]}, "dieu-hanh: allow"),
        ({"allow": ["everything"]}, "dieu-hanh: allow"),
        ({"language": "fr"}, "dieu-hanh: language"),
        ({"secret": "k" * 64}, "dieu-hanh: secret is no setting"),
        ({"secret_file": "/nowhere"}, "dieu-hanh: /nowhere: No such file"),
    ],
)
def test_a_wrong_webhook_is_named_with_its_field(secret, wrong, words):
    with pytest.raises(SettingsError, match=words) as caught:
        settings(hooked(secret, **wrong))
    assert "user:pw" not in str(caught.value)
    assert "kkkk" not in str(caught.value)


def test_a_secret_that_others_may_read_or_guess_is_refused(tmp_path):
    path = tmp_path / "key"
    path.write_text("k" * 64)
    path.chmod(0o640)
    with pytest.raises(SettingsError, match=r"can be read by others \(mode 0640\)"):
        settings(hooked(str(path)))
    path.chmod(0o600)
    path.write_text("geheim")
    with pytest.raises(SettingsError, match="has 6 characters; expected 32"):
        settings(hooked(str(path)))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"to": []}, "truc-ban: to"),
        ({"to": ["lan"]}, "truc-ban: to"),
        ({"to": ["lan@example.gov.vn\nBcc: x@y.z"]}, "truc-ban: to"),
        ({"url": "https://x"}, "truc-ban: url is no setting"),
    ],
)
def test_a_wrong_mailbox_is_named_with_its_field(wrong, words):
    with pytest.raises(SettingsError, match=words):
        settings(boxed(**wrong))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"HAILONG_MAIL_SERVER": ""}, "HAILONG_MAIL_SERVER is not set"),
        ({"HAILONG_MAIL_SERVER": "smtp.example"}, "expected host:port"),
        ({"HAILONG_MAIL_TLS": "ssl"}, "expected starttls"),
        ({"HAILONG_MAIL_TLS": "none"}, "is not this machine"),
        ({"HAILONG_MAIL_FROM": "hailong"}, "HAILONG_MAIL_FROM"),
        ({"HAILONG_MAIL_USER": "hailong"}, "HAILONG_MAIL_PASSWORD_FILE"),
        ({"HAILONG_WEB_URL": ""}, "HAILONG_WEB_URL is not set"),
        ({"HAILONG_WEB_URL": "javascript:alert(1)"}, "HAILONG_WEB_URL"),
        ({"HAILONG_ALERT_CHANNELS": "[1]"}, "expected a JSON object"),
        ({"HAILONG_ALERT_CHANNELS": "{"}, "expected a JSON object"),
        ({"HAILONG_ALERT_CHANNELS": '{"Trực ban": {}}'}, "lower-case letters"),
    ],
)
def test_a_wrong_variable_is_named(more, words):
    with pytest.raises(SettingsError, match=words):
        settings(boxed(), **more)


def test_a_mail_password_that_smtp_cannot_take_is_refused_at_the_start(tmp_path):
    path = tmp_path / "mail.pass"
    path.write_text("mật-khẩu")
    path.chmod(0o600)
    login = {"HAILONG_MAIL_USER": "hailong", "HAILONG_MAIL_PASSWORD_FILE": str(path)}
    with pytest.raises(SettingsError, match="expected ASCII") as caught:
        settings(boxed(), **login)
    assert "mật" not in str(caught.value)
    path.write_text("pass-word\n")
    found = settings(boxed(), **login).mail
    assert found is not None
    assert found.password == "pass-word"
    assert "pass-word" not in repr(found)
