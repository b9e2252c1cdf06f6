"""The catalogue's indexes hold what the records hold, whatever happened in between."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from antigone.errors import IndexMismatchError
from antigone.gallery import Catalogue, GalleryIndex, catalogue
from antigone.provenance import Place
from antigone.records import Records, Visit, open_records
from antigone.settings import Settings
from antigone.types import Analysis, Box, CollectionInfo, Face, Float32Array, PhotoFacts, Quality

MODEL = "test-model-1"
DIMENSION = 16


@dataclass(slots=True)
class House:
    """A workspace's records and its catalogue, with a way to fill and to empty them."""

    home: Path
    records: Records
    collection: CollectionInfo
    photos: int = 0

    def catalogue(self, **settings: Any) -> Catalogue:
        return Catalogue(self.home, self.records, Settings(home=self.home, threads=2, **settings))

    def index(self, **settings: Any) -> GalleryIndex:
        return self.catalogue(**settings).index(self.collection, MODEL, DIMENSION)

    def write(self, templates: Float32Array) -> np.ndarray:
        """Write one photo with a face for each template and return the reference ids."""
        import_ = self.records.begin_import(
            collection_id=self.collection.id, model=MODEL, request=f"{self.photos}"
        )
        visits = [_visit(self.photos + i, row) for i, row in enumerate(templates)]
        self.photos += len(visits)
        return self.records.write_batch(import_, visits).reference_ids

    def sql(self, statement: str) -> None:
        connection = sqlite3.connect(self.home / "records.db")
        with connection:
            connection.execute(statement)
        connection.close()


def _visit(number: int, template: Float32Array) -> Visit:
    face = Face(
        box=Box(0, 0, 10, 10),
        landmarks=np.zeros((5, 2), np.float32),
        detection_score=0.9,
        roll=0.0,
        quality=Quality(score=50, size=50, sharpness=50, light=50, pose=50, occlusion=50, evidence=50),
        template=template,
    )
    facts = PhotoFacts(width=20, height=20, format="PNG", perceptual_hash=number, captured_at=None)
    return Visit(
        location=f"/photos/{number}.png",
        place=Place.of_file(f"/photos/{number}.png"),
        sha256=f"{number:064x}",
        byte_size=1,
        analysis=Analysis(faces=(face,), failure=None, facts=facts),
    )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_records(tmp_path / "home", create=True) as records:
        collection = records.add_collection(
            name="c",
            owner="o",
            source="s",
            purpose="p",
            basis="b",
            jurisdiction="j",
            retain_until=date(2999, 1, 1),
        )
        yield House(home=tmp_path / "home", records=records, collection=collection)


@pytest.fixture
def rows(templates: Callable[..., Float32Array]) -> Float32Array:
    made: Float32Array = templates(300)
    return made


def _equal(house: House, index: GalleryIndex) -> bool:
    truth = house.records.reference_ids(house.collection.id, MODEL)
    return bool(np.array_equal(index.ids(), truth))


def test_an_empty_collection_has_an_empty_index(house: House) -> None:
    assert house.index().count() == 0


def test_an_index_is_built_from_the_records(house: House, rows: Float32Array) -> None:
    ids = house.write(rows)
    index = house.index()
    assert _equal(house, index)
    assert (index.search(rows, 1).ids[:, 0] == ids).all()


def test_an_open_index_follows_the_records(house: House, rows: Float32Array) -> None:
    all_of_them = house.catalogue()
    first = house.write(rows[:100])
    index = all_of_them.index(house.collection, MODEL, DIMENSION)
    second = house.write(rows[100:])
    assert all_of_them.index(house.collection, MODEL, DIMENSION) is index
    assert index.ids().tolist() == [*first, *second]
    house.sql(f"DELETE FROM templates WHERE id IN ({first[3]}, {second[-1]})")
    all_of_them.index(house.collection, MODEL, DIMENSION)
    assert _equal(house, index)
    assert index.count() == 298


def test_a_saved_index_is_opened_and_catches_up(
    house: House, rows: Float32Array, caplog: pytest.LogCaptureFixture
) -> None:
    ids = house.write(rows[:200])
    before = house.catalogue()
    before.index(house.collection, MODEL, DIMENSION)
    before.flush()
    later = house.write(rows[200:])
    house.sql(f"DELETE FROM templates WHERE id <= {ids[9]}")
    index = house.index()
    assert index.ids().tolist() == [*ids[10:], *later]
    assert (index.search(rows[10:], 1).ids[:, 0] == index.ids()).all()
    assert not caplog.records


def test_an_index_is_opened_from_its_saved_copy_alone(
    house: House, rows: Float32Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.write(rows)
    before = house.catalogue()
    before.index(house.collection, MODEL, DIMENSION)
    before.flush()
    batches = []
    read = house.records.iter_templates

    def counted(collection_id: int, model: str, after: int = 0, batch: int = 65_536) -> object:
        batches.append(batch)
        return read(collection_id, model, after, batch)

    monkeypatch.setattr(house.records, "iter_templates", counted)
    assert house.index().count() == 300
    assert set(batches) == {1}  # the sample that is compared, and nothing in bulk


@pytest.mark.parametrize("kind", ["rows", "ids", "json"])
def test_a_damaged_saved_index_is_rebuilt_with_a_notice(
    house: House, rows: Float32Array, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    house.write(rows)
    before = house.catalogue()
    before.index(house.collection, MODEL, DIMENSION)
    before.flush()
    (path,) = (house.home / "index").rglob(f"*.{kind}")
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 4
    path.write_bytes(changed)
    with caplog.at_level(logging.WARNING):
        after = house.catalogue()
        index = after.index(house.collection, MODEL, DIMENSION)
    assert _equal(house, index)
    assert (index.search(rows, 1).scores[:, 0] > 0.999).all()
    assert len(after.notices()) == 1
    assert "rebuilt" in after.notices()[0]
    assert "rebuilt" in caplog.text
    again = house.catalogue()  # the rebuilt one was saved at once
    again.index(house.collection, MODEL, DIMENSION)
    assert again.notices() == ()


def test_records_restored_from_a_backup_do_not_meet_the_later_index(
    house: House, rows: Float32Array, tmp_path: Path
) -> None:
    """After a restore the same ids are given to other faces; the index must not answer for the old ones."""
    house.write(rows[:100])
    house.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(house.home / "records.db", tmp_path / "backup.db")
    lost = house.write(rows[100:150])
    before = house.catalogue()
    before.index(house.collection, MODEL, DIMENSION)
    before.flush()
    house.records.close()
    for path in house.home.glob("records.db*"):
        path.unlink()
    shutil.copy(tmp_path / "backup.db", house.home / "records.db")
    with open_records(house.home) as records:
        restored = House(home=house.home, records=records, collection=house.collection, photos=500)
        new = restored.write(rows[200:220])
        assert set(new) <= set(lost)
        after = restored.catalogue()
        index = after.index(house.collection, MODEL, DIMENSION)
        assert _equal(restored, index)
        assert (index.search(rows[200:220], 1).ids[:, 0] == new).all()
        assert "other templates" in after.notices()[0]


def test_collections_and_models_have_indexes_of_their_own(house: House, rows: Float32Array) -> None:
    house.write(rows[:5])
    other = house.records.add_collection(
        name="d",
        owner="o",
        source="s",
        purpose="p",
        basis="b",
        jurisdiction="j",
        retain_until=date(2999, 1, 1),
    )
    all_of_them = house.catalogue()
    assert all_of_them.index(house.collection, MODEL, DIMENSION).count() == 5
    assert all_of_them.index(other, MODEL, DIMENSION).count() == 0
    assert all_of_them.index(house.collection, "Test/Model 1", DIMENSION).count() == 0
    all_of_them.flush()
    assert len(list((house.home / "index").rglob("manifest.json"))) == 3


def test_flushing_does_not_bring_back_what_another_process_removed(house: House, rows: Float32Array) -> None:
    ids = house.write(rows)
    stale = house.catalogue()
    stale.index(house.collection, MODEL, DIMENSION)
    trace = rows[7].astype(np.float16).tobytes()
    house.sql(f"DELETE FROM templates WHERE id = {ids[7]}")
    house.index().flush()
    stale.flush()
    saved = [path.read_bytes() for path in (house.home / "index").rglob("*.rows")]
    assert saved
    assert not any(trace in content for content in saved)


def test_an_index_out_of_line_is_not_saved(
    house: House, rows: Float32Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.write(rows[:20])
    all_of_them = house.catalogue()
    all_of_them.index(house.collection, MODEL, DIMENSION)
    house.write(rows[20:30])
    none = (np.empty(0, np.int64), np.empty((0, DIMENSION), np.float16))
    monkeypatch.setattr(house.records, "iter_templates", lambda *_args, **_named: iter(()))
    monkeypatch.setattr(house.records, "templates", lambda _ids: none)
    all_of_them.flush()
    assert "lacks 10" in all_of_them.notices()[0]
    assert not list((house.home / "index").rglob("manifest.json"))


def test_templates_of_another_dimension_are_a_mismatch(house: House, rows: Float32Array) -> None:
    house.write(rows[:5])
    all_of_them = house.catalogue()
    with pytest.raises(IndexMismatchError, match="cannot be compared"):
        all_of_them.index(house.collection, MODEL, 8)
    health = all_of_them.health(house.collection, MODEL, 8)
    assert not health.sound
    assert (health.references, health.indexed) == (5, 0)
    assert "cannot be compared" in (health.problem or "")


def test_an_index_that_stays_short_is_a_mismatch(
    house: House, rows: Float32Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = house.write(rows[:20])
    monkeypatch.setattr(house.records, "iter_templates", lambda *_args, **_named: iter(()))
    monkeypatch.setattr(house.records, "templates", lambda _ids: (ids[:18], rows[:18].astype(np.float16)))
    with pytest.raises(IndexMismatchError, match="lacks 2"):
        house.index()


def test_health_counts_both_sides(house: House, rows: Float32Array) -> None:
    house.write(rows)
    all_of_them = house.catalogue(exact_below=100)
    health = all_of_them.health(house.collection, MODEL, DIMENSION)
    assert health.sound
    assert (health.collection, health.model) == ("c", MODEL)
    assert (health.references, health.indexed) == (300, 300)
    assert not health.compressed
    assert health.notices == ()


def test_much_catching_up_is_saved_at_once(
    house: House, rows: Float32Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_SAVE_AFTER", 250)
    house.write(rows[:249])
    house.index()
    assert not list((house.home / "index").rglob("manifest.json"))
    house.write(rows[249:])
    house.index()
    assert list((house.home / "index").rglob("manifest.json"))


def test_a_search_works_where_the_index_cannot_be_saved(
    house: House, rows: Float32Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_SAVE_AFTER", 1)
    (house.home / "index").touch()  # a file where the folder should be
    house.write(rows)
    all_of_them = house.catalogue()
    assert all_of_them.index(house.collection, MODEL, DIMENSION).count() == 300
    assert "cannot be saved" in all_of_them.notices()[-1]


def test_settings_decide_when_templates_are_compressed(
    house: House, templates: Callable[..., Float32Array]
) -> None:
    many = templates(1_200)
    house.write(many)
    exact = house.index(exact_below=5_000)
    short = house.index(exact_below=500, shortlist=60)
    assert exact.search(many[:3], 2).exact
    assert not short.search(many[:3], 2).exact
    assert short.search(many[:3], 2, exact=True).exact
