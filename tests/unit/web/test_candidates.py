"""Hidden lists with seeds, comparisons and pictures of candidates, over HTTP."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from antigone.access import Role
from served import Served


@pytest.fixture
def case(served: Served, portraits: Mapping[str, Path], tmp_path: Path) -> str:
    """A case of a unit whose collection holds two portraits."""
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
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("hopper", "collins"):
        (folder / f"{name}{portraits[name].suffix}").write_bytes(portraits[name].read_bytes())
    workspace.import_(folder, into="archive")
    body = {"title": "T", "purpose": "missing-person", "basis": "B"}
    opened = served.client.post("/api/v1/cases", json=body, headers=served.as_(Role.EXAMINER))
    return str(opened.json()["case"])


def searched(served: Served, case: str, photo: Path, **fields: str) -> dict[str, Any]:
    files = {"photos": ("p.jpg", photo.read_bytes())}
    path = f"/api/v1/cases/{case}/searches"
    made = served.client.post(path, files=files, data=fields, headers=served.as_(Role.EXAMINER))
    assert made.status_code == 201, made.text
    return dict(made.json())


def test_a_picture_is_derived_logged_and_seen_only_while_the_collection_is(
    served: Served, case: str, portraits: Mapping[str, Path], tmp_path: Path
) -> None:
    client, mine = served.client, served.as_(Role.EXAMINER)
    best = searched(served, case, portraits["hopper"])["candidates"][0]
    path = f"/api/v1/candidates/{best['candidate']}/picture"
    shown = client.get(path, headers=mine)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert "attachment" in shown.headers["content-disposition"]
    assert shown.headers["cache-control"] == "no-store"
    with Image.open(io.BytesIO(shown.content)) as image:
        assert image.size == (480, 480)
        assert b"Not the original" in image.info["comment"]
    assert shown.content != portraits["hopper"].read_bytes()
    viewed = [entry for entry in served.workspace.audit.entries() if entry.kind == "candidate-viewed"]
    assert len(viewed) == 1
    assert client.get(path, headers=served.as_(Role.EXAMINER, 1)).status_code == 404
    assert client.get(path, headers=served.as_(Role.ADMINISTRATOR)).status_code == 403

    original = next((tmp_path / "photos").glob("hopper*"))
    kept = original.read_bytes()
    original.write_bytes(portraits["collins"].read_bytes())
    changed = client.get(path, headers=mine)
    assert (changed.status_code, "changed" in changed.json()["detail"]) == (404, True)
    original.write_bytes(kept)
    collection = served.workspace.records.collection("archive")
    served.workspace.records.people.give_collection(collection.id, served.organisations[1])
    assert client.get(path, headers=mine).status_code == 404
    assert len([one for one in served.workspace.audit.entries() if one.kind == "candidate-viewed"]) == 1


def test_a_comparison_is_a_search_of_its_case(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    path = f"/api/v1/cases/{case}/comparisons"
    files = [("photos", (f"{name}.jpg", portraits[name].read_bytes())) for name in ("hopper", "collins")]
    made = served.client.post(path, files=files, headers=served.as_(Role.EXAMINER))
    assert made.status_code == 201, made.text
    document = made.json()
    assert (document["kind"], len(document["faces"])) == ("compare", 2)
    assert -1 <= document["score"] < 0.5
    file = served.client.get(f"/api/v1/cases/{case}", headers=served.as_(Role.EXAMINER)).json()
    assert file["searches"][0]["probes"] == [probe["photo"] for probe in file["probes"]]
    (entry,) = [one for one in served.workspace.audit.entries() if one.kind == "compare"]
    assert entry.seq == document["audit"]
    one = served.client.post(path, files=files[:1], headers=served.as_(Role.EXAMINER))
    assert one.status_code == 422
    assert served.client.post(path, files=files, headers=served.as_(Role.REVIEWER)).status_code == 403


def test_a_hidden_list_gives_no_seed_away(served: Served, case: str, portraits: Mapping[str, Path]) -> None:
    found = searched(served, case, portraits["hopper"], top="1", hidden="true", seeds="3")
    assert len(found["candidates"]) == 2
    assert {frozenset(one) for one in found["candidates"]} == {frozenset(found["candidates"][0])}
    assert "score" not in found["candidates"][0]
    refused = served.client.post(
        f"/api/v1/cases/{case}/searches",
        files={"photos": ("p.jpg", portraits["hopper"].read_bytes())},
        data={"seeds": "1"},
        headers=served.as_(Role.EXAMINER),
    )
    assert (refused.status_code, refused.json()["code"]) == (400, "usage")
    counted = served.client.get("/api/v1/statistics/seeded", headers=served.as_(Role.SUPERVISOR)).json()
    assert counted["settled"] == 0
