"""Collections: what they hold, photos handed in through the page, failures with pictures."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from browser import shown
from served_pages import Open, Site


def test_a_collection_is_added_filled_and_looked_at(tab: Open, site: Site, tmp_path: Path) -> None:
    keeper = tab("petro")
    page = keeper.go("/collections")
    keeper.check()
    page.get_by_role("link", name="Add a collection").click()
    for label, text in (
        ("Name of the collection", "field photos"),
        ("Owner", "Search unit"),
        ("Source", "Handed in by the field team"),
        ("Purpose", "Naming the dead"),
        ("Legal basis", "section 12"),
        ("Jurisdiction", "UA"),
    ):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Keep until").fill("2020-01-01")
    page.get_by_role("button", name="Add the collection").click()
    expect(page.get_by_role("alert")).to_be_visible()  # that day is over; nothing typed is lost
    assert page.get_by_label("Source", exact=True).input_value() == "Handed in by the field team"
    keeper.complaints.clear()  # the browser notes the status 400 in its console
    page.get_by_label("Keep until").fill("2099-12-31")
    keeper.check("collection-new")
    page.get_by_role("button", name="Add the collection").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("field photos")

    manifest = tmp_path / "list.csv"
    manifest.write_text("photo\n/etc/passwd\n")
    photos = sorted(site.gallery.photos.iterdir())
    keeper.complaints.clear()
    page.locator("#files").set_input_files([*photos, manifest])
    expect(page.locator(".refused").first).to_contain_text("list.csv: a manifest is imported on the server")
    expect(page.locator("[data-what]").first).to_contain_text("done", timeout=60_000)
    expect(page.locator("[data-counts]").first).to_contain_text("2 new")
    keeper.complaints.clear()  # the refusal of the manifest, in the console

    page = keeper.go("/collections/field%20photos")
    expect(page.locator(".figures").first).to_contain_text("3")
    page.locator("summary", has_text="no face was found").click()
    expect(page.locator(".failures img").first).to_be_visible()
    shown(page.locator(".failures img").first)
    keeper.check("collection")


def test_a_shared_collection_is_seen_and_not_filled(tab: Open, site: Site) -> None:
    reader = tab("iryna", phone=True)
    page = reader.go("/collections/people")
    reader.check("collection-phone")
    assert page.locator("#intake").count() == 0
    assert site.people["iryna"].post("/collections/people/intakes").status_code == 403


def test_whoever_shares_takes_it_back(tab: Open, site: Site) -> None:
    keeper = tab("petro")
    page = keeper.go("/people")
    page.get_by_label("Name of a new organisation").fill("Coroner")
    page.get_by_role("button", name="Add").click()
    page = keeper.go("/collections/people")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Share: Coroner").click()
    expect(page.get_by_role("button", name="Take it back: Coroner")).to_be_visible()
    keeper.check()
    page.get_by_role("button", name="Take it back: Coroner").click()
    expect(page.get_by_role("button", name="Share: Coroner")).to_be_visible()
