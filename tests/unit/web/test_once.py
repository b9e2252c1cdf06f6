"""A request that is sent again is answered again, not done again."""

from __future__ import annotations

from antigone.access import Role
from served import Served

CASE = {"title": "T", "purpose": "missing-person", "basis": "B"}


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


def test_the_same_request_opens_one_case(served: Served) -> None:
    mine = served.as_(Role.EXAMINER)
    first = served.client.post("/api/v1/cases", json=CASE, headers=mine | key("a"))
    again = served.client.post("/api/v1/cases", json=CASE, headers=mine | key("a"))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    other = served.client.post("/api/v1/cases", json=CASE, headers=mine | key("b"))
    assert other.json()["case"] != first.json()["case"]
    assert len(served.client.get("/api/v1/cases", headers=mine).json()["cases"]) == 2


def test_a_key_stands_for_one_request_of_one_person(served: Served) -> None:
    mine = served.as_(Role.EXAMINER)
    served.client.post("/api/v1/cases", json=CASE, headers=mine | key("a"))
    another = served.client.post("/api/v1/cases", json=CASE | {"title": "U"}, headers=mine | key("a"))
    assert (another.status_code, another.json()["code"]) == (409, "conflict")
    stranger = served.client.post("/api/v1/cases", json=CASE, headers=served.as_(Role.EXAMINER, 1) | key("a"))
    assert stranger.status_code == 201
    assert "idempotent-replayed" not in stranger.headers


def test_what_came_to_nothing_may_be_sent_again(served: Served) -> None:
    mine = served.as_(Role.EXAMINER)
    path = "/api/v1/cases/C-000001/notes"
    assert served.client.post(path, json={"text": "x"}, headers=mine | key("a")).status_code == 404
    served.client.post("/api/v1/cases", json=CASE, headers=mine)
    assert served.client.post(path, json={"text": "x"}, headers=mine | key("a")).status_code == 201


def test_whoever_is_cut_off_gets_no_old_answer(served: Served) -> None:
    mine = served.as_(Role.EXAMINER)
    served.client.post("/api/v1/cases", json=CASE, headers=mine | key("a"))
    person = served.principal(Role.EXAMINER).person
    served.client.post(f"/api/v1/people/{person}/cut-off", headers=served.as_(Role.SUPERVISOR))
    assert served.client.post("/api/v1/cases", json=CASE, headers=mine | key("a")).status_code == 401


def test_a_key_is_short(served: Served) -> None:
    mine = served.as_(Role.EXAMINER)
    assert served.client.post("/api/v1/cases", json=CASE, headers=mine | key("x" * 201)).status_code == 400
