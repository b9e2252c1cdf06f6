"""Exhibits, participants, dossiers, clusters, provenance and contents of collections, over HTTP."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from antigone.access import Role
from served import Served

EXAMINER, REVIEWER = Role.EXAMINER, Role.REVIEWER


@pytest.fixture
def case(served: Served, portraits: Mapping[str, Path], tmp_path: Path) -> str:
    """A case of a unit whose collection holds two photos of one person, one of another, and a failure."""
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
    for name, source in portraits.items():
        (folder / f"{name}{source.suffix}").write_bytes(source.read_bytes())
    with Image.open(portraits["hopper"]) as photo:
        photo.convert("RGB").crop((20, 20, 480, 560)).save(folder / "second.jpg", quality=55)
    (folder / "broken.jpg").write_bytes(b"no photo")
    workspace.import_(folder, into="archive")
    workspace.persons().group("archive")
    body = {"title": "T", "purpose": "missing-person", "basis": "B"}
    opened = served.client.post("/api/v1/cases", json=body, headers=served.as_(EXAMINER))
    return str(opened.json()["case"])


def got(served: Served, path: str, role: Role = EXAMINER, *, status: int = 200) -> Any:
    answer = served.client.get(f"/api/v1{path}", headers=served.as_(role))
    assert answer.status_code == status, answer.text
    return answer.json()


def searched(served: Served, case: str, photo: Path, **fields: str) -> dict[str, Any]:
    files = {"photos": ("p.jpg", photo.read_bytes())}
    path = f"/api/v1/cases/{case}/searches"
    made = served.client.post(path, files=files, data=fields, headers=served.as_(EXAMINER))
    assert made.status_code == 201, made.text
    return dict(made.json())


def kinds(served: Served) -> list[str]:
    return [entry.kind for entry in served.workspace.audit.entries()]


def test_an_exhibit_is_kept_as_it_is_and_handed_out_as_a_download(served: Served, case: str) -> None:
    content = b"<script>alert(1)</script>"
    path = f"/api/v1/cases/{case}/exhibits"
    name = "../../von Zoë\r\n.html"
    added = served.client.post(
        path,
        files={"file": (name, content, "text/html")},
        data={"text": "a page"},
        headers=served.as_(EXAMINER),
    )
    assert added.status_code == 201, added.text
    document = added.json()
    assert document["sha256"] == hashlib.sha256(content).hexdigest()
    assert "/" not in document["name"]
    assert [one["exhibit"] for one in got(served, f"/cases/{case}/exhibits")["exhibits"]] == [
        document["exhibit"]
    ]
    file = f"{path}/{document['exhibit']}/file"
    answer = served.client.get(file, headers=served.as_(REVIEWER))
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert kinds(served)[-2:] == ["exhibit-added", "exhibit-handed-out"]
    assert served.client.get(file, headers=served.as_(EXAMINER, 1)).status_code == 404
    assert served.client.get(file, headers=served.as_(Role.ADMINISTRATOR)).status_code == 403
    stored = next((served.workspace.home / "cases").rglob(document["sha256"]))
    stored.chmod(0o600)
    stored.write_bytes(b"another")
    assert served.client.get(file, headers=served.as_(EXAMINER)).json()["code"] == "audit"
    empty = served.client.post(path, files={"file": ("a", b"")}, headers=served.as_(EXAMINER))
    assert empty.status_code in (400, 422)


def test_participants_are_those_who_did_something(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    first = searched(served, case, portraits["hopper"])["candidates"][0]["candidate"]
    verdict = {"verdict": "potential-match"}
    served.client.post(f"/api/v1/candidates/{first}/decisions", json=verdict, headers=served.as_(EXAMINER))
    (mine,) = got(served, f"/cases/{case}/participants", REVIEWER)["participants"]
    assert mine["did"] == ["opened", "added a probe", "searched"]  # the decision is not the reviewer's to see
    served.client.post(f"/api/v1/candidates/{first}/decisions", json=verdict, headers=served.as_(REVIEWER))
    both = got(served, f"/cases/{case}/participants")["participants"]
    assert [one["did"][-1] for one in both] == ["decided", "decided"]


def test_a_dossier_is_made_within_a_case_and_counts_as_a_search(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    path, mine = f"/api/v1/cases/{case}/dossiers", served.as_(EXAMINER)
    candidate = searched(served, case, portraits["collins"])["candidates"][0]["candidate"]
    made = served.client.post(path, data={"candidate": candidate, "graphml": "true"}, headers=mine)
    assert made.status_code == 201, made.text
    document = made.json()
    assert (document["case"], len(document["photos"])) == (case, 1)
    assert "<graphml" in document["graphml"]
    photo = {"photo": ("p.jpg", portraits["hopper"].read_bytes())}
    outside = served.client.post(path, files=photo, headers=mine)
    assert outside.status_code == 201, outside.text
    file = got(served, f"/cases/{case}")
    assert [search["kind"] for search in file["searches"]] == ["search", "dossier", "dossier"]
    assert outside.json()["first"]["photo"] in {probe["photo"] for probe in file["probes"]}
    for wrong in ({}, {"candidate": candidate}):
        files = photo if wrong else None
        assert served.client.post(path, data=wrong, files=files, headers=mine).status_code == 400
    assert served.client.post(path, data={"candidate": 999}, headers=mine).status_code == 404
    hidden = searched(served, case, portraits["hopper"], hidden="true")["candidates"][0]["candidate"]
    refused = served.client.post(path, data={"candidate": hidden}, headers=mine)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_a_list_of_persons_keeps_what_stood_with_each_candidate(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    made = searched(served, case, portraits["hopper"], persons="true")
    again = got(served, f"/cases/{case}/searches/{made['search']}")
    assert again["candidates"] == made["candidates"]
    (version,) = again["extent"]["versions"]
    assert (version["collection"], version["references"]) == ("archive", 3)
    assert "status" in made["candidates"][0]["strength"]
    listed = [len(one["duplicates"]) + len(one["person"]["others"]) for one in made["candidates"]]
    assert listed == [1, 0]  # the second photo of the first person, as a copy or of the same cluster
    best = made["candidates"][0]
    other = (best["duplicates"] + best["person"]["others"])[0]
    assert (other["available"], other["collection"]) == (True, "archive")


def test_clusters_are_listed_shown_and_corrected(served: Served, case: str) -> None:
    listed = got(served, "/collections/archive/clusters?faces=1")["listed"]
    assert len(listed) == 2
    numbers = [one["cluster"] for one in listed]
    shown = got(served, f"/clusters/{numbers[0]}")
    assert shown["collection"] == "archive"
    viewed = [entry for entry in served.workspace.audit.entries() if entry.kind == "cluster-shown"]
    assert viewed[-1].body["by"] == served.principal(EXAMINER).person
    merge = {"clusters": numbers, "why": "the same"}
    path = "/api/v1/clusters/merge"
    assert served.client.post(path, json=merge, headers=served.as_(REVIEWER)).status_code == 403
    assert served.client.post(path, json=merge, headers=served.as_(EXAMINER, 1)).status_code == 404
    merged = served.client.post(path, json=merge, headers=served.as_(EXAMINER))
    assert (merged.status_code, merged.json()["faces"]) == (201, 3), merged.text
    (one,) = got(served, "/collections/archive/corrections")["corrections"]
    assert (one["kind"], one["made_by"]) == ("merge", "examiner of Search unit")
    whole = merged.json()["cluster"]
    reference = got(served, f"/clusters/{whole}")["faces"][0]["reference"]
    body = {"references": [reference], "why": "another"}
    split = served.client.post(f"/api/v1/clusters/{whole}/split", json=body, headers=served.as_(EXAMINER))
    assert (split.status_code, split.json()["faces"]) == (201, 1), split.text

    for view, size in (("", (480, 480)), ("?whole=true", None)):
        picture = f"/api/v1/cases/{case}/references/{reference}/picture{view}"
        answer = served.client.get(picture, headers=served.as_(EXAMINER))
        assert answer.status_code == 200, answer.text
        with Image.open(io.BytesIO(answer.content)) as image:
            assert b"Not the original" in image.info["comment"]
            assert size is None or image.size == size
        assert served.client.get(picture, headers=served.as_(Role.ADMINISTRATOR)).status_code == 403
        assert served.client.get(picture, headers=served.as_(EXAMINER, 1)).status_code == 404
    assert kinds(served).count("reference-viewed") == 2


def test_provenance_is_told_without_the_photo(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    digest = hashlib.sha256(portraits["hopper"].read_bytes()).hexdigest()
    told = got(served, f"/photos/{digest}")
    assert told["held"][0]["sources"][0]["original"]["standing"] == "unchanged"
    assert told["audit"] == len(kinds(served))
    foreign = served.client.get(f"/api/v1/photos/{digest}", headers=served.as_(EXAMINER, 1))
    assert foreign.status_code == 404
    assert served.client.get("/api/v1/photos/passwd", headers=served.as_(EXAMINER)).status_code == 422


def test_a_collection_tells_its_quality_failures_and_imports(served: Served, case: str) -> None:
    shown = got(served, "/collections/archive", Role.ADMINISTRATOR)
    assert (len(shown["quality"]), sum(shown["quality"]), shown["faces"]) == (10, 3, 3)
    (failure,) = got(served, "/collections/archive/failures")
    assert failure["source"].endswith("broken.jpg")
    (one,) = got(served, "/collections/archive/imports")["imports"]
    assert (one["state"], one["photos"], one["faces"]) == ("finished", {"new": 3, "failed": 1}, 3)
    for path in ("", "/failures", "/imports", "/clusters", "/corrections"):
        foreign = served.client.get(f"/api/v1/collections/archive{path}", headers=served.as_(EXAMINER, 1))
        assert foreign.status_code == 404
