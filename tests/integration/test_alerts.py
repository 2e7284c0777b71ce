"""Alerts in the hub: from the broker into the database, raised, changed, superseded by the end."""

import random
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from nacl.signing import SigningKey

from hub.ingest.process import Processor
from hub.ingest.verify import Received
from hub.scoring.flag import flag_id
from hub.scoring.live import LIVE_FOR, LiveJudge
from hub.scoring.worker import ScoringWorker
from hub.store import alerts as store
from hub.store import scoring as queue
from hub.store.erasures import Erasure, apply
from schemas.vocabulary import Role
from tests.builders import NOW, coverage, hit, interaction_payload, measurements, span, turn
from tests.devices import wait_until
from tests.stored import RUBRICS, RULES, arrive, make_worker, tell

pytestmark = pytest.mark.integration

BEGAN = NOW - timedelta(minutes=4)


def calm(**overrides):
    return interaction_payload(**{"started_at": BEGAN, **overrides})


def asks_for_the_manager(times=1, **overrides):
    said = [
        turn(role=Role.CITIZEN, start_s=6.0 + 10 * n, hits=(hit("escalation", 7.0 + 10 * n),))
        for n in range(times)
    ]
    return calm(**{"turns": (turn(), *said), **overrides})


def alone(seconds, **overrides):
    return calm(
        spans=(span("unattended", start_s=10.0, duration_s=seconds),),
        measurements=measurements(unattended_s=seconds, longest_unattended_s=seconds),
        **overrides,
    )


@pytest.fixture
def ingest_db(hub_db):
    return hub_db.open("ingest")


@pytest.fixture
def worker(hub_db):
    return make_worker(hub_db.open("worker"))


def alerts(hub_db):
    return hub_db.rows("SELECT rule_id, state, ended_as FROM hailong.alerts ORDER BY 1")


def events(hub_db):
    return [
        row[0] for row in hub_db.rows("SELECT what FROM hailong.alert_events ORDER BY event_no")
    ]


def waiting(hub_db):
    return hub_db.value("SELECT count(*) FROM hailong.open_interactions")


def same(payload, other):
    """The same interaction, measured further."""
    return other.model_copy(update={"interaction_id": payload.interaction_id})


@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
def test_an_alert_comes_by_the_broker_is_judged_and_shown(
    kind, request, start_ingest, hub_db, sender, worker
):
    if kind == "embedded":
        address = request.getfixturevalue("broker")
    else:
        address = request.getfixturevalue("mosquitto").address
    ingest = start_ingest(address)
    payload = asks_for_the_manager().model_copy(update={"open": True})
    with ingest.device(sender) as device:
        device.publish(sender.message(payload, kind="alert", captured_at=NOW))
        wait_until(lambda: waiting(hub_db) == 1)
    assert worker.run_once() == 0  # nothing has ended
    assert alerts(hub_db) == [("escalation", "new", None)]
    assert hub_db.value("SELECT flag_id FROM hailong.alerts") == flag_id(
        payload.interaction_id, "escalation"
    )
    # Neither an interaction nor a flag to decide upon, before it has ended.
    assert hub_db.value("SELECT count(*) FROM hailong.interactions") == 0
    assert hub_db.value("SELECT count(*) FROM hailong.flags") == 0
    assert hub_db.value("SELECT count(*) FROM hailong.streams") == 0


def test_new_update_and_the_end_that_the_finished_interaction_confirms(
    hub_db, ingest_db, sender, worker
):
    first = asks_for_the_manager(1)
    tell(ingest_db, sender, first, captured_at=NOW - timedelta(seconds=20))
    worker.run_once()
    more = same(first, asks_for_the_manager(2))
    tell(ingest_db, sender, more, captured_at=NOW - timedelta(seconds=10))
    worker.run_once()
    assert alerts(hub_db) == [("escalation", "update", None)]
    # The same evidence once more is no news, but the counter was heard of.
    tell(ingest_db, sender, more, captured_at=NOW)
    worker.run_once()
    assert hub_db.rows("SELECT state, snapshot_at FROM hailong.alerts") == [("update", NOW)]
    arrive(ingest_db, sender, more)
    worker.run_once()
    assert alerts(hub_db) == [("escalation", "end", "confirmed")]
    assert events(hub_db) == ["new", "update", "end"]
    assert waiting(hub_db) == 0
    flags = hub_db.rows("SELECT flag_id, kind, state FROM hailong.flags")
    assert flags == [(flag_id(first.interaction_id, "escalation"), "live", "open")]


def test_what_the_finished_interaction_does_not_support_is_withdrawn_and_counts_for_nothing(
    hub_db, ingest_db, sender, worker
):
    told = asks_for_the_manager()
    tell(ingest_db, sender, told)
    worker.run_once()
    arrive(ingest_db, sender, same(told, calm()))
    worker.run_once()
    assert alerts(hub_db) == [("escalation", "end", "withdrawn")]
    assert hub_db.rows("SELECT * FROM hailong.flags") == []
    # A later revision of the finished one may say otherwise again.
    arrive(ingest_db, sender, told.model_copy(update={"revision": 2}))
    worker.run_once()
    assert alerts(hub_db) == [("escalation", "end", "confirmed")]
    assert events(hub_db) == ["new", "end", "end"]


def test_what_asks_nothing_once_it_is_over_is_confirmed_by_what_was_measured(
    hub_db, ingest_db, sender, worker
):
    """A rule that is blocked by the end raises no flag then, and was no false alarm for that."""
    loud = calm(
        turns=(turn(start_s=28.0, duration_s=6.0, hits=(hit("abusive", 30.0, 0.95),)),),
        spans=(span("raised_voice", role=Role.STAFF, start_s=29.0),),
    )
    tell(ingest_db, sender, loud)
    worker.run_once()
    assert alerts(hub_db) == [("abusive_and_raised_staff", "new", None)]
    arrive(ingest_db, sender, loud)
    worker.run_once()
    assert alerts(hub_db) == [("abusive_and_raised_staff", "end", "confirmed")]
    kinds = hub_db.rows("SELECT rule_id, kind FROM hailong.flags WHERE kind <> 'trend'")
    assert kinds == [("abusive_language_staff", "review")]


def test_a_later_snapshot_that_says_less_ends_an_alert_and_one_that_says_it_again_begins_it(
    hub_db, ingest_db, sender, worker
):
    told = asks_for_the_manager()
    less = same(told, asks_for_the_manager(coverage=coverage(text_citizen=0.1)))
    for seconds, payload in enumerate((told, less, told)):
        tell(ingest_db, sender, payload, captured_at=NOW - timedelta(seconds=30 - seconds))
        worker.run_once()
    assert events(hub_db) == ["new", "end", "new"]
    assert alerts(hub_db) == [("escalation", "new", None)]


def test_only_live_rules_are_asked(hub_db, ingest_db, sender, worker):
    rude = calm(turns=(turn(hits=(hit("abusive", 30.0, 0.95), hit("may_tao", 33.0, 0.95))),))
    tell(ingest_db, sender, rude)
    worker.run_once()
    assert alerts(hub_db) == []
    assert waiting(hub_db) == 1


def test_a_citizen_alone_for_three_minutes_is_told_of_when_it_is_three_minutes(
    hub_db, ingest_db, sender, worker
):
    first = alone(150.0)
    tell(ingest_db, sender, first, captured_at=NOW - timedelta(seconds=30))
    worker.run_once()
    assert alerts(hub_db) == []
    tell(ingest_db, sender, same(first, alone(180.0)))
    worker.run_once()
    assert alerts(hub_db) == [("citizen_unserved", "new", None)]


def test_a_late_snapshot_is_stored_and_raises_nothing(hub_db, ingest_db, sender, worker):
    late = asks_for_the_manager()
    tell(ingest_db, sender, late, captured_at=NOW - LIVE_FOR - timedelta(seconds=1))
    worker.run_once()
    assert (waiting(hub_db), alerts(hub_db), events(hub_db)) == (1, [], [])
    assert hub_db.value("SELECT count(*) FROM hailong.scoring_queue") == 0
    # What ended long ago is a flag to look at, and never was an alert.
    arrive(ingest_db, sender, late)
    worker.run_once()
    assert alerts(hub_db) == []
    assert hub_db.value("SELECT count(*) FROM hailong.flags") == 1


def test_an_alert_after_its_end_is_ignored(hub_db, ingest_db, sender, worker):
    payload = asks_for_the_manager()
    arrive(ingest_db, sender, payload)
    tell(ingest_db, sender, payload)
    assert waiting(hub_db) == 0
    worker.run_once()
    tell(ingest_db, sender, payload)
    worker.run_once()
    assert (waiting(hub_db), alerts(hub_db)) == (0, [])


def test_an_alert_that_slipped_in_beside_its_end_raises_nothing(hub_db, ingest_db, sender, worker):
    """Two workers of ingest may store both at once: neither sees the other's row."""
    payload = asks_for_the_manager()
    arrive(ingest_db, sender, payload)
    worker.run_once()
    other = asks_for_the_manager()
    tell(ingest_db, sender, other)
    hub_db.rows("UPDATE hailong.open_interactions SET interaction_id = %s", payload.interaction_id)
    hub_db.rows("UPDATE hailong.scoring_queue SET interaction_id = %s", payload.interaction_id)
    worker.run_once()
    assert (waiting(hub_db), alerts(hub_db)) == (0, [])
    assert hub_db.value("SELECT count(*) FROM hailong.scoring_queue") == 0


@pytest.mark.parametrize("seed", range(6))
def test_late_doubled_and_disordered_messages_end_as_those_in_order(
    seed, hub_db, ingest_db, sender, worker
):
    rng = random.Random(seed)
    first = asks_for_the_manager(1)
    last = same(first, asks_for_the_manager(3))
    messages = [
        (
            tell,
            same(first, asks_for_the_manager(n)),
            {"captured_at": NOW - timedelta(seconds=9 - n)},
        )
        for n in (1, 2, 3)
    ] * 2 + [(arrive, last, {}), (arrive, last, {})]
    rng.shuffle(messages)
    for send, payload, how in messages:
        send(ingest_db, sender, payload, **how)
        if rng.random() < 0.5:
            worker.run_once()
    worker.run_once()
    assert waiting(hub_db) == 0
    assert hub_db.value("SELECT count(*) FROM hailong.scoring_queue") == 0
    assert hub_db.rows("SELECT kind, state FROM hailong.flags") == [("live", "open")]
    assert alerts(hub_db) in ([], [("escalation", "end", "confirmed")])
    assert events(hub_db).count("new") <= 1
    assert hub_db.value("SELECT count(*) FROM hailong.alerts WHERE state <> 'end'") == 0


def test_of_one_batch_the_latest_snapshot_counts(hub_db, ingest_db, sender):
    first = asks_for_the_manager(2)
    batch = [
        Received(
            *sender.message(
                same(first, asks_for_the_manager(n)).model_copy(update={"open": True}),
                kind="alert",
                captured_at=NOW - timedelta(seconds=10 - n),
            ),
            NOW,
        )
        for n in (1, 3, 2)
    ]
    Processor(ingest_db, lambda: NOW).process(batch)
    ((captured_at, turns),) = hub_db.rows(
        "SELECT captured_at, jsonb_array_length(payload -> 'turns') FROM hailong.open_interactions"
    )
    assert (captured_at, turns) == (NOW - timedelta(seconds=7), 4)


def test_a_forged_alert_is_refused_and_counted(hub_db, ingest_db, sender):
    payload = asks_for_the_manager().model_copy(update={"open": True})
    sender.key = SigningKey.generate()
    tell(ingest_db, sender, payload)
    assert waiting(hub_db) == 0
    assert hub_db.rows("SELECT kind, reason FROM hailong.rejects") == [("alert", "bad_signature")]


def test_a_finished_interaction_waits_for_who_judges_its_snapshot(
    hub_db, ingest_db, sender, branch, worker
):
    """In between nothing is raised that the end would not see."""
    payload = asks_for_the_manager()
    tell(ingest_db, sender, payload)
    judging = hub_db.open("worker")
    with judging.branches_transaction([branch]) as connection:
        (key,) = queue.claim(connection, branch, 1, live=True)
        assert store.take(connection, key) is not None
        with psycopg.connect(hub_db.url("worker")) as other:
            other.execute("SELECT set_config('hailong.branches', %s, true)", [branch])
            other.execute("SET LOCAL lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                store.settle(other, key, list, NOW)


def test_a_snapshot_that_cannot_be_judged_stops_nothing(hub_db, ingest_db, sender, worker, caplog):
    broken, sound = calm(), asks_for_the_manager()
    tell(ingest_db, sender, broken, sound)
    hub_db.rows(
        "UPDATE hailong.open_interactions SET payload = '{}' WHERE interaction_id = %s",
        broken.interaction_id,
    )
    worker.run_once()
    assert alerts(hub_db) == [("escalation", "new", None)]
    assert "cannot be judged (ValidationError)" in caplog.text
    arrive(ingest_db, sender, broken)
    assert worker.run_once() == 1


def test_an_alert_that_the_database_refuses_takes_no_finished_interaction_with_it(
    hub_db, ingest_db, sender, worker, monkeypatch
):
    payload = asks_for_the_manager()
    tell(ingest_db, sender, payload)
    put = store.put

    def refused(connection, key, alerts, captured_at, now):
        bad = [replace(alert, severity=9) for alert in alerts]
        return put(connection, key, bad, captured_at, now)

    done_live = queue.done_live

    def ended_meanwhile(connection, key):
        arrive(ingest_db, sender, payload)
        done_live(connection, key)

    with monkeypatch.context() as patched:
        patched.setattr(store, "put", refused)
        patched.setattr(queue, "done_live", ended_meanwhile)
        LiveJudge(hub_db.open("worker"), RULES, lambda: NOW).run_once()
    assert alerts(hub_db) == []
    assert hub_db.rows("SELECT live FROM hailong.scoring_queue") == [(False,)]
    assert worker.run_once() == 1
    assert hub_db.value("SELECT count(*) FROM hailong.flags") == 1


def test_alerts_go_before_a_backlog_of_finished_interactions(hub_db, ingest_db, sender):
    order = []

    class Watched(ScoringWorker):
        def _score_branch(self, branch_id):
            order.append(len(alerts(hub_db)))
            return super()._score_branch(branch_id)

    for _ in range(3):
        arrive(ingest_db, sender, calm())
    tell(ingest_db, sender, asks_for_the_manager())
    Watched(hub_db.open("worker"), RUBRICS, RULES, lambda: NOW).run_once()
    assert order[0] == 1


def test_a_rule_that_is_silent_at_a_branch_raises_nothing_there(hub_db, ingest_db, sender, branch):
    asked = []

    def none_here(_connection, branch_id, rules):
        asked.append((branch_id, {rule.kind for rule in rules}))
        return []

    tell(ingest_db, sender, asks_for_the_manager())
    assert LiveJudge(hub_db.open("worker"), RULES, lambda: NOW, none_here).run_once() == 1
    assert (asked, alerts(hub_db)) == ([(branch, {"live"})], [])


def test_what_no_counter_ended_is_lost_after_five_hours_and_forgotten_after_a_day(
    hub_db, ingest_db, sender, worker
):
    tell(ingest_db, sender, asks_for_the_manager())
    worker.run_once()
    database = hub_db.open("worker")
    assert store.sweep(database, NOW + timedelta(hours=4, minutes=59)) == 0
    assert store.sweep(database, NOW + timedelta(hours=5, minutes=1)) == 1
    assert alerts(hub_db) == [("escalation", "end", "lost")]
    assert (events(hub_db), waiting(hub_db)) == (["new", "end"], 1)
    store.sweep(database, NOW + timedelta(days=1, minutes=1))
    assert waiting(hub_db) == 0
    store.sweep(database, NOW + timedelta(days=8))
    assert (events(hub_db), len(alerts(hub_db))) == ([], 1)


def test_an_erased_interaction_takes_its_alerts_along_and_none_comes_back(
    hub_db, ingest_db, sender, worker
):
    payload = asks_for_the_manager()
    tell(ingest_db, sender, payload)
    worker.run_once()
    hub_db.rows("INSERT INTO hailong.alert_sendings SELECT event_no, 'kenh', branch_id, 'waiting',"
                " 0, now(), now() FROM hailong.alert_events")  # fmt: skip
    user = hub_db.value(
        "INSERT INTO hailong.users (login, password_hash, role) VALUES ('sup', 'x', 'supervisor')"
        " RETURNING user_id"
    )
    hub_db.rows(
        "INSERT INTO hailong.alert_visits SELECT branch_id, counter_id, at, flag_id, %s,"
        " interaction_id, now() FROM hailong.alerts",
        user,
    )
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        hub_db.rows("DELETE FROM hailong.alert_visits")
    apply(hub_db.open("migrator"), [Erasure(1, "interaction", str(payload.interaction_id), NOW)])
    tell(ingest_db, sender, payload, captured_at=NOW + timedelta(seconds=1))
    worker.run_once()
    for table in ("open_interactions", "alerts", "alert_events", "alert_visits", "alert_sendings"):
        assert hub_db.rows(f"SELECT * FROM hailong.{table}") == [], table


def test_who_listens_is_told_ids_alone(hub_db, ingest_db, sender, branch, worker):
    with psycopg.connect(hub_db.url("app"), autocommit=True) as listening:
        listening.execute("LISTEN hailong_alerts")
        tell(ingest_db, sender, asks_for_the_manager())
        worker.run_once()
        (told,) = listening.notifies(timeout=5, stop_after=1)
    number = hub_db.value("SELECT event_no FROM hailong.alert_events")
    assert told.payload == f"{branch} {number}"


def test_a_rule_that_is_new_to_the_branch_is_silent_in_the_running_hub(
    hub_db, ingest_db, sender, branch
):
    worker = ScoringWorker(hub_db.open("worker"), RUBRICS, RULES, lambda: NOW, by_standing=True)
    tell(ingest_db, sender, asks_for_the_manager())
    worker.run_once()
    assert (waiting(hub_db), alerts(hub_db)) == (1, [])
    version = next(rule.version for rule in RULES if rule.id == "escalation")
    hub_db.rows(
        "INSERT INTO hailong.rule_standings (branch_id, rule_id, rule_version, standing_no,"
        " standing, reason, since, set_by)"
        " VALUES (%s, 'escalation', %s, 1, 'active', 'by_hand', %s, 'test')",
        branch,
        version,
        NOW,
    )
    tell(ingest_db, sender, asks_for_the_manager())
    worker.run_once()
    assert alerts(hub_db) == [("escalation", "new", None)]
