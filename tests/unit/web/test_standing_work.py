"""Standing searches, identity checks, statistics and exercises over HTTP."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from antigone.access import Role
from served import Served

API = "/api/v1"


@pytest.fixture
def unit(served: Served, portraits: Mapping[str, Path]) -> Served:
    """A unit whose collection holds one portrait."""
    workspace = served.workspace
    for name in ("archive", "later"):
        info = workspace.add_collection(
            name=name,
            owner="o",
            source="s",
            purpose="p",
            basis="b",
            jurisdiction="j",
            retain_until=date(2999, 1, 1),
        )
        workspace.office.visible.take(info, by=served.principal(Role.ADMINISTRATOR))
    workspace.import_(portraits["hopper"], into="archive")
    return served


def test_the_server_looks_by_itself(unit: Served, portraits: Mapping[str, Path]) -> None:
    client, examiner, stranger = unit.client, unit.as_(Role.EXAMINER), unit.as_(Role.EXAMINER, 1)
    case = _case(unit, "missing-person")
    photo = portraits["collins"].read_bytes()
    client.post(f"{API}/cases/{case}/searches", files={"photos": ("p.png", photo)}, headers=examiner)
    watch = f"{API}/cases/{case}/watch"
    assert client.post(watch, json={}, headers=examiner).status_code == 400
    assert client.post(watch, json={"score": 0.5}, headers=stranger).status_code == 404
    assert client.post(watch, json={"score": 0.5}, headers=examiner).status_code == 201
    assert client.post(watch, json={"score": 0.5}, headers=examiner).status_code == 409
    unit.workspace.import_(portraits["collins"], into="later")
    for _ in range(600):  # here the import looks; a server alone would need some seconds
        inbox = client.get(f"{API}/inbox", headers=examiner).json()
        if inbox["waiting"]:
            break
        time.sleep(0.1)
    (item,) = inbox["items"]
    assert (item["case"], item["collection"]) == (case, "later")
    assert item["score"] > 0.5
    assert client.get(f"{API}/inbox", headers=stranger).json()["items"] == []
    seen = f"{API}/inbox/{item['item']}/seen"
    assert client.post(seen, headers=stranger).status_code == 404
    assert client.post(seen, headers=examiner).status_code == 204
    assert client.post(seen, headers=examiner).status_code == 409
    assert client.get(f"{API}/inbox?seen_too=true", headers=examiner).json()["items"][0]["seen_at"]
    assert client.delete(watch, headers=examiner).status_code == 204
    assert client.get(watch, headers=examiner).json()["because"] == "stopped"


def test_a_check_in_one_request(unit: Served, portraits: Mapping[str, Path]) -> None:
    client, examiner = unit.client, unit.as_(Role.EXAMINER)
    supervisor, keeper = unit.as_(Role.SUPERVISOR), unit.as_(Role.ADMINISTRATOR)
    case = _case(unit, "identity-check")
    photo = portraits["hopper"].read_bytes()
    files = {"live": ("l.jpg", photo), "document": ("d.jpg", photo)}
    path = f"{API}/cases/{case}/checks"
    assert client.post(path, files=files, data={"list": "archive"}, headers=examiner).status_code == 404
    sought = f"{API}/collections/archive/sought"
    assert client.put(sought, json={"basis": "order 12"}, headers=keeper).status_code == 204
    assert client.post(path, files=files, data={"list": "archive"}, headers=examiner).status_code == 403
    permission = {"authority": "Ministry", "reference": "7/2026", "score": 0.5}
    list_ = f"{API}/cases/{case}/lists/archive"
    assert client.put(list_, json=permission, headers=examiner).status_code == 403
    assert client.put(list_, json=permission, headers=supervisor).status_code == 200
    answer = client.post(path, files=files, data={"list": "archive"}, headers=examiner)
    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert document["comparison"]["score"] > 0.99
    assert len(document["list"]["candidates"]) == 1
    assert "template" not in answer.text
    lists = client.get(f"{API}/cases/{case}/lists", headers=examiner).json()["lists"]
    assert [one["authority"] for one in lists] == ["Ministry"]
    assert client.get(f"{API}/sought-lists", headers=unit.as_(Role.EXAMINER, 1)).json() == {"lists": []}
    assert client.delete(list_, headers=supervisor).status_code == 204
    other = _case(unit, "missing-person")
    assert client.post(f"{API}/cases/{other}/checks", files=files, headers=examiner).status_code == 409


def test_statistics_and_exercises(unit: Served) -> None:
    client, supervisor = unit.client, unit.as_(Role.SUPERVISOR)
    asked = {"from": "2026-01-01", "to": "2999-12-31"}
    counted = client.get(f"{API}/statistics", params=asked, headers=supervisor)
    assert counted.json()["searches"]["all"] == 0
    as_csv = client.get(f"{API}/statistics", params={**asked, "form": "csv"}, headers=supervisor)
    assert as_csv.headers["content-type"].startswith("text/csv")
    for wrong in ({"from": "2026-02-01", "to": "2026-01-01"}, {"from": "2026-02-01", "to": "9999-12-31"}):
        assert client.get(f"{API}/statistics", params=wrong, headers=supervisor).status_code == 400
    made = client.post(f"{API}/exercises", headers=supervisor).json()
    one = made["cases"][0]
    path = f"{API}/exercises/{made['number']}"
    assert client.get(f"{path}/cases/{one['case']}/sheet", headers=supervisor).content.startswith(b"\x89PNG")
    decision = f"{path}/candidates/{one['candidates'][0]['candidate']}/decisions"
    told = client.post(decision, json={"verdict": "inconclusive"}, headers=supervisor).json()
    assert told["right"] is None
    assert client.get(f"{path}/score", headers=supervisor).json()["inconclusive"] == 1
    examiner = unit.as_(Role.EXAMINER)
    assert client.get(path, headers=examiner).status_code == 404  # somebody else's
    assert client.get(f"{API}/exercises", headers=examiner).json() == {"exercises": []}
    assert client.get(f"{API}/cases/{one['case']}", headers=supervisor).status_code == 404


def _case(unit: Served, purpose: str) -> str:
    body = {"title": "T", "purpose": purpose, "basis": "B"}
    made = unit.client.post(f"{API}/cases", json=body, headers=unit.as_(Role.EXAMINER))
    number: str = made.json()["case"]
    return number
