"""Make the README's pictures of the page anew: `python scripts/screenshots.py`. Needs the test extra and the system's Chromium."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import ui
from assistant import Assistant

DOCS = Path(__file__).resolve().parent.parent / "docs"
QUESTION = "What is the tariff on Korean cars?"
DECLINED = "What mpg will the 2027 Toyota Corolla be rated at?"


def shoot(browser: Browser, address: str, name: str, *, width: int, height: int, scheme: str = "light", ask: str = "", tab: str = "") -> None:
    """One picture: the page of that size after a question, with its first source open, or one of its tabs."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(address)
    page.locator("#welcome .welcome:not(.loading)").wait_for()
    if ask:
        page.locator("#question textarea").fill(ask)
        page.keyboard.press("Enter")
        page.locator("#current .turn[data-complete=true]").wait_for()
        if page.locator("#current .mark").count():
            page.locator("#current .mark").first.click()
        page.mouse.move(0, 0)
        page.evaluate("scrollTo(0, 0)")
    if tab:
        page.get_by_role("tab", name=tab).click()
    page.wait_for_timeout(600)
    page.screenshot(path=DOCS / f"{name}.png")
    page.close()


def main() -> None:
    page = ui.build_app(Assistant.open(), ui.PageSettings(rate=0, feedback=Path(os.devnull)))
    port = ui.free_port("127.0.0.1", 0)
    page.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True)
    address = f"http://127.0.0.1:{port}"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"])
        shoot(browser, address, "page-wide", width=1280, height=840, ask=QUESTION)
        shoot(browser, address, "page-declined", width=1280, height=760, scheme="dark", ask=DECLINED)
        shoot(browser, address, "page-figures", width=1280, height=840, tab="Figures")
        shoot(browser, address, "page-narrow", width=390, height=844, ask=QUESTION)
        browser.close()
    page.close(verbose=False)


if __name__ == "__main__":
    main()
