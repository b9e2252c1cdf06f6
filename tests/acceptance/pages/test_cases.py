"""Cases on a desk and on a phone: opened, searched, reviewed, concluded; the dead; dossiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from album import make_album
from browser import DESK, PHONE, Tab, open_tab
from command_line import Cli
from served_pages import Open
from server import Address, member, serving

BASIS = "Criminal Procedure Code, Art. 40"


@pytest.fixture(scope="module")
def unit(
    tmp_path_factory: pytest.TempPathFactory, portraits: Mapping[str, Path]
) -> Iterator[tuple[Address, dict[str, httpx2.Client]]]:
    """A server of its own whose collection holds two people alone and together, and three people at work."""
    folder = tmp_path_factory.mktemp("album")
    cli = Cli(home=folder / "home")
    cli("init")
    cli.add_collection("album")
    cli("import", make_album(folder / "photos", portraits), "--into", "album")
    with serving(cli.home) as address:
        roles = {"iryna": "examiner", "maria": "reviewer", "olena": "supervisor"}
        yield address, {name: member(address, cli, name, role) for name, role in roles.items()}


@pytest.fixture
def desk(browser: Browser, unit: tuple[Address, dict[str, httpx2.Client]]) -> Iterator[Open]:
    """Open tabs of that server: `desk("iryna")`, `desk("iryna", phone=True)`."""
    address, people = unit
    opened: list[BrowserContext] = []

    def new(name: str, *, phone: bool = False, language: str = "en") -> Tab:
        context = browser.new_context(
            viewport=PHONE if phone else DESK,
            is_mobile=phone,
            has_touch=phone,
            locale=language,
            reduced_motion="reduce",
        )
        opened.append(context)
        return open_tab(context, address.url, people[name])

    yield new
    for context in opened:
        context.close()


def open_case(client: httpx2.Client, title: str, purpose: str = "missing-person") -> str:
    answer = client.post("/cases", json={"title": title, "purpose": purpose, "basis": BASIS})
    return str(answer.raise_for_status().json()["case"])


def search(client: httpx2.Client, case: str, photo: Path) -> list[int]:
    files = [("photos", ("unknown.jpg", photo.read_bytes()))]
    found = client.post(f"/cases/{case}/searches", files=files).raise_for_status().json()
    return [candidate["candidate"] for candidate in found["candidates"]]


def decide(client: httpx2.Client, candidate: int, verdict: str) -> None:
    client.post(f"/candidates/{candidate}/decisions", json={"verdict": verdict}).raise_for_status()


def show_all(page: Page) -> None:
    """Load every picture, and go back to the top."""
    page.evaluate("document.querySelectorAll('img').forEach((image) => (image.loading = 'eager'))")
    page.wait_for_load_state("networkidle")
    page.evaluate("window.scrollTo(0, 0)")


def add_a_note_and_an_exhibit(page: Page) -> None:
    page.get_by_label("New note").fill("The wife recognised the coat.\nShe was asked twice.")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator("#notes .lines")).to_have_text("The wife recognised the coat.\nShe was asked twice.")
    page.get_by_text("Add a file").click()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "letter.svg", "mimeType": "image/svg+xml", "buffer": b"<svg onload='alert(1)'/>"}
    )
    page.get_by_role("button", name="Add the file").click()
    link = page.get_by_role("link", name="letter.svg")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "letter.svg"


def test_a_case_is_opened_found_and_closed(desk: Open) -> None:
    here = desk("iryna")
    page = here.go("/")
    page.get_by_role("link", name="Open a case").click()
    page.get_by_label("Title").fill("Unknown woman at the station")
    page.get_by_label("Suspect").check()
    expect(page.get_by_text("must record an authorisation within 48 hours")).to_be_visible()
    page.get_by_label("Other purpose").check()
    page.get_by_label("What for").fill("")
    page.get_by_label("Legal basis").fill(BASIS)
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_role("alert")).to_contain_text("purpose")
    here.complaints.clear()  # the browser notes the status 400 in its console
    assert page.get_by_label("Title").input_value() == "Unknown woman at the station"
    page.get_by_label("Missing person").check()
    here.check("case-new")
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url("**/search?case=*")
    number = page.url.rpartition("=")[2]
    here.complaints.clear()

    page = here.go("/cases?words=STATION+woman")
    here.check()
    page.get_by_role("link", name="Unknown woman at the station").click()
    page.wait_for_url(f"**/cases/{number}")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_text("This case is closed.")).to_be_visible()
    expect(page.get_by_label("New note")).to_have_count(0)
    here.check()
    page = here.go("/cases?words=station")
    expect(page.get_by_text("No case is like this.")).to_be_visible()
    page.get_by_label("State").select_option("closed")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="Unknown woman at the station")).to_be_visible()

    supervisor = desk("olena")
    page = supervisor.go(f"/cases/{number}")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Reopen the case").click()
    expect(page.get_by_role("button", name="Close the case")).to_be_visible()


def test_a_long_list_goes_on_page_by_page(desk: Open, unit: tuple[Address, dict[str, httpx2.Client]]) -> None:
    _, people = unit
    for number in range(33):
        open_case(people["iryna"], f"Row {number:02}")
    here = desk("iryna", phone=True)
    page = here.go("/cases?words=row")
    here.check()
    expect(page.locator("a.case")).to_have_count(30)
    page.get_by_role("link", name="Older cases").click()
    expect(page.locator("a.case")).to_have_count(3)
    expect(page.get_by_role("link", name="Row 00")).to_be_visible()
    page.get_by_role("link", name="Newest cases").click()
    expect(page.get_by_role("link", name="Row 32")).to_be_visible()


def test_two_people_decide_without_seeing_each_other_and_a_third_settles(
    desk: Open, unit: tuple[Address, dict[str, httpx2.Client]], portraits: Mapping[str, Path]
) -> None:
    _, people = unit
    case = open_case(people["iryna"], "Unknown officer")
    first, other = search(people["iryna"], case, portraits["hopper"])[:2]
    decide(people["iryna"], first, "potential-match")
    decide(people["iryna"], other, "no-match")

    reviewer = desk("maria")
    page = reviewer.go("/")
    page.get_by_role("link", name="Second decisions to make").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Second review")
    reviewer.check("reviews")
    main = page.locator("main").inner_text()
    assert "otential match" not in main
    assert "o match" not in main
    page.goto(f"{reviewer.address}/cases/{case}")
    expect(page.get_by_text("There is no decision that you may see yet.")).to_be_visible()
    assert "First decision" not in page.locator("main").inner_text()
    page.goto(f"{reviewer.address}/reviews")
    expect(page.locator(f'a[href$="/cases/{case}/candidates/{first}"]')).to_have_count(1)

    decide(people["maria"], first, "potential-match")
    decide(people["maria"], other, "inconclusive")
    page.reload()
    expect(page.locator(f'a[href*="/cases/{case}/"]')).to_have_count(0)
    supervisor = desk("olena", phone=True)
    page = supervisor.go("/reviews")
    expect(page.locator(f'a[href$="/cases/{case}/candidates/{other}"]')).to_be_visible()
    supervisor.check()
    page.goto(f"{supervisor.address}/cases/{case}")
    expect(page.get_by_text("the two decisions differ; a supervisor settles it")).to_be_visible()
    decide(people["olena"], other, "no-match")
    page.goto(f"{supervisor.address}/reviews")
    expect(page.get_by_text("No two decisions differ.")).to_be_visible()


def test_a_conclusion_takes_two_people_and_more_than_a_face(
    desk: Open, unit: tuple[Address, dict[str, httpx2.Client]], portraits: Mapping[str, Path]
) -> None:
    _, people = unit
    case = open_case(people["iryna"], "Unknown man at the bridge")
    candidate = search(people["iryna"], case, portraits["hopper"])[0]
    examiner = desk("iryna")
    page = examiner.go(f"/cases/{case}")
    page.get_by_text("Propose a conclusion").click()
    expect(page.get_by_label("Investigative lead")).to_be_disabled()
    expect(page.get_by_label("Which one")).to_be_hidden()
    page.get_by_label("Identified").check()
    expect(page.get_by_text("A face alone identifies nobody.")).to_be_visible()
    page.get_by_label("Reasons").fill("The face is alike.")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_role("alert")).to_contain_text("A face alone identifies nobody")
    assert page.get_by_label("Reasons").input_value() == "The face is alike."
    examiner.complaints.clear()  # the browser notes the status 400 in its console

    decide(people["iryna"], candidate, "potential-match")
    decide(people["maria"], candidate, "potential-match")
    page = examiner.go(f"/cases/{case}")
    page.get_by_text("Propose a conclusion").click()
    page.get_by_label("Investigative lead").check()
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("You proposed it, so somebody else confirms it.")).to_be_visible()
    page.get_by_text("Propose a conclusion").click()
    page.get_by_label("Identified").check()
    page.get_by_label("Which one").select_option(label="DNA")
    page.get_by_label("Reference of the laboratory's report").fill("LAB 12/26")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("DNA: LAB 12/26")).to_be_visible()
    add_a_note_and_an_exhibit(page)
    show_all(page)
    examiner.check("case")

    supervisor = desk("olena", phone=True)
    page = supervisor.go("/")
    supervisor.check()
    page.get_by_role("link", name="Unknown man at the bridge").first.click()
    lead = page.locator(".notice").filter(has_text="DNA: LAB 12/26")
    lead.get_by_role("button", name="Confirm this conclusion").click()
    expect(page.locator("#conclusion .notice.good")).to_contain_text("Identified")
    expect(page.locator("#conclusion .notice.good")).to_contain_text("confirmed by Olena")
    expect(page.locator("#participants")).to_contain_text("Maria")
    show_all(page)
    supervisor.check("case-phone")


def test_a_suspects_case_says_when_it_must_be_authorised(
    desk: Open, unit: tuple[Address, dict[str, httpx2.Client]], portraits: Mapping[str, Path]
) -> None:
    _, people = unit
    case = open_case(people["iryna"], "Robbery of 2 May", "suspect")
    search(people["iryna"], case, portraits["hopper"])
    examiner = desk("iryna")
    page = examiner.go(f"/cases/{case}")
    expect(page.get_by_text("not yet; due by")).to_be_visible()
    expect(page.get_by_text("Record an authorisation")).to_have_count(0)
    supervisor = desk("olena")
    page = supervisor.go("/")
    page.locator("section", has_text="Cases of suspects").get_by_role("link", name="Robbery of 2 May").click()
    page.get_by_text("Record an authorisation").click()
    page.get_by_label("Authority", exact=True).fill("District court")
    page.get_by_label("File reference of the authority").fill("12/345")
    page.get_by_label("Until the end of this day").fill("2020-01-01")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("This case is locked.")).to_be_visible()
    supervisor.check()
    page.get_by_label("Authority", exact=True).fill("District court")
    page.get_by_label("File reference of the authority").fill("12/346")
    page.get_by_label("Until the end of this day").fill("2099-12-31")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("This case is locked.")).to_have_count(0)
    expect(page.get_by_text("2099-12-31").first).to_be_visible()
    supervisor.check()


def test_the_dead_stay_blurred_until_asked_for_and_are_handed_on_by_people(
    desk: Open, unit: tuple[Address, dict[str, httpx2.Client]], portraits: Mapping[str, Path]
) -> None:
    _, people = unit
    case = open_case(people["iryna"], "Body found near the river", "unidentified-deceased")
    search(people["iryna"], case, portraits["hopper"])
    here = desk("iryna")
    asked: list[str] = []
    here.page.on("request", lambda request: asked.append(request.url))
    page = here.go(f"/cases/{case}")
    expect(page.get_by_text("Not validated for post-mortem faces")).to_be_visible()
    expect(page.get_by_alt_text("Probe 1, blurred")).to_be_visible()
    show_all(page)
    assert any("/picture" in url for url in asked)
    assert not any("unblurred" in url for url in asked)
    page.get_by_text("Record particulars").click()
    page.get_by_label("Sex", exact=True).select_option("male")
    page.get_by_label("Estimated age").fill("25-35")
    page.get_by_label("burnt").check()
    page.get_by_label("injured").check()
    page.get_by_label("How this is known").fill("Examined by Dr. Koval")
    page.get_by_role("button", name="Record it").click()
    table = page.locator("#particulars table")
    expect(table).to_contain_text("25-35 years")
    expect(table).to_contain_text("injured, burnt")
    with page.expect_download() as download:
        page.locator("#particulars").get_by_role("link", name="JSON").click()
    assert download.value.suggested_filename == f"{case}-particulars.json"

    page.reload()
    expect(page.get_by_text("not known that the family has been informed")).to_be_visible()
    page.get_by_text("Record what was done").click()
    page.get_by_label("Particulars given to an authority").check()
    page.get_by_label("Kind of authority").select_option(label="National Information Bureau")
    page.get_by_label("Name of the authority").fill("National Information Bureau")
    page.get_by_label("File reference of the authority").fill("NIB 7")
    page.get_by_label("Day", exact=True).fill("2026-01-02")
    page.get_by_label("Document that was given").select_option(index=1)
    page.locator("#onward").get_by_role("button", name="Record it").click()
    expect(page.locator("#onward .rows")).to_contain_text("NIB 7")
    page.evaluate("window.scrollTo(0, 0)")
    show_all(page)
    here.check("case-deceased")
    asked.clear()
    page.get_by_role("button", name="Show the pictures as they are").click()
    expect(page.get_by_text("Pictures are shown as they are.")).to_be_visible()
    show_all(page)
    assert any("unblurred=true" in url for url in asked)
    phone = desk("iryna", phone=True, language="uk")
    page = phone.go(f"/cases/{case}")
    expect(page.locator("#particulars-title")).to_contain_text("Відомості")
    show_all(page)
    phone.check("case-deceased-phone")


def test_a_dossier_is_gathered_explored_and_saved(
    desk: Open, unit: tuple[Address, dict[str, httpx2.Client]], portraits: Mapping[str, Path]
) -> None:
    _, people = unit
    case = open_case(people["iryna"], "Officer of many photos")
    candidate = search(people["iryna"], case, portraits["hopper"])[0]
    decide(people["iryna"], candidate, "potential-match")
    decide(people["maria"], candidate, "potential-match")
    here = desk("iryna")
    page = here.go(f"/cases/{case}")
    page.get_by_role("link", name="Gather all photos of this person").click()
    here.check()
    page.get_by_role("button", name="Gather", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dossier: 5 photos")
    address = page.url
    expect(page.locator("#photos .faces li")).to_have_count(5)
    expect(page.locator("#story li")).to_have_count(5)
    expect(page.locator("#pages")).to_contain_text("Press office")
    expect(page.get_by_label("At least so many photos together")).to_be_visible()  # the script is at work
    node = page.get_by_role("link", name="C1: 3 photos together")
    node.focus()
    expect(page.locator('[data-row="C1"]')).to_have_class("picked")
    page.keyboard.press("Space")
    expect(page.locator("p.picked")).to_contain_text("3 photos together")
    expect(page.locator('[data-row="C1"] td').first).to_have_text("3")
    page.get_by_label("At least so many photos together").fill("3")
    expect(node).to_be_visible()
    for form, name in (("JSON", "json"), ("GraphML", "graphml")):
        with page.expect_download() as download:
            page.get_by_role("link", name=form).click()
        assert download.value.suggested_filename.endswith(f".{name}")
    show_all(page)
    here.check("dossier")

    phone = desk("iryna", phone=True)
    page = phone.go(address.removeprefix(phone.address))
    expect(page.get_by_role("heading", level=1)).to_have_text("Dossier: 5 photos")
    phone.check("dossier-phone")
    other = desk("maria")
    page = other.go(address.removeprefix(other.address))
    expect(page.get_by_role("heading", level=1)).to_have_text("This dossier is not at hand any more")
    other.complaints.clear()  # the browser notes the status 404 in its console
    other.check()


def test_the_keys_of_a_case(desk: Open, unit: tuple[Address, dict[str, httpx2.Client]]) -> None:
    _, people = unit
    case = open_case(people["iryna"], "By keys")
    here = desk("iryna")
    page = here.go(f"/cases/{case}")
    page.keyboard.press("n")
    expect(page.get_by_label("New note")).to_be_focused()
    page.keyboard.type("s")  # text, no shortcut
    expect(page.get_by_label("New note")).to_have_value("s")
    page.get_by_label("New note").blur()
    page.keyboard.press("s")
    page.wait_for_url(f"**/search?case={case}")
    page = here.go(f"/cases/{case}")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url(lambda url: url.endswith("/search"))
    assert not here.complaints


def test_what_waits_for_a_supervisor_is_counted(desk: Open) -> None:
    here = desk("olena")
    page = here.go("/")
    expect(page.get_by_role("link", name="Accounts to approve")).to_contain_text("0")
    expect(page.get_by_role("link", name="Second decisions to make")).to_have_count(0)
    here.check()
