"""People, devices and tokens: invited, approved, cut off with one tap; and the log of it all."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

from access_flows import PASSWORD
from served_pages import Open, Site
from server import member


def test_an_invitation_is_made_accepted_and_approved(tab: Open, site: Site) -> None:
    chief = tab("olena")
    page = chief.go("/people")
    chief.check("people")
    page.get_by_role("group", name="What they will do").get_by_text("Reviewer").click()
    page.get_by_role("button", name="Make an invitation").click()
    link = page.locator("#invitation-link").inner_text()
    chief.check()
    new = tab(phone=True)
    other = new.go(link.removeprefix(site.address.url))
    other.get_by_label("Name to sign in with").fill("dmytro")
    other.get_by_label("Your name, as others see it").fill("Дмитро Б.")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Ask for the account").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Thank you")
    page = chief.go("/people")
    row = page.locator(".people > li", has_text="Дмитро Б.")
    expect(row).to_contain_text("waits for approval")
    row.get_by_role("button", name="Approve").click()
    expect(page.locator(".people > li", has_text="Дмитро Б.")).not_to_contain_text("waits for approval")


def test_one_tap_cuts_somebody_off_at_once(tab: Open, site: Site) -> None:
    lost = member(site.address, site.gallery.cli, "yurii", "examiner")
    assert lost.get("/cases").status_code == 200
    chief = tab("olena", phone=True)
    page = chief.go("/people")
    page.get_by_role("button", name="Cut off now: Yurii").click()
    expect(page.locator(".people > li", has_text="Yurii").get_by_text("cut off")).to_be_visible()
    assert lost.get("/cases").status_code == 401
    chief.check("people-phone")


def test_a_passkey_is_added_and_opens_the_account(tab: Open, site: Site) -> None:
    own = tab("maria")
    devices = own.page.context.new_cdp_session(own.page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    local = site.address.url.replace("127.0.0.1", "localhost")  # passkeys are bound to names, not numbers
    own.page.context.add_cookies(
        [{"name": n, "value": v, "url": local} for n, v in site.people["maria"].cookies.items()]
    )
    page = own.page
    page.goto(f"{local}/account")
    page.get_by_label("Name of this device").fill("work phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("work phone").first).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"{local}/sign-in")
    page.get_by_label("Name").fill("maria")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Maria")
    page.goto(f"{local}/account")
    page.get_by_role("button", name="Cut off now: work phone").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")  # its session ended with it


def test_a_token_is_shown_once_and_withdrawn(tab: Open) -> None:
    own = tab("iryna")
    page = own.go("/account")
    page.get_by_text("Make a token").click()
    page.get_by_label("What it is for").fill("nightly script")
    page.get_by_label("case-read", exact=True).check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("status").filter(has_text="agt_")).to_be_visible()
    own.check("account")
    page = own.go("/account")
    assert "agt_" not in page.content()
    page.get_by_role("button", name="Withdraw: nightly script").click()
    expect(page.get_by_text("nightly script")).to_have_count(0)


def test_the_log_is_looked_through_verified_and_taken_outside(tab: Open, tmp_path: Path, site: Site) -> None:
    auditor = tab("sofia")
    page = auditor.go("/audit")
    auditor.check("audit")
    page.get_by_label("Kind").select_option("person-approved")
    page.get_by_role("button", name="Look").click()
    expect(page.locator("tbody tr").first).to_contain_text("person-approved")
    page.locator("tbody a").first.click()
    expect(page.locator("pre")).to_contain_text('"person"')
    auditor.check()
    page = auditor.go("/audit")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    exported = tmp_path / "log.jsonl"
    download.value.save_as(exported)
    assert json.loads(exported.read_text(encoding="utf-8").splitlines()[0])
    page.get_by_role("button", name="Verify the whole log").click()
    expect(page.get_by_text("The log is intact.")).to_be_visible()
    auditor.check("audit-verified")
    assert site.people["iryna"].get("/audit").status_code == 403
