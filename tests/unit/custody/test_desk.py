"""The photos of a case are handed on from whatever collections hold them, and what is gone is listed."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from antigone.audit import AuditLog
from antigone.custody import Custody
from antigone.custody.desk import Held
from antigone.custody.export import GONE, MISSING, PROVENANCE
from antigone.errors import NotFoundError
from antigone.gallery import Catalogue
from antigone.records import Records
from antigone.settings import Settings
from shelf import Shelf


@dataclass(frozen=True, slots=True)
class Parts:
    records: Records
    audit: AuditLog
    settings: Settings
    catalogue: Catalogue


@pytest.fixture
def custody(shelf: Shelf) -> Custody:
    catalogue = Catalogue(shelf.records.home, shelf.records, shelf.settings)
    parts = Parts(shelf.records, shelf.audit, shelf.settings, catalogue)
    return Custody(parts, lambda name, _permission, _by: shelf.records.collection(name))


def test_a_case_hands_on_its_photos_alone(custody: Custody, shelf: Shelf, tmp_path: Path) -> None:
    first, kept_back = shelf.put("a.jpg", b"one", 1), shelf.put("b.jpg", b"two", 2)
    other = shelf.also("web")
    second = shelf.put("c.jpg", b"three", 3)
    held = [
        Held(collection=shelf.collection.name, photo=first),
        Held(collection=other.name, photo=second),
        Held(collection=other.name, photo="00" * 32),
        Held(collection="taken away", photo=kept_back),
    ]
    report = custody.export_case("C-000001", held, tmp_path / "bag")
    assert (report.photos, report.missing) == (2, {GONE: 2})
    written = (tmp_path / "bag" / "data" / PROVENANCE).read_text("utf-8").splitlines()
    assert {json.loads(line)["photo"] for line in written} == {first, second}
    listed = (tmp_path / "bag" / "data" / MISSING).read_text("utf-8").splitlines()
    assert {json.loads(line)["photo"] for line in listed} == {"00" * 32, kept_back}
    (entry,) = (entry for entry in shelf.audit.entries() if entry.kind == "export")
    assert (entry.body["what"], entry.body["of"], entry.body["items"]) == ("case", "C-000001", 2)


def test_a_case_of_which_nothing_is_left_leaves_no_folder(
    custody: Custody, shelf: Shelf, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="on record any more"):
        custody.export_case(
            "C-000001", [Held(collection=shelf.collection.name, photo="00" * 32)], tmp_path / "bag"
        )
    assert not (tmp_path / "bag").exists()
