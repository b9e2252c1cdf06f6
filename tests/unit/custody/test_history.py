"""What is told of a photo: all that is on record, and whether its originals still stand."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from antigone.audit import AuditEvent
from antigone.audit.events import ImportStarted
from antigone.custody import PhotoHistory, Standing, tell_history
from antigone.custody.documents import history_document
from antigone.custody.history import MOST_EXAMINED, MOST_SOURCES
from antigone.errors import NotFoundError, UsageError
from antigone.provenance import Appearance, Check, CheckOutcome, Holding, Material, Place, Provenance
from antigone.records import Visit
from antigone.types import CollectionInfo
from invented import ExactIndexes
from shelf import Shelf

PAGE = Appearance(page_url="https://news.example/1", page_title="Found", caption="A man", how="img")
SAID = Provenance(
    source_url="https://news.example/a.jpg",
    captured_at=datetime(2020, 1, 2, 3, 4, 5),
    collected_at=datetime(2021, 1, 2, tzinfo=UTC),
    licence="CC BY",
    subject_id="P-1",
    appearances=(PAGE,),
    attributes={"row": "7"},
)
MATERIAL = Material(
    location="/archive.wacz",
    kind="wacz",
    sha256="cd" * 32,
    byte_size=99,
    checks=(Check(name="wacz-signature", outcome=CheckOutcome.FAILED, message="It was altered."),),
)


def tell(shelf: Shelf, named: str, *collections: CollectionInfo) -> PhotoHistory:
    return tell_history(
        named,
        collections=collections or shelf.records.collections(),
        by=7,
        records=shelf.records,
        audit=shelf.audit,
        settings=shelf.settings,
        open_index=ExactIndexes(shelf.records).index,
    )


def test_everything_on_record_is_told(shelf: Shelf) -> None:
    shelf.audit.append(
        ImportStarted(import_=shelf.import_, collection="archive", model="m-1", request="r").event()
    )
    shelf.audit.append(ImportStarted(import_=99, collection="other", model="m-1", request="r").event())
    photo = shelf.put("a.jpg", b"one", 1, 2, said=SAID, material=MATERIAL)
    history = tell(shelf, photo)
    assert (history.sha256, [held.collection for held in history.held]) == (photo, [shelf.collection])
    (held,) = history.held
    assert (held.photo.byte_size, held.photo.evidence, held.derived) == (
        3,
        {"exif": {"make": "NIKON"}},
        False,
    )
    (source,) = held.sources
    assert source.record.provenance == SAID
    assert source.record.material == MATERIAL
    assert (source.record.collector, source.record.import_id) == ("Anna", shelf.import_)
    assert source.original.standing is Standing.UNCHANGED
    assert [(face.number, face.model) for face in held.faces] == [(1, "m-1"), (2, "m-1")]
    assert all(face.reference is not None and face.track is None for face in held.faces)
    assert [(entry.seq, entry.kind) for entry in history.entries] == [(1, "import-started")]
    assert shelf.kinds() == ["import-started", "import-started", "photo-examined"]
    assert history.audit == 3


def test_the_document_holds_everything_but_templates(shelf: Shelf) -> None:
    photo = shelf.put("a.jpg", b"one", 1, said=SAID, material=MATERIAL)
    text = json.dumps(history_document(tell(shelf, photo)))
    document = json.loads(text)
    (held,) = document["held"]
    assert held["collection"]["basis"] == "none needed"
    assert held["faces"][0].keys() == {
        *("face", "model", "box", "quality", "detection_score", "roll", "reference", "track")
    }
    (source,) = held["sources"]
    assert source["pages"] == [
        {"page_url": PAGE.page_url, "page_title": "Found", "caption": "A man", "how": "img"}
    ]
    assert source["material"]["checks"] == [
        {"name": "wacz-signature", "outcome": "failed", "message": "It was altered."}
    ]
    assert (source["captured_at"], source["collected_at"]) == (
        "2020-01-02T03:04:05",
        "2021-01-02T00:00:00+00:00",
    )
    assert source["original"]["standing"] == "unchanged"
    assert "vector" not in text
    assert "template" not in text


# ---- which photo -------------------------------------------------------------------------------------------


def test_a_photo_is_named_in_many_ways(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = shelf.put("a.jpg", b"one", 1, said=SAID)
    shelf.put("b.jpg", b"two", 2)
    copy = shelf.folder.parent / "copy.jpg"
    copy.write_bytes(b"one")
    monkeypatch.chdir(shelf.folder)
    for named in (
        photo,
        photo[:8],
        photo[:9].upper(),
        str(shelf.folder / "a.jpg"),
        "a.jpg",
        str(SAID.source_url),
        str(copy),
    ):
        assert tell(shelf, named).sha256 == photo


def test_a_photo_in_an_archive_is_found_by_the_archive(shelf: Shelf) -> None:
    place = Place(holding=Holding.RECORD, stored_at="/archive.warc", position=12)
    photo = shelf.put("archive.warc#12", b"one", 1, place=place)
    history = tell(shelf, "/archive.warc")
    assert history.sha256 == photo
    assert history.held[0].sources[0].original.standing is Standing.UNREADABLE


@pytest.mark.parametrize("named", ["ab" * 32, "abcdef12", "nowhere.jpg", "https://nowhere.example/", "a\0b"])
def test_what_is_not_there_is_said(shelf: Shelf, named: str) -> None:
    shelf.put("a.jpg", b"one", 1)
    with pytest.raises(NotFoundError, match="no photo on record"):
        tell(shelf, named)
    assert shelf.kinds() == []


def test_few_digits_are_too_few(shelf: Shelf) -> None:
    photo = shelf.put("a.jpg", b"one", 1)
    with pytest.raises(UsageError, match="too short"):
        tell(shelf, photo[:7])


def test_a_name_of_several_photos_lists_them(shelf: Shelf) -> None:
    first = shelf.put("a.jpg", b"one", 1)
    (shelf.folder / "a.jpg").unlink()
    second = shelf.put("a.jpg", b"two", 2)  # the file was replaced between two runs
    with pytest.raises(UsageError, match="2 photos") as caught:
        tell(shelf, str(shelf.folder / "a.jpg"))
    assert caught.value.details["photos"] == sorted([first, second])


def test_each_collection_tells_its_own(shelf: Shelf) -> None:
    photo = shelf.put("a.jpg", b"one", 1)
    elsewhere = shelf.put("c.jpg", b"two", 2)
    other = shelf.also("another")
    shelf.put("b.jpg", b"one", 1)
    assert [held.collection.name for held in tell(shelf, photo).held] == ["another", "archive"]
    (held,) = tell(shelf, photo, other).held
    assert (held.collection, held.sources[0].record.collector) == (other, "Borys")
    with pytest.raises(NotFoundError):
        tell(shelf, elsewhere, other)  # what is not to be looked into is not there
    with pytest.raises(NotFoundError):
        tell(shelf, str(shelf.folder / "c.jpg"), other)


# ---- originals ---------------------------------------------------------------------------------------------


def test_a_changed_and_a_missing_original_are_told(shelf: Shelf) -> None:
    photo = shelf.put("a.jpg", b"one", 1)
    shelf.put("b.jpg", b"one", 1)
    (shelf.folder / "a.jpg").write_bytes(b"another")
    (shelf.folder / "b.jpg").unlink()
    changed, missing = tell(shelf, photo).held[0].sources
    assert (changed.original.standing, missing.original.standing) == (Standing.CHANGED, Standing.UNREADABLE)
    assert not changed.original.sound
    assert "hash differs" in changed.original.message
    assert "not there" in missing.original.message


def test_telling_leaves_originals_alone(shelf: Shelf) -> None:
    photo = shelf.put("a.jpg", b"one", 1)
    path = shelf.folder / "a.jpg"
    path.chmod(0o444)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    tell(shelf, photo)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [path.name for path in shelf.folder.iterdir()] == ["a.jpg"]


def test_many_sources_are_counted_and_only_some_looked_at(shelf: Shelf) -> None:
    photo = shelf.put("a.jpg", b"one", 1)
    visits = [
        Visit(location=f"/x/{n}", place=Place.of_file(f"/x/{n}"), sha256=photo, byte_size=3)
        for n in range(MOST_SOURCES + 5)
    ]
    shelf.records.write_batch(shelf.running, visits)
    (held,) = tell(shelf, photo).held
    assert (len(held.sources), held.sources_in_all) == (MOST_SOURCES, MOST_SOURCES + 6)
    standings = [source.original.standing for source in held.sources]
    assert standings.count(Standing.NOT_CHECKED) == MOST_SOURCES - MOST_EXAMINED


def test_a_name_that_is_no_text_comes_back(shelf: Shelf) -> None:
    name = os.fsdecode("Снимок".encode() + b"\xff.jpg")
    photo = shelf.put(name, b"one", 1)
    history = tell(shelf, str(shelf.folder / name))
    assert history.sha256 == photo
    assert json.dumps(history_document(history))


def test_the_log_of_an_exported_collection_is_told(shelf: Shelf) -> None:
    photo = shelf.put("a.jpg", b"one", 1)
    for what, of in (("collection", "archive"), ("collection", "other"), ("case", "archive")):
        body = {"what": what, "of": of, "items": 1, "sha256": hashlib.sha256().hexdigest(), "by": None}
        shelf.audit.append(AuditEvent(kind="export", body=body))
    tell(shelf, photo)
    assert [entry.seq for entry in tell(shelf, photo).entries] == [1, 4]


def test_a_frame_of_a_video_is_told_as_derived(shelf: Shelf) -> None:
    place = Place(holding=Holding.FRAME, stored_at=str(shelf.folder / "gone.mp4"), position=1_500_000)
    photo = shelf.put("gone.mp4#t=1.500", b"pixels", 1, place=place)
    (held,) = tell(shelf, photo).held
    assert held.derived
    assert held.sources[0].original.standing is Standing.UNREADABLE


def test_both_of_two_kinds_of_place_are_looked_at(shelf: Shelf, tmp_path: Path) -> None:
    photo = shelf.put("a.jpg", b"one", 1)
    shelf.records.write_batch(
        shelf.running,
        [
            Visit(
                location="/twice", place=Place.of_file(str(shelf.folder / "a.jpg")), sha256=photo, byte_size=3
            )
        ],
    )
    sources = tell(shelf, photo).held[0].sources
    assert [source.original.standing for source in sources] == [Standing.UNCHANGED] * 2
    assert replace(sources[0].record.place) == sources[1].record.place


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(5, "Input/output error"), "Input/output error"),
        (TimeoutError("the store was silent"), "silent"),
    ],
)
def test_a_connection_that_is_lost_is_an_original_that_cannot_be_read(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, error: OSError, said: str
) -> None:
    photo = shelf.put("a.jpg", b"one", 1)

    def lost(*_: object) -> bytes:
        raise error

    monkeypatch.setattr("antigone.custody.originals.read_original", lost)
    original = tell(shelf, photo).held[0].sources[0].original
    assert original.standing is Standing.UNREADABLE
    assert said in original.message
