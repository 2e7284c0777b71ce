"""Channels are told from the outbox: once each, again after a failure, and none holds another."""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest
from click.testing import CliRunner

from hub import metrics
from hub.alerting import dispatcher as dispatching
from hub.alerting.dispatcher import MOST_ATTEMPTS, Dispatcher
from hub.alerting.settings import AlertSettings, Mailbox, MailServer, Webhook
from hub.cli import hub as command
from hub.settings import Address
from hub.store.place import set_up_place
from schemas.vocabulary import Role
from tests.builders import NOW, hit, interaction_payload, turn
from tests.channels import HOST, hook, mail_receiver, make_certificates
from tests.devices import wait_until
from tests.integration.conftest import counter_row
from tests.stored import RULES, make_worker, tell

pytestmark = pytest.mark.integration


@dataclass
class Clock:
    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def receiver(certificates):
    with hook(certificates) as server:
        yield server


@pytest.fixture
def raises_alert(hub_db, sender):
    """`raises_alert()` makes one of a branch; so does a worker of the real hub."""
    ingest, worker = hub_db.open("ingest"), make_worker(hub_db.open("worker"))

    def make(by=sender):
        said = turn(role=Role.CITIZEN, start_s=6.0, hits=(hit("escalation", 7.0),))
        payload = interaction_payload(started_at=NOW - timedelta(minutes=4), turns=(turn(), said))
        tell(ingest, by, payload)
        worker.run_once()

    return make


def webhook_to(receiver, certificates, branches, name="dieu-hanh"):
    return Webhook(
        name=name,
        branches=branches,
        language="vi",
        host=HOST,
        port=receiver.port,
        path="/",
        secret=b"s" * 64,
        allow=(ip_network("127.0.0.0/8"),),
        ca=certificates.ca,
    )


def dispatcher_of(hub_db, clock, *channels, mail=None, rules=RULES):
    settings = AlertSettings(channels, mail, "https://hailong.example")
    return Dispatcher(hub_db.open("worker"), settings, rules, clock)


def sendings(hub_db):
    return hub_db.rows(
        "SELECT channel, state, attempts, fault FROM hailong.alert_sendings ORDER BY 1, event_no"
    )


def test_each_channel_of_the_branch_is_told_once(
    hub_db, clock, receiver, certificates, branch, raises_alert, enrolled
):
    other = "cn-khac"
    set_up_place(hub_db.open("migrator"), [counter_row(other, "quay-05")])
    ours = webhook_to(receiver, certificates, (branch,))
    all_ = webhook_to(receiver, certificates, ("*",), "tat-ca")
    dispatcher = dispatcher_of(hub_db, clock, ours, all_)
    raises_alert()
    raises_alert(enrolled(branch=other))
    for _ in range(3):
        for channel in (ours, all_):
            dispatcher.step(channel)
    told = [json.loads(request.body) for request in receiver.requests]
    assert sorted(t["branch"] for t in told) == sorted([branch, branch, other])
    assert sendings(hub_db) == [
        ("dieu-hanh", "sent", 1, None),
        ("tat-ca", "sent", 1, None),
        ("tat-ca", "sent", 1, None),
    ]
    body = told[0]
    assert body["title"] == "Người dân đề nghị gặp lãnh đạo"
    assert (body["counter"], body["counter_number"]) == ("quay-05", 5)
    assert body["branch_name"] == "Chi nhánh thử nghiệm"
    flag_id = hub_db.value("SELECT flag_id FROM hailong.alerts WHERE branch_id = %s", branch)
    assert body["link"] == f"https://hailong.example/overview#alert-{flag_id}"
    # Nothing of what was said, measured, or of who sat there.
    assert set(body) == {
        "version", "event", "test", "branch", "branch_name", "counter", "counter_number", "rule",
        "title", "raised_at", "link",
    }  # fmt: skip


def test_only_what_is_new_is_told_and_not_when_it_is_old(
    hub_db, clock, receiver, certificates, branch, raises_alert
):
    channel = webhook_to(receiver, certificates, (branch,))
    dispatcher = dispatcher_of(hub_db, clock, channel)
    raises_alert()
    hub_db.rows("UPDATE hailong.alert_events SET what = 'update'")
    assert dispatcher.step(channel) == 0
    hub_db.rows("UPDATE hailong.alert_events SET what = 'new'")
    clock.now = NOW + timedelta(minutes=10)
    assert dispatcher.step(channel) == 0
    assert sendings(hub_db) == []


def test_a_failure_is_tried_again_later_and_later_then_given_up_and_counted(
    hub_db, clock, receiver, certificates, branch, raises_alert, caplog
):
    channel = webhook_to(receiver, certificates, (branch,))
    dispatcher = dispatcher_of(hub_db, clock, channel)
    before = failed_count()
    raises_alert()
    receiver.status = 503
    waits = []
    while dispatcher.step(channel):
        (row,) = sendings(hub_db)
        assert row[3] == "status_503"
        if row[1] == "failed":
            break
        due = hub_db.value("SELECT next_at FROM hailong.alert_sendings")
        waits.append((due - clock.now).total_seconds())
        assert dispatcher.step(channel) == 0  # not before its time
        clock.now = due
    assert waits == [5, 10, 20, 40, 80, 160, 300]
    assert sendings(hub_db) == [("dieu-hanh", "failed", MOST_ATTEMPTS, "status_503")]
    assert {request.headers["Hailong-Event"] for request in receiver.requests} == {
        str(hub_db.value("SELECT event_no FROM hailong.alert_events"))
    }
    clock.now += timedelta(hours=1)
    assert dispatcher.step(channel) == 0
    assert failed_count() == before + 1
    assert caplog.text.count("tried again") == 1  # a change is said, not each attempt
    assert "an alert was given up" in caplog.text


def failed_count():
    labels = {"channel": "dieu-hanh", "outcome": "failed"}
    return metrics.REGISTRY.get_sample_value("hailong_hub_alert_sendings_total", labels) or 0


def test_a_failure_that_ends_is_told_once(
    hub_db, clock, receiver, certificates, branch, raises_alert
):
    channel = webhook_to(receiver, certificates, (branch,))
    dispatcher = dispatcher_of(hub_db, clock, channel)
    raises_alert()
    receiver.status = 500
    dispatcher.step(channel)
    receiver.status = 204
    clock.now += timedelta(seconds=6)
    dispatcher.step(channel)
    assert sendings(hub_db) == [("dieu-hanh", "sent", 2, None)]


def test_mail_goes_the_same_way(hub_db, clock, certificates, branch, raises_alert):
    with mail_receiver(certificates) as receiver:
        server = MailServer(
            Address(HOST, receiver.port), "starttls", "hailong@example.gov.vn", ca=certificates.ca
        )
        box = Mailbox("truc-ban", (branch,), "vi", ("lan@example.gov.vn",))
        dispatcher = dispatcher_of(hub_db, clock, box, mail=server)
        raises_alert()
        assert (dispatcher.step(box), dispatcher.step(box)) == (1, 0)
        assert len(receiver.mails) == 1
    assert sendings(hub_db) == [("truc-ban", "sent", 1, None)]


def test_what_is_reviewed_outside_the_branch_names_no_counter(
    hub_db, clock, receiver, certificates, branch, raises_alert
):
    channel = webhook_to(receiver, certificates, (branch,))
    dispatcher = dispatcher_of(hub_db, clock, channel)
    raises_alert()
    hub_db.rows("UPDATE hailong.alerts SET rule_id = 'money_hint'")
    dispatcher.step(channel)
    body = json.loads(receiver.requests[0].body)
    assert (body["counter"], body["counter_number"]) == (None, None)
    assert "quay" not in receiver.requests[0].body.decode()


def test_two_hubs_tell_a_channel_once(hub_db, clock, receiver, certificates, branch, raises_alert):
    channel = webhook_to(receiver, certificates, (branch,))
    both = [dispatcher_of(hub_db, clock, channel) for _ in range(2)]
    for _ in range(4):
        raises_alert()
    threads = [threading.Thread(target=one.step, args=(channel,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in both:
        one.step(channel)
    assert len(receiver.requests) == 4
    assert {state for _, state, *_ in sendings(hub_db)} == {"sent"}


def test_what_was_claimed_by_one_that_died_is_sent_again_under_the_same_id(
    hub_db, clock, receiver, certificates, branch, raises_alert, monkeypatch
):
    channel = webhook_to(receiver, certificates, (branch,))
    dispatcher = dispatcher_of(hub_db, clock, channel)
    raises_alert()

    def killed(*_args, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(dispatching.outbox, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            dispatcher.step(channel)  # it was sent, and that could not be noted
    assert sendings(hub_db) == [("dieu-hanh", "waiting", 1, None)]
    assert dispatcher.step(channel) == 0  # still the dead one's
    clock.now += timedelta(seconds=61)
    assert dispatcher_of(hub_db, clock, channel).step(channel) == 1
    assert sendings(hub_db) == [("dieu-hanh", "sent", 2, None)]
    assert len({request.headers["Hailong-Event"] for request in receiver.requests}) == 1


@contextmanager
def running(dispatcher):
    stop = threading.Event()
    thread = threading.Thread(target=dispatcher.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(15)
    assert not thread.is_alive()


def test_a_channel_that_hangs_or_breaks_holds_no_other(
    hub_db, clock, receiver, certificates, branch, raises_alert, monkeypatch
):
    with hook(certificates) as hanging:
        hanging.silent_s = 3.0
        hangs = webhook_to(hanging, certificates, (branch,), "treo")
        breaks = webhook_to(receiver, certificates, (branch,), "hong")
        works = webhook_to(receiver, certificates, (branch,), "tot")
        dispatcher = dispatcher_of(hub_db, clock, hangs, breaks, works)
        send = dispatching.webhook.send

        def broken(channel, notice, now):
            if channel.name == "hong":
                raise RuntimeError("Nội dung không được lộ ra")
            send(channel, notice, now)

        monkeypatch.setattr(dispatching.webhook, "send", broken)
        with running(dispatcher):
            raises_alert()
            began_s = time.monotonic()
            wait_until(lambda: ("tot", "sent", 1, None) in sendings(hub_db))
            assert time.monotonic() - began_s < 3.0
            wait_until(lambda: ("hong", "waiting", 1, "unforeseen") in sendings(hub_db))
            raises_alert()
            wait_until(lambda: sendings(hub_db).count(("tot", "sent", 1, None)) == 2)


def test_news_are_told_at_once_and_after_the_database_was_away(
    hub_db, clock, receiver, certificates, branch, raises_alert
):
    channel = webhook_to(receiver, certificates, (branch,))
    with running(dispatcher_of(hub_db, clock, channel)):
        raises_alert()
        wait_until(lambda: len(receiver.requests) == 1, 5)
        hub_db.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'test-worker' AND datname = current_database()"
        )
        raises_alert()
        wait_until(lambda: len(receiver.requests) == 2, 20)


def test_without_channels_nothing_runs(hub_db, clock):
    with running(dispatcher_of(hub_db, clock)):
        pass


# The command ----------------------------------------------------------------------------


def test_the_command_says_in_words_what_happened(receiver, certificates, branch, tmp_path):
    secret = tmp_path / "hook.key"
    secret.write_text("k" * 64)
    secret.chmod(0o600)
    hooked = {
        "kind": "webhook",
        "branches": [branch],
        "url": f"https://{HOST}:{receiver.port}/",
        "secret_file": str(secret),
        "ca_file": str(certificates.ca),
        "allow": ["127.0.0.1/32"],
    }
    with mail_receiver(certificates) as mails:
        environment = {
            "HAILONG_DATABASE_URL": "postgresql://127.0.0.1:1/hailong",
            "HAILONG_BROKER_URL": "mqtt://127.0.0.1:1",
            "HAILONG_STATE": str(tmp_path),
            "HAILONG_WEB_URL": "https://hailong.example",
            "HAILONG_MAIL_SERVER": f"{HOST}:{mails.port}",
            "HAILONG_MAIL_FROM": "hailong@example.gov.vn",
            "HAILONG_MAIL_CA": str(certificates.ca),
            "HAILONG_ALERT_CHANNELS": json.dumps(
                {
                    "dieu-hanh": hooked,
                    "cam": {**hooked, "allow": []},
                    "truc-ban": {"kind": "email", "branches": ["*"], "to": ["lan@example.gov.vn"]},
                }
            ),
        }
        result = CliRunner().invoke(command, ["alerts", "test"], env=environment)
        assert result.exit_code == 1
        refused = (
            f"cam: not told: {HOST} leads to {HOST}, which is not public; expected a public "
            "address, or its network among the channel's `allow`"
        )
        assert result.output.splitlines() == [
            f"dieu-hanh: {HOST} has taken the test alert",
            refused,
            "truc-ban: the mail server has taken the test alert for lan@example.gov.vn",
        ]
        assert "[TH" in mails.mails[0].text or "=?utf-8?" in mails.mails[0].text
        one = CliRunner().invoke(
            command, ["alerts", "test", "--channel", "dieu-hanh"], env=environment
        )
        assert (one.exit_code, len(receiver.requests)) == (0, 2)
        assert json.loads(receiver.requests[0].body)["test"] is True
        none = CliRunner().invoke(command, ["alerts", "test", "--channel", "x"], env=environment)
        assert none.exit_code == 2
        assert "no channel x; there are: dieu-hanh, cam, truc-ban" in none.output
    empty = {**environment, "HAILONG_ALERT_CHANNELS": ""}
    result = CliRunner().invoke(command, ["alerts", "test"], env=empty)
    assert (result.exit_code, "see docs/alerts.md" in result.output) == (2, True)
