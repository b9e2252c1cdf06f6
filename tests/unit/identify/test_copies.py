"""Copies of one photo in candidate lists."""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path

import pytest

from antigone.audit.events import LONGEST_BODY, FaceOfPhoto, Searched
from antigone.identify import SearchRequest, candidate_sheet, read_probe, search, write_sheet
from antigone.identify.probe import MAX_PROBE_PHOTOS
from antigone.identify.search import MOST_DUPLICATES, MOST_TOP
from antigone.identify.sheet import html as html_sheet
from antigone.settings import Settings
from invented import LIMITS, Bench, direction, face
from looks import look


def copies(bench: Bench, seen: int, *similarities: float) -> list[Path]:
    """Write copies of one photo of a person; each has its own template, so alike to (1, 0, ...)."""
    return [
        bench.photo(f"{seen}-{n}.png", face(direction(1, slope), look=look(seen, copy=n % 3)))
        for n, slope in enumerate(similarities)
    ]


def test_copies_of_a_photo_count_as_one_candidate_at_the_place_of_the_best(bench: Bench) -> None:
    bench.collection("people", *copies(bench, 1, 0.3, 0.1, 0.4), *copies(bench, 2, 0.2, 0.5))
    found = search(SearchRequest(photos=[bench.photo("probe.png", face(direction(1)))]), bench.parts)
    assert [Path(candidate.source).name for candidate in found.candidates] == ["1-1.png", "2-0.png"]
    first, second = found.candidates
    assert [Path(copy.source).name for copy in first.duplicates] == ["1-0.png", "1-2.png"]
    assert [Path(copy.source).name for copy in second.duplicates] == ["2-1.png"]
    assert (first.copies, first.more_duplicates, second.copies) == (2, 0, 1)
    scores = [first.score, *(copy.score for copy in first.duplicates)]
    assert scores == sorted(scores, reverse=True)
    assert {copy.rank for copy in first.duplicates} == {1}
    assert not any(copy.duplicates for copy in first.duplicates)


def test_the_same_bytes_in_two_collections_count_as_one_candidate(bench: Bench) -> None:
    photo = bench.photo("a.png", face(direction(1)), face(direction(0, 1)))  # never hashed: its bytes tell
    bench.collection("one", photo)
    bench.collection("two", photo)
    found = search(SearchRequest(photos=[bench.photo("probe.png", face(direction(1)))]), bench.parts)
    assert [(candidate.collection, candidate.face) for candidate in found.candidates] == [
        ("one", 1),
        ("one", 2),
    ]
    assert [copy.collection for candidate in found.candidates for copy in candidate.duplicates] == [
        "two",
        "two",
    ]


def test_a_list_is_filled_with_other_photos_however_many_copies_there_are(bench: Bench) -> None:
    many = copies(bench, 1, *[0.001 * n for n in range(30)])
    others = [bench.photo(f"o{n}.png", face(direction(1, 1, n), look=look(n + 2))) for n in range(4)]
    bench.collection("people", *others, *many)
    probe = bench.photo("probe.png", face(direction(1)))
    found = search(SearchRequest(photos=[probe], top=4), bench.parts)
    assert len(found.candidates) == 4
    assert found.candidates[0].copies == 29
    assert len(found.candidates[0].duplicates) == MOST_DUPLICATES
    assert not found.crowded_out
    assert found.references == 34


def test_a_list_that_copies_leave_short_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    # By its import name: the package has a function that is called like the module.
    monkeypatch.setattr(importlib.import_module("antigone.identify.search"), "MOST_NEIGHBOURS", 12)
    bench.collection("people", *copies(bench, 1, *[0.001 * n for n in range(15)]))
    probe = bench.photo("probe.png", face(direction(1)))
    found = search(SearchRequest(photos=[probe], top=1), bench.parts)
    assert not found.crowded_out  # one candidate was asked for, and it is there
    found = search(SearchRequest(photos=[probe], top=2), bench.parts)
    assert found.crowded_out
    assert [candidate.copies for candidate in found.candidates] == [11]


def test_every_copy_that_leaves_is_in_the_audit_entry(bench: Bench) -> None:
    bench.collection("people", *copies(bench, 1, 0.1, *[0.2 + 0.001 * n for n in range(25)]))
    found = search(SearchRequest(photos=[bench.photo("probe.png", face(direction(1)))]), bench.parts)
    (candidate,) = found.candidates
    (entry,) = bench.audit.entries()
    assert entry.body["candidates"] == [[candidate.reference, round(candidate.score, 4)]]
    assert entry.body["duplicates"] == [
        [candidate.reference, copy.reference, round(copy.score, 4)] for copy in candidate.duplicates
    ]


def test_a_sheet_shows_the_copies_behind_a_tap_and_as_a_number(bench: Bench, tmp_path: Path) -> None:
    bench.collection("people", *copies(bench, 1, 0.1, 0.2, 0.3), *copies(bench, 2, 0.5))
    (bench.home / "1-2.png").unlink()
    probe = bench.photo("probe.png", face(direction(1)))
    found = search(SearchRequest(photos=[probe]), bench.parts)
    more = dataclasses.replace(found.candidates[0], more_duplicates=1_200)
    found = dataclasses.replace(found, candidates=(more, *found.candidates[1:]), crowded_out=True)
    sheet = candidate_sheet(found, read_probe([probe], LIMITS), Settings())
    assert [card.copies_said for card in sheet.cards] == ["+1,202 copies", ""]
    shown, gone = sheet.cards[0].copies
    assert shown.picture.face is not None
    assert gone.picture.missing == "file no longer at its place"
    page = html_sheet.render(sheet).replace("<wbr>", "")
    assert page.count("<details") == 1
    assert "1-1.png" in page
    assert "file no longer at its place" in page
    assert "and 1,200 more" in page
    assert "Shorter than asked for" in page
    for name in ("sheet.html", "sheet.png"):
        write_sheet(sheet, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1_000


def test_the_longest_list_fits_an_audit_entry() -> None:
    module = importlib.import_module("antigone.identify.search")
    large = 10**10  # a reference, in a gallery larger than any
    event = Searched(
        case="C-000001",
        by=1,
        probe=[FaceOfPhoto(photo="ab" * 32, box=[1234.5, 1234.5, 1234.5, 1234.5])] * MAX_PROBE_PHOTOS,
        collections=["a collection with quite a long name"] * 50,
        references=large,
        model="a-model-pack-1",
        exact=False,
        top=MOST_TOP,
        candidates=[(large, 0.1234)] * MOST_TOP,
        duplicates=[(large, large, 0.1234)] * (MOST_TOP * MOST_DUPLICATES),
        others=[(large, large, 0.1234)] * (MOST_TOP * module.MOST_OTHERS),
    ).event()
    assert len(event.canonical()) < LONGEST_BODY
