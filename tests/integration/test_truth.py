"""Truth sessions from the tablet's requests to the report, with the real database."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner

from hub.auth import passwords
from hub.cli import hub
from hub.scoring.rollups import RollupWorker
from hub.scoring.rules import load_rules, packaged_rules
from hub.store.erasures import Erasure
from hub.store.erasures import apply as erase
from hub.truth.keeper import match_due
from tests.builders import COUNTER, NOW
from tests.truth import BEGAN, CHOICE, OVER, START, counters_day, tick
from tests.website import QUICK, Site, api_token, arrive, form_token, sign_in

pytestmark = pytest.mark.integration


@pytest.fixture
def site(hub_db, branch, enrolled, monkeypatch) -> Site:
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    hub_db.rows("INSERT INTO hailong.staff VALUES ('cb-0117', %s)", branch)
    return Site(hub_db.open("app"), hub_db.open("migrator"), branch, now=BEGAN)


def start(client, site, **overrides):
    page = client.get("/truth")
    fields = {
        "csrf_token": form_token(page),
        "counter": f"{site.branch}/{COUNTER}",
        **CHOICE,
        **overrides,
    }
    return client.post("/truth", data={k: v for k, v in fields.items() if v is not None})


def begun(client, site, **overrides) -> str:
    answer = start(client, site, **overrides)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def send(client, session_id, **batch):
    return client.post(
        f"/api/v1/truth/sessions/{session_id}/ticks", json=batch, headers=api_token(client)
    )


def ended(at):
    return {"tablet_ms": round(at.timestamp() * 1000), "offset_ms": 0}


def compare(hub_db, now=NOW):
    return match_due(hub_db.open("worker"), packaged_rules(), now)


def outcomes(hub_db):
    return sorted(hub_db.rows("SELECT what, name, outcome, reason FROM hailong.truth_matches"))


def test_a_session_starts_with_notice_alone_and_one_at_a_counter(site, hub_db) -> None:
    with site.as_("qa") as client:
        for lacking in ("clerk_told", "citizens_told"):
            answer = start(client, site, **{lacking: None})
            assert answer.status_code == 422
            assert "cả hai xác nhận" in answer.text
        assert start(client, site, watched=["everything"]).status_code == 422
        assert start(client, site, dialect="western").status_code == 422
        assert start(client, site, mode="no_script").status_code == 422
        assert start(client, site, counter=f"{site.branch}/quay-99").status_code == 422
        assert start(client, site, counter="other/quay-05").status_code == 403
        assert hub_db.value("SELECT count(*) FROM hailong.truth_sessions") == 0
        session_id = begun(client, site)
        assert start(client, site).status_code == 409
        shown = client.get(f"/truth/{session_id}")
        assert "Không ghi lại lời nói nào" in shown.text
        assert 'data-name="greeting"' in shown.text
        assert 'data-name="escalation"' not in shown.text  # a citizen's words are not watched
    row = hub_db.rows(
        "SELECT clerk_told_at, citizens_told_at, started_at, dialect, noise, watched, state"
        " FROM hailong.truth_sessions"
    )
    assert row == [
        (BEGAN, BEGAN, BEGAN, "north", "ordinary", ["courtesy", "conduct", "moments"], "open")
    ]


def test_ticks_are_stored_once_on_the_hubs_clock_and_can_be_taken_back(site, hub_db) -> None:
    with site.as_("qa") as client:
        session_id = begun(client, site)
        site.now = START + timedelta(seconds=60)
        one = tick("greeting", START, offset_s=3600.25)
        other = tick("thanks", START + timedelta(seconds=5))
        outside = tick("greeting", BEGAN - timedelta(minutes=5))
        future = tick("greeting", site.now + timedelta(minutes=5))
        unwatched = tick("escalation", START, role="citizen")
        batch = {"ticks": [one, other, outside, future, unwatched]}
        for _ in range(2):  # the answer was lost
            told = send(client, session_id, **batch).json()
            assert told["taken"] == [one["id"], other["id"]]
            assert set(told["refused"]) == {outside["id"], future["id"], unwatched["id"]}
            assert told["state"] == "open"
        send(client, session_id, undone=[other["id"], str(uuid4())])
        send(client, session_id, ticks=[other])  # again, and it stays taken back
        found = hub_db.rows(
            "SELECT name, at, at - tablet_at, undone_at IS NULL FROM hailong.truth_ticks"
            " ORDER BY at"
        )
        assert found == [
            ("greeting", START, timedelta(seconds=3600.25), True),
            ("thanks", START + timedelta(seconds=5), timedelta(), False),
        ]
        clock = client.get("/api/v1/truth/clock").json()
        assert clock == {"now_ms": round(site.now.timestamp() * 1000)}


def test_there_is_nowhere_to_write_a_sentence(site) -> None:
    with site.as_("qa") as client:
        session_id = begun(client, site)
        site.now = START
        for odd in (
            tick("greeting", START, note="bà kia nói"),
            tick("một câu nói dài", START),
            tick("greeting", START, role="Nguyễn Văn A"),
            tick("greeting", START, error_ms=-1),
            tick("greeting", START, tablet_ms=10**15),
        ):
            assert send(client, session_id, ticks=[odd]).status_code == 422
        assert send(client, session_id, words="x").status_code == 422
        many = [tick("greeting", START) for _ in range(201)]
        assert send(client, session_id, ticks=many).status_code == 422


def test_only_its_observer_writes_in_a_session(site, hub_db) -> None:
    site.add_user("chief", "supervisor")
    with site.as_("qa") as qa, site.browser() as chief:
        sign_in(chief, "chief")
        session_id = begun(qa, site)
        site.now = START
        one = tick("greeting", START)
        assert send(chief, session_id, ticks=[one]).status_code == 403
        token = {"csrf_token": form_token(chief.get("/truth"))}
        assert chief.post(f"/truth/{session_id}/end", data=token).status_code == 403
        assert chief.post(f"/truth/{session_id}/void", data=token).status_code == 403
        assert "truth__tick" not in chief.get(f"/truth/{session_id}").text
        plain = f"/api/v1/truth/sessions/{session_id}/ticks"
        assert qa.post(plain, json={"ticks": [one]}).status_code == 403  # no form token
        assert send(qa, uuid4(), ticks=[one]).status_code == 404
    assert hub_db.value("SELECT count(*) FROM hailong.truth_ticks") == 0


def test_what_was_tapped_is_compared_with_what_was_heard(site, hub_db, sender) -> None:
    arrive(hub_db, sender, *counters_day())
    with site.as_("qa") as client:
        session_id = begun(client, site)
        site.now = OVER
        swore = tick("abusive", START + timedelta(seconds=48))
        ticks = [
            tick("greeting", START + timedelta(seconds=3)),
            swore,
            tick("closing", START + timedelta(seconds=170)),
            tick("apology", START + timedelta(seconds=90), error_ms=4000),
            tick("thanks", OVER - timedelta(seconds=60)),  # the counter was not heard then
            tick("raised_voice_staff", START + timedelta(seconds=50), what="rule", role="none"),
        ]
        told = send(client, session_id, ticks=ticks, ended=ended(OVER)).json()
        assert told["refused"] == []
        assert told["state"] == "ended"
        # A quarter of an hour must pass before it is compared.
        assert compare(hub_db, OVER + timedelta(minutes=14)) == 0
        assert compare(hub_db) == 1
        assert compare(hub_db) == 0
        whole = outcomes(hub_db)
        assert whole == [
            ("category", "abusive", "found", None),
            ("category", "apology", "left_out", "clock"),
            ("category", "closing", "missed", None),
            ("category", "greeting", "found", None),
            ("category", "thanks", "left_out", "not_measured"),
            ("rule", "abusive_language_staff", "found", None),
            ("rule", "raised_voice_staff", "missed", None),
        ]
        # What comes late is taken, and all is compared again.
        site.now = NOW
        late = tick("closing", START + timedelta(seconds=90))
        assert send(client, session_id, ticks=[late], undone=[swore["id"]]).json()["taken"]
        assert compare(hub_db) == 1
        assert ("category", "abusive", "false_alarm", None) in outcomes(hub_db)
        assert ("rule", "abusive_language_staff", "false_alarm", None) in outcomes(hub_db)
        assert len([row for row in outcomes(hub_db) if row[1] == "closing"]) == 2
        # A device that sends late: once a day, for eight days.
        assert compare(hub_db, NOW + timedelta(hours=25)) == 1
        assert compare(hub_db, NOW + timedelta(days=30)) == 1
        assert compare(hub_db, NOW + timedelta(days=60)) == 0
        site.now = NOW + timedelta(days=3)
        assert (
            send(client, session_id, ticks=[late]).status_code == 409
        )  # over two days after its end


def test_a_session_left_open_ends_at_its_last_tap_and_one_without_is_void(site, hub_db) -> None:
    with site.as_("supervisor") as client:
        for ticks, state, until in (
            ([tick("greeting", START)], "ended", START),
            ([], "void", None),
        ):
            site.now = BEGAN
            session_id = begun(client, site)
            site.now = OVER
            send(client, session_id, ticks=ticks)
            token = {"csrf_token": form_token(client.get("/truth"))}
            assert client.post(f"/truth/{session_id}/end", data=token).status_code == 303
            found = hub_db.rows(
                "SELECT state, ended_at FROM hailong.truth_sessions WHERE session_id = %s",
                session_id,
            )
            assert found == [(state, until)]


def test_a_void_session_counts_for_nothing(site, hub_db, sender) -> None:
    arrive(hub_db, sender, *counters_day())
    with site.as_("qa") as client:
        session_id = begun(client, site)
        site.now = OVER
        send(client, session_id, ticks=[tick("greeting", START)], ended=ended(OVER))
        assert compare(hub_db) == 1
        assert client.get("/api/v1/truth/report").json()["lines"]
        token = {"csrf_token": form_token(client.get("/truth"))}
        assert client.post(f"/truth/{session_id}/void", data=token).status_code == 303
        assert client.get("/api/v1/truth/report").json()["lines"] == []
        assert send(client, session_id, ticks=[tick("greeting", START)]).status_code == 409
        assert compare(hub_db, NOW + timedelta(days=2)) == 0


def test_one_that_cannot_be_compared_stops_no_other(site, hub_db, sender, caplog) -> None:
    arrive(hub_db, sender, *counters_day())
    with site.as_("qa") as client:
        session_id = begun(client, site)
        site.now = OVER
        send(client, session_id, ticks=[tick("greeting", START)], ended=ended(OVER))
    hub_db.rows("UPDATE hailong.interactions SET measurements = '{}'")
    assert compare(hub_db) == 0
    assert f"truth session {session_id} of {site.branch} cannot be compared" in caplog.text
    assert outcomes(hub_db) == []


def test_the_hubs_worker_compares_by_itself(site, hub_db, sender) -> None:
    arrive(hub_db, sender, *counters_day())
    with site.as_("qa") as client:
        session_id = begun(client, site)
        site.now = OVER
        send(client, session_id, ticks=[tick("greeting", START)], ended=ended(OVER))
    worker = RollupWorker(
        hub_db.open("worker"), beside=lambda own: match_due(own, packaged_rules(), NOW)
    )
    worker.run_once()
    assert ("category", "greeting", "found", None) in outcomes(hub_db)
    hub_db.rows("UPDATE hailong.truth_sessions SET matched_at = NULL")
    worker.run_once()  # not at each look: every ten minutes
    assert hub_db.value("SELECT matched_at FROM hailong.truth_sessions") is None


def test_a_script_stands_under_its_own_dialect(site, hub_db) -> None:
    with site.as_("supervisor") as client:
        begun(client, site, mode="come_back_central", watched=None)
    found = hub_db.rows("SELECT kind, script, dialect, watched FROM hailong.truth_sessions")
    groups = ["courtesy", "explaining", "conduct", "citizen"]
    assert found == [("script", "come_back_central", "central", groups)]


VERSIONS = {rule.id: rule.version for rule in load_rules()}


def fill(hub_db, session_id, branch, name, outcome, count, first):
    hub_db.rows(
        "INSERT INTO hailong.truth_matches SELECT %s, %s::uuid, %s + n, 'rule', %s, 'none', %s, %s,"
        " CASE WHEN %s = 'left_out' THEN 'muted' END, NULL FROM generate_series(1, %s) n",
        branch, session_id, first, name, VERSIONS[name], outcome, outcome, count,
    )  # fmt: skip


def test_the_report_says_not_verified_under_thirty_events(
    site, hub_db, branch, postgres_server, monkeypatch
) -> None:
    with site.as_("qa") as client:
        session_id = begun(client, site)
        site.now = OVER
        send(client, session_id, ticks=[tick("greeting", START)], ended=ended(OVER))
        known, unknown = "abusive_language_staff", "may_tao_address"
        fill(hub_db, session_id, branch, known, "found", 27, 0)
        fill(hub_db, session_id, branch, known, "missed", 9, 100)
        fill(hub_db, session_id, branch, known, "false_alarm", 3, 200)
        fill(hub_db, session_id, branch, unknown, "found", 29, 300)
        fill(hub_db, session_id, branch, unknown, "left_out", 4, 400)
        report = client.get("/api/v1/truth/report").json()
        by_name = {line["name"]: line for line in report["lines"] if line["cut"] == "all"}
        assert by_name[known]["precision"]["value"] == pytest.approx(0.9)
        assert by_name[known]["precision"]["verified"]
        assert by_name[known]["recall"]["value"] == pytest.approx(0.75)
        assert not by_name[unknown]["recall"]["verified"]
        assert {(one["cut"], one["part"]) for one in report["lines"]} == {
            ("all", ""),
            ("dialect", "north"),
            ("noise", "ordinary"),
        }
        page = client.get("/truth/report?by=dialect").text
        assert "Chưa kiểm chứng" in page
        assert "29 trên 30" in page
        assert "90%" in page
        assert "75%" in page
        assert "Giọng Bắc" in page
        # The same recall stands with the rule itself.
        rules = client.get("/rules").text
        assert "75%" in rules
        assert "(62%–85%, 36)" in rules
        assert "tạm dừng" in page

    address = postgres_server.embedded.address
    monkeypatch.setenv(
        "HAILONG_DATABASE_URL", f"postgresql://{address.host}:{address.port}/{hub_db.name}"
    )
    monkeypatch.setenv("HAILONG_BROKER_URL", "mqtt://127.0.0.1:1")
    monkeypatch.setenv("HAILONG_DATABASE_PASSFILE", str(postgres_server.passfile))
    text = CliRunner().invoke(hub, ["truth", "report", "--days", "1830"])
    assert text.exit_code == 0, text.output
    assert (
        f"rule may_tao_address v{VERSIONS[unknown]}: precision not verified (29 of 30 events)"
    ) in text.output
    assert (
        f"rule abusive_language_staff v{VERSIONS[known]}: precision 0.90 (0.77 to 0.96, 30 events), "
        "recall 0.75 (0.62 to 0.85, 36 events), 0 left out"
    ) in text.output
    answer = json.loads(
        CliRunner().invoke(hub, ["truth", "report", "--json", "--days", "1830"]).output
    )
    assert answer["left_out"] == {"muted": 4}
    assert answer["sessions"] == 1
    told = CliRunner().invoke(hub, ["truth", "match"])
    assert told.output == "1 sessions compared\n"


def test_erasing_an_interaction_takes_what_was_tapped_during_it(site, hub_db, sender) -> None:
    stay, *heard = counters_day()
    arrive(hub_db, sender, stay, *heard)
    with site.as_("qa") as client:
        session_id = begun(client, site)
        site.now = OVER
        during = tick("greeting", START - timedelta(seconds=4))
        before = tick("thanks", START - timedelta(minutes=2))
        send(client, session_id, ticks=[during, before], ended=ended(OVER))
    assert compare(hub_db) == 1
    count = len(outcomes(hub_db))
    erase(hub_db.open("migrator"), [Erasure(1, "interaction", str(stay.interaction_id), NOW)])
    assert hub_db.rows("SELECT name FROM hailong.truth_ticks") == [("thanks",)]
    assert len(outcomes(hub_db)) == count


def test_a_clerk_and_another_branch_see_nothing_of_it(site, hub_db) -> None:
    with site.as_("qa") as client:
        begun(client, site)
    app = site.app_database
    count = "SELECT count(*) FROM hailong.truth_sessions"
    for branches, staff, seen in (
        ([site.branch], "*", 1),
        ([site.branch], "cb-0117", 0),
        (["elsewhere"], "*", 0),
    ):
        with app.branches_transaction(branches, staff) as connection:
            assert connection.execute(count).fetchone() == (seen,)
