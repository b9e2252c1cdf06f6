"""A newcomer learns on made-up cases, is deceived or not, and sees how often they erred."""

from __future__ import annotations

from playwright.sync_api import expect

from browser import shown
from served_pages import Open


def test_an_exercise_from_beginning_to_error_rate(tab: Open) -> None:
    new = tab("iryna")
    page = new.go("/learn")
    new.check("learn")
    page.get_by_role("button", name="Begin an exercise").click()
    page.wait_for_url("**/learn/*", timeout=120_000)
    expect(page.get_by_role("note")).to_contain_text("no real case")
    sheet = page.locator(".exercise-sheet").first
    shown(sheet)
    new.check("exercise")
    undecided = page.locator(".decide form")
    number = undecided.count()
    assert number >= 6
    for _ in range(number):  # a newcomer who takes everybody for the person that is searched for
        undecided.first.get_by_role("button", name="Potential match").click()
        page.wait_for_load_state()
    expect(undecided).to_have_count(0)
    expect(page.locator(".notice")).to_contain_text("put there to deceive")
    expect(page.locator(".told", has_text="Wrong.").first).to_be_visible()
    new.check()
    page.get_by_role("link", name="Your exercises").click()
    expect(page.locator("tbody tr").first).to_contain_text(f"{number} / {number}")


def test_the_manual_is_in_the_application(tab: Open) -> None:
    for name, phone in (("sofia", False), ("iryna", True)):
        reader = tab(name, phone=phone)
        page = reader.go("/manual")
        page.get_by_role("link", name="Compare and decide").click()
        expect(page.get_by_role("heading", name="Compare and decide")).to_be_in_viewport()
        reader.check("manual-phone" if phone else "manual")
