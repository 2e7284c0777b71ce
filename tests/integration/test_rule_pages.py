"""Pages about rules: what QA sees of them, what a branch sees, and what nobody sees."""

import html
import re
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest

from hub.auth import passwords
from hub.scoring.rules import PACKAGED
from hub.scoring.standing_keeper import StandingKeeper
from hub.scoring.worker import ScoringWorker
from hub.store.arrivals import ensure_partitions
from hub.web.trials import Trials
from tests import stored
from tests.builders import NOW, hit, interaction_payload, measurements, turn
from tests.stored import RUBRICS, RULES
from tests.website import QUICK, STAFF, Site, form_token

pytestmark = pytest.mark.integration

ADDRESS = replace(next(r for r in RULES if r.id == "may_tao_address"), weeks_silent=0)
MONEY = replace(next(r for r in RULES if r.id == "money_hint"), weeks_silent=0)
ASKED = (PACKAGED / "over_15_minutes.yaml").read_text("utf-8")
SEED = bytes(16)


@pytest.fixture
def site(hub_db, branch, monkeypatch) -> Site:
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    hub_db.rows("INSERT INTO hailong.staff VALUES (%s, %s)", STAFF, branch)
    return Site(hub_db.open("app"), hub_db.open("migrator"), branch)


@pytest.fixture
def scored(hub_db, sender):
    """`scored(rules, *payloads)`: they arrive and are flagged as the rules stand."""

    def run(rules, *payloads, at=NOW):
        stored.arrive(hub_db.open("ingest"), sender, *payloads)
        worker = hub_db.open("worker")
        ScoringWorker(worker, RUBRICS, rules, lambda: at, by_standing=True).run_once()

    return run


def addressed(count):
    return [
        interaction_payload(turns=(turn(hits=(hit("may_tao", 2.0), hit("may_tao", 30.0))),))
        for _ in range(count)
    ]


def about_money():
    return interaction_payload(
        turns=(turn(hits=(hit("money_hint", 2.0), hit("off_channel", 9.0))),)
    )


def text_of(page) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def test_the_queue_tells_what_is_left_of_the_day(site, scored) -> None:
    scored([ADDRESS], *addressed(12))
    with site.as_("supervisor") as client:
        shown = text_of(client.get("/queue"))
    assert "Hôm nay tại Chi nhánh thử nghiệm: 8 trên tối đa 10 dấu hiệu cần xem xét" in shown
    assert "chuyển thành xu hướng đến hết ngày: Xưng hô mày, tao" in shown


def test_qa_sees_how_rules_stand_and_what_the_day_has_left(site, hub_db, scored, branch) -> None:
    scored([ADDRESS], *addressed(12))
    site.add_user("chief", "supervisor")
    decider = hub_db.value("SELECT user_id FROM hailong.users WHERE login = 'chief'")
    hub_db.rows(
        "INSERT INTO hailong.reviews (branch_id, counter_id, at, flag_id, review_no,"
        " interaction_id, outcome, ground, decided_by)"
        " SELECT branch_id, counter_id, at, flag_id, 1, interaction_id, 'dismissed', 'eyewitness',"
        " %s FROM hailong.flags",
        decider,
    )
    hub_db.rows("UPDATE hailong.flags SET state = 'decided'")
    keeper = StandingKeeper(hub_db.open("worker"), [ADDRESS], lambda: NOW, lambda size: SEED[:size])
    assert keeper.look() == 1
    with site.as_("qa") as client:
        shown = text_of(client.get("/rules"))
        told = client.get("/api/v1/rules/standings").json()
    assert "8 trên tối đa 10" in shown
    assert "Đã dừng, vẫn tiếp tục đo" in shown
    assert "quá ít dấu hiệu có căn cứ" in shown
    assert "(0 trên 12 có căn cứ)" in shown
    assert "Chưa kiểm chứng: chưa có buổi quan sát đối chiếu" in shown
    (rule,) = [r for r in told["rules"] if r["rule_id"] == ADDRESS.id]
    assert rule["entry"]["standing"] == "stopped"
    assert (rule["raised"], rule["over_budget"]) == (12, 4)
    assert rule["precision"]["with_ground"] == 12
    assert told["branch_id"] == branch


def test_a_sampled_flag_looks_like_any_other(site, hub_db, scored) -> None:
    scored([ADDRESS], *addressed(2))
    hub_db.rows(
        "UPDATE hailong.flags SET sampled = true"
        " WHERE flag_id = (SELECT min(flag_id::text)::uuid FROM hailong.flags)"
    )
    flags = hub_db.rows("SELECT flag_id, interaction_id, sampled FROM hailong.flags ORDER BY 1")
    assert [row[2] for row in flags] == [True, False]
    with site.as_("supervisor") as client:
        pages = []
        for flag_id, interaction_id, _ in flags:
            page = client.get(f"/interactions/{interaction_id}").text
            card = page[page.index(f'id="flag-{flag_id}"') :].split("</section>")[0]
            card = re.sub(r'value="[\w-]{20,}"', "", card)
            pages.append(card.replace(str(flag_id), "FLAG"))
        told = client.get("/api/v1/flags").json()
    assert pages[0] == pages[1]
    assert not {"sampled", "held"} & told[0].keys()


def test_money_is_decided_by_qa_and_the_branch_does_not_see_it_before(site, hub_db, scored) -> None:
    payload = about_money()
    scored([MONEY], payload)
    flag_id = hub_db.value("SELECT flag_id FROM hailong.flags")
    address = f"/interactions/{payload.interaction_id}"
    words = "gợi ý chi"
    with site.as_("supervisor") as client:
        for page in ("/queue", address, "/interactions?flagged=true"):
            assert words not in client.get(page).text.lower()
        assert client.get("/api/v1/flags").json() == []
        assert client.get(f"/api/v1/flags/{flag_id}/reviews").status_code == 404
        (row,) = client.get("/api/v1/interactions").json()["items"]
        assert row["review"] == 0
        decision = {"csrf_token": form_token(client.get(address)), "outcome": "dismissed"}
        form = {**decision, "ground": "eyewitness", "seen": "0"}
        assert client.post(f"/flags/{flag_id}/reviews", data=form).status_code == 404
    with site.as_("qa") as client:
        assert words in client.get("/queue").text.lower()
        page = client.get(address)
        assert "Xem xét ngoài chi nhánh" in text_of(page)
        form["csrf_token"] = form_token(page)
        assert client.post(f"/flags/{flag_id}/reviews", data=form).status_code == 303
    assert hub_db.value("SELECT state FROM hailong.flags") == "decided"


def test_qa_decides_on_nothing_that_is_the_branchs(site, hub_db, scored) -> None:
    (payload,) = addressed(1)
    scored([ADDRESS], payload)
    flag_id = hub_db.value("SELECT flag_id FROM hailong.flags")
    with site.as_("qa") as client:
        page = client.get(f"/interactions/{payload.interaction_id}")
        assert f"/flags/{flag_id}/reviews" not in page.text
        form = {"csrf_token": form_token(page), "outcome": "dismissed", "ground": "eyewitness"}
        refused = client.post(f"/flags/{flag_id}/reviews", data={**form, "seen": "0"})
    assert refused.status_code == 403
    assert hub_db.value("SELECT count(*) FROM hailong.reviews") == 0


WEEK_AGO = NOW.date() - timedelta(days=7)


def try_rule(client, text, since=WEEK_AGO):
    token = form_token(client.get("/rules/trial"))
    return client.post(
        "/rules/trial", data={"csrf_token": token, "text": text, "since": f"{since}"}
    )


RULE = ASKED[: ASKED.index("when:")] + (
    "when:\n  measured: {quantity: handling_s, above: 900}\n"
    "evidence:\n  - spans: {kind: citizen_present}\n"
)


def test_a_rule_is_tried_from_the_page_and_changes_nothing(site, hub_db, scored) -> None:
    long = interaction_payload(measurements=measurements(handling_s=1000.0))
    scored([], long, interaction_payload())
    before = hub_db.rows(
        "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM"
        " pg_stat_user_tables WHERE relname LIKE 'flags%' ORDER BY 1"
    )
    with site.as_("qa") as client:
        shown = try_rule(client, RULE)
        assert shown.status_code == 200
        text = text_of(shown)
        assert "over_15_minutes: 1 trên 2 lượt giao dịch" in text
        assert f"/interactions/{long.interaction_id}" in shown.text
        # The text stays, so that it can be changed and tried again.
        assert "above: 900" in shown.text
    assert hub_db.value("SELECT count(*) FROM hailong.flags") == 0
    assert before == hub_db.rows(
        "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM"
        " pg_stat_user_tables WHERE relname LIKE 'flags%' ORDER BY 1"
    )


@pytest.mark.parametrize(
    ("text", "since", "what"),
    [
        (RULE.replace("kind: trend", "kind: verdict"), NOW.date(), ", field kind: got"),
        (RULE + "<script>: 1\n", NOW.date(), "got the unknown field &lt;script&gt;"),
        ("a: &x [1]\nb: *x", NOW.date(), "write it out"),
        (RULE, date(2020, 1, 1), "expected a day of the last 180"),
        (RULE, NOW.date() + timedelta(days=3), "expected a day of the last 180"),
    ],
)
def test_what_is_wrong_with_a_rule_is_shown_with_its_line(site, text, since, what) -> None:
    with site.as_("qa") as client:
        answer = try_rule(client, text, since)
    assert answer.status_code == 422
    assert what in answer.text
    assert "<script>:" not in answer.text


def test_one_rule_is_tried_at_a_time(site, monkeypatch) -> None:
    began, go_on = threading.Event(), threading.Event()

    def slow(*_args, **_more):
        began.set()
        assert go_on.wait(20)
        raise AssertionError("ended")

    monkeypatch.setattr("hub.web.trials.backtest", slow)
    trials: Trials = site.app.state.services.trials
    since = NOW.date() - timedelta(days=1)

    def first():
        with pytest.raises(AssertionError, match="ended"):
            trials.run(site.app_database, (site.branch,), RULE, since, NOW)

    thread = threading.Thread(target=first)
    thread.start()
    assert began.wait(20)
    with site.as_("qa") as client:
        answer = try_rule(client, RULE)
    go_on.set()
    thread.join(20)
    assert answer.status_code == 422
    assert "another rule is being tried" in answer.text


def weeks_of(hub_db, branch, counter, shares, interactions=100):
    """Whole weeks before NOW's, the last one the newest."""
    monday = date(2026, 3, 2)
    for back, share in enumerate(reversed(shares)):
        day = monday - timedelta(weeks=back)
        for measure, variant, n in (
            ("interactions", "", interactions),
            ("flags", "greeting_missing.open", round(interactions * share)),
            ("flags", "greeting_missing.dismissed", 50),
        ):
            hub_db.rows(
                "INSERT INTO hailong.rollups (branch_id, measure, variant, day, counter_id, zone,"
                " n, total, squares) VALUES (%s, %s, %s, %s, %s, 'intake', %s, 1, 1)",
                branch,
                measure,
                variant,
                day,
                counter,
                n,
            )


def test_a_changed_week_is_marked_and_an_ordinary_one_is_not(site, hub_db, branch) -> None:
    ensure_partitions(hub_db.open("migrator"), NOW - timedelta(days=100), NOW)
    usual = [0.10, 0.13, 0.09, 0.12, 0.11, 0.10, 0.13, 0.12, 0.10]
    weeks_of(hub_db, branch, "quay-05", [*usual, 0.40])
    weeks_of(hub_db, branch, "quay-06", [*usual, 0.12])
    weeks_of(hub_db, branch, "quay-07", [*usual, 0.40], interactions=19)
    with site.as_("supervisor") as client:
        told = client.get("/api/v1/trends").json()
        shown = text_of(client.get("/trends"))
    found = {t["counter_id"]: (t["changed"], t["signals"], t["flagged"]) for t in told["trends"]}
    assert found == {"quay-05": (True, ["beyond_limit"], 40), "quay-06": (False, [], 12)}
    assert (told["since"], told["until"]) == ("2025-09-08", "2026-03-08")
    assert "vượt giới hạn" in shown
    assert "quay-07" not in shown
