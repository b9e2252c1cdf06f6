"""Collections completed, photos shown and handed on, from the command line; no photo is analysed here."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

from antigone.audit import AuditEntry
from antigone.custody import SCRAPING_NOTICE
from antigone.provenance import Appearance, Check, CheckOutcome, Material, Place, Provenance
from antigone.records import Visit
from antigone.workspace import Workspace
from command_line import Shell, particulars
from made_up import analysis


def log(shell: Shell) -> list[AuditEntry]:
    with Workspace.open(shell.home) as workspace:
        return list(workspace.audit.entries())


def put(shell: Shell, photo: Path, *seeds: int) -> str:
    """Receive a photo with made-up faces, from a page of an archive."""
    photo.write_bytes(b"a photo")
    digest = hashlib.sha256(b"a photo").hexdigest()
    material = Material(
        location="/archive.wacz",
        kind="wacz",
        sha256="cd" * 32,
        byte_size=99,
        checks=(Check(name="wacz-signature", outcome=CheckOutcome.FAILED, message="Altered."),),
    )
    said = Provenance(
        source_url="https://news.example/a.jpg",
        subject_id="P-1",
        appearances=(Appearance(page_url="https://news.example/", page_title="Fo\x1b[2Jund"),),
        attributes={"row": "7", "a\x1b[2J": "8"},
    )
    visit = Visit(
        location=str(photo),
        place=Place.of_file(str(photo)),
        provenance=said,
        material=material.location,
        sha256=digest,
        byte_size=7,
        analysis=analysis(*seeds),
    )
    with Workspace.open(shell.home) as workspace:
        collection = workspace.collection("people").info
        running = workspace.records.begin_import(
            collection_id=collection.id, model="m-1", request="r", collector="Anna"
        )
        workspace.records.add_material(running.id, material)
        workspace.records.write_batch(running, [visit])
    return digest


# ---- collections -------------------------------------------------------------------------------------------


def test_whoever_adds_a_collection_is_told_what_the_law_forbids(shell: Shell) -> None:
    _, err = shell("collection", "add", "more", *particulars())
    assert "Article 5(1)(e)" in err
    assert SCRAPING_NOTICE in err
    out, err = shell("collection", "add", "third", *particulars(), "--json")
    assert json.loads(out)["collection"]["name"] == "third"
    assert SCRAPING_NOTICE in err
    digest = hashlib.sha256(SCRAPING_NOTICE.encode()).hexdigest()
    assert [entry.body["notice"] for entry in log(shell)] == [digest] * 3


def test_a_collection_of_an_older_version_is_completed(shell: Shell, tmp_path: Path) -> None:
    with sqlite3.connect(shell.home / "records.db") as database:
        database.execute("UPDATE collections SET jurisdiction = ''")
    database.close()
    (tmp_path / "photos").mkdir()
    _, err = shell("import", tmp_path / "photos", "--into", "people", code=2)
    assert "names no jurisdiction" in err
    assert "antigone collection set people --jurisdiction TEXT" in err
    assert "not said" in shell("collection", "show", "people")[0]
    out, _ = shell("collection", "set", "people", "--jurisdiction", "UA")
    assert out == "jurisdiction: not said -> UA\n"
    shown = shell.document("collection", "show", "people")
    assert shown["jurisdiction"] == "UA"


def test_a_change_is_logged_by_its_hashes(shell: Shell) -> None:
    document = shell.document(
        "collection", "set", "people", "--purpose", " Another purpose ", "--owner", "Archive"
    )
    assert document["collection"]["purpose"] == "Another purpose"
    *_, entry = log(shell)
    assert entry.kind == "collection-changed"
    texts = ("Test of the command line", "Another purpose")
    assert entry.body["changed"] == {"purpose": [hashlib.sha256(text.encode()).hexdigest() for text in texts]}
    assert "Another" not in json.dumps(entry.body)


def test_nothing_changed_is_nothing_logged(shell: Shell) -> None:
    out, _ = shell("collection", "set", "people", "--owner", "Archive")
    assert out == "owner stays: Archive\n"
    assert [entry.kind for entry in log(shell)] == ["collection-added"]


def test_a_change_is_checked_like_a_new_collection(shell: Shell) -> None:
    for arguments in ([], ["--owner", " "], ["--retain-until", "2001-01-01"], ["--basis", "a\nb"]):
        assert "error[usage]" in shell("collection", "set", "people", *arguments, code=2)[1]
    shell("collection", "set", "nobody", "--owner", "Archive", code=4)
    assert shell.document("collection", "show", "people")["owner"] == "Archive"


def test_received_material_is_shown_with_its_checks(shell: Shell, tmp_path: Path) -> None:
    put(shell, tmp_path / "a.jpg", 1)
    out, _ = shell("collection", "show", "people")
    assert "FAILED wacz-signature: Altered." in out
    (material,) = shell.document("collection", "show", "people")["materials"]
    assert material["checks"] == [{"name": "wacz-signature", "outcome": "failed", "message": "Altered."}]


# ---- show --------------------------------------------------------------------------------------------------


def test_a_photo_is_shown_in_words(shell: Shell, tmp_path: Path) -> None:
    photo = put(shell, tmp_path / "a.jpg", 1, 2)
    out, _ = shell("show", photo[:10])
    assert out.startswith(f"Photo {photo}\n")
    for words in (
        "legal basis     Public domain",
        "jurisdiction    that of the owner's establishment",
        "UTC by Anna, antigone ",
        "original        UNCHANGED",
        "published at    https://news.example/a.jpg",
        "said to show    P-1",
        "row             7",
        "a\\x1b[2J        8",
        "page            https://news.example/",
        "title           Fo\\x1b[2Jund",
        "FAILED wacz-signature: Altered.",
        "Faces           2",
    ):
        assert words in out
    entry = log(shell)[-1]
    assert (entry.kind, entry.body["photo"]) == ("photo-examined", photo)
    assert f"Audit entry {entry.seq}" in out


def test_an_original_that_does_not_stand_gives_exit_code_1(shell: Shell, tmp_path: Path) -> None:
    photo = put(shell, tmp_path / "a.jpg", 1)
    (tmp_path / "a.jpg").write_bytes(b"another")
    document = shell.document("show", photo, code=1)
    assert document["held"][0]["sources"][0]["original"]["standing"] == "changed"
    (tmp_path / "a.jpg").unlink()
    assert "UNREADABLE" in shell("show", tmp_path / "a.jpg", code=1)[0]


def test_a_photo_without_a_face_is_shown_too(shell: Shell, tmp_path: Path) -> None:
    put(shell, tmp_path / "a.jpg")
    assert "none was found" in shell("show", tmp_path / "a.jpg", "--in", "people")[0]
    shell("show", tmp_path / "a.jpg", "--in", "nobody", code=4)


# ---- export ------------------------------------------------------------------------------------------------


def test_a_collection_is_exported(shell: Shell, tmp_path: Path) -> None:
    photo = put(shell, tmp_path / "a.jpg", 1)
    out, err = shell("export", "people", "--to", tmp_path / "bag")
    assert "BagIt bag with an RO-Crate" in out
    assert "sha256sum -c" in err
    assert (tmp_path / "bag" / "data" / "photos" / photo[:2] / f"{photo}.jpg").read_bytes() == b"a photo"
    document = shell.document("export", "people", "--to", tmp_path / "crate", "--format", "rocrate")
    assert (document["photos"], document["missing"], document["format"]) == (1, {}, "rocrate")
    assert log(shell)[-1].body["sha256"] == document["sha256"]


def test_a_missing_photo_gives_exit_code_1(shell: Shell, tmp_path: Path) -> None:
    put(shell, tmp_path / "a.jpg", 1)
    (tmp_path / "a.jpg").unlink()
    out, err = shell("export", "people", "--to", tmp_path / "bag", code=1)
    assert "unreadable" in out
    assert "missing.jsonl" in err


def test_exports_that_cannot_be_are_refused(shell: Shell, tmp_path: Path) -> None:
    shell("export", "nobody", "--to", tmp_path / "bag", code=4)
    shell("export", "people", "--to", tmp_path / "bag", code=4)
    put(shell, tmp_path / "a.jpg", 1)
    shell("export", "people", "--to", tmp_path, code=5)
    shell("export", "people", "--to", tmp_path / "bag", "--format", "zip", code=2)
