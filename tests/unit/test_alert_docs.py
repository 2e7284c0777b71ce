"""docs/alerts.md: its example runs, its words and figures are those of the code."""

import doctest
import re
import tomllib
from pathlib import Path

import yaml

from edge_agent import alert, alert_queue
from hub.alerting import dispatcher, webhook
from hub.alerting.settings import AlertSettings
from hub.api.alert_feed import StreamLimits
from hub.scoring.live import LIVE_FOR
from hub.settings_file import KEYS, read
from hub.web.i18n import Speech
from hub.web.words import ALERT_STATES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "alerts.md").read_text("utf-8")


def test_the_example_runs_and_is_what_a_webhook_sends():
    said: list[str] = []
    test = doctest.DocTestParser().get_doctest(PAGE, {}, "alerts.md", None, 0)
    outcome = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert (outcome.failed, outcome.attempted > 3) == (0, True), "".join(said)
    assert webhook.signature(b"s" * 64, 1773111600, b"{}") in PAGE


def test_the_faults_are_those_of_the_code():
    table = PAGE.split("### When a channel cannot be told")[1]
    told = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    there = {
        fault
        for path in (ROOT / "hub" / "alerting").glob("*.py")
        for fault in re.findall(r"SendingError\(\s*\"(\w+)\"", path.read_text("utf-8"))
    }
    assert told == there | {"status_NNN"}


def test_the_states_are_those_of_the_page():
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]+ \|$", PAGE, re.MULTILINE))
    vietnamese = Speech("vi")
    assert told == {state: vietnamese.word("alert_state", state) for state in ALERT_STATES}


def test_the_figures_are_those_of_the_code():
    text = " ".join(PAGE.split())
    assert f"at each {alert.UNATTENDED_EVERY_S:.0f} s that a citizen is there" in text
    assert f"one in {alert.EVERY_S:.0f} s of media time" in text
    minutes = LIVE_FOR.total_seconds() / 60
    assert LIVE_FOR.total_seconds() == alert_queue.OLDEST_S
    assert f"what cannot be sent within {minutes:.0f} minutes" in text
    waits = [
        min(dispatcher._LONGEST_WAIT_S, dispatcher._FIRST_WAIT_S * 2.0**n)
        for n in range(dispatcher.MOST_ATTEMPTS - 1)
    ]
    words = ", ".join(f"{wait:.0f}" for wait in waits[:-1]) + f" and {waits[-1]:.0f} s"
    assert f"tried again after {words}" in text
    told_for = dispatcher.TOLD_FOR.total_seconds() / 60
    assert f"older than {told_for:.0f} minutes is told no more" in text
    assert f"Any answer of 200 to 299 within {webhook.TIMEOUT_S:.0f} s" in text
    limits = StreamLimits()
    assert limits.most_a_person == 4
    assert f"Four windows a person, {limits.most} a process" in text


def test_the_settings_are_taken_as_they_are_printed(tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    for name in ("dieu-hanh.key", "mail.pass"):
        secret = tmp_path / name
        secret.write_text("k" * 64)
        secret.chmod(0o600)
    file = tmp_path / "hailong.toml"
    file.write_text(example.replace("/etc/hailong", str(tmp_path)), "utf-8")
    assert set(tomllib.loads(example)) == {"web", "alerts", "mail"}
    found = AlertSettings.from_environment(read(file))
    assert [channel.name for channel in found.channels] == ["dieu-hanh", "truc-ban"]
    shown = {f"mail.{name}" for name in tomllib.loads(example)["mail"]}
    assert shown | {"mail.ca"} == {name for name in KEYS if name.startswith("mail.")}


def test_the_containers_override_gives_a_channel(tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    override = yaml.safe_load(text)["services"]["scoring"]
    secret = tmp_path / "dieu-hanh.key"
    secret.write_text("k" * 64)
    secret.chmod(0o400)
    environment = {
        name: value.replace("/run/secrets", str(tmp_path))
        for name, value in override["environment"].items()
    }
    (channel,) = AlertSettings.from_environment(environment).channels
    assert channel.branches == ("*",)
    compose = yaml.safe_load((ROOT / "deploy" / "docker" / "compose.yaml").read_text("utf-8"))
    assert set(override["networks"]) == set(compose["networks"])
