"""A supervisor reviews a flag by keyboard, in Vietnamese, then in English, in a real browser."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.api.serve import WebServer
from tests.builders import NOW, interaction_payload, state_payload
from tests.website import PASSWORD, Site, arrive, flagged_payload

pytestmark = pytest.mark.browser

DRAWN = """canvas => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.some(value => value > 0);
}"""


@pytest.fixture
def server(hub_db, branch, sender) -> Iterator[WebServer]:
    site = Site(hub_db.open("app"), hub_db.open("migrator"), branch)
    site.add_user("lan", "supervisor")
    arrive(hub_db, sender, flagged_payload(), state_payload())
    with WebServer(site.app, port=0) as running:
        yield running


@pytest.fixture
def problems() -> list[str]:
    """Console errors, refusals of the content security policy among them, and exceptions."""
    return []


@pytest.fixture
def page(chromium: Browser, problems: list[str]) -> Iterator[Page]:
    context = chromium.new_context(locale="vi-VN", viewport={"width": 1360, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on(
        "console",
        lambda message: (
            problems.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()


def test_a_flag_is_reviewed_by_keyboard(server, page, problems, hub_db, sender) -> None:
    page.goto(server.address)
    page.keyboard.type("lan")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tổng quan")

    later = interaction_payload(started_at=NOW - timedelta(minutes=10))
    arrive(hub_db, sender, later)
    expect(page.locator(f"#recent-{later.interaction_id}")).to_be_visible()

    page.get_by_role("link", name="Chờ xem xét").click()
    expect(page.locator("[data-row]").first).to_contain_text("Lời lẽ xúc phạm")
    page.wait_for_load_state()  # the keys are there once the scripts are
    page.keyboard.press("j")
    expect(page.locator("[data-row]").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Quầy 5 · 10/03/2026 09:30:00")

    canvas = page.locator(".timeline canvas").first
    expect(canvas).to_be_visible()
    page.wait_for_function(DRAWN, arg=canvas.element_handle())
    expect(page.locator(".parts svg").first).to_be_visible()

    card = page.locator("aside section", has_text="Lời lẽ xúc phạm")
    card.get_by_label("Có căn cứ", exact=False).first.check()
    card.get_by_label("Dựa trên căn cứ nào").select_option("eyewitness")
    card.get_by_role("button", name="Ghi kết quả").click()
    history = page.locator("aside .history li")
    expect(history).to_have_count(1)
    expect(history).to_contain_text("Có căn cứ")
    expect(history).to_contain_text("Có người chứng kiến")

    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(history).to_contain_text("Well-founded")
    expect(page.locator("aside section", has_text="Abusive language by staff")).to_be_visible()
    expect(page.locator(".timeline canvas").first).to_be_visible()
    page.get_by_role("link", name="Review queue", exact=True).click()
    expect(page.get_by_text("Nothing waits for review.")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert problems == []
    assert hub_db.rows("SELECT outcome, ground FROM hailong.reviews") == [
        ("confirmed", "eyewitness")
    ]
