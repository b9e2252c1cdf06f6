"""An export: whole, checkable with other tools, and never half under its name."""

from __future__ import annotations

import errno
import json
import re
import shutil
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from rocrate.rocrate import ROCrate

from antigone.custody import Chosen, ExportFormat, ExportReport, ExportState, export_photos
from antigone.custody.export import MISSING, PROVENANCE
from antigone.errors import BusyError, ConflictError, NotFoundError, StorageFullError, UsageError
from antigone.provenance import Holding, Place, Provenance
from made_up import add_collection
from shelf import Shelf

SAID = Provenance(source_url="https://news.example/a.jpg", licence="CC BY", subject_id="P-1")


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def check_manifests(folder: Path) -> None:
    """Let the tools that everybody has check every manifest there is."""
    manifests = sorted(path.name for path in folder.glob("*manifest-*.txt"))
    assert {"manifest-sha256.txt", "manifest-sha512.txt"} <= set(manifests)
    for name in manifests:
        tool = f"{name.rpartition('-')[2].removesuffix('.txt')}sum"
        subprocess.run([tool, "--check", "--strict", "--quiet", name], cwd=folder, check=True)


def check_bag(folder: Path) -> None:
    """Check a bag as RFC 8493, section 3, says: complete, and valid."""
    assert (folder / "bagit.txt").read_bytes() == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    payload = {f"data/{name}": data for name, data in files(folder / "data").items()}
    for algorithm in ("sha256", "sha512"):
        listed = [
            line.split("  ", 1)[1]
            for line in (folder / f"manifest-{algorithm}.txt").read_text(encoding="ascii").splitlines()
        ]
        assert sorted(listed) == sorted(payload)
        tagged = (folder / f"tagmanifest-{algorithm}.txt").read_text(encoding="ascii")
        assert {line.split("  ", 1)[1] for line in tagged.splitlines()} == {
            *("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "manifest-sha512.txt")
        }
    info = dict(line.split(": ", 1) for line in (folder / "bag-info.txt").read_text("utf-8").splitlines())
    assert info["Payload-Oxum"] == f"{sum(map(len, payload.values()))}.{len(payload)}"
    assert info["Source-Organization"] == "Unit 7"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", info["Bagging-Date"])
    check_manifests(folder)


def export(shelf: Shelf, target: Path, form: ExportFormat = ExportFormat.BAGIT) -> ExportReport:
    return export_photos(shelf.chosen(form=form), target, shelf.parts)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out" / "bag"


@pytest.fixture(autouse=True)
def _folder_of_target(target: Path) -> None:
    target.parent.mkdir()


# ---- what it is --------------------------------------------------------------------------------------------


def test_a_bag_is_whole_and_valid(shelf: Shelf, target: Path) -> None:
    photos = {
        shelf.put(f"{n}.jpg", f"photo {n}".encode(), n, said=SAID): f"photo {n}".encode() for n in range(5)
    }
    report = export(shelf, target)
    check_bag(target)
    assert {name: data for name, data in files(target / "data").items() if name.startswith("photos/")} == {
        f"photos/{photo[:2]}/{photo}.jpg": data for photo, data in photos.items()
    }
    assert (report.photos, report.derived, report.missing) == (5, 0, {})
    assert report.byte_size == sum(map(len, files(target / "data").values()))
    assert report.sha256 == digest((target / "tagmanifest-sha256.txt").read_bytes())
    assert [path.name for path in target.parent.iterdir()] == ["bag"]


def test_the_provenance_of_each_photo_goes_with_it(shelf: Shelf, target: Path) -> None:
    photo = shelf.put("a.jpg", b"one", 1, said=SAID)
    shelf.put("b.jpg", b"one", 1)
    export(shelf, target)
    (line,) = lines(target / "data" / PROVENANCE)
    assert line["photo"] == photo
    assert (target / "data" / line["file"]).read_bytes() == b"one"
    assert line["original"]["standing"] == "unchanged"
    assert line["evidence"] == {"exif": {"make": "NIKON"}}
    assert [Path(source["location"]).name for source in line["sources"]] == ["a.jpg", "b.jpg"]
    assert (line["sources"][0]["source_url"], line["sources"][0]["collector"]) == (SAID.source_url, "Anna")
    assert (target / "data" / MISSING).read_bytes() == b""


@pytest.mark.parametrize("form", ExportFormat)
def test_the_crate_is_read_by_another_program(shelf: Shelf, target: Path, form: ExportFormat) -> None:
    photos = {shelf.put(f"{n}.jpg", f"photo {n}".encode(), n, said=SAID) for n in range(3)}
    report = export(shelf, target, form)
    root = target / "data" if form is ExportFormat.BAGIT else target
    crate = ROCrate(root)
    assert crate.name == "archive"
    assert "retained" not in crate.license["description"]
    assert "purpose: testing; legal basis: none needed; jurisdiction: EU" in crate.license["description"]
    shown = {entity.id: entity for entity in crate.data_entities}
    assert {PROVENANCE, MISSING} < shown.keys()
    pictures = {entity["name"]: entity for entity in shown.values() if "ImageObject" in entity.type}
    assert pictures.keys() == photos
    assert all((root / name).is_file() for name in shown)
    assert all(entity["url"] == SAID.source_url for entity in pictures.values())
    if form is ExportFormat.ROCRATE:
        check_manifests(target)
        assert report.sha256 == digest((target / "ro-crate-metadata.json").read_bytes())
        assert not (target / "bagit.txt").exists()


def test_what_is_gone_or_changed_is_counted_and_listed(shelf: Shelf, target: Path) -> None:
    kept, gone, changed = (shelf.put(f"{name}.jpg", name.encode(), 1) for name in ("kept", "gone", "changed"))
    (shelf.folder / "gone.jpg").unlink()
    (shelf.folder / "changed.jpg").write_bytes(b"something else")
    report = export(shelf, target)
    check_bag(target)
    assert (report.photos, report.missing) == (1, {"changed": 1, "unreadable": 1})
    assert [line["photo"] for line in lines(target / "data" / PROVENANCE)] == [kept]
    assert {line["photo"]: line["original"]["standing"] for line in lines(target / "data" / MISSING)} == {
        gone: "unreadable",
        changed: "changed",
    }
    assert not [line["file"] for line in lines(target / "data" / MISSING) if line["file"]]


def test_any_place_that_still_holds_the_bytes_will_do(shelf: Shelf, target: Path) -> None:
    shelf.put("a.jpg", b"one", 1)
    shelf.put("b.jpg", b"one", 1)
    (shelf.folder / "a.jpg").unlink()
    assert export(shelf, target).photos == 1


def test_the_same_bytes_of_two_collections_are_written_once(shelf: Shelf, target: Path) -> None:
    shelf.put("a.jpg", b"one", 1)
    other = shelf.also("another")
    shelf.put("a.jpg", b"one", 1)
    report = export_photos(shelf.chosen(shelf.collection, other), target, shelf.parts)
    check_bag(target)
    assert report.photos == 1
    assert [line["collection"] for line in lines(target / "data" / PROVENANCE)] == ["archive", "another"]


def test_names_from_outside_never_become_paths(shelf: Shelf, target: Path) -> None:
    name = "..%2f..\n;é\udcff.jpg"
    said = Provenance(attributes={"../../etc": "\u202e\x00"})
    photo = shelf.put(name, b"one", 1, said=said)
    export(shelf, target)
    check_bag(target)
    assert f"photos/{photo[:2]}/{photo}.jpg" in files(target / "data")
    assert lines(target / "data" / PROVENANCE)[0]["sources"][0]["location"] == str(shelf.folder / name)


def test_a_frame_is_a_derived_picture(shelf: Shelf, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(holding=Holding.FRAME, stored_at="/film.mp4", position=1_500_000)
    frame = shelf.put("film.mp4#t=1.500", b"pixels", 1, place=place)
    monkeypatch.setattr("antigone.custody.originals._frame", lambda *_: b"a picture")
    report = export(shelf, target)
    check_bag(target)
    assert (report.photos, report.derived) == (0, 1)
    assert files(target / "data")[f"derived/{frame[:2]}/{frame}.png"] == b"a picture"
    assert lines(target / "data" / PROVENANCE)[0]["derived"] is True
    (entity,) = [one for one in ROCrate(target / "data").data_entities if "ImageObject" in one.type]
    assert "Derived picture" in entity["description"]
    assert entity["isBasedOn"] == "/film.mp4"


# ---- how it comes about ------------------------------------------------------------------------------------


class _Stop:
    """Interrupts an export after some photos."""

    def __init__(self, after: int) -> None:
        self.after = after

    def update(self, state: ExportState) -> None:
        if state.done == self.after:
            raise KeyboardInterrupt


def test_a_cut_off_export_goes_on_and_is_the_same(
    shelf: Shelf, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antigone.custody.export._SECONDS_BETWEEN_UPDATES", 0)
    for n in range(6):
        shelf.put(f"{n}.jpg", f"photo {n}".encode(), n)
    for after in (2, 4):
        with pytest.raises(KeyboardInterrupt):
            export_photos(shelf.chosen(), target, replace(shelf.parts, progress=_Stop(after)))
        assert not target.exists()
        (around,) = target.parent.iterdir()
        assert not list(around.rglob("bagit.txt"))
    (damaged,) = around.glob(f"*/data/photos/*/{digest(b'photo 0')}.jpg")
    damaged.write_bytes(b"phot")  # cut off in the middle of a file
    (shelf.folder / "1.jpg").unlink()  # its bytes are kept from before
    report = export(shelf, target)
    check_bag(target)
    assert (report.photos, report.missing) == (6, {})
    assert [path.name for path in target.parent.iterdir()] == ["bag"]


def test_what_left_the_collection_meanwhile_is_not_handed_on(
    shelf: Shelf, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antigone.custody.export._SECONDS_BETWEEN_UPDATES", 0)
    first, second = shelf.put("a.jpg", b"one", 1), shelf.put("b.jpg", b"two", 2)
    with pytest.raises(KeyboardInterrupt):
        export_photos(shelf.chosen(), target, replace(shelf.parts, progress=_Stop(2)))
    chosen = shelf.chosen()
    report = export_photos(replace(chosen, photos=chosen.photos[1:]), target, shelf.parts)
    check_bag(target)
    assert report.photos == 1
    written = " ".join(files(target))
    assert second in written
    assert first not in written


def test_the_log_tells_of_it(shelf: Shelf, target: Path) -> None:
    shelf.put("a.jpg", b"one", 1)
    report = export(shelf, target)
    (entry,) = shelf.audit.entries()
    assert (entry.seq, entry.kind) == (report.audit, "export")
    assert entry.body == {
        "what": "collection",
        "of": "archive",
        "items": 1,
        "sha256": report.sha256,
        "by": 7,
    }


def test_progress_comes_to_its_end(shelf: Shelf, target: Path) -> None:
    states: list[ExportState] = []

    class Watcher:
        def update(self, state: ExportState) -> None:
            states.append(state)

    shelf.put("a.jpg", b"one", 1)
    shelf.put("b.jpg", b"two", 2)
    export_photos(shelf.chosen(), target, replace(shelf.parts, progress=Watcher()))
    assert (states[-1].done, states[-1].total, states[-1].seconds_left) == (2, 2, 0)


def test_originals_stay_as_they_are(shelf: Shelf, target: Path) -> None:
    shelf.put("a.jpg", b"one", 1)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in shelf.folder.iterdir()}
    export(shelf, target)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in shelf.folder.iterdir()} == before


# ---- what is refused ---------------------------------------------------------------------------------------


def test_a_target_that_exists_is_left_alone(shelf: Shelf, target: Path) -> None:
    shelf.put("a.jpg", b"one", 1)
    target.write_text("mine")
    with pytest.raises(ConflictError, match="already something"):
        export(shelf, target)
    target.unlink()
    target.symlink_to("/nowhere")
    with pytest.raises(ConflictError, match="already something"):
        export(shelf, target)
    assert shelf.kinds() == []


def test_a_folder_that_is_not_there_is_said(shelf: Shelf, target: Path) -> None:
    shelf.put("a.jpg", b"one", 1)
    with pytest.raises(NotFoundError, match="there is no folder"):
        export(shelf, target / "deeper" / "bag")


def test_an_empty_collection_is_not_exported(shelf: Shelf, target: Path) -> None:
    empty = add_collection(shelf.records, "empty")
    with pytest.raises(NotFoundError, match="no photo"):
        export_photos(shelf.chosen(empty), target, shelf.parts)
    assert not list(target.parent.iterdir())


@pytest.mark.parametrize("other", [{"name": "another"}, {"format": ExportFormat.ROCRATE}])
def test_the_beginning_of_another_export_is_not_gone_on_with(
    shelf: Shelf, target: Path, other: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antigone.custody.export._SECONDS_BETWEEN_UPDATES", 0)
    shelf.put("a.jpg", b"one", 1)
    with pytest.raises(KeyboardInterrupt):
        export_photos(shelf.chosen(), target, replace(shelf.parts, progress=_Stop(1)))
    chosen: Chosen = replace(shelf.chosen(), **other)
    with pytest.raises(ConflictError, match="in the way"):
        export_photos(chosen, target, shelf.parts)


@pytest.mark.parametrize("what", ["link", "file", "folder"])
def test_what_somebody_else_put_there_is_not_written_into(shelf: Shelf, target: Path, what: str) -> None:
    shelf.put("a.jpg", b"one", 1)
    around, elsewhere = target.parent / ".bag.partial", target.parent / "elsewhere"
    elsewhere.mkdir()
    if what == "link":
        around.symlink_to(elsewhere)
    elif what == "file":
        around.write_text("mine")
    else:
        around.mkdir()
        (around / "mine.txt").write_text("mine")
    with pytest.raises(ConflictError, match="in the way"):
        export(shelf, target)
    assert not list(elsewhere.iterdir())


def test_an_export_is_for_its_owner_alone(shelf: Shelf, target: Path) -> None:
    shelf.put("a.jpg", b"one", 1)
    export(shelf, target)
    assert target.stat().st_mode & 0o077 == 0


def test_two_exports_to_one_place_do_not_mix(shelf: Shelf, target: Path) -> None:
    shelf.put("a.jpg", b"one", 1)

    class Second:
        def update(self, state: ExportState) -> None:
            with pytest.raises(BusyError):
                export(shelf, target)
            self.tried = True

    second = Second()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("antigone.custody.export._SECONDS_BETWEEN_UPDATES", 0)
        patch.setattr("antigone.custody.workplace.Workplace.complete", lambda self: None)
        export_photos(shelf.chosen(), target, replace(shelf.parts, progress=second))
    assert second.tried


def test_a_disk_that_is_too_small_is_said_at_once(
    shelf: Shelf, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put("a.jpg", b"one", 1)
    usage = shutil.disk_usage(target.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(StorageFullError, match="too little space"):
        export(shelf, target)
    assert not target.exists()


@pytest.mark.parametrize(("number", "expected"), [(errno.ENOSPC, StorageFullError), (errno.EIO, UsageError)])
def test_a_disk_that_fails_on_the_way_is_said(
    shelf: Shelf, target: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    shelf.put("a.jpg", b"one", 1)

    def fails(self: Path, data: bytes) -> int:
        raise OSError(number, "no")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fails)
        with pytest.raises(expected):
            export(shelf, target)
    assert not target.exists()
    assert shelf.kinds() == []
    export(shelf, target)
    check_bag(target)


def test_nothing_gets_its_name_unless_the_log_has_it(
    shelf: Shelf, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put("a.jpg", b"one", 1)
    parts = shelf.parts

    def full(event: object) -> int:
        raise StorageFullError("the disk is full")

    monkeypatch.setattr(parts.audit, "append", full)
    with pytest.raises(StorageFullError):
        export_photos(shelf.chosen(), target, parts)
    assert not target.exists()
