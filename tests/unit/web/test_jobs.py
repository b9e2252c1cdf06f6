"""Bulk searches over HTTP: real faces, every step its own search, a cut-off between two steps."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from antigone.access import Role
from served import Served


@pytest.fixture
def case(served: Served, portraits: Mapping[str, Path]) -> str:
    """A case of a unit whose collection holds one portrait."""
    workspace = served.workspace
    info = workspace.add_collection(
        name="archive",
        owner="o",
        source="s",
        purpose="p",
        basis="b",
        jurisdiction="j",
        retain_until=date(2999, 1, 1),
    )
    workspace.office.visible.take(info, by=served.principal(Role.ADMINISTRATOR))
    workspace.import_(portraits["hopper"], into="archive")
    body = {"title": "T", "purpose": "missing-person", "basis": "B"}
    number: str = served.client.post("/api/v1/cases", json=body, headers=served.as_(Role.EXAMINER)).json()[
        "case"
    ]
    return number


def ended(served: Served, job: int) -> dict[str, Any]:
    for _ in range(600):
        report: dict[str, Any] = served.client.get(
            f"/api/v1/jobs/{job}", headers=served.as_(Role.SUPERVISOR)
        ).json()
        if report["finished_at"] is not None:
            return report
        time.sleep(0.1)
    raise TimeoutError("the job did not end")


def test_each_photo_is_a_search_and_a_bad_one_is_said(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    hopper = portraits["hopper"].read_bytes()
    meadow = portraits["collins"].with_name("coffee.png").read_bytes()
    files = [("photos", ("a.jpg", hopper)), ("photos", ("meadow.png", meadow)), ("photos", ("b.jpg", hopper))]
    path = f"/api/v1/cases/{case}/bulk-searches"
    begun = served.client.post(path, files=files, headers=served.as_(Role.EXAMINER))
    assert begun.status_code == 202
    job = begun.json()["job"]
    assert served.client.get(f"/api/v1/jobs/{job}", headers=served.as_(Role.EXAMINER, 1)).status_code == 404
    report = ended(served, job)
    assert (report["state"], report["done"], report["total"]) == ("done", 3, 3)
    first, second, third = report["steps"]
    assert second["error"]["code"] == "probe"
    shown = served.client.get(
        f"/api/v1/cases/{case}/searches/{first['search']}", headers=served.as_(Role.EXAMINER)
    )
    assert shown.json()["candidates"][0]["source"] == str(portraits["hopper"])
    assert third["search"] > first["search"]
    events = served.client.get(f"/api/v1/jobs/{job}/progress", headers=served.as_(Role.REVIEWER)).text
    assert '"state": "done"' in events


def test_a_cut_off_stops_a_job_before_its_next_step(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    examiner = served.people[served.organisations[0], Role.EXAMINER]
    files = [("photos", (f"{number}.jpg", portraits["hopper"].read_bytes())) for number in range(3)]
    path = f"/api/v1/cases/{case}/bulk-searches"
    begun = served.client.post(path, files=files, headers=served.as_(Role.EXAMINER)).json()
    served.client.post(f"/api/v1/people/{examiner.id}/cut-off", headers=served.as_(Role.SUPERVISOR))
    report = ended(served, begun["job"])
    assert (report["state"], report["stopped_because"]) == ("stopped", "cut-off")
    assert report["done"] in (0, 1, 2)
