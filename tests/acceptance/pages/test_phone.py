"""The phone: a camera that is fed from a clip, a search, an answer; the link breaks in the middle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Playwright, expect

from browser import PHONE, Tab, chromium, open_tab
from served_pages import Site
from server import member

SIDE = (640, 480)
FRAMES = 12


@pytest.fixture(scope="module")
def clip(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip of the portrait, moving a little, in the format that Chromium takes for a camera."""
    portrait = Image.open(site.gallery.photos / "hopper.jpg").convert("RGB")
    file = tmp_path_factory.mktemp("clip") / "camera.y4m"
    with file.open("wb") as out:
        out.write(f"YUV4MPEG2 W{SIDE[0]} H{SIDE[1]} F10:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            frame = Image.new("RGB", SIDE, (96, 104, 112))
            shown = portrait.resize((400, 480))
            frame.paste(shown, (120 + 4 * (number % 3), 0))
            luma, blue, red = frame.convert("YCbCr").split()
            out.write(b"FRAME\n" + np.asarray(luma).tobytes())
            for plane in (blue, red):
                half = plane.resize((SIDE[0] // 2, SIDE[1] // 2))
                out.write(np.asarray(half).tobytes())
    return file


@pytest.fixture(scope="module")
def camera(clip: Path, driver: Playwright) -> Iterator[Browser]:
    """Start a browser whose camera shows the clip."""
    flags = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with chromium(driver, *flags, f"--use-file-for-fake-video-capture={clip}") as started:
        yield started


@pytest.fixture
def phone(camera: Browser, site: Site) -> Iterator[Tab]:
    """Open the page of the phone."""
    context = camera.new_context(viewport=PHONE, is_mobile=True, has_touch=True, color_scheme="dark")
    body = {"title": "Woman at the station", "purpose": "missing-person", "basis": "section 12"}
    site.people["iryna"].post("/cases", json=body).raise_for_status()
    yield open_tab(context, site.address.url, site.people["iryna"])
    context.close()


KEPT_HERE = """async () => {
  const cached = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) cached.push(new URL(request.url).pathname);
  const databases = indexedDB.databases ? (await indexedDB.databases()).map((one) => one.name) : [];
  return { cached, databases, local: {...localStorage}, session: {...sessionStorage} };
}"""


def test_photographs_become_a_search_and_nothing_stays_on_the_phone(phone: Tab, site: Site) -> None:
    page = phone.go("/capture")
    phone.check("phone")
    page.get_by_role("button", name="Open the camera").click()
    expect(page.locator("[data-sign=face][data-state=good]")).to_be_visible(timeout=30_000)
    expect(page.locator(".advice")).not_to_be_empty()
    phone.check("phone-camera")
    page.get_by_role("button", name="Take a picture").click()
    page.get_by_role("button", name="Take a picture").click()
    expect(page.locator(".thumb-shot")).to_have_count(2)

    page.context.set_offline(True)
    page.get_by_role("button", name="Use the pictures").click()
    expect(page.locator(".state")).to_contain_text("no link")
    phone.complaints.clear()  # requests that failed, on purpose
    searches = len(_searches(site))
    page.context.set_offline(False)
    page.wait_for_url("**/searches/*", timeout=60_000)
    assert len(_searches(site)) == searches + 1  # sent twice at least, searched once
    expect(page.locator("main")).to_contain_text("hopper.jpg")

    kept = page.evaluate(KEPT_HERE)
    assert (kept["databases"], kept["local"], kept["session"]) == ([], {}, {}), kept
    assert kept["cached"], "the worker keeps our own styles and scripts"
    assert all(path.startswith("/static/") or path == "/no-link" for path in kept["cached"]), kept["cached"]


def test_without_a_link_the_application_says_so(phone: Tab) -> None:
    page = phone.go("/capture")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("caches.keys().then((names) => names.length > 0)")
    page.reload()
    page.context.set_offline(True)
    phone.complaints.clear()
    page.goto(f"{phone.address}/capture")
    expect(page.get_by_role("heading", level=1)).to_have_text("No link to the server")
    page.context.set_offline(False)
    phone.complaints.clear()
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Photograph and search")


def test_a_lost_phone_is_cut_off_at_its_next_step(camera: Browser, site: Site) -> None:
    lost = member(site.address, site.gallery.cli, "ostap", "examiner")
    context = camera.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    tab = open_tab(context, site.address.url, lost)
    page = tab.go("/capture")
    me = lost.get("/me").json()["person"]
    (session,) = lost.get(f"/people/{me}/sessions").json()
    site.people["olena"].delete(f"/people/{me}/sessions/{session['session']}").raise_for_status()
    page.get_by_role("button", name="Open the camera").click()  # its first look asks the server
    page.wait_for_url("**/sign-in*", timeout=30_000)
    context.close()


def _searches(site: Site) -> list[str]:
    listed = site.people["iryna"].get("/cases").json()["cases"]
    found = []
    for case in listed:
        shown = site.people["iryna"].get(f"/cases/{case['case']}").json()
        found += [json.dumps(search["probes"]) for search in shown["searches"]]
    return found
