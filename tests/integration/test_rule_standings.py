"""What becomes of raised flags on a real database: silence, the day's budget, stopping, sampling."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from hub.casework.errors import DecisionNotAllowedError
from hub.casework.precision import measured
from hub.casework.reviews import decide
from hub.scoring.admission import live_allowed
from hub.scoring.standing import is_sampled
from hub.scoring.standing_keeper import StandingKeeper
from hub.scoring.worker import ScoringWorker
from hub.store.errors import RowRefusedError
from tests.builders import NOW, hit, interaction_payload, turn
from tests.integration.conftest import counter_row
from tests.stored import RUBRICS, RULES, arrive

pytestmark = pytest.mark.integration

BY_ID = {rule.id: rule for rule in RULES}
ADDRESS = replace(BY_ID["may_tao_address"], weeks_silent=0)
ABUSE = replace(BY_ID["abusive_language_staff"], weeks_silent=0)
MONEY = replace(BY_ID["money_hint"], weeks_silent=0)
SEED = bytes(16)


@pytest.fixture
def ingest_db(hub_db):
    return hub_db.open("ingest")


@pytest.fixture
def worker(hub_db):
    """`worker(rules, at)`: one that goes by standings and has this clock."""

    def make(rules, at=NOW):
        return ScoringWorker(hub_db.open("worker"), RUBRICS, rules, lambda: at, by_standing=True)

    return make


@pytest.fixture
def keeper(hub_db):
    def make(rules, at=NOW):
        return StandingKeeper(hub_db.open("worker"), rules, lambda: at, lambda n: SEED[:n])

    return make


def saying(category, **more):
    return interaction_payload(
        turns=(turn(hits=(hit(category, 2.0), hit(category, 30.0))),), **more
    )


def addressed(count=1):
    return [saying("may_tao") for _ in range(count)]


def shown(hub_db, rule=ADDRESS):
    return sorted(
        hub_db.rows("SELECT kind, held FROM hailong.flags WHERE rule_id = %s", rule.id),
        key=str,
    )


def requeue(hub_db):
    hub_db.rows(
        "INSERT INTO hailong.scoring_queue"
        " SELECT branch_id, counter_id, at, interaction_id FROM hailong.interactions"
        " ON CONFLICT DO NOTHING"
    )


def budget(hub_db):
    return hub_db.rows(
        "SELECT rule_id, used, held, trend_reason FROM hailong.review_budgets ORDER BY 1"
    )


def history(hub_db, rule=ADDRESS):
    return [
        row[:2]
        for row in hub_db.rows(
            "SELECT standing, reason FROM hailong.rule_standings WHERE rule_id = %s"
            " ORDER BY branch_id, standing_no",
            rule.id,
        )
    ]


@pytest.fixture
def person(hub_db, branch):
    def make(role="supervisor", of=branch):
        made = hub_db.value(
            "INSERT INTO hailong.users (login, password_hash, role) VALUES (%s, '-', %s)"
            " RETURNING user_id",
            f"u-{uuid4().hex[:8]}",
            role,
        )
        hub_db.rows("INSERT INTO hailong.user_branches VALUES (%s, %s)", made, of)
        return made

    return make


def decide_all(hub_db, branch, by, outcomes, **more):
    """Open review flags of the branch, in the order of their ids, by these outcomes."""
    flags = hub_db.rows(
        "SELECT flag_id FROM hailong.flags WHERE branch_id = %s AND kind = 'review'"
        " AND state = 'open' ORDER BY flag_id",
        branch,
    )
    with hub_db.open("app").branches_transaction([branch]) as connection:
        for (flag,), outcome in zip(flags, outcomes, strict=False):
            given = {"outcome": outcome, "ground": "eyewitness", **more}
            decide(connection, flag, by=by, expected_review_no=0, **given)
    return len(flags)


def test_a_branchs_first_weeks_are_silent_and_stay_so(hub_db, ingest_db, sender, worker, keeper):
    rules = [replace(ADDRESS, weeks_silent=4)]
    arrive(ingest_db, sender, *addressed(2))
    worker(rules).run_once()
    assert shown(hub_db) == [("shadow", "silent")] * 2
    assert budget(hub_db) == []
    weeks = NOW + timedelta(weeks=4)
    assert keeper(rules, weeks - timedelta(minutes=1)).look() == 0
    assert keeper(rules, weeks).look() == 1
    assert keeper(rules, weeks).look() == 0, "looked at twice, nothing is written twice"
    assert history(hub_db) == [("silent", "first_use"), ("active", "silence_over")]
    # What was raised in silence does not come to light when it is scored again.
    requeue(hub_db)
    arrive(ingest_db, sender, *addressed())
    worker(rules, weeks).run_once()
    assert shown(hub_db) == [("review", None)] + [("shadow", "silent")] * 2


def test_a_new_version_is_silent_again_and_leaves_what_is_shown(hub_db, ingest_db, sender, worker):
    arrive(ingest_db, sender, *addressed())
    worker([ADDRESS]).run_once()
    requeue(hub_db)
    arrive(ingest_db, sender, *addressed())
    worker([replace(ADDRESS, version=2, weeks_silent=4)]).run_once()
    assert shown(hub_db) == [("review", None), ("shadow", "silent")]


def test_the_worker_looks_when_a_day_begins(hub_db, ingest_db, sender):
    now = [NOW]
    rule = replace(ADDRESS, weeks_silent=1)
    arrive(ingest_db, sender, *addressed())
    worker = ScoringWorker(hub_db.open("worker"), RUBRICS, [rule], lambda: now[0], by_standing=True)
    assert worker._keeper is not None
    worker.run_once()
    worker._keeper.look_if_due()
    now[0] += timedelta(weeks=1)
    assert worker._keeper.look_if_due() == 1
    assert worker._keeper.look_if_due() == 0


def test_a_look_that_fails_does_not_stop_scoring(hub_db, ingest_db, sender, caplog):
    rule = replace(ADDRESS, weeks_silent=1)
    arrive(ingest_db, sender, *addressed())
    worker = ScoringWorker(hub_db.open("worker"), RUBRICS, [rule], lambda: NOW, by_standing=True)
    worker.run_once()
    hub_db.rows("ALTER TABLE hailong.rule_figures RENAME COLUMN bulk TO other")
    try:
        decided = "UPDATE hailong.flags SET state = 'decided'"
        hub_db.rows(decided)
        hub_db.rows(
            "WITH made AS (INSERT INTO hailong.users (login, password_hash, role)"
            " VALUES ('u', '-', 'supervisor') RETURNING user_id)"
            " INSERT INTO hailong.reviews SELECT branch_id, counter_id, at, flag_id, 1,"
            " interaction_id, 'dismissed', 'none', user_id FROM hailong.flags, made"
        )
        assert worker._keeper is not None
        assert worker._keeper.look_if_due() == 0
    finally:
        hub_db.rows("ALTER TABLE hailong.rule_figures RENAME COLUMN other TO bulk")
    assert "cannot be looked at today" in caplog.text


def test_above_the_days_budget_flags_are_trends_and_qa_is_told(
    hub_db, ingest_db, sender, worker, caplog
):
    arrive(ingest_db, sender, *addressed(12))
    worker([ADDRESS]).run_once()
    assert shown(hub_db) == [("review", None)] * 8 + [("trend", "budget")] * 4
    assert budget(hub_db) == [("may_tao_address", 8, 4, "target")]
    assert caplog.text.count("goes on as a trend until tomorrow") == 1
    # A new day, a new budget.
    arrive(ingest_db, sender, *addressed(2))
    worker([ADDRESS], NOW + timedelta(days=1)).run_once()
    assert len([s for s in shown(hub_db) if s[0] == "review"]) == 10


def test_money_and_abuse_stand_outside_the_budget(hub_db, ingest_db, sender, worker):
    arrive(ingest_db, sender, *addressed(9), *(saying("abusive") for _ in range(12)))
    worker([ADDRESS, ABUSE]).run_once()
    assert shown(hub_db, ABUSE) == [("review", None)] * 12
    assert [row[0] for row in budget(hub_db)] == ["may_tao_address"]


def test_the_weakest_rule_gives_way_to_a_stronger_one(
    hub_db, ingest_db, sender, branch, worker, person
):
    """Weak by what was decided of it, not by the order of arrival."""
    other = replace(ABUSE, outside_budget=False, severity=ADDRESS.severity)
    arrive(ingest_db, sender, *addressed(4))
    worker([ADDRESS, other], NOW - timedelta(days=2)).run_once()
    decide_all(hub_db, branch, person(), ["dismissed"] * 4)
    arrive(ingest_db, sender, *addressed(8), *(saying("abusive") for _ in range(4)))
    worker([ADDRESS, other]).run_once()
    today = dict(
        hub_db.rows("SELECT rule_id, used FROM hailong.review_budgets WHERE day = %s", NOW.date())
    )
    assert sum(today.values()) <= 10
    told = hub_db.rows("SELECT rule_id FROM hailong.review_budgets WHERE trend_reason = 'target'")
    assert told == [("may_tao_address",)]


def test_scored_again_or_sent_again_nothing_is_spent_twice(hub_db, ingest_db, sender, worker):
    payloads = addressed(10)
    arrive(ingest_db, sender, *payloads)
    worker([ADDRESS]).run_once()
    before = hub_db.rows("SELECT * FROM hailong.flags ORDER BY flag_id"), budget(hub_db)
    requeue(hub_db)
    assert worker([ADDRESS]).run_once() == 10
    assert (hub_db.rows("SELECT * FROM hailong.flags ORDER BY flag_id"), budget(hub_db)) == before
    arrive(ingest_db, sender, *(p.model_copy(update={"revision": 2}) for p in payloads))
    assert worker([ADDRESS], NOW + timedelta(hours=1)).run_once() == 10
    assert (hub_db.rows("SELECT * FROM hailong.flags ORDER BY flag_id"), budget(hub_db)) == before


def test_two_workers_keep_one_budget(hub_db, ingest_db, sender, worker, monkeypatch):
    monkeypatch.setattr("hub.scoring.worker.BATCH", 2)
    arrive(ingest_db, sender, *addressed(24))
    workers = [worker([ADDRESS]) for _ in range(2)]
    start = threading.Barrier(2)

    def run(one):
        start.wait(10)
        one.run_once()

    threads = [threading.Thread(target=run, args=(one,)) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    # One may have passed over what the other still held.
    workers[0].run_once()
    assert shown(hub_db) == [("review", None)] * 8 + [("trend", "budget")] * 16
    assert budget(hub_db) == [("may_tao_address", 8, 16, "target")]


@pytest.fixture
def stopped(hub_db, ingest_db, sender, branch, worker, keeper, person):
    """The address rule, stopped by ten decisions of which two were founded."""
    arrive(ingest_db, sender, *addressed(10))
    free = replace(ADDRESS, outside_budget=True)
    worker([free]).run_once()
    by = person()
    assert decide_all(hub_db, branch, by, ["confirmed"] * 2 + ["dismissed"] * 8) == 10
    assert keeper([free], NOW + timedelta(hours=1)).look() == 1
    assert history(hub_db) == [("active", "first_use"), ("stopped", "under_floor")]
    return free, by


def test_a_stopped_rule_goes_on_in_shadow_with_a_tenth_that_looks_like_any_other(
    hub_db, ingest_db, sender, worker, stopped
):
    rule, _ = stopped
    arrive(ingest_db, sender, *addressed(60))
    worker([rule], NOW + timedelta(hours=2)).run_once()
    rows = hub_db.rows(
        "SELECT flag_id, kind, held, sampled, reviewer FROM hailong.flags WHERE state = 'open'"
    )
    assert len(rows) == 60
    for flag, kind, held, sampled, reviewer in rows:
        assert sampled == is_sampled(SEED, flag)
        assert (kind, held) == (("review", None) if sampled else ("shadow", "stopped"))
        assert reviewer == "branch"
    assert 0 < sum(row[3] for row in rows) < 20


def test_sampled_decisions_bring_a_rule_back_and_the_old_ones_do_not_stop_it_again(
    hub_db, ingest_db, sender, branch, worker, keeper, stopped
):
    rule, by = stopped
    arrive(ingest_db, sender, *addressed(31))
    worker([rule], NOW + timedelta(hours=2)).run_once()
    # As if chance had chosen all of them.
    hub_db.rows(
        "UPDATE hailong.flags SET kind = 'review', held = NULL, sampled = true"
        " WHERE held = 'stopped'"
    )
    later = keeper([rule], NOW + timedelta(days=1))
    assert later.look() == 0
    decide_all(hub_db, branch, by, ["confirmed"] * 31)
    assert later.look() == 1
    assert history(hub_db)[-1] == ("active", "recovered")
    assert later.look() == 0, "the ten of before do not count any more"


def test_bulk_decisions_and_those_without_a_ground_stop_nothing(
    hub_db, ingest_db, sender, branch, worker, keeper, person
):
    free = replace(ADDRESS, outside_budget=True)
    arrive(ingest_db, sender, *addressed(40))
    worker([free]).run_once()
    decide_all(hub_db, branch, person(), ["dismissed"] * 40, bulk=True)
    assert keeper([free]).look() == 0
    with hub_db.open("app").branches_transaction([branch]) as connection:
        found = measured(connection).of(branch, free.id, free.version)
    assert (found.decided, found.with_ground, found.bulk) == (0, 0, 40)


def test_a_rule_that_nobody_can_clear_up_becomes_a_trend(
    hub_db, ingest_db, sender, branch, worker, keeper, person
):
    free = replace(ADDRESS, outside_budget=True)
    arrive(ingest_db, sender, *addressed(30))
    worker([free]).run_once()
    decide_all(hub_db, branch, person(), ["insufficient"] * 30)
    assert keeper([free]).look() == 1
    arrive(ingest_db, sender, *addressed())
    worker([free]).run_once()
    open_flags = hub_db.rows("SELECT kind, held FROM hailong.flags WHERE state = 'open'")
    assert open_flags == [("trend", "unknown")]


def test_abuse_under_its_floor_goes_to_the_citys_qa_and_never_stops(
    hub_db, ingest_db, sender, branch, worker, keeper, person
):
    arrive(ingest_db, sender, *(saying("abusive") for _ in range(12)))
    worker([ABUSE]).run_once()
    decide_all(hub_db, branch, person(), ["dismissed"] * 12)
    assert keeper([ABUSE]).look() == 1
    assert history(hub_db, ABUSE)[-1] == ("city", "under_floor")
    arrive(ingest_db, sender, saying("abusive"))
    worker([ABUSE]).run_once()
    flags = hub_db.rows(
        "SELECT flag_id, kind, held, reviewer FROM hailong.flags WHERE state = 'open'"
    )
    assert [row[1:] for row in flags] == [("review", None, "city")]
    given = {"outcome": "confirmed", "ground": "eyewitness", "expected_review_no": 0}
    with (
        pytest.raises(DecisionNotAllowedError, match="city's QA"),
        hub_db.open("app").branches_transaction([branch]) as connection,
    ):
        decide(connection, flags[0][0], by=person(), **given)
    with hub_db.open("app").branches_transaction([branch]) as connection:
        decide(connection, flags[0][0], by=person("qa"), **given)
    assert hub_db.value("SELECT count(*) FROM hailong.flags WHERE state = 'open'") == 0


def test_only_rules_in_force_raise_live_alerts(hub_db, ingest_db, sender, branch, worker, keeper):
    live = next(rule for rule in RULES if rule.id == "escalation")
    soon = replace(live, version=2, weeks_silent=0)

    def allowed():
        with hub_db.open("worker").branches_transaction([branch]) as connection:
            return live_allowed(connection, branch, [live, soon])

    # Not met yet: silent, where it will be.
    assert allowed() == [soon]
    arrive(ingest_db, sender, interaction_payload())
    worker([live]).run_once()
    assert allowed() == [soon]
    assert keeper([live], NOW + timedelta(weeks=4)).look() == 1
    assert allowed() == [live, soon]


def test_money_is_reviewed_outside_the_branch_from_the_first(hub_db, ingest_db, sender, worker):
    payload = interaction_payload(
        turns=(turn(hits=(hit("money_hint", 2.0), hit("off_channel", 9.0))),)
    )
    arrive(ingest_db, sender, payload)
    worker([MONEY]).run_once()
    assert hub_db.rows("SELECT kind, reviewer FROM hailong.flags") == [("review", "city")]


def test_a_branch_with_few_decisions_is_judged_by_the_city(
    hub_db, ingest_db, enrolled, branch, worker, keeper, person
):
    from hub.store.place import set_up_place

    other = f"{branch}-b"
    set_up_place(hub_db.open("migrator"), [counter_row(other, "quay-05")])
    free = replace(ADDRESS, outside_budget=True)
    arrive(ingest_db, enrolled(), *addressed(2))
    arrive(ingest_db, enrolled(branch=other), *addressed(32))
    worker([free]).run_once()
    decide_all(hub_db, branch, person(), ["confirmed"] * 2)
    decide_all(hub_db, other, person(of=other), ["dismissed"] * 32)
    assert keeper([free]).look() == 2
    rows = hub_db.rows(
        "SELECT branch_id, with_ground, founded, pooled FROM hailong.rule_standings"
        " WHERE standing = 'stopped' ORDER BY 1"
    )
    assert rows == [(branch, 34, 2, True), (other, 32, 0, False)]
    with hub_db.open("app").branches_transaction([branch]) as connection:
        found = measured(connection).of(branch, free.id, free.version)
    assert (found.pooled, found.own, found.with_ground) == (True, 2, 34)
    assert found.value == pytest.approx(2 / 34)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hailong.rule_standings SET standing = 'active'",
        "DELETE FROM hailong.rule_standings",
        "TRUNCATE hailong.rule_standings",
    ],
)
def test_the_history_is_changed_by_nobody(hub_db, ingest_db, sender, worker, statement):
    arrive(ingest_db, sender, *addressed())
    worker([ADDRESS]).run_once()
    with pytest.raises(RowRefusedError), hub_db.open("migrator").transaction() as connection:
        connection.execute(statement)
