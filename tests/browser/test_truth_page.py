"""The tablet's page in a real browser: taps, the network away and back, undo, a script, the report.

The hub's clock stands months away from the browser's, so that every time that is right has been
corrected by the page.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.api.app import create_app
from hub.api.deps import WebSettings
from hub.api.serve import WebServer
from hub.scoring.rules import packaged_rules
from hub.truth.keeper import match_due
from tests.builders import NOW, activity_payload, hit, interaction_payload, turn
from tests.website import PASSWORD, Site, arrive

pytestmark = pytest.mark.browser
BEGAN = NOW - timedelta(minutes=40)


class HubClock:
    """Runs as fast as the real one, from BEGAN on."""

    def __init__(self) -> None:
        self._ahead = datetime.now(UTC) - BEGAN

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self._ahead


@pytest.fixture
def clock() -> HubClock:
    return HubClock()


@pytest.fixture
def server(hub_db, branch, enrolled, clock) -> Iterator[WebServer]:
    site = Site(hub_db.open("app"), hub_db.open("migrator"), branch)
    site.add_user("lan", "qa")
    app = create_app(site.app_database, settings=WebSettings(now=clock))
    with WebServer(app, port=0) as running:
        yield running


@pytest.fixture
def problems() -> list[str]:
    """Console errors but the network's own, and exceptions."""
    return []


@pytest.fixture
def page(chromium: Browser, problems: list[str]) -> Iterator[Page]:
    context = chromium.new_context(
        locale="vi-VN", viewport={"width": 1024, "height": 768}, has_touch=True
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on(
        "console",
        lambda message: (
            problems.append(message.text)
            if message.type in {"error", "warning"}
            and "Failed to load resource" not in message.text
            else None
        ),
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()


def signed_in(page: Page, server: WebServer) -> None:
    page.goto(f"{server.address}/truth")
    page.fill("input[name=login]", "lan")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Đối chiếu thực tế")


def started(page: Page, mode: str = "observer") -> None:
    page.select_option("#counter", index=0)
    page.select_option("#mode", mode)
    page.get_by_label("Cán bộ: ứng xử").check()
    page.get_by_label("Người dân: lời nói").check()
    # The browser asks for the notice.
    assert page.evaluate("document.querySelector('aside form').checkValidity()") is False
    page.get_by_label("Cán bộ tại quầy đã được báo trước").check()
    page.get_by_label("Bảng thông báo cho người dân").check()
    page.get_by_role("button", name="Bắt đầu").click()
    expect(page.locator("#truth")).to_be_visible()
    expect(page.locator("#clock")).to_contain_text("Đồng hồ máy này lệch")


def fits(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 768})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in page.locator("#truth button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, button.inner_text()


def test_a_session_with_the_network_away_and_back(
    server, page, problems, hub_db, branch, sender, clock
) -> None:
    signed_in(page, server)
    started(page)
    assert "Không ghi lại lời nói nào" in page.locator("#truth").inner_text()
    sending, last = page.locator("#sending"), page.locator("#last")

    before = clock()
    page.get_by_role("button", name="Lời chào", exact=True).tap()
    after = clock()
    expect(last).to_contain_text("Vừa ghi: Lời chào lúc 09:2")
    expect(sending).to_have_text("Đã gửi 1, không còn chờ.")
    at, error_s = hub_db.rows("SELECT at, clock_error_s FROM hailong.truth_ticks")[0]
    slack = timedelta(seconds=error_s + 0.05)
    assert before - slack <= at <= after + slack

    page.context.set_offline(True)
    abusive = page.locator(".truth__group--conduct").get_by_role("button", name="Lời nói xúc phạm")
    abusive.focus()
    page.keyboard.press("Enter")
    page.locator("[data-name=escalation]").tap()
    page.locator("[data-name=grievance]").tap()
    expect(sending).to_contain_text("Mất kết nối. Cứ bấm tiếp: 3 lượt được giữ")
    page.keyboard.press("z")  # the last, which never left the tablet
    expect(last).to_contain_text("Đã bỏ")
    expect(sending).to_contain_text("2 lượt được giữ")
    assert hub_db.value("SELECT count(*) FROM hailong.truth_ticks") == 1
    page.context.set_offline(False)
    expect(sending).to_have_text("Đã gửi 3, không còn chờ.")
    page.get_by_role("button", name="Bỏ lượt vừa bấm").tap()  # one that was sent
    expect(sending).to_have_text("Đã gửi 2, không còn chờ.")

    # What waits outlives the page; an answer that was lost doubles nothing.
    page.route("**/ticks", lambda route: (route.fetch(), route.abort()))
    page.locator("[data-name=thanks]").tap()
    expect(sending).to_contain_text("1 lượt được giữ")
    page.reload()
    expect(sending).to_contain_text("1 lượt được giữ")
    page.unroute("**/ticks")
    expect(sending).to_have_text("Đã gửi 3, không còn chờ.")
    names = "SELECT name FROM hailong.truth_ticks WHERE undone_at IS NULL ORDER BY at"
    assert hub_db.rows(names) == [("greeting",), ("abusive",), ("thanks",)]

    for width in (360, 768, 1024):
        fits(page, width)
    page.get_by_role("button", name="Kết thúc phiên").tap()
    page.locator("#end").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đối chiếu thực tế")
    expect(page.locator("table").first).to_contain_text("chờ đối chiếu")
    assert page.evaluate("localStorage.length") == 0

    # The counter heard the greeting and nothing else; then the report.
    hub_db.rows(
        "UPDATE hailong.truth_sessions SET started_at = started_at - interval '2 minutes',"
        " clerk_told_at = clerk_told_at - interval '2 minutes', citizens_told_at = citizens_told_at"
        " - interval '2 minutes', ended_at = ended_at + interval '2 minutes'"
    )
    heard = interaction_payload(
        started_at=at - timedelta(seconds=3), turns=(turn(hits=(hit("greeting", 1.0),)),)
    )
    windows = [activity_payload(BEGAN + timedelta(minutes=n - 4)) for n in range(12)]
    arrive(hub_db, sender, heard, *windows)
    assert match_due(hub_db.open("worker"), packaged_rules(), NOW) == 1
    found = "SELECT name, outcome FROM hailong.truth_matches WHERE what = 'category' ORDER BY name"
    assert hub_db.rows(found) == [
        ("abusive", "missed"),
        ("greeting", "found"),
        ("thanks", "missed"),
    ]
    page.get_by_role("link", name="Tỷ lệ đúng và tỷ lệ phát hiện").click()
    row = page.locator("tr", has_text="Lời chào")
    expect(row).to_contain_text("Chưa kiểm chứng")
    page.get_by_role("button", name="English").click()
    expect(page.locator("tr", has_text="Greeting").first).to_contain_text("Not verified")
    page.get_by_role("link", name="By dialect").click()
    expect(page.locator("tr", has_text="GreetingStaff").first).to_contain_text("(1 of 30)")
    expect(page.locator("tr", has_text="GreetingStaff").first).to_contain_text("Northern")
    assert problems == []


def test_a_script_is_played_line_by_line(server, page, problems, hub_db) -> None:
    signed_in(page, server)
    started(page, "supplement_north")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#clock")).to_contain_text("This tablet’s clock differs by")
    lines = page.locator("#lines > li")
    expect(lines.first).to_have_attribute("aria-current", "step")
    page.get_by_role("button", name="This line begins now").tap()
    expect(page.locator("#played")).not_to_have_text("0:00")
    page.keyboard.press("n")
    page.keyboard.press("n")
    expect(lines.nth(3)).to_have_attribute("aria-current", "step")
    page.keyboard.press("z")  # back to the third line, which held nothing
    expect(lines.nth(2)).to_have_attribute("aria-current", "step")
    while page.locator("#next").is_enabled():
        page.keyboard.press("n")
    expect(page.locator("#sending")).to_have_text("11 sent, none waits.")
    found = hub_db.rows("SELECT name, count(*) FROM hailong.truth_ticks GROUP BY 1 ORDER BY 1")
    assert dict(found) == {
        "greeting": 1,
        "explains_wait": 1,
        "apology": 1,
        "document_missing": 1,
        "negative": 1,
        "grievance": 1,
        "document_list_given": 1,
        "explanation": 1,
        "gift_offer": 1,
        "gift_refusal": 1,
        "closing": 1,
    }
    for width in (360, 1024):
        fits(page, width)
    page.get_by_role("button", name="End the session").tap()
    page.get_by_role("button", name="Stop and make it void: somebody objects").tap()
    expect(page.locator("table").first).to_contain_text("Void, counts for nothing")
    assert hub_db.value("SELECT state FROM hailong.truth_sessions") == "void"
    assert problems == []
