from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from antigone.audit import AuditEvent
from antigone.errors import EmptyGalleryError, IndexMismatchError, NotFoundError, StorageFullError, UsageError
from antigone.gallery import NumpyIndex
from antigone.identify import FaceChoice, SearchRequest, compare, search
from antigone.types import Box, CollectionInfo
from invented import DIMENSION, MODEL, Bench, direction, face


def test_candidates_come_most_alike_first(bench: Bench) -> None:
    near = bench.photo("near.png", face(direction(1, 0.1), Box(3, 4, 10, 12), quality=71))
    far = bench.photo("far.png", face(direction(0, 1)))
    middle = bench.photo("middle.png", face(direction(1, 1)))
    bench.collection("people", far, middle, near)
    found = search(SearchRequest(photos=[bench.photo("probe.png", face(direction(1)))]), bench.parts)
    assert [Path(candidate.source).name for candidate in found.candidates] == [
        "near.png",
        "middle.png",
        "far.png",
    ]
    assert [candidate.rank for candidate in found.candidates] == [1, 2, 3]
    assert found.candidates[1].score == pytest.approx(np.sqrt(0.5), abs=1e-3)
    best = found.candidates[0]
    assert (best.collection, best.face, best.quality) == ("people", 1, 71)
    assert best.box == Box(3, 4, 10, 12)
    assert (found.references, found.collections, found.model, found.exact) == (3, ("people",), MODEL, True)


def test_equal_scores_are_ordered_by_reference_over_all_collections(bench: Bench) -> None:
    twins = [bench.photo(f"twin-{n}.png", face(direction(1))) for n in range(4)]
    bench.collection("zeta", twins[0], twins[1])
    bench.collection("alpha", twins[2], twins[3])
    found = search(SearchRequest(photos=[bench.photo("probe.png", face(direction(1)))], top=3), bench.parts)
    references = [candidate.reference for candidate in found.candidates]
    assert references == sorted(references)
    assert [candidate.collection for candidate in found.candidates] == ["zeta", "zeta", "alpha"]


def test_only_the_named_collections_are_searched(bench: Bench) -> None:
    bench.collection("one", bench.photo("one.png", face(direction(1))))
    bench.collection("two", bench.photo("two.png", face(direction(1))))
    probe = bench.photo("probe.png", face(direction(1)))
    found = search(SearchRequest(photos=[probe], collections=["two", "two"]), bench.parts)
    assert {candidate.collection for candidate in found.candidates} == {"two"}
    assert (found.references, found.collections) == (1, ("two",))


def test_two_faces_of_one_photo_are_two_candidates(bench: Bench) -> None:
    bench.collection("g", bench.photo("g.png", face(direction(1)), face(direction(1, 0.5))))
    found = search(SearchRequest(photos=[bench.photo("probe.png", face(direction(1)))]), bench.parts)
    assert [candidate.face for candidate in found.candidates] == [1, 2]
    assert len({candidate.photo for candidate in found.candidates}) == 1


def test_the_list_names_an_audit_entry_without_templates(bench: Bench) -> None:
    photo = bench.photo("a.png", face(direction(1)))
    bench.collection("people", photo)
    found = search(SearchRequest(photos=[photo], top=5), bench.parts)
    (entry,) = bench.audit.entries()
    assert (entry.seq, entry.kind) == (found.audit, "search")
    assert entry.body == {
        "case": None,
        "by": None,
        "probe": [{"photo": found.probe.photos[0].sha256, "box": [10, 8, 20, 24]}],
        "collections": ["people"],
        "references": 1,
        "model": MODEL,
        "exact": True,
        "top": 5,
        "candidates": [[found.candidates[0].reference, 1.0]],
        "duplicates": [],
        "others": [],
        "filters": None,
    }
    assert "a.png" not in json.dumps(dict(entry.body))


def test_no_list_leaves_when_the_audit_entry_cannot_be_written(bench: Bench) -> None:
    class FullDisk:
        def append(self, event: AuditEvent) -> int:
            raise StorageFullError("no room left")

    photo = bench.photo("a.png", face(direction(1)))
    bench.collection("people", photo)
    parts = replace(bench.parts, audit=FullDisk())
    with pytest.raises(StorageFullError):
        search(SearchRequest(photos=[photo]), parts)
    with pytest.raises(StorageFullError):
        compare(photo, photo, (), parts)


def test_an_unknown_collection_is_an_error_before_any_photo_is_read(bench: Bench) -> None:
    bench.collection("people")
    with pytest.raises(NotFoundError, match="poeple") as caught:
        search(SearchRequest(photos=[Path("/nowhere.jpg")], collections=["poeple"]), bench.parts)
    assert "people" in caught.value.hint


def test_a_gallery_with_nothing_in_it_is_an_error(bench: Bench) -> None:
    probe = bench.photo("probe.png", face(direction(1)))
    with pytest.raises(EmptyGalleryError, match="no collection yet"):
        search(SearchRequest(photos=[probe]), bench.parts)
    bench.collection("people")
    with pytest.raises(EmptyGalleryError, match="no reference of model"):
        search(SearchRequest(photos=[probe]), bench.parts)
    assert not list(bench.audit.entries())


def test_a_reference_that_only_the_index_knows_is_never_left_out_silently(bench: Bench) -> None:
    class Ghost:
        def index(self, collection: CollectionInfo, model: str, dimension: int) -> NumpyIndex:
            index = NumpyIndex(DIMENSION)
            index.add(np.array([999]), direction(1)[None, :])
            return index

    photo = bench.photo("a.png", face(direction(1)))
    bench.collection("people", photo)
    with pytest.raises(IndexMismatchError):
        search(SearchRequest(photos=[photo]), replace(bench.parts, catalogue=Ghost()))


@pytest.mark.parametrize("top", [0, -1, 51])
def test_a_list_has_one_to_fifty_candidates(top: int) -> None:
    with pytest.raises(UsageError, match="1 to 50"):
        SearchRequest(photos=[b""], top=top)


def test_the_list_is_cut_at_top(bench: Bench) -> None:
    bench.collection("people", *[bench.photo(f"{n}.png", face(direction(1, n))) for n in range(9)])
    probe = bench.photo("probe.png", face(direction(1)))
    assert len(search(SearchRequest(photos=[probe], top=4), bench.parts).candidates) == 4
    assert len(search(SearchRequest(photos=[probe]), bench.parts).candidates) == 9


def test_compare_scores_two_chosen_faces_and_logs_it(bench: Bench) -> None:
    a = bench.photo("a.png", face(direction(1)), face(direction(3, 4)))
    b = bench.photo("b.png", face(direction(1, 0)))
    comparison = compare(a, b, [FaceChoice(pick=2, photo=1)], bench.parts)
    assert comparison.score == pytest.approx(0.6, abs=1e-6)
    assert [photo.number for photo in comparison.photos] == [2, 1]
    (entry,) = bench.audit.entries()
    assert (entry.seq, entry.kind) == (comparison.audit, "compare")
    assert entry.body["score"] == 0.6


def test_a_photo_compared_with_itself_scores_no_more_than_one(bench: Bench) -> None:
    photo = bench.photo("a.png", face(direction(0.3, 0.7, 0.2, 0.1)))
    assert compare(photo, photo, (), bench.parts).score == pytest.approx(1)
    assert compare(photo, photo, (), bench.parts).score <= 1
