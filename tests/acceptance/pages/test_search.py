"""From a photo to a decision in the browser: search, candidates, compare; at a desk, on a phone, by keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import DESK, Tab, open_tab
from served_pages import Open, Site


@pytest.fixture
def case(site: Site) -> Iterator[str]:
    """An open case, closed afterwards so that other tests find what they know."""
    yield from opened(site, "missing-person")


@pytest.fixture
def dead(site: Site) -> Iterator[str]:
    yield from opened(site, "unidentified-deceased")


def opened(site: Site, purpose: str) -> Iterator[str]:
    iryna = site.people["iryna"]
    body = {"title": "Unknown woman, river bank", "purpose": purpose, "basis": "section 12"}
    number = str(iryna.post("/cases", json=body).json()["case"])
    yield number
    iryna.post(f"/cases/{number}/close").raise_for_status()


def with_photo(tab: Tab, site: Site, case: str, probe: str) -> Page:
    page = tab.go(f"/search?case={case}")
    page.locator("#photos").set_input_files(site.gallery.probes / probe)
    expect(page.locator("#finding")).not_to_have_text(re.compile("Looking|^$"))
    return page


def send(page: Page) -> str:
    page.locator("#go").click()
    page.wait_for_url("**/searches/*")
    page.wait_for_load_state("networkidle")
    return page.url


def searched(site: Site, page: Page) -> dict[str, Any]:
    """What is on record of the search that the page shows."""
    path = page.url.removeprefix(site.address.url).partition("?")[0]
    document: dict[str, Any] = site.people["iryna"].get(path).json()
    return document


def test_from_a_photo_with_two_faces_to_a_decision_by_keys_alone(tab: Open, site: Site, case: str) -> None:
    desk = tab("iryna")
    page = with_photo(desk, site, case, "pair.png")
    expect(page.locator("#finding")).to_have_text("Several faces were found: choose one.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose which face is meant")
    page.locator("#stage").focus()
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name=re.compile("^Face 2"))).to_be_checked()
    desk.check("search")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/searches/*")
    desk.check("candidates")
    found = searched(site, page)
    assert (found["faces"][0]["face"], found["faces"][0]["steps"]) == (2, [])
    listed = page.locator(".candidate")
    assert listed.count() == len(found["candidates"]) == 2
    expect(listed.first).to_contain_text(f"{found['candidates'][0]['score']:.3f}")
    assert "%" not in listed.first.inner_text()
    page.keyboard.press("v")
    expect(page.locator(".as-sheet")).to_be_visible()
    desk.check("candidates-sheet")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/candidates/*")
    expect(page.locator("img.placed")).to_have_count(2)
    desk.check("compare")
    first = page.url
    for key in "oood+da0rf":
        page.keyboard.press(key)
    page.keyboard.press("3")
    expect(page.get_by_role("radio", name="inconclusive")).to_be_checked()
    page.get_by_label("Note").fill("Eyes covered.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != first and "/candidates/" in url)  # the next one that waits
    page.keyboard.press("p")
    page.wait_for_url(first)
    expect(page.get_by_text("Eyes covered.")).to_be_visible()
    expect(page.locator("#decision")).to_have_count(0)
    decided = searched(site, page_of_search(page, found, desk))["candidates"][0]["decisions"]
    assert [(one["verdict"], one["note"]) for one in decided] == [("inconclusive", "Eyes covered.")]


def page_of_search(page: Page, found: dict[str, Any], tab: Tab) -> Page:
    page.goto(f"{tab.address}/cases/{found['case']}/searches/{found['search']}")
    return page


def test_a_probe_is_adjusted_on_a_copy_and_every_step_is_on_record(tab: Open, site: Site, case: str) -> None:
    desk = tab("iryna")
    page = with_photo(desk, site, case, "collins.jpg")
    page.locator("#adjust summary").click()
    page.get_by_role("button", name="Turn a quarter to the right").click()
    page.get_by_label("Light").fill("30")
    page.get_by_label("Contrast").fill("20")
    page.get_by_label("De-interlace").select_option("0")
    expect(page.locator("#finding")).to_have_text("One face was found.")
    page.evaluate("window.scrollTo(0, 0)")
    desk.check("search-adjust")
    send(page)
    found = searched(site, page)
    steps = [{"do": "deinterlace", "keep": 0}, {"do": "turn", "degrees": 90.0}]
    steps += [{"do": "light", "value": 30.0}, {"do": "contrast", "value": 20.0}]
    assert found["faces"][0]["steps"] == steps
    assert "/collins." in found["candidates"][0]["source"]
    original = (site.gallery.probes / "collins.jpg").read_bytes()
    kept = site.gallery.cli.home / "cases" / case / found["probes"][0]
    assert kept.read_bytes() == original
    expect(page.get_by_text("photo 1 by 4 steps")).to_be_visible()
    log = site.gallery.cli("audit", "list", "--kind", "probe-adjusted", "--json").document
    adjusted = log["entries"]
    assert adjusted[-1]["body"]["steps"] == steps


def test_a_face_that_was_missed_is_boxed_or_its_eyes_are_marked_by_keys(
    tab: Open, site: Site, case: str
) -> None:
    desk = tab("iryna")
    page = with_photo(desk, site, case, "meadow.png")
    expect(page.locator("#finding")).to_have_text(re.compile("No face was found"))
    page.get_by_role("button", name="Draw a box", exact=True).click()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#finding")).to_have_text("The box that you drew")
    page.get_by_role("button", name="Mark both eyes", exact=True).click()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#finding")).to_have_text("The eyes that you marked")
    send(page)
    face = searched(site, page)["faces"][0]
    assert face["face"] is None
    (rx, ry), (lx, ly) = face["landmarks"][:2]
    assert (rx, ry, ly) == (168.0, 120.0, 120.0)
    assert lx > rx


def test_pictures_pan_zoom_and_lie_over_each_other_without_a_mouse_or_with_one(
    tab: Open, site: Site, case: str
) -> None:
    desk = tab("iryna")
    page = with_photo(desk, site, case, "hopper.jpg")
    send(page)
    page.locator(".open").first.click()
    expect(page.locator("img.placed")).to_have_count(2)

    def places() -> list[str]:
        page.wait_for_timeout(60)  # a frame is drawn
        shown: list[str] = page.eval_on_selector_all(
            "img.placed", "all => all.map(one => one.style.transform)"
        )
        return shown

    before = places()
    page.keyboard.press("ArrowLeft")
    moved = places()
    assert all(a != b for a, b in zip(before, moved, strict=True))
    page.locator("#panes").hover()
    page.mouse.wheel(0, -200)
    assert all(a != b for a, b in zip(moved, places(), strict=True))
    page.keyboard.press("s")  # each by itself
    one = places()
    page.locator("[data-side=candidate]").hover()
    page.mouse.wheel(0, -200)
    other = places()
    assert one[0] == other[0]
    assert one[1] != other[1]
    page.keyboard.press("0")
    assert places() == before
    page.get_by_role("button", name="Wipe").click()
    page.get_by_label("How much of the candidate").fill("25")
    clip = page.eval_on_selector("[data-side=candidate]", "one => one.style.clipPath")
    assert clip == "inset(0px 0px 0px 75%)"
    desk.check("compare-wipe")


def test_on_a_phone_in_the_dark_and_in_ukrainian(tab: Open, site: Site, case: str) -> None:
    phone = tab("iryna", phone=True, dark=True, language="uk")
    page = with_photo_in(phone, site, case)
    phone.check("search-phone")
    send(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Кандидати")
    phone.check("candidates-phone")
    page.locator(".open").first.click()
    expect(page.locator("img.placed")).to_have_count(2)
    phone.check("compare-phone")


def with_photo_in(tab: Tab, site: Site, case: str) -> Page:
    page = tab.go(f"/search?case={case}")
    page.locator("#photos").set_input_files(site.gallery.probes / "hopper.jpg")
    expect(page.locator("#found input")).to_be_checked()
    return page


def test_a_search_works_without_scripts(browser: Browser, site: Site, case: str) -> None:
    context = browser.new_context(viewport=DESK, java_script_enabled=False)
    page = open_tab(context, site.address.url, site.people["iryna"]).page
    page.goto(f"{site.address.url}/search?case={case}")
    page.locator("#photos").set_input_files(site.gallery.probes / "pair.png")
    page.locator("#go").click()
    expect(page.get_by_role("alert")).to_contain_text("2 faces")
    page.locator("#photos").set_input_files(site.gallery.probes / "hopper.jpg")
    page.locator("#go").click()
    expect(page.locator(".candidate")).to_have_count(2)
    page.locator(".open").first.click()
    page.get_by_role("radio", name="potential match").check()
    page.get_by_role("button", name="Decide and go on").click()
    expect(page.get_by_text("2 of 2")).to_be_visible()
    context.close()


def test_the_second_review_sees_nothing_of_the_first_until_it_has_decided(
    tab: Open, site: Site, case: str
) -> None:
    candidate = shown_candidate(site, case)
    first = {"verdict": "potential-match", "note": "Same scar.", "features": {"ears": "similar"}}
    site.people["iryna"].post(f"/candidates/{candidate}/decisions", json=first).raise_for_status()
    review = tab("maria")
    page = review.go(f"/cases/{case}/candidates/{candidate}")
    expect(page.get_by_role("heading", name="Your decision")).to_be_visible()
    assert "Same scar." not in page.content()
    expect(page.locator(".facts-of")).to_contain_text("not decided")
    page.get_by_text("Features, one by one").click()
    page.evaluate("window.scrollTo(0, 0)")
    review.check("compare-features")
    page.get_by_role("group", name=re.compile("^Ears")).get_by_label("different").check()
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"{site.address.url}/reviews")
    page.goto(f"{site.address.url}/cases/{case}/candidates/{candidate}")
    expect(page.locator(".facts-of")).to_contain_text("two decisions differ")
    expect(page.get_by_text("Same scar.")).to_be_visible()


def shown_candidate(site: Site, case: str) -> int:
    photo = ("p.jpg", (site.gallery.probes / "hopper.jpg").read_bytes())
    made = site.people["iryna"].post("/searches", data={"case": case}, files={"photos": photo}).json()
    document = site.people["iryna"].get(f"/cases/{case}/searches/{made['search']}").json()
    return int(document["candidates"][0]["candidate"])


def test_pictures_of_the_dead_are_blurred_until_asked_for(tab: Open, site: Site, dead: str) -> None:
    candidate = shown_candidate(site, dead)
    desk = tab("iryna")
    page = desk.go(f"/cases/{dead}/candidates/{candidate}")
    expect(page.get_by_text("This case is about somebody dead.")).to_be_visible()
    assert "unblurred" not in "".join(page.eval_on_selector_all("img", "all => all.map(one => one.src)"))
    desk.check("compare-blurred")
    page.get_by_role("link", name="Show the pictures as they are").click()
    expect(page.locator("img.placed")).to_have_count(2)
    assert all(
        "unblurred=true" in source
        for source in page.eval_on_selector_all(".pane img", "all => all.map(one => one.src)")
    )
    page.get_by_role("link", name="Candidates").click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Blur the pictures").click()
    page.wait_for_load_state("networkidle")
    assert "unblurred" not in page.content()
    shown = site.gallery.cli("audit", "list", "--kind", "pictures-unblurred", "--json").document["entries"]
    assert {entry["body"]["case"] for entry in shown} == {dead}
    assert json.dumps(shown[-1]["body"]["photos"]) != "[]"
