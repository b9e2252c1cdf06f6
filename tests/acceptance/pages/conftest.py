"""One real server for all tests of pages: a small gallery, one person a role, and a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from browser import CHROMIUM, DESK, PHONE, Tab, chromium, open_tab
from command_line import Gallery
from served_pages import ROLES, Open, Site
from server import member, serving


@pytest.fixture(scope="session")
def gallery(gallery: Gallery, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Copy the small gallery: the pages add to it, and other tests count what is in theirs."""
    home = tmp_path_factory.mktemp("pages") / "home"
    shutil.copytree(gallery.cli.home, home)
    return replace(gallery, cli=replace(gallery.cli, home=home))


@pytest.fixture(scope="session")
def site(gallery: Gallery) -> Iterator[Site]:
    """Serve the small gallery to one person of each role."""
    with serving(gallery.cli.home) as address:
        served = Site(address=address, gallery=gallery)
        for name, role in ROLES.items():
            served.people[name] = member(address, gallery.cli, name, role)
        yield served


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    """Start what drives browsers. There can be one only, and while it lives nobody else may run a loop."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(driver: Playwright) -> Iterator[Browser]:
    """Start Chromium."""
    with chromium(driver) as started:
        yield started


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Open]:
    """Open tabs, one browser profile each: `tab("iryna")`, `tab("iryna", phone=True)`, `tab()`: nobody."""
    opened: list[BrowserContext] = []

    def new(name: str = "", *, phone: bool = False, dark: bool = False, language: str = "en") -> Tab:
        context = browser.new_context(
            viewport=PHONE if phone else DESK,
            is_mobile=phone,
            has_touch=phone,
            locale=language,
            color_scheme="dark" if dark else "light",
            timezone_id="Europe/Kyiv",
            reduced_motion="reduce",
        )
        opened.append(context)
        return open_tab(context, site.address.url, site.people[name] if name else None)

    yield new
    for context in opened:
        context.close()
