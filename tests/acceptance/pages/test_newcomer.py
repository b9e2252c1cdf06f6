"""A newcomer's path: from the start page to the second reviewer in at most twelve actions, counted as made.

An action is what a hand does once: a click, a text typed into one field, a file chosen, a key or a chord of
keys. Nothing else moves the page on; signing in is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from served_pages import Open, Site

MOST_ACTIONS = 12


@dataclass(slots=True)
class Hand:
    """Acts on a page and counts."""

    page: Page
    done: list[str] = field(default_factory=list)

    def click(self, what: Locator) -> None:
        self.done.append("click")
        what.click()

    def type(self, where: Locator, text: str) -> None:
        self.done.append("type")
        where.fill(text)

    def choose(self, where: Locator, file: Path) -> None:
        self.done.append("choose a file")
        where.set_input_files(file)

    def press(self, keys: str) -> None:
        self.done.append(keys)
        self.page.keyboard.press(keys)


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_open_search_decide_and_hand_over_in_twelve_actions(tab: Open, site: Site, phone: bool) -> None:
    title = f"First case of a newcomer, {'phone' if phone else 'desk'}"
    newcomer = tab("iryna", phone=phone)
    page = newcomer.go("/")
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Open a case"))
    hand.type(page.get_by_label("Title"), title)
    hand.click(page.get_by_label("Missing person"))
    hand.type(page.get_by_label("Legal basis"), "section 12")
    hand.click(page.get_by_role("button", name="Open the case"))
    page.wait_for_url("**/search?case=*")
    number = page.url.rpartition("=")[2]

    hand.choose(page.locator("#photos"), site.gallery.probes / "hopper.jpg")
    expect(page.locator("#finding")).to_have_text("One face was found.")
    hand.click(page.locator("#go"))
    page.wait_for_url("**/searches/*")
    hand.click(page.get_by_role("link", name="Candidate 1"))
    page.wait_for_url("**/candidates/*")
    candidate = page.url
    if phone:
        hand.click(page.get_by_label("potential match"))
        hand.click(page.get_by_role("button", name="Decide and go on"))
    else:
        hand.press("1")
        hand.press("Control+Enter")
    page.wait_for_url(lambda url: url != candidate)

    # No further action hands it over: whoever reviews finds it waiting.
    reviewer = tab("maria", phone=phone)
    queue = reviewer.go("/reviews")
    expect(queue.get_by_role("link", name=title)).to_have_attribute(
        "href", candidate.removeprefix(site.address.url)
    )
    assert len(hand.done) <= MOST_ACTIONS, hand.done
    site.people["iryna"].post(f"/cases/{number}/close").raise_for_status()
