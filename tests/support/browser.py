"""A real browser: Debian's Chromium, driven by Playwright. It notes complaints; axe looks at each page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python
import httpx2
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, FloatRect, Locator, Page, Playwright, ViewportSize

REPOSITORY = Path(__file__).parents[2]
PICTURES = REPOSITORY / "docs" / "figures" / "pages"
TAKE_PICTURES = "ANTIGONE_SCREENSHOTS"  # set it to 1, and the tests renew the pictures of the documentation
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
_QUIET = (
    "--no-sandbox",  # the tests may run as root; every page is our own
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_LONGEST = 2_600  # pixels of a page that the documentation shows
_SERIOUS = ("serious", "critical")


@contextmanager
def chromium(driver: Playwright, *flags: str) -> Iterator[Browser]:
    """Start the browser; ``flags`` are added to those that keep it from calling home."""
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=[*_QUIET, *flags])
    try:
        yield browser
    finally:
        browser.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One page of a browser, and what it complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page of the server."""
        self.page.goto(self.address + path)
        return self.page

    def check(self, picture: str = "") -> None:
        """Fail for a complaint of the console or the policy, and for what keeps people out (axe: serious).

        ``picture`` names the screenshot that the documentation shows.
        """
        self.page.wait_for_load_state("networkidle")
        assert not self.complaints, self.complaints
        self.page.evaluate(_AXE)
        found: dict[str, Any] = self.page.evaluate("axe.run()")
        serious = [
            (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
            for one in found["violations"]
            if one["impact"] in _SERIOUS
        ]
        assert not serious, serious
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"the page is {wide} px wider than the screen"
        if picture and os.environ.get(TAKE_PICTURES):
            PICTURES.mkdir(parents=True, exist_ok=True)
            self.page.evaluate("window.scrollTo(0, 0)")  # what sticks to the top would stand in the middle
            self._take(PICTURES / f"{picture}.png")

    def _take(self, file: Path) -> None:
        size = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        shown = FloatRect(x=0, y=0, width=size[0], height=min(size[1], _LONGEST))
        self.page.screenshot(path=file, full_page=True, clip=shown)
        with Image.open(file) as taken:  # few colours are enough, and make small files
            taken.convert("RGB").quantize(192).save(file, optimize=True)


def open_tab(context: BrowserContext, address: str, client: httpx2.Client | None = None) -> Tab:
    """Open a tab, signed in like ``client`` if one is given."""
    if client is not None:
        context.add_cookies(
            [{"name": name, "value": value, "url": address} for name, value in client.cookies.items()]
        )
    tab = Tab(page=context.new_page(), address=address)
    tab.page.on("console", lambda said: _note(tab, said.type, said.text))
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.page.on("request", lambda asked: _outside(tab, asked.url))
    return tab


def _note(tab: Tab, kind: str, text: str) -> None:
    if kind in ("error", "warning"):  # a breach of the content security policy is an error here
        tab.complaints.append(text)


def _outside(tab: Tab, url: str) -> None:
    if not url.startswith((tab.address, "data:", "blob:")):
        tab.complaints.append(f"asked another host: {url}")


def shown(picture: Locator) -> None:
    """Wait until a picture is on the page; fail where it does not come."""
    picture.scroll_into_view_if_needed()
    drawn = "picture => picture.complete && picture.naturalWidth > 0"
    picture.page.wait_for_function(drawn, arg=picture.element_handle())
