"""The public API, as a program uses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import antigone
from antigone.errors import StorageFullError, UsageError, WorkspaceError
from antigone.identify import PhotoInput
from antigone.settings import Settings
from antigone.types import Box


def add(workspace: antigone.Workspace, name: str) -> None:
    workspace.add_collection(
        name=name,
        owner="Archive",
        source="Photos inside packages",
        purpose="Test",
        basis="Public domain",
        jurisdiction="EU",
        retain_until=date(2100, 1, 1),
    )


@pytest.fixture(scope="module")
def workspace(
    tmp_path_factory: pytest.TempPathFactory, portraits: Mapping[str, Path]
) -> Iterator[antigone.Workspace]:
    with antigone.Workspace.init(tmp_path_factory.mktemp("api") / "home") as workspace:
        add(workspace, "people")
        add(workspace, "nobody")
        report = workspace.import_(portraits.values(), into="people")
        assert (report.new, report.failed) == (2, 0)
        office = workspace.office
        office.use_case(office.book.open("T", purpose="missing-person", basis="B", by=office.principal))
        yield workspace


def test_a_workspace_is_opened_by_its_folder(workspace: antigone.Workspace) -> None:
    with antigone.open(workspace.home) as again:
        (nobody, people) = again.collections()
        assert (nobody.info.name, nobody.counts.photos) == ("nobody", 0)
        assert (people.info.name, people.counts.faces) == ("people", 2)


def test_the_environment_names_a_workspace_too(
    workspace: antigone.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIGONE_HOME", str(workspace.home))
    with antigone.open() as again:
        assert again.home == workspace.home


def test_opening_nothing_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="there is no workspace"):
        antigone.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("form", ["path", "text", "bytes", "pixels"])
def test_a_probe_may_be_a_path_bytes_or_pixels(
    workspace: antigone.Workspace, portraits: Mapping[str, Path], form: str
) -> None:
    path = portraits["hopper"]
    photos: dict[str, PhotoInput] = {
        "path": path,
        "text": str(path),
        "bytes": path.read_bytes(),
        "pixels": np.asarray(Image.open(path).convert("RGB")),
    }
    found = workspace.search([photos[form]], collections=["people"])
    best, other = found.candidates
    assert best.source == str(path)
    assert best.score > 0.99
    assert other.score < 0.4
    assert found.probe.photos[0].faces == 1


def test_photos_of_different_people_show_in_the_agreement(
    workspace: antigone.Workspace, portraits: Mapping[str, Path]
) -> None:
    hopper, collins = portraits["hopper"], portraits["collins"]
    agreement = workspace.search([hopper, collins]).probe.agreement
    assert agreement is not None
    assert agreement < 0.4


def test_a_face_chosen_by_a_box_is_that_face(
    workspace: antigone.Workspace, portraits: Mapping[str, Path]
) -> None:
    (photo,) = workspace.search([portraits["hopper"]]).probe.photos
    box = photo.face.box
    larger = Box(box.x - 30, box.y - 30, box.w + 60, box.h + 60)
    chosen = workspace.search([portraits["hopper"]], choices=[antigone.FaceChoice(pick=larger)])
    assert chosen.probe.photos[0].number == 1


def test_a_sheet_is_written_of_the_photos_that_were_searched(
    workspace: antigone.Workspace, portraits: Mapping[str, Path], tmp_path: Path
) -> None:
    pixels = np.asarray(Image.open(portraits["hopper"]).convert("RGB"))
    found = workspace.search([pixels])
    workspace.write_sheet(found, [pixels], tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height > 300


def test_a_sheet_of_other_photos_is_refused(
    workspace: antigone.Workspace, portraits: Mapping[str, Path], tmp_path: Path
) -> None:
    found = workspace.search([portraits["hopper"]])
    for photos in ([portraits["collins"]], [portraits["hopper"]] * 2):
        with pytest.raises(UsageError, match="other photos"):
            workspace.write_sheet(found, photos, tmp_path / "sheet.png")
    assert not list(tmp_path.iterdir())


def test_compare_and_every_change_is_logged(
    workspace: antigone.Workspace, portraits: Mapping[str, Path]
) -> None:
    before = max(entry.seq for entry in workspace.audit.entries())
    comparison = workspace.compare(portraits["hopper"], portraits["hopper"])
    assert comparison.score == pytest.approx(1, abs=1e-3)
    assert comparison.audit == before + 1
    kinds = [entry.kind for entry in workspace.audit.entries()]
    assert kinds[:2] == ["collection-added", "collection-added"]
    assert "import-finished" in kinds


def test_templates_are_never_shown(workspace: antigone.Workspace, portraits: Mapping[str, Path]) -> None:
    found = workspace.search([portraits["hopper"]])
    assert "template" not in repr(found)
    assert "array(" not in repr(found)


def test_the_doctor_finds_it_healthy(workspace: antigone.Workspace) -> None:
    report = workspace.doctor()
    assert report.healthy
    assert {check.name for check in report.checks} >= {"collection people", "collection nobody"}


def test_a_pack_in_the_environment_comes_before_the_chosen_one(
    workspace: antigone.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = workspace.home / "workspace.json"
    written = marker.read_text()
    try:
        marker.write_text('{"format": 1, "pack": "chosen"}')
        with antigone.open(workspace.home) as again:
            assert again.settings.pack == "chosen"
        monkeypatch.setenv("ANTIGONE_PACK", "named")
        with antigone.open(workspace.home) as again:
            assert again.settings.pack == "named"
        settings = Settings(home=workspace.home, pack="given")
        with antigone.Workspace.open(settings=settings) as again:
            assert again.settings.pack == "given"
    finally:
        marker.write_text(written)


def full_on_closing(workspace: antigone.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise StorageFullError("the index was not saved")

    monkeypatch.setattr(workspace.catalogue, "flush", full)  # stands in for a disk that fills up


def test_an_error_on_closing_does_not_hide_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = antigone.Workspace.init(tmp_path / "home")
    full_on_closing(workspace, monkeypatch)
    with pytest.raises(UsageError, match="first") as raised, workspace:
        raise UsageError("what went wrong first")
    assert raised.value.__notes__ == ["the index was not saved"]


def test_an_error_on_closing_is_raised_where_it_is_the_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = antigone.Workspace.init(tmp_path / "home")
    full_on_closing(workspace, monkeypatch)
    with pytest.raises(StorageFullError), workspace:
        pass


def test_every_public_name_is_there_and_nothing_else() -> None:
    assert antigone.FaceChoice(pick=1).pick == 1
    assert set(antigone.__all__) <= set(dir(antigone))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = antigone.Nothing
