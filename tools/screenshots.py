"""Pictures of the pages for README and docs, taken from the running demo.

make screenshots                     into docs/pictures (the two that README shows)
python tools/screenshots.py FOLDER   every page, in both languages, light, dark and phone
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = {
    "supervisor": {
        "overview": "/overview",
        "interactions": "/interactions",
        "queue": "/queue",
        "truth": "/truth",
        "trends": "/trends",
    },
    "qa": {"rules": "/rules", "trial": "/rules/trial", "truth-report": "/truth/report"},
    "operator": {"devices": "/devices", "gaps": "/devices/gaps"},
    "privacy": {"kept": "/kept"},
}
"""By login: who sees it."""
_PORT = 18480
_TIMEOUT_S = 300.0


def main(folder: Path, *, every_page: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        state = Path(scratch) / "state"
        demo = subprocess.Popen(
            [sys.executable, "-m", "demo", "--state", str(state), "--port", str(_PORT)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            url = _wait_for_findings(demo)
            logins = json.loads((state / "logins.json").read_text())
            folder.mkdir(parents=True, exist_ok=True)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                for language in ("vi", "en"):
                    for login in PAGES if every_page else ("supervisor",):
                        who = (login, logins[login])
                        _shoot(browser, url, who, language, folder, every_page=every_page)
                browser.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)


def _wait_for_findings(demo: "subprocess.Popen[str]") -> str:
    """The demo's address, once all three interactions have been told."""
    assert demo.stdout is not None
    url, found, deadline = "", 0, time.monotonic() + _TIMEOUT_S
    for line in demo.stdout:
        print(line, end="")
        if "Open http" in line:
            url = line.split("Open ")[1].split(" ")[0]
        found += "interaction of" in line
        if found == 3 or time.monotonic() > deadline:
            return url
    raise SystemExit("the demo ended before it found three interactions")


def _shoot(
    browser: Browser,
    url: str,
    who: tuple[str, str],
    language: str,
    folder: Path,
    *,
    every_page: bool,
) -> None:
    login, password = who
    looks = {"": {"width": 1280, "height": 900}}
    if every_page:
        looks |= {"phone": {"width": 360, "height": 780}, "dark": {"width": 1280, "height": 900}}
    for look, size in looks.items():
        context = browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            color_scheme="dark" if look == "dark" else "light",
            locale="vi-VN" if language == "vi" else "en-GB",
        )
        page = context.new_page()
        name = f"{language}{'.' + look if look else ''}.png"
        page.goto(f"{url}/sign-in")
        _choose(page, language)
        if every_page:
            page.screenshot(path=str(folder / f"sign-in.{name}"), full_page=True)
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", password)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda at: "sign-in" not in at)
        for title, path in PAGES[login].items():
            page.goto(url + path)
            page.wait_for_load_state("networkidle")
            if every_page:
                page.screenshot(path=str(folder / f"{title}.{name}"), full_page=True)
        if login == "supervisor":
            _interaction(page, url, folder / f"interaction.{name}", full_page=every_page)
        context.close()


def _interaction(page: Page, url: str, file: Path, *, full_page: bool) -> None:
    page.goto(f"{url}/queue")
    page.locator("[data-row][data-href] a").first.click()
    page.wait_for_url("**/interactions/**")
    page.wait_for_selector(".timeline canvas")
    page.wait_for_timeout(500)
    page.screenshot(path=str(file), full_page=full_page)


def _choose(page: Page, language: str) -> None:
    button = page.locator(f"[name=language][value={language}], [data-language={language}]")
    if button.count():
        button.first.click()
        page.wait_for_load_state()


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    main(chosen, every_page=len(sys.argv) > 1)
