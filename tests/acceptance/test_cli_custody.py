"""From a photo with metadata and a sidecar to a bag that others can check, by real commands."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from rocrate.rocrate import ROCrate

import captions
from antigone import Workspace
from antigone.access import Role
from antigone.access.directory import pack_roles, principal_of
from antigone.casework import Verdict
from command_line import Cli


def _photos(folder: Path, portraits: Mapping[str, Path]) -> dict[str, Path]:
    """One portrait with EXIF and XMP, one beside a sidecar, and one without anything."""
    folder.mkdir()
    exif = captions.exif({0x010F: "NIKON", 0x0110: "D850"}, captions.gps(), {0x9003: "2021:05:04 13:04:05"})
    buffer = io.BytesIO()
    Image.open(portraits["hopper"]).save(buffer, "JPEG", exif=exif, xmp=captions.XMP)
    (folder / "hopper.jpg").write_bytes(buffer.getvalue())
    shutil.copy(portraits["collins"], folder / "collins.png")
    (folder / "collins.xmp").write_bytes(captions.XMP)
    Image.open(portraits["collins"]).convert("RGB").resize((300, 300)).save(folder / "small.webp")
    return {path.stem: path for path in folder.iterdir() if path.suffix != ".xmp"}


def _standing(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.iterdir())
    }


def test_a_photo_from_receipt_to_a_bag(cli: Cli, tmp_path: Path, portraits: Mapping[str, Path]) -> None:
    photos = _photos(tmp_path / "photos", portraits)
    before = _standing(tmp_path / "photos")
    cli("init")
    cli.add_collection("people")
    report = cli("import", tmp_path / "photos", "--into", "people", "--json").document
    assert (report["photos"]["new"], report["ignored"], report["materials"]) == (3, 0, [])
    assert _standing(tmp_path / "photos") == before  # the originals are untouched

    shown = cli("show", photos["hopper"], "--json").document
    assert shown["photo"] == before["hopper.jpg"][0]
    (held,) = shown["held"]
    assert held["evidence"]["exif"]["make"] == "NIKON"
    assert held["evidence"]["exif"]["position"]["latitude"] == -33.8568
    assert held["evidence"]["xmp"] == captions.SAID_BY_XMP
    assert held["captured_at"] == "2021-05-04T13:04:05"
    (source,) = held["sources"]
    assert source["original"]["standing"] == "unchanged"
    assert source["collector"]
    assert source["tool_version"]
    assert source["received_at"].endswith("+00:00")
    assert len(held["faces"]) == 1
    assert [entry["kind"] for entry in shown["audit_entries"]] == ["import-started", "import-finished"]
    other = cli("show", before["collins.png"][0][:8], "--json").document
    (beside,) = other["held"][0]["sources"]
    assert beside["captured_at"] == "1984-01-02T10:11:12+02:00"
    assert beside["attributes"]["sidecar.sha256"] == before["collins.xmp"][0]

    assert [copy["photo"] for copy in other["near_duplicates"]] == [before["small.webp"][0]]

    photos["small"].write_bytes(b"something else")
    assert "CHANGED" in cli("show", photos["small"], code=1).out
    bag = tmp_path / "bag"
    exported = cli("export", "people", "--to", bag, "--json", code=1).document
    assert (exported["photos"], exported["missing"]) == (2, {"changed": 1})
    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", name], cwd=bag, check=True)
    assert len([one for one in ROCrate(bag / "data").data_entities if "ImageObject" in one.type]) == 2
    given = [json.loads(line) for line in (bag / "data" / "provenance.jsonl").read_text("utf-8").splitlines()]
    assert {Path(line["file"]).stem for line in given} == {
        before[name][0] for name in ("hopper.jpg", "collins.png")
    }


def _decided_twice(home: Path, photo: str) -> None:
    """Let two people hold the candidate with this photo to be a potential match."""
    now = datetime.now(UTC)
    with Workspace.open(home) as workspace:
        office, first = workspace.office, workspace.office.principal
        second = workspace.records.people.add_person(
            organisation_id=first.organisation,
            name="reviewer",
            shown_as="Reviewer",
            roles=pack_roles([Role.REVIEWER]),
            created_at=now,
            approved_at=now,
        )
        cases = workspace.records.cases
        (search,) = cases.searches(office.case_at_hand(None).id)
        (candidate,) = (one for one in cases.candidates(search.id) if one.photo == photo)
        for person in (first, principal_of(second)):
            office.decisions.decide(candidate.id, Verdict.POTENTIAL_MATCH, by=person)


def test_a_case_hands_on_what_two_people_agreed_on(
    cli: Cli, tmp_path: Path, portraits: Mapping[str, Path]
) -> None:
    photos = _photos(tmp_path / "photos", portraits)
    hopper = _standing(tmp_path / "photos")["hopper.jpg"][0]
    cli("init")
    cli.add_collection("people")
    cli("import", tmp_path / "photos", "--into", "people")
    cli.open_case()
    cli("search", photos["hopper"], "--in", "people")
    bag = tmp_path / "bag"
    cli("export", "people", "--case", "C-000001", "--to", bag, code=2)
    undecided = cli("export", "--case", "C-000001", "--to", bag, "--json", code=None)
    assert undecided.document["error"]["code"] == "not-found"
    assert not bag.exists()
    _decided_twice(cli.home, hopper)
    exported = cli("export", "--case", "C-000001", "--to", bag, "--json").document
    assert (exported["photos"], exported["missing"]) == (1, {})
    assert [path.stem for path in (bag / "data" / "photos").rglob("*.jpg")] == [hopper]
    assert "Photos of the case C-000001" in (bag / "bag-info.txt").read_text("utf-8")
