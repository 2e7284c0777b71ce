"""Live alerts in a real browser: they come without reloading, and after the server was away."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.api.alert_feed import StreamLimits
from hub.api.serve import WebServer
from schemas.vocabulary import Role
from tests.builders import NOW, hit, interaction_payload, turn
from tests.stored import arrive, make_worker, tell
from tests.website import PASSWORD, Site

pytestmark = pytest.mark.browser


def escalation():
    said = turn(role=Role.CITIZEN, start_s=6.0, hits=(hit("escalation", 7.0),))
    return interaction_payload(started_at=NOW - timedelta(minutes=4), turns=(turn(), said))


@pytest.fixture
def site(hub_db, branch) -> Site:
    # Longer than the page asks by itself: what shows sooner was told by an event.
    made = Site(
        hub_db.open("app"), hub_db.open("migrator"), branch, streams=StreamLimits(beat_s=5.0)
    )
    made.add_user("lan", "supervisor")
    return made


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="vi-VN", viewport={"width": 1360, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()


def test_an_alert_shows_itself_is_answered_and_ends(site, page, hub_db, sender) -> None:
    problems: list[str] = []
    page.on(
        "console", lambda m: problems.append(m.text) if m.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    ingest, worker = hub_db.open("ingest"), make_worker(hub_db.open("worker"))
    payload = escalation()
    server = WebServer(site.app, port=0)
    with server:
        page.goto(server.address)
        page.keyboard.type("lan")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        alerts = page.locator("#alerts")
        expect(alerts).to_contain_text("Không có báo ngay")
        page.evaluate("window.sameDocument = true")

        tell(ingest, sender, payload)
        worker.run_once()
        # Its own timer asks after 30 s only.
        expect(alerts).to_contain_text("Quầy 5 · Người dân đề nghị gặp lãnh đạo", timeout=15_000)
        expect(page.locator("#alerts-news")).to_have_text("Có báo ngay mới.")
        alerts.get_by_role("button", name="Tôi đã đến xem").click()
        expect(alerts).to_contain_text("lan đã đến xem lúc")
        assert hub_db.value("SELECT count(*) FROM hailong.alert_visits") == 1

        arrive(ingest, sender, payload)
        worker.run_once()
        expect(alerts).to_contain_text("Đã kết thúc", timeout=15_000)
        assert problems == []
        site.app.state.services.feed.close()

    # Another hub at the same address, after a while without any: the page finds it by itself.
    again = Site(site.app_database, site.migrator, site.branch, streams=StreamLimits(beat_s=5.0))
    tell(ingest, sender, escalation())
    worker.run_once()
    with WebServer(again.app, port=server.port):
        expect(alerts.locator("li")).to_have_count(2, timeout=25_000)
        assert page.evaluate("window.sameDocument")
        again.app.state.services.feed.close()
