from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antigone import duplicates
from antigone.duplicates import CopyTest, NearDuplicate, collapse, near_duplicates
from antigone.provenance import Place
from antigone.records import Records, ReferenceRecord, Visit
from antigone.records.imprints import Imprint
from antigone.types import Analysis, CollectionInfo, Face, Float32Array, Int64Array
from invented import MODEL, ExactIndexes, direction, face
from looks import look
from made_up import NO_FACE, add_collection, facts


def imprint(number: int, photo: str, look: bytes | None, face: int = 1) -> Imprint:
    return Imprint(reference=number, collection_id=1, model=MODEL, photo=photo, face=face, context_hash=look)


def test_photos_that_look_the_same_with_templates_alike_are_copies() -> None:
    a, b = imprint(1, "a", look(1)), imprint(2, "b", look(1, copy=1))
    assert CopyTest()(a, b, 0.9)
    assert not CopyTest()(a, b, 0.4)  # another person, at the same place of the same backdrop
    assert not CopyTest()(a, imprint(3, "c", look(2)), 0.99)  # the same person, in another photo


def test_the_same_bytes_are_copies_where_the_face_is_the_same() -> None:
    a = imprint(1, "a", None)
    assert CopyTest()(a, imprint(2, "a", None), 1.0)
    assert not CopyTest()(a, imprint(3, "a", None, face=2), 1.0)


def test_what_was_never_hashed_or_is_gone_has_no_copies() -> None:
    a, unknown = imprint(1, "a", look(1)), imprint(2, "b", None)
    assert not CopyTest()(a, unknown, 1.0)
    assert not CopyTest()(a, None, 1.0)
    assert not CopyTest()(None, a, 1.0)


class InMemory:
    """References that no database holds; it is its own `Imprints`."""

    def __init__(self, rows: Sequence[tuple[Imprint, Float32Array]]) -> None:
        self.rows = {row[0].reference: row for row in rows}

    @property
    def imprints(self) -> InMemory:
        return self

    def of(self, ids: Sequence[int]) -> dict[int, Imprint]:
        return {id_: self.rows[id_][0] for id_ in ids}

    def in_photo(self, photo: str, collections: Sequence[int]) -> tuple[Imprint, ...]:
        raise NotImplementedError

    def templates(self, ids: Sequence[int]) -> tuple[Int64Array, np.ndarray]:
        known = sorted(id_ for id_ in ids if id_ in self.rows)
        return np.array(known, np.int64), np.array([self.rows[id_][1] for id_ in known], np.float16)

    def references(self, ids: Sequence[int]) -> dict[int, ReferenceRecord]:
        raise NotImplementedError


FACES = st.tuples(
    st.integers(0, 2), st.integers(0, 2), st.integers(0, 1), st.integers(0, 3)
)  # look, copy, person, photo


@settings(max_examples=60, deadline=None)
@given(st.lists(FACES, max_size=12), st.randoms(use_true_random=False))
def test_every_reference_stands_in_one_group_that_its_first_decides(
    faces: list[tuple[int, int, int, int]], random: Random
) -> None:
    rows = [
        (imprint(number, f"{seen}-{copy}-{photo}", look(seen, copy=copy)), direction(1, 4 * person))
        for number, (seen, copy, person, photo) in enumerate(faces, 1)
    ]
    records = InMemory(rows)
    ids = [row.reference for row, _ in rows]
    random.shuffle(ids)
    groups = collapse(ids, records)  # type: ignore[arg-type]
    assert sorted(place for group in groups for place in group) == list(range(len(ids)))
    firsts = [group[0] for group in groups]
    assert firsts == sorted(firsts)
    assert all(group == sorted(group) for group in groups)

    def copies(one: int, other: int) -> bool:
        (a, x), (b, y) = records.rows[ids[one]], records.rows[ids[other]]
        return CopyTest()(a, b, float(x @ y))

    assert all(copies(group[0], place) for group in groups for place in group[1:])
    assert not any(copies(a, b) for b in firsts for a in firsts if a < b)
    half = len(ids) // 2  # what stands first does not depend on what comes after
    assert [group[0] for group in collapse(ids[:half], records)] == [at for at in firsts if at < half]  # type: ignore[arg-type]


def test_references_that_are_gone_stand_alone() -> None:
    records = InMemory([(imprint(1, "a", look(1)), direction(1)), (imprint(3, "b", look(1)), direction(1))])
    assert collapse([1, 2, 3], records) == [[0, 2], [1]]  # type: ignore[arg-type]
    assert collapse([], records) == []  # type: ignore[arg-type]


# ---- copies of one photo, in real records ----------------------------------------------------


def put(records: Records, info: CollectionInfo, **photos: Sequence[Face]) -> None:
    import_ = records.begin_import(collection_id=info.id, model=MODEL, request="".join(photos))
    records.write_batch(
        import_,
        [
            Visit(
                location=f"/{info.name}/{name}",
                place=Place.of_file(f"/{info.name}/{name}"),
                sha256=sha256(name),
                analysis=Analysis(
                    faces=tuple(faces), failure=None if faces else NO_FACE, facts=facts(len(name))
                ),
            )
            for name, faces in photos.items()
        ],
    )


def sha256(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def copies_of(records: Records, name: str, *collections: CollectionInfo) -> tuple[NearDuplicate, ...]:
    return near_duplicates(sha256(name), collections, records, ExactIndexes(records).index)


@pytest.fixture
def archive(records: Records) -> CollectionInfo:
    """A collection with a photo, a copy of it, another photo of the person, and photos of others."""
    info = add_collection(records)
    put(
        records,
        info,
        original=[face(direction(1, 0.1), look=look(1))],
        copy=[face(direction(0, 0, 1), look=look(9)), face(direction(1, 0.2), look=look(1, copy=1))],
        other_moment=[face(direction(1, 0.1), look=look(2))],
        other_person=[face(direction(0, 1), look=look(1, copy=2))],
        nobody=[],
    )
    return info


def test_the_copies_of_a_photo_are_found_with_the_face_that_they_share(
    records: Records, archive: CollectionInfo
) -> None:
    (found,) = copies_of(records, "original", archive)
    assert (found.reference.source, found.reference.face, found.face) == ("/archive/copy", 2, 1)
    assert found.score == pytest.approx(float(direction(1, 0.1) @ direction(1, 0.2)), abs=1e-3)
    (back,) = copies_of(records, "copy", archive)
    assert (back.reference.source, back.face) == ("/archive/original", 2)


def test_only_the_collections_that_are_named_are_looked_into(
    records: Records, archive: CollectionInfo
) -> None:
    web = add_collection(records, "web")
    put(records, web, original=[face(direction(1), look=look(1))], again=[face(direction(1), look=look(1))])
    assert [found.reference.source for found in copies_of(records, "original", archive)] == ["/archive/copy"]
    everywhere = copies_of(records, "original", archive, web)
    assert [found.reference.source for found in everywhere] == ["/web/again", "/archive/copy"]
    assert [found.reference.source for found in copies_of(records, "again", web)] == ["/web/original"]


def test_a_photo_without_a_face_or_a_place_has_no_copies(records: Records, archive: CollectionInfo) -> None:
    assert copies_of(records, "nobody", archive) == ()
    assert copies_of(records, "never-seen", archive) == ()
    assert copies_of(records, "original") == ()


def test_a_copy_with_several_shared_faces_is_named_once(records: Records) -> None:
    info = add_collection(records)
    two = [face(direction(1), look=look(1)), face(direction(0, 1), look=look(2))]
    put(records, info, one=two, same=two)
    assert len(copies_of(records, "one", info)) == 1


def test_many_photos_of_the_person_do_not_hide_a_copy(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "FIRST_LOOK", 2)
    info = add_collection(records)
    others = {f"other{n}": [face(direction(1, 0.01 * n), look=look(n + 2))] for n in range(12)}
    put(records, info, one=[face(direction(1), look=look(1))], **others)
    put(records, info, far=[face(direction(1, 1), look=look(1, copy=1))])
    assert [found.reference.source for found in copies_of(records, "one", info)] == ["/archive/far"]
    monkeypatch.setattr(duplicates, "MOST_NEIGHBOURS", 8)
    assert copies_of(records, "one", info) == ()  # the limit is kept
