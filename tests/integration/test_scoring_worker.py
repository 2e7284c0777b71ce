"""The worker on a real database: what it writes, what stays, what stops it and what does not."""

import dataclasses
import logging
import threading

import pytest
from psycopg import sql

from hub.scoring.condition import Measured
from hub.scoring.facts import Facts
from hub.scoring.flag import flag_id, flags
from hub.scoring.rubrics import rubric_for
from hub.scoring.score import score
from hub.scoring.worker import ScoringWorker
from hub.store import scoring as store
from hub.store.pool import Database
from schemas.interaction import Sentiment
from schemas.vocabulary import Role, Zone
from tests.builders import NOW, coverage, hit, interaction_payload, measurements, span, turn
from tests.devices import wait_until
from tests.stored import RUBRICS, RULES, arrive, make_worker

pytestmark = pytest.mark.integration


def rude(**overrides):
    return interaction_payload(
        **{
            "turns": (
                turn(hits=(hit("greeting"), hit("abusive", 30.123, 0.91)), asr_confidence=0.87),
                turn(
                    role=Role.CITIZEN,
                    start_s=6.0,
                    hits=(hit("escalation", 7.0),),
                    sentiment=Sentiment(polarity=-0.63, confidence=0.7),
                ),
            ),
            "spans": (span("raised_voice", role=Role.STAFF, start_s=29.9),),
            **overrides,
        }
    )


@pytest.fixture
def ingest_db(hub_db):
    return hub_db.open("ingest")


@pytest.fixture
def worker(hub_db):
    return make_worker(hub_db.open("worker"))


def stored_flags(hub_db):
    return hub_db.rows("SELECT rule_id, state, evidence, raised_at FROM hailong.flags ORDER BY 1")


def states(hub_db):
    return {rule: state for rule, state, *_ in stored_flags(hub_db)}


def queue_size(hub_db):
    return hub_db.value("SELECT count(*) FROM hailong.scoring_queue")


def test_what_is_written_is_what_the_pure_functions_say(hub_db, ingest_db, sender, worker):
    payload = rude(coverage=coverage(text_staff=0.91, presence=0.4))
    arrive(ingest_db, sender, payload)
    assert worker.run_once() == 1
    assert queue_size(hub_db) == 0

    facts = Facts(zone=Zone.INTAKE)
    expected = score(payload, facts, rubric_for(Zone.INTAKE))
    rows = hub_db.rows(
        "SELECT figure, rubric, rubric_version, value, low, high, coverage, parts, scored_at"
        " FROM hailong.scores ORDER BY figure DESC"
    )
    assert [row[0] for row in rows] == ["experience", "counter_part"]
    for figure, row in zip(expected.figures, rows, strict=True):
        assert row[1:3] == ("intake", 2)
        assert row[3:7] == pytest.approx((figure.value, figure.low, figure.high, figure.coverage))
        # jsonb keeps what Python counted, to the last digit.
        assert [(p["id"], p["value"], p["contribution"]) for p in row[7]] == [
            (p.id, p.value, p.contribution) for p in figure.parts
        ]
        assert row[8] == NOW

    raised = {f.rule_id: f for f in flags(payload, facts, RULES)}
    assert raised.keys() == {"abusive_language_staff", "escalation"}
    for rule, state, evidence, raised_at in stored_flags(hub_db):
        assert evidence == [one.as_json() for one in raised[rule].evidence]
        assert (state, raised_at) == ("open", NOW)
    ids = {row[0] for row in hub_db.rows("SELECT flag_id FROM hailong.flags")}
    assert ids == {flag_id(payload.interaction_id, rule) for rule in raised}


def test_the_payload_is_rebuilt_as_it_came(hub_db, ingest_db, sender, branch):
    from hub.scoring.worker import rebuild

    payload = rude(boundary_uncertain=True)
    arrive(ingest_db, sender, payload)
    with hub_db.open("worker").branches_transaction([branch]) as connection:
        (stored,) = store.load(connection, store.claim(connection, branch, 10))
    assert rebuild(stored) == payload


def test_scoring_again_changes_nothing(hub_db, ingest_db, sender, worker):
    everything = (
        "SELECT s.*, f.* FROM hailong.scores s JOIN hailong.flags f USING (interaction_id)"
        " ORDER BY s.figure, f.rule_id"
    )
    arrive(ingest_db, sender, rude())
    worker.run_once()
    before = hub_db.rows(everything)
    hub_db.rows(
        "INSERT INTO hailong.scoring_queue"
        " SELECT branch_id, counter_id, at, interaction_id FROM hailong.interactions"
    )
    assert worker.run_once() == 1
    assert hub_db.rows(everything) == before
    assert worker.run_once() == 0


def test_not_enough_measured_is_stored_as_no_value(hub_db, ingest_db, sender, worker):
    arrive(ingest_db, sender, rude(coverage=coverage(audio=0.0, text_staff=0.0)))
    worker.run_once()
    rows = hub_db.rows("SELECT value, low, high, coverage FROM hailong.scores")
    assert [row[:3] for row in rows] == [(None, None, None)] * 2
    assert all(row[3] < 0.5 for row in rows)


def test_a_flag_that_is_not_raised_any_more_is_withdrawn_and_may_come_back(
    hub_db, ingest_db, sender, worker
):
    payload = rude()
    mild = payload.model_copy(
        update={"revision": 2, "turns": (turn(hits=(hit("greeting"),)), payload.turns[1])}
    )
    arrive(ingest_db, sender, payload)
    worker.run_once()
    arrive(ingest_db, sender, mild)
    worker.run_once()
    assert states(hub_db) == {"abusive_language_staff": "withdrawn", "escalation": "open"}
    arrive(ingest_db, sender, payload.model_copy(update={"revision": 3}))
    worker.run_once()
    assert states(hub_db) == {"abusive_language_staff": "open", "escalation": "open"}


def test_a_decided_flag_keeps_its_decision_and_its_evidence(hub_db, ingest_db, sender, worker):
    payload = rude()
    arrive(ingest_db, sender, payload)
    worker.run_once()
    before = stored_flags(hub_db)
    hub_db.rows("UPDATE hailong.flags SET state = 'decided'")
    other = payload.turns[0].model_copy(update={"hits": (hit("abusive", 99.0),)})
    arrive(ingest_db, sender, payload.model_copy(update={"revision": 2, "turns": (other,)}))
    worker.run_once()
    after = stored_flags(hub_db)
    assert states(hub_db) == {"abusive_language_staff": "decided", "escalation": "decided"}
    assert [row[2:] for row in after] == [row[2:] for row in before]


def test_each_counter_is_judged_by_its_own_zone(hub_db, ingest_db, enrolled, branch):
    # The number of dossiers, which the packaged rule asks for, comes from a queue system.
    (rule,) = (rule for rule in RULES if rule.id == "over_15_minutes")
    by_zone = dataclasses.replace(rule, when=Measured("handling_s", "above", 900))
    worker = ScoringWorker(hub_db.open("worker"), RUBRICS, [by_zone], lambda: NOW)
    hub_db.rows("UPDATE hailong.counters SET zone = 'advice' WHERE counter_id = 'quay-06'")
    slow = measurements(handling_s=1500.0)
    arrive(ingest_db, enrolled(), interaction_payload(measurements=slow))
    arrive(ingest_db, enrolled(counter="quay-06"), interaction_payload(measurements=slow))
    assert worker.run_once() == 2
    assert hub_db.rows("SELECT counter_id, rule_id FROM hailong.flags") == [
        ("quay-05", "over_15_minutes")
    ]
    rubrics = hub_db.rows("SELECT DISTINCT counter_id, rubric FROM hailong.scores ORDER BY 1")
    assert rubrics == [("quay-05", "intake"), ("quay-06", "advice")]


def test_one_that_cannot_be_read_is_set_aside_and_the_others_are_scored(
    hub_db, ingest_db, sender, worker, caplog
):
    poisoned, good = rude(), interaction_payload()
    arrive(ingest_db, sender, poisoned, good)
    hub_db.rows(
        'UPDATE hailong.interactions SET measurements = \'{"handling_s": "secret words"}\''
        " WHERE interaction_id = %s",
        poisoned.interaction_id,
    )
    with caplog.at_level(logging.ERROR):
        assert worker.run_once() == 2
    scored = {r[0] for r in hub_db.rows("SELECT DISTINCT interaction_id FROM hailong.scores")}
    assert scored == {good.interaction_id}
    assert str(poisoned.interaction_id) in caplog.text
    assert "ValidationError" in caplog.text
    assert "secret" not in caplog.text
    due = "SELECT extract(epoch FROM queued_at - now()) FROM hailong.scoring_queue"
    assert 0 < float(hub_db.value(due)) <= 30
    assert worker.run_once() == 0
    # Tried again it waits longer; a new revision is due at once.
    hub_db.rows("UPDATE hailong.scoring_queue SET queued_at = now()")
    assert worker.run_once() == 1
    assert 30 < float(hub_db.value(due)) <= 60
    arrive(ingest_db, sender, poisoned.model_copy(update={"revision": 2}))
    assert worker.run_once() == 1
    assert queue_size(hub_db) == 0


def test_one_that_the_database_refuses_is_set_aside_and_the_others_are_scored(
    hub_db, ingest_db, sender, worker, caplog
):
    refused, good = rude(), interaction_payload()
    arrive(ingest_db, sender, refused, good)
    hub_db.rows(
        sql.SQL(
            "ALTER TABLE hailong.scores ADD CONSTRAINT no_such CHECK (interaction_id <> {})"
        ).format(refused.interaction_id)
    )
    try:
        with caplog.at_level(logging.ERROR):
            assert worker.run_once() == 2
    finally:
        hub_db.rows("ALTER TABLE hailong.scores DROP CONSTRAINT no_such")
    scored = {r[0] for r in hub_db.rows("SELECT DISTINCT interaction_id FROM hailong.scores")}
    assert scored == {good.interaction_id}
    assert "row_refused" in caplog.text
    assert queue_size(hub_db) == 1
    # Nothing of the refused one is left halfway.
    assert states(hub_db) == {}


def test_an_interaction_deleted_meanwhile_leaves_the_queue(hub_db, ingest_db, sender, worker):
    arrive(ingest_db, sender, rude())
    hub_db.rows("DELETE FROM hailong.interactions")
    assert worker.run_once() == 1
    assert (queue_size(hub_db), states(hub_db)) == (0, {})


def test_what_another_worker_holds_is_passed_over(hub_db, ingest_db, sender, branch, worker):
    arrive(ingest_db, sender, rude())
    with hub_db.open("worker").branches_transaction([branch]) as connection:
        (key,) = store.claim(connection, branch, 10)
        assert worker._score_branch(branch) == 0
        with hub_db.open("worker").branches_transaction([branch]) as other:
            assert store.claim_one(other, key) is False
    assert worker.run_once() == 1


def test_more_than_a_batch_and_more_than_a_branch(hub_db, ingest_db, sender, worker, monkeypatch):
    monkeypatch.setattr("hub.scoring.worker.BATCH", 2)
    arrive(ingest_db, sender, *(interaction_payload() for _ in range(5)))
    assert worker.run_once() == 5
    assert queue_size(hub_db) == 0


@pytest.fixture
def running(hub_db):
    """Starts a worker in a thread; stopped and looked after when the test ends."""
    stop = threading.Event()
    threads = []

    def start(url=None):
        database = Database(url or hub_db.url("worker"), max_size=2, application_name="test-score")
        thread = threading.Thread(
            target=ScoringWorker(database, RUBRICS, RULES, lambda: NOW).run, args=(stop,)
        )
        threads.append(thread)
        thread.start()

    yield start
    stop.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_a_running_worker_scores_what_arrives(
    hub_db, ingest_db, sender, running, monkeypatch, caplog
):
    # Polling is far away: only the notification can wake it.
    monkeypatch.setattr("hub.scoring.worker._POLL_S", 3600.0)
    with caplog.at_level(logging.INFO, logger="hub.scoring.worker"):
        running()
        wait_until(lambda: "in use" in caplog.text)
        arrive(ingest_db, sender, rude())
        wait_until(lambda: states(hub_db))
        arrive(ingest_db, sender, interaction_payload())
        wait_until(lambda: queue_size(hub_db) == 0)


def test_without_a_notification_polling_finds_it(hub_db, ingest_db, sender, running, monkeypatch):
    monkeypatch.setattr("hub.scoring.worker._POLL_S", 0.2)
    arrive(ingest_db, sender, rude())
    hub_db.rows("UPDATE hailong.scoring_queue SET queued_at = now() + interval '1 second'")
    running()
    wait_until(lambda: queue_size(hub_db) == 0)


def test_a_lost_database_is_waited_for(hub_db, ingest_db, sender, running, caplog):
    with caplog.at_level(logging.INFO, logger="hub.scoring.worker"):
        running()
        wait_until(lambda: "in use" in caplog.text)
        hub_db.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'test-score'"
        )
        wait_until(lambda: "trying again" in caplog.text)
        arrive(ingest_db, sender, rude())
        wait_until(lambda: queue_size(hub_db) == 0)
    assert set(states(hub_db)) == {"abusive_language_staff", "escalation"}


def test_a_database_that_is_not_there_is_named_and_tried_again(running, caplog, hub_db):
    with caplog.at_level(logging.WARNING, logger="hub.scoring.worker"):
        running("postgresql://hailong_worker@127.0.0.1:1/hailong")
        wait_until(lambda: "127.0.0.1:1" in caplog.text)
    assert "trying again for ever" in caplog.text
    assert caplog.text.count("trying again") == 1
