"""Daily work: the inbox of cases that keep looking, identity checks, statistics."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from browser import shown
from served_pages import Open, Site


def new_case(site: Site, name: str, purpose: str, title: str) -> str:
    body = {"title": title, "purpose": purpose, "basis": "section 12"}
    number: str = site.people[name].post("/cases", json=body).raise_for_status().json()["case"]
    return number


def test_a_case_that_keeps_looking_fills_the_inbox_once(tab: Open, site: Site, tmp_path: Path) -> None:
    iryna, cli = site.people["iryna"], site.gallery.cli
    cli.add_collection("arrivals")
    cli("import", site.gallery.probes / "collins.jpg", "--into", "arrivals")  # an empty one is not searched
    case = new_case(site, "iryna", "missing-person", "Missing since May")
    probe = (site.gallery.probes / "hopper.jpg").read_bytes()
    asked = {"collection": ["arrivals"]}
    iryna.post(f"/cases/{case}/searches", files={"photos": ("p.jpg", probe)}, data=asked).raise_for_status()
    watch = {"score": 0.4, "collections": ["arrivals"]}
    iryna.post(f"/cases/{case}/watch", json=watch).raise_for_status()
    new = tmp_path / "arrivals"
    new.mkdir()
    (new / "hopper.jpg").write_bytes((site.gallery.photos / "hopper.jpg").read_bytes())
    cli("import", new, "--into", "arrivals")

    own = tab("iryna")
    page = own.go("/inbox")
    item = page.locator(".waiting > li", has_text="Missing since May")
    expect(item).to_have_count(1)
    shown(item.locator("img"))
    own.check("inbox")
    item.get_by_role("button", name=f"Take out of the inbox: {case}").click()
    expect(page.locator(".waiting > li", has_text="Missing since May")).to_have_count(0)
    own.check()


def test_a_document_is_checked_on_a_phone(tab: Open, site: Site) -> None:
    new_case(site, "iryna", "identity-check", "Checkpoint 3")
    own = tab("iryna", phone=True)
    page = own.go("/check")
    own.check("check-phone")
    page.get_by_label("The person who is there").set_input_files(site.gallery.probes / "hopper.jpg")
    page.get_by_label("The picture in the document").set_input_files(site.gallery.photos / "hopper.jpg")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="What the comparison says")).to_be_visible()
    said = page.locator(".answer").inner_text()
    assert "Score" in said
    assert not [word for word in ("verified", "same person", "%", "confidence") if word in said.lower()]
    for picture in page.locator(".answer .pair img").all():
        shown(picture)
    own.check("check-answer-phone")

    page.get_by_label("The person who is there").set_input_files(site.gallery.probes / "meadow.png")
    page.get_by_label("The picture in the document").set_input_files(site.gallery.photos / "hopper.jpg")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_statistics_are_shown_and_taken_away(tab: Open, tmp_path: Path) -> None:
    chief = tab("olena")
    page = chief.go("/statistics")
    chief.check("statistics")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    taken = tmp_path / "statistics.csv"
    download.value.save_as(taken)
    assert taken.read_text(encoding="utf-8").startswith("from,to,figure")
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").first.click()
    download.value.save_as(tmp_path / "chart.svg")
    assert (tmp_path / "chart.svg").read_text(encoding="utf-8").startswith("<svg")
    page.get_by_label("First day (UTC)").fill("2030-01-01")
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_role("alert")).to_be_visible()
