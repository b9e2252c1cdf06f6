"""Coming in: by invitation, with two factors, by the link of one's own machine; and going out."""

from __future__ import annotations

import re
import subprocess
import sys

import httpx2
import pytest
from playwright.sync_api import expect

from access_flows import PASSWORD, codes
from served_pages import Open, Site


def test_an_invited_person_becomes_an_account_and_signs_in_with_two_factors(tab: Open, site: Site) -> None:
    cli = site.gallery.cli
    secret = cli("people", "invite", "--role", "examiner", "--json").document["invitation"]
    new = tab()
    page = new.go(f"/invitation#{secret}")
    assert page.get_by_label("Invitation").input_value() == secret
    assert secret not in page.url
    page.get_by_label("Name to sign in with").fill("daryna")
    page.get_by_label("Your name, as others see it").fill("Дарина Ш.")
    page.get_by_label("Password").fill(PASSWORD)
    new.check("invitation")
    page.get_by_role("button", name="Ask for the account").click()
    expect(page.get_by_role("heading")).to_have_text("Thank you")

    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Name").fill("daryna")
    page.get_by_label("Password").fill(PASSWORD)
    new.complaints.clear()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("not approved")  # nobody has looked at it yet
    new.complaints.clear()  # the browser notes the refusal, status 401, in its console

    cli("people", "approve", "daryna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    new.check()
    page.get_by_text("I cannot scan it").click()
    uri = page.get_by_text(re.compile("^otpauth://")).inner_text()
    page.get_by_label("Code of six digits").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    new.complaints.clear()
    page.get_by_label("Code of six digits").fill(codes(uri).now())  # the picture scanned before still holds
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Дарина Ш.")
    new.check("start")

    page.locator("summary").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    new.go("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_whoever_starts_the_server_enters_by_its_link_once(tab: Open, site: Site) -> None:
    code = "from antigone.settings import Settings; from antigone.workspace import Workspace\n"
    code += "with Workspace.open(settings=Settings()) as workspace: print(workspace.office.local_link())"
    environment = {"ANTIGONE_HOME": str(site.gallery.cli.home)}
    made = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    key = made.stdout.decode().strip()
    own = tab()
    page = own.go(f"/enter?key={key}")
    own.check("enter")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("navigation")).to_be_visible()
    own.check()
    again = tab()
    page = again.go(f"/enter?key={key}")
    page.get_by_role("button", name="Enter").click()
    assert page.url.startswith(f"{site.address.url}/sign-in")


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"]
)
def test_a_link_to_the_door_leads_nowhere_else(tab: Open, path: str) -> None:
    page = tab().go(f"/sign-in?next={path}")
    assert page.locator("input[name=next]").input_value() == "/"


def test_the_menu_the_shortcuts_and_the_language(tab: Open) -> None:
    here = tab("iryna", phone=True, dark=True)
    page = here.go("/")
    here.check()
    page.locator("summary").first.click()
    page.get_by_role("button", name="Українська").click()
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Доброго дня")
    here.check("start-phone")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_form_of_another_site_changes_nothing(tab: Open, site: Site) -> None:
    client = site.people["iryna"]
    cookies = dict(client.cookies.items())
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = httpx2.post(f"{site.address.url}/sign-out", headers=foreign, cookies=cookies)
    assert answer.status_code == 403
    assert client.get("/me").status_code == 200


def test_what_is_not_there_is_a_page_with_a_way_back(tab: Open) -> None:
    lost = tab("iryna")
    page = lost.go("/nowhere")
    lost.complaints.clear()  # the browser notes the status 404 in its console
    expect(page.get_by_role("heading", level=1)).to_have_text("This did not work")
    lost.check()
    page.get_by_role("link", name="Back to the start").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Good day")
