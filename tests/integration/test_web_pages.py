"""What each page and its JSON show of interactions that came in and were scored."""

import html
import re
from datetime import timedelta

import pytest

from hub.auth import passwords
from hub.control.rollouts import start
from hub.ingest.process import Processor
from hub.ingest.verify import Received
from hub.scoring.rollups import RollupWorker
from hub.store.releases import add_release
from schemas.health import ConfigHealth, Press, SensorHealth
from schemas.interaction import ByRole
from schemas.vocabulary import Category, Missing
from tests.builders import (
    NOW,
    SHARES,
    Sender,
    coverage,
    health_payload,
    hit,
    interaction_payload,
    measurements,
    state_payload,
    turn,
)
from tests.website import (
    PASSWORD,
    QUICK,
    STAFF,
    Site,
    api_token,
    arrive,
    flagged_payload,
    form_token,
    sign_in,
)

pytestmark = pytest.mark.integration
FOOTER = (
    "Dấu hiệu để xem xét, không phải kết luận vi phạm; không dùng làm căn cứ duy nhất để xử lý "
    "kỷ luật."
)


@pytest.fixture
def site(hub_db, branch, monkeypatch) -> Site:
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    hub_db.rows("INSERT INTO hailong.staff VALUES (%s, %s)", STAFF, branch)
    return Site(hub_db.open("app"), hub_db.open("migrator"), branch)


def text_of(page) -> str:
    bare = re.sub(r"<script.*?</script>", " ", page.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def test_the_overview_counts_and_knows_each_device(site, hub_db, sender, enrolled) -> None:
    other = enrolled(counter="quay-06")
    arrive(hub_db, sender, flagged_payload(), state_payload(), health_payload())
    arrive(hub_db, other, state_payload(status="offline"))
    old = flagged_payload(started_at=NOW - timedelta(days=2))
    arrive(hub_db, sender, old)
    with site.as_("supervisor") as client:
        shown = text_of(client.get("/overview"))
        live = client.get("/overview/live", headers={"HX-Request": "true"})
        data = client.get("/api/v1/branches").json()

    assert "Chi nhánh thử nghiệm" in shown
    assert "Điểm tiếp nhận số 1" in shown
    assert FOOTER in shown
    assert "Quầy 5 Đang kết nối 1 2 Xem xét 2 0" in shown
    assert "Quầy 6 Mất kết nối" in shown
    assert "<html" not in live.text
    assert "Quầy 5" in live.text
    assert (data["today"], data["open_review"], data["offline"]) == (1, 2, 1)
    (point,) = data["branches"][0]["points"]
    assert [zone["zone"] for zone in point["zones"]] == ["intake", "result"]


def test_a_counter_whose_sensor_fails_is_measured_incompletely(site, hub_db, sender) -> None:
    dead = SensorHealth(sensor="microphone_staff", state="dead")
    arrive(hub_db, sender, state_payload(), health_payload(sensors=(dead,)))
    with site.as_("supervisor") as client:
        shown = text_of(client.get("/overview"))

    assert "Quầy 5 Đo chưa đầy đủ Micro phía cán bộ: không có tín hiệu âm thanh" in shown
    assert "Quầy 6 Chưa có thiết bị" in shown
    assert "Chưa có lượt giao dịch nào" in shown, "an empty state says what to do"


def test_one_interaction_shows_what_was_measured_and_what_was_not(site, hub_db, sender) -> None:
    payload = flagged_payload(
        measurements=measurements(
            raised_voice_s=ByRole(staff=5.0, citizen=None),
            citizen_present_s=None,
            staff_present_s=None,
            unattended_s=None,
            longest_unattended_s=None,
        ),
        coverage=coverage(
            video=0, presence=0, raised_voice_citizen=0.2, missing=(Missing.NO_VIDEO,)
        ),
    )
    arrive(hub_db, sender, payload)
    with site.as_("supervisor") as client:
        page = client.get(f"/interactions/{payload.interaction_id}")
        data = client.get(f"/api/v1/interactions/{payload.interaction_id}").json()
    shown = text_of(page)

    assert "Quầy 5 · 10/03/2026 09:30:00" in shown
    assert "Chỉ số trải nghiệm tại quầy (ước tính)" in shown
    assert "Chưa hiệu chuẩn theo đánh giá của người dân." in shown
    assert "Nói to hơn mức thường ngày — lần này không đo được 5,0 giây —" in shown
    assert "Người dân có mặt — không có hình từ máy quay — " in shown
    assert "Lời lẽ xúc phạm từ phía cán bộ tại quầy" in shown
    assert "lần có lời lẽ thuộc nhóm xúc phạm" in shown, "the rule's reason, filled in"
    assert "0:46 · Lời nói xúc phạm (Cán bộ tại quầy)" in shown
    assert "abusive_language_staff, phiên bản 3" in shown
    assert "Chưa kiểm chứng: mới có 0 kết quả có căn cứ độc lập, cần đủ 30" in shown
    assert "Vì sao không có lời nói, âm thanh, hình ảnh?" in shown
    assert FOOTER in shown

    by_name = {figure["figure"]: figure for figure in data["figures"]}
    for figure in by_name.values():
        assert figure["low"] <= figure["value"] <= figure["high"]
        total = sum(part["contribution"] for part in figure["parts"])
        assert total == pytest.approx(figure["value"], abs=0.01)
        value, low, high = (round(figure[k]) for k in ("value", "low", "high"))
        assert f"{value} / 100 Khoảng tin cậy 90%: {low} đến {high}" in shown
    assert data["coverage"]["presence"] == 0
    by_id = {line["id"]: line for line in data["measurements"]}
    assert by_id["unattended_s"]["value"] is None
    assert by_id["unattended_s"]["reason"] == "không có hình từ máy quay"
    assert by_id["talk_time_s"]["reason"] is None
    assert {turn["polarity"] for turn in data["turns"] if turn["role"] == "staff"} == {None}


def test_kinds_of_phrases_that_are_not_sent_are_told_and_not_shown_as_not_said(
    site, hub_db, sender
) -> None:
    sent = [c for c in Category if c not in {Category.GREETING, Category.MONEY_HINT}]
    narrowed = interaction_payload(
        turns=tuple(turn(start_s=10.0 * i) for i in range(5)),
        coverage=coverage(categories_sent=tuple(sent)),
    )
    whole = interaction_payload(started_at=NOW - timedelta(hours=1))
    arrive(hub_db, sender, narrowed, whole)
    with site.as_("supervisor") as client:
        shown, other = (
            text_of(client.get(f"/interactions/{p.interaction_id}")) for p in (narrowed, whole)
        )
        data = client.get(f"/api/v1/interactions/{narrowed.interaction_id}").json()

    assert "mà thiết bị này không gửi: Lời chào, Gợi ý về tiền" in shown
    assert "Chưa ghi nhận lời chào" not in shown
    assert "thiết bị này không gửi" not in other
    assert len(data["not_sent"]) == 2
    assert set(data["coverage"]) == set(SHARES)


def test_too_little_measured_gives_no_figure_and_no_zero(site, hub_db, sender) -> None:
    blind = dict.fromkeys(SHARES, 0.0)
    payload = interaction_payload(turns=(), spans=(), coverage=coverage(**blind))
    arrive(hub_db, sender, payload)
    with site.as_("supervisor") as client:
        shown = text_of(client.get(f"/interactions/{payload.interaction_id}"))
        listed = text_of(client.get("/interactions"))
        overview = client.get("/api/v1/branches").json()

    assert "Chưa đủ dữ liệu đo Chưa đo được một nửa trọng số" in shown
    assert "/ 100" not in shown
    assert "Chưa đủ dữ liệu đo" in listed
    assert overview["unmeasured"] == 1


def test_the_queue_has_the_gravest_first_and_trends_apart(site, hub_db, sender) -> None:
    escalated = flagged_payload(started_at=NOW - timedelta(hours=1))
    arrive(hub_db, sender, flagged_payload(), escalated)
    hub_db.rows("UPDATE hailong.flags SET kind = 'shadow' WHERE rule_id = 'raised_voice_staff'")
    with site.as_("supervisor") as client:
        page = client.get("/queue")
        flags = client.get("/api/v1/flags").json()
    waiting, _, trends = page.text.partition('id="trends"')

    assert [f["severity"] for f in flags] == sorted((f["severity"] for f in flags), reverse=True)
    assert waiting.count("Lời lẽ xúc phạm") == 2
    assert waiting.index("10/03/2026 09:00:00") < waiting.index("10/03/2026 09:30:00")
    assert "Chưa ghi nhận lời chào" in trends
    assert "Chưa ghi nhận lời chào" not in waiting
    assert "nói to hơn" not in page.text, "a rule that is not proven is not shown"
    assert "shadow" not in {f["kind"] for f in flags}


def test_a_decision_joins_the_history_and_leaves_the_queue(site, hub_db, sender) -> None:
    payload = flagged_payload()
    arrive(hub_db, sender, payload)
    flag_id = hub_db.value("SELECT flag_id FROM hailong.flags WHERE kind = 'review'")
    with site.as_("supervisor") as client:
        page = client.get(f"/interactions/{payload.interaction_id}")
        token = form_token(page)
        decision = {"csrf_token": token, "outcome": "coached", "ground": "clerk_agrees"}
        answer = client.post(f"/flags/{flag_id}/reviews", data={**decision, "seen": "0"})
        assert answer.headers["location"] == (
            f"/interactions/{payload.interaction_id}#flag-{flag_id}"
        )
        shown = text_of(client.get(f"/interactions/{payload.interaction_id}"))
        assert "supervisor Góp ý, hướng dẫn Cán bộ đồng ý" in shown
        assert "mới có 1 kết quả có căn cứ độc lập" in shown
        assert "Không còn dấu hiệu nào chờ xem xét" in text_of(client.get("/queue"))

        again = client.post(f"/flags/{flag_id}/reviews", data={**decision, "seen": "0"})
        assert again.status_code == 409
        assert "tải lại trang" in text_of(again)

        corrected = client.post(
            f"/api/v1/flags/{flag_id}/reviews",
            json={"outcome": "dismissed", "ground": "dossier_fact", "expected_review_no": 1},
            headers=api_token(client),
        )
        assert corrected.status_code == 201
        assert [r["outcome"] for r in corrected.json()] == ["coached", "dismissed"]
        assert client.get(f"/api/v1/flags/{flag_id}/reviews").json() == corrected.json()


OTHER_WORDS = (
    {"outcome": "guilty", "ground": "none", "seen": "0"},
    {"outcome": "confirmed", "ground": "a hunch", "seen": "0"},
    {"outcome": "confirmed", "ground": "none", "seen": "x"},
    {"outcome": "confirmed"},
)


def test_a_decision_in_other_words_is_refused(site, hub_db, sender) -> None:
    arrive(hub_db, sender, flagged_payload())
    flag_id = hub_db.value("SELECT flag_id FROM hailong.flags WHERE kind = 'review'")
    with site.as_("supervisor") as client:
        token = form_token(client.get("/queue"))
        for fields in OTHER_WORDS:
            answer = client.post(f"/flags/{flag_id}/reviews", data={"csrf_token": token, **fields})
            assert answer.status_code == 422, fields
            assert "kiểm tra các mục đã chọn" in answer.text
    assert hub_db.rows("SELECT 1 FROM hailong.reviews") == []


def test_a_trend_asks_for_no_decision(site, hub_db, sender) -> None:
    arrive(hub_db, sender, flagged_payload())
    flag_id = hub_db.value("SELECT flag_id FROM hailong.flags WHERE rule_id = 'greeting_missing'")
    with site.as_("supervisor") as client:
        answer = client.post(
            f"/api/v1/flags/{flag_id}/reviews",
            json={"outcome": "confirmed", "ground": "none", "expected_review_no": 0},
            headers=api_token(client),
        )
    assert (answer.status_code, answer.json()["code"]) == (404, "flag_not_found")


def test_a_clerk_sees_the_own_interactions_and_nobody_elses(
    site, hub_db, branch, sender, enrolled
) -> None:
    hub_db.rows(
        "INSERT INTO hailong.assignments VALUES (%s, 'quay-05', %s, %s, %s)",
        branch,
        STAFF,
        NOW - timedelta(hours=2),
        NOW,
    )
    own, others = flagged_payload(), flagged_payload()
    arrive(hub_db, sender, own)
    arrive(hub_db, enrolled(counter="quay-06"), others)
    with site.as_("clerk") as client:
        items = client.get("/api/v1/interactions").json()["items"]
        mine = client.get(f"/interactions/{own.interaction_id}")
        theirs = client.get(f"/interactions/{others.interaction_id}")

    assert [item["interaction_id"] for item in items] == [str(own.interaction_id)]
    assert mine.status_code == 200
    assert STAFF in mine.text
    assert "Kết quả xem xét" not in mine.text, "a clerk decides nothing"
    assert theirs.status_code == 404
    assert "Không có nội dung" in theirs.text


def test_quality_assurance_sees_no_staff(site, hub_db, branch, sender) -> None:
    hub_db.rows(
        "INSERT INTO hailong.assignments VALUES (%s, 'quay-05', %s, %s, %s)",
        branch,
        STAFF,
        NOW - timedelta(hours=2),
        NOW,
    )
    payload = flagged_payload()
    arrive(hub_db, sender, payload)
    address = f"/interactions/{payload.interaction_id}"
    with site.as_("qa") as client:
        assert STAFF not in client.get(address).text
        assert client.get(f"/api/v1{address}").json()["staff_id"] is None
    with site.as_("supervisor") as client:
        assert client.get(f"/api/v1{address}").json()["staff_id"] == STAFF


def test_a_money_hint_names_nobody_before_it_is_decided(site, hub_db, branch, sender) -> None:
    hub_db.rows(
        "INSERT INTO hailong.assignments VALUES (%s, 'quay-05', %s, %s, %s)",
        branch,
        STAFF,
        NOW - timedelta(hours=2),
        NOW,
    )
    said = turn(hits=(hit("money_hint", 2.0), hit("off_channel", 4.0)))
    payload = interaction_payload(turns=(said, turn(role="citizen", start_s=8.0)))
    arrive(hub_db, sender, payload)
    address = f"/interactions/{payload.interaction_id}"
    with site.as_("supervisor") as client:
        page = client.get(address)
        assert "Dấu hiệu gợi ý chi ngoài quy định" in page.text
        assert STAFF not in page.text
        hub_db.rows("UPDATE hailong.flags SET state = 'decided' WHERE rule_id = 'money_hint'")
        assert STAFF in client.get(address).text


def test_another_branch_sees_nothing(site, hub_db, sender) -> None:
    payload = flagged_payload()
    arrive(hub_db, sender, payload)
    flag_id = hub_db.value("SELECT flag_id FROM hailong.flags WHERE kind = 'review'")
    hub_db.rows("INSERT INTO hailong.branches VALUES ('xa-lo', 'Xa', 'Far')")
    site.add_user("xa", "supervisor", branches=["xa-lo"])
    with site.browser() as client:
        sign_in(client, "xa")
        assert client.get("/api/v1/interactions").json()["items"] == []
        assert client.get("/api/v1/flags").json() == []
        assert client.get(f"/interactions/{payload.interaction_id}").status_code == 404
        answer = client.post(
            f"/api/v1/flags/{flag_id}/reviews",
            json={"outcome": "dismissed", "ground": "none", "expected_review_no": 0},
            headers=api_token(client),
        )
        assert answer.status_code == 404
    assert hub_db.rows("SELECT 1 FROM hailong.reviews") == []


def test_the_list_is_filtered_and_paged_by_key(site, hub_db, sender, enrolled) -> None:
    same_moment = NOW - timedelta(hours=3)
    payloads = [interaction_payload(started_at=same_moment) for _ in range(33)]
    yesterday = interaction_payload(started_at=NOW - timedelta(days=1))
    flagged = flagged_payload()
    arrive(hub_db, sender, *payloads, yesterday)
    arrive(hub_db, enrolled(counter="quay-06"), flagged)
    with site.as_("supervisor") as client:

        def ids(**asked) -> tuple[list[str], str | None]:
            got = client.get("/api/v1/interactions", params=asked).json()
            return [item["interaction_id"] for item in got["items"]], got["next"]

        first, following = ids()
        second, end = ids(before=following)
        assert (len(first), len(second), end) == (30, 5, None)
        everything = {str(p.interaction_id) for p in [*payloads, yesterday, flagged]}
        assert set(first) | set(second) == everything
        assert first[0] == str(flagged.interaction_id)

        assert ids(day="2026-03-09")[0] == [str(yesterday.interaction_id)]
        assert ids(counter="quay-06")[0] == [str(flagged.interaction_id)]
        assert ids(flagged="true")[0] == [str(flagged.interaction_id)]
        assert len(ids(before="no-cursor")[0]) == 30

        page = client.get("/interactions", params={"counter": f"{site.branch}/quay-06"})
        assert page.text.count("data-row=") == 1
        nothing = client.get("/interactions?day=2020-01-01")
        assert "Không có lượt giao dịch nào phù hợp" in nothing.text
        older = re.search(r'rel="next" href="([^"]+)"', client.get("/interactions").text)
        assert older is not None
        assert client.get(html.unescape(older[1])).text.count("data-row=") == 5


def test_the_operator_sees_devices_and_what_was_refused(site, hub_db, sender) -> None:
    arrive(hub_db, sender, state_payload(), health_payload())
    impostor = Sender(sender.device_id, sender.branch, sender.counter)
    Processor(hub_db.open("ingest"), lambda: NOW).process(
        [Received(*impostor.message(interaction_payload()), NOW)]
    )
    with site.as_("operator") as client:
        shown = text_of(client.get("/devices"))
        devices = client.get("/api/v1/devices").json()
        rejects = client.get("/api/v1/rejects").json()

    assert f"{sender.device_id} Phiên bản 0.1.0 Quầy 5" in shown
    assert "Máy quay: hoạt động tốt" in shown
    assert "chữ ký không khớp" in shown
    assert [d["state"] for d in devices] == ["online"]
    assert [r["reason"] for r in rejects] == ["bad_signature"]


def test_the_operator_sees_overload_and_pressed_keys(site, hub_db, sender) -> None:
    press = Press(key="mute", at=NOW, asked_by="citizen")
    arrive(hub_db, sender, state_payload(), health_payload(overload="no_words", presses=(press,)))
    with site.as_("operator") as client:
        shown = text_of(client.get("/devices"))

    assert "Quá tải: không nhận dạng lời nói" in shown
    assert "Tạm dừng đo (Người dân)" in shown


def release_of(site, client) -> tuple[str, dict]:
    return text_of(client.get("/devices")), client.get("/api/v1/devices").json()[0]["release"]


def test_the_operator_sees_wanted_and_actual_release(site, hub_db, sender) -> None:
    def says(state, version, reason=None) -> None:
        given = ConfigHealth(version=version, wanted=1, state=state, reason=reason)
        arrive(hub_db, sender, health_payload(config=given))

    arrive(hub_db, sender, state_payload(), health_payload())
    migrator = hub_db.open("migrator")
    with site.as_("operator") as client:
        shown, release = release_of(site, client)
        assert "Như khi cài đặt" in shown
        assert release is None
        number = add_release(migrator, {"beam_size": 2}, [], "van-hanh")
        start(
            migrator,
            release_no=number,
            branch=sender.branch,
            counter=sender.counter,
            taken_by="van-hanh",
        )
        shown, release = release_of(site, client)
        assert "Bản phát hành 1: đang được đưa xuống thiết bị Đang chạy: —" in shown
        says("rolled_back", 0, "models_failed")
        shown, release = release_of(site, client)
        assert "Bản phát hành 1: thiết bị đã tự quay về bản trước" in shown
        assert "mô hình bị lỗi trong khi đo Đang chạy: Như khi cài đặt" in shown
        assert release == {
            "wanted": 1,
            "actual": 0,
            "state": "rolled_back",
            "reason": "models_failed",
        }
        says("ok", 1)
        shown, release = release_of(site, client)
        assert "Bản phát hành 1: đang dùng" in shown
        assert "Đang chạy" not in shown
        assert (release["wanted"], release["actual"], release["state"]) == (1, 1, "ok")


def test_the_privacy_officer_sees_what_is_kept(site, hub_db, sender) -> None:
    arrive(hub_db, sender, flagged_payload())
    RollupWorker(hub_db.open("worker")).run_once()
    with site.as_("privacy") as client:
        shown = text_of(client.get("/kept"))
        kept = {c["name"]: c["rows"] for c in client.get("/api/v1/kept").json()["classes"]}

    assert "không lưu và không gửi" in shown
    assert (kept["interactions"], kept["turns"], kept["scores"]) == (1, 12, 2)
    assert kept["rollups"] == kept["hour_rollups"] > 20
    assert kept["staff_rollups"] == kept["activity_rollups"] == 0  # attributed to nobody
    assert "Số liệu cộng dồn theo cán bộ" in shown
    assert "trừ hoạt động tại quầy: số dòng được đếm 10 phút một lần" in shown


def test_rules_and_rubrics_carry_the_readers_language(site) -> None:
    site.add_user("john", "qa", language="en")
    with site.browser() as client:
        sign_in(client, "john", PASSWORD)
        rules = {rule["rule_id"]: rule for rule in client.get("/api/v1/rules").json()}
        rubrics = client.get("/api/v1/rubrics").json()

    assert rules["greeting_missing"]["title"] == "No greeting found"
    for rubric in rubrics:
        assert sum(part["weight"] for part in rubric["parts"]) == pytest.approx(100)


def test_an_unknown_interaction_is_a_problem_with_a_code(site) -> None:
    with site.as_("supervisor") as client:
        answer = client.get("/api/v1/interactions/00000000-0000-8000-8000-000000000000")
        wrong = client.get("/api/v1/interactions/not-an-id")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "code", "detail", "error_id"}
    assert (wrong.status_code, wrong.json()["code"]) == (422, "validation")
    assert "not-an-id" not in wrong.text


def test_a_clerk_is_shown_the_counters_part_alone(hub_db, branch, sender):
    payload = flagged_payload()
    arrive(hub_db, sender, payload)
    site = Site(hub_db.open("app"), hub_db.open("migrator"), branch)
    hub_db.rows("INSERT INTO hailong.staff (staff_id, branch_id) VALUES (%s, %s)", STAFF, branch)
    hub_db.rows("UPDATE hailong.interactions SET staff_id = %s", STAFF)
    with site.as_("clerk") as client:
        listed = client.get("/api/v1/interactions").json()
        one = client.get(f"/api/v1/interactions/{payload.interaction_id}").json()
    assert listed["figure"] == "counter_part"
    value = hub_db.value("SELECT value FROM hailong.scores WHERE figure = 'counter_part'")
    assert listed["items"][0]["index"]["value"] == pytest.approx(value)
    assert [figure["figure"] for figure in one["figures"]] == ["counter_part"]
    with site.as_("supervisor") as client:
        assert client.get("/api/v1/interactions").json()["figure"] == "experience"
