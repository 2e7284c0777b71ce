"""The two local pages in a real browser: zones by mouse and keyboard, keys by touch and keyboard."""

import queue
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from edge_agent.keys.desk import KeyDesk
from edge_agent.keys.state import Line
from edge_agent.local_page.keys import KeysPage
from edge_agent.local_page.zones import serve_zones
from edge_agent.settings import ZoneSettings
from schemas.vocabulary import Key, Role

pytestmark = pytest.mark.browser

SQUARE = ((0.5, 0.1), (0.9, 0.1), (0.9, 0.9), (0.5, 0.9))


@pytest.fixture
def problems() -> list[str]:
    """Console errors, refusals of the content security policy among them, and exceptions."""
    return []


@pytest.fixture
def page(chromium: Browser, problems: list[str]) -> Iterator[Page]:
    context = chromium.new_context(
        locale="vi-VN", viewport={"width": 1280, "height": 900}, has_touch=True
    )
    page = context.new_page()
    page.on(
        "console",
        lambda message: (
            problems.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()


def reads(locator: Locator, text: str) -> None:
    """What is seen: the other language is in the page, hidden."""
    expect(locator).to_have_text(text, use_inner_text=True)


class Setup:
    def __init__(self, zones: ZoneSettings) -> None:
        self._told: queue.Queue[str] = queue.Queue()
        self._result: queue.Queue[ZoneSettings | None] = queue.Queue()
        self.stop = threading.Event()
        still = np.full((288, 384, 3), 120, np.uint8)
        self._thread = threading.Thread(
            target=lambda: self._result.put(serve_zones(still, zones, self._told.put, self.stop))
        )
        self._thread.start()
        self.address = self._told.get(timeout=10)

    def result(self) -> ZoneSettings | None:
        self._thread.join(15)
        return self._result.get_nowait()


@pytest.fixture
def setup() -> Iterator[Setup]:
    made = Setup(ZoneSettings(citizen=SQUARE))
    yield made
    made.stop.set()
    made._thread.join(15)


def test_zones_are_set_by_mouse_and_keyboard(setup: Setup, page: Page, problems: list[str]) -> None:
    page.goto(setup.address)
    reads(page.get_by_role("heading", level=1), "Thiết lập vùng quan sát")
    assert page.evaluate("document.getElementById('still').naturalWidth") == 384
    box = page.locator("#drawing").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.2 * box["height"], steps=4)
    page.mouse.up()
    expect(page.locator("#toml")).to_have_value(
        "[zones]\ncitizen = [[0.600, 0.200], [0.900, 0.100], [0.900, 0.900], [0.500, 0.900]]\n"
    )

    page.get_by_label("Camera nhìn thấy cán bộ").check()
    corner = page.get_by_role("button", name="Vùng cán bộ, góc 2", exact=False)
    corner.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowUp")
    expect(corner).to_be_focused()
    expect(corner).to_have_attribute("aria-label", "Vùng cán bộ, góc 2: 45 % từ trái, 10 % từ trên")
    page.locator("[data-add=citizen]").click()
    expect(page.locator(".zone--citizen .handle")).to_have_count(5)
    page.locator("[data-remove=citizen]").click()
    page.locator("[data-remove=citizen]").click()
    expect(page.locator("[data-remove=citizen]")).to_be_disabled()

    page.get_by_role("button", name="English").click()
    reads(page.get_by_role("heading", level=1), "Zones of the camera")
    expect(page).to_have_title("Zones of the camera")
    page.get_by_role("button", name="Confirm these zones").click()
    reads(page.locator("#told"), "Confirmed. This page can be closed.")
    expect(page.locator("#still")).not_to_be_visible()
    zones = setup.result()
    assert zones is not None
    assert zones.staff == ((0.02, 0.1), (0.45, 0.095), (0.4, 0.9), (0.02, 0.9))
    assert len(zones.citizen) == 3
    assert problems == []


def test_the_stills_address_is_used_up(setup: Setup, page: Page) -> None:
    page.goto(setup.address)
    page.wait_for_selector(".handle")
    page.reload()
    expect(page.locator("body")).to_contain_text("Địa chỉ này chỉ mở được một lần")


def test_a_drawing_on_a_small_screen_needs_no_sideways_scrolling(setup: Setup, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(setup.address)
    page.wait_for_selector(".handle")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.fixture
def counter() -> Iterator[tuple[KeysPage, KeyDesk, queue.Queue]]:
    told: queue.Queue[tuple[Key, Role]] = queue.Queue()
    desk = KeyDesk(lambda key, role: told.put((key, role)))
    page = KeysPage(desk, 0)
    page.start()
    yield page, desk, told
    page.stop()


def test_keys_are_pressed_and_the_page_says_what_is_so(counter, page, problems) -> None:
    keys, desk, told = counter
    page.goto(keys.address)
    state = page.locator("#state-name")
    reads(state, "Đang đo chất lượng phục vụ")
    page.get_by_role("button", name="Người dân đề nghị").tap()
    reads(state, "Đã tạm dừng đo")
    expect(page.locator("#state-more")).to_contain_text(
        "theo đề nghị của người dân", use_inner_text=True
    )
    assert told.get(timeout=10) == (Key.MUTE, Role.CITIZEN)

    page.keyboard.press("3")
    expect(page.locator("#helped")).to_contain_text("Đã gọi lúc")
    assert told.get(timeout=10) == (Key.HELP, Role.STAFF)
    page.keyboard.press("4")
    expect(page.locator("#writing")).to_have_attribute("aria-pressed", "true")
    assert told.get(timeout=10) == (Key.WRITTEN_ON, Role.CITIZEN)

    desk.press(Line.MUTE_STAFF)  # a foot switch; the page follows
    reads(state, "Đang đo chất lượng phục vụ")
    page.get_by_role("button", name="English").click()
    reads(state, "Measuring the quality of service")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert problems == []


def test_a_device_that_stops_is_said_and_one_that_starts_again_is_found(counter, page) -> None:
    keys, desk, _ = counter
    page.goto(keys.address)
    expect(page.locator("#state")).to_have_attribute("data-state", "measuring")
    port = int(keys.address.rsplit(":", 1)[1])
    keys.stop()
    reads(page.locator("#state-name"), "Mất kết nối với thiết bị đo")
    expect(page.locator("button[data-key]").first).to_be_disabled()
    again = KeysPage(desk, port)  # with another token: the page loads itself again
    again.start()
    expect(page.locator("#state")).to_have_attribute("data-state", "measuring")
    again.stop()
