"""Two factors over HTTP, cookies that scripts cannot read, and a cut-off that holds at once."""

import pyotp
import pytest

from access_flows import PASSWORD, codes
from antigone.access import Role
from served import Served

OWN = {"X-Antigone": "1"}


@pytest.fixture
def invited(served: Served) -> int:
    """Someone who accepted an invitation and was approved, all over HTTP."""
    made = served.client.post(
        "/api/v1/invitations", json={"roles": ["examiner"]}, headers=served.as_(Role.SUPERVISOR)
    )
    assert made.status_code == 201
    body = {
        "invitation": made.json()["invitation"],
        "name": "iryna",
        "shown_as": "Iryna",
        "password": PASSWORD,
    }
    person = served.client.post("/api/v1/invitations/accept", json=body)
    assert person.status_code == 201
    assert "password" not in person.text
    assert served.client.post("/api/v1/invitations/accept", json=body).status_code == 404
    number: int = person.json()["person"]
    path = f"/api/v1/people/{number}/approve"
    assert served.client.post(path, headers=served.as_(Role.SUPERVISOR, 1)).status_code == 404
    assert served.client.post(path, headers=served.as_(Role.SUPERVISOR)).status_code == 204
    return number


def sign_in(served: Served) -> pyotp.TOTP:
    begun = served.client.post("/api/v1/sign-in", json={"name": "iryna", "password": PASSWORD})
    assert begun.json() == {"complete": False, "factors": []}
    assert served.client.get("/api/v1/me").status_code == 401
    generator = codes(served.client.post("/api/v1/sign-in/totp/offer").json()["uri"])
    done = served.client.post("/api/v1/sign-in/totp/enrol", json={"code": generator.now()})
    assert done.json()["complete"] is True
    cookie = done.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    return generator


def test_two_factors_open_a_session_until_it_is_ended(served: Served, invited: int) -> None:
    sign_in(served)
    me = served.client.get("/api/v1/me").json()
    assert (me["person"], me["roles"]) == (invited, ["examiner"])
    assert served.client.post("/api/v1/sign-out").status_code == 403  # another site's page could send this
    assert served.client.post("/api/v1/sign-out", headers=OWN).status_code == 204
    assert served.client.get("/api/v1/me").status_code == 401


def test_a_cut_off_holds_from_the_next_request_on(served: Served, invited: int) -> None:
    sign_in(served)
    assert served.client.get("/api/v1/cases").status_code == 200
    cut = served.client.post(f"/api/v1/people/{invited}/cut-off", headers=served.as_(Role.SUPERVISOR))
    assert cut.status_code == 204
    assert served.client.get("/api/v1/cases").status_code == 401


def test_wrong_passwords_are_limited_and_say_when_to_come_back(served: Served, invited: int) -> None:
    for _ in range(5):
        refused = served.client.post("/api/v1/sign-in", json={"name": "iryna", "password": "wrong"})
        assert refused.status_code == 401
    limited = served.client.post("/api/v1/sign-in", json={"name": "iryna", "password": PASSWORD})
    assert limited.status_code == 429
    assert 0 < int(limited.headers["retry-after"]) <= 900


def test_a_passkey_request_needs_a_half_session_and_a_registered_key(served: Served, invited: int) -> None:
    assert served.client.post("/api/v1/sign-in/passkey/ask").status_code == 401
    served.client.post("/api/v1/sign-in", json={"name": "iryna", "password": PASSWORD})
    asked = served.client.post("/api/v1/sign-in/passkey/ask").json()
    assert asked["allowCredentials"] == []
    made_up = {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}
    assert served.client.post("/api/v1/sign-in/passkey", json=made_up).status_code == 401


def test_problems_never_repeat_what_was_sent(served: Served) -> None:
    sent = served.client.post("/api/v1/sign-in", json={"name": ["x"], "password": PASSWORD})
    assert sent.status_code == 422
    assert sent.headers["content-type"] == "application/problem+json"
    assert PASSWORD not in sent.text
    assert sent.json()["fields"][0]["field"] == "body.name"
