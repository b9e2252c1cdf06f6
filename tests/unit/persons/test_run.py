"""Grouping a collection: once, again, after more photos, and with what people decided by hand."""

from __future__ import annotations

import shutil
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antigone.errors import BusyError, UsageError
from antigone.gallery import NumpyIndex
from antigone.gallery.protocol import Neighbours
from antigone.persons import Model, merge, run, split
from antigone.persons.corrections import Corrections
from antigone.persons.grouping import NEIGHBOURS
from antigone.records import open_records
from antigone.types import CollectionInfo, Float32Array
from crowd import Crowd, Shot, face, lookalike, photos_of, shot, template


def group(crowd: Crowd, info: CollectionInfo, **how: bool) -> int:
    """Run, and return how many faces were new."""
    return run(info, crowd.model, crowd, by="a tester", **how).faces


def keys(shots: list[Shot]) -> frozenset[tuple[str, int]]:
    return frozenset(one.key() for one in shots)


def test_faces_of_one_person_come_together(crowd: Crowd) -> None:
    people = [photos_of(person, 3 + person, begin=10 * person) for person in range(4)]
    info = crowd.collection("archive", [one for person in people for one in person])
    report = run(info, crowd.model, crowd, by="a tester")
    assert crowd.partition(info) == {keys(person) for person in people}
    assert (report.faces, report.totals.clusters, report.totals.several, report.afresh) == (18, 4, 4, True)
    (entry,) = [entry for entry in crowd.audit.entries() if entry.kind == "clustered"]
    assert entry.seq == report.audit
    assert entry.body["faces"] == 18


def test_an_empty_collection_is_grouped_at_once(crowd: Crowd) -> None:
    info = crowd.collection("archive")
    assert run(info, crowd.model, crowd, by="a tester").totals.clusters == 0


def test_two_faces_of_one_photo_are_two_people(crowd: Crowd) -> None:
    twins = [shot(f"twins-{i}", face(template(0, 2 * i)), face(template(0, 2 * i + 1))) for i in range(3)]
    info = crowd.collection("archive", twins)
    group(crowd, info)
    for cluster in crowd.partition(info):
        photos = [photo for photo, _ in cluster]
        assert len(photos) == len(set(photos))


def test_more_photos_are_searched_for_alone_and_join_their_people(crowd: Crowd) -> None:
    old = [photos_of(person, 3, begin=10 * person) for person in range(5)]
    info = crowd.collection("archive", [one for person in old for one in person])
    group(crowd, info)
    before = crowd.clusters(info)
    more = [*photos_of(0, 2, begin=5), *photos_of(9, 2, begin=90)]
    crowd.add(info, more)
    asked: list[int] = []

    class Counting(NumpyIndex):
        def search(self, probes: Float32Array, top: int, *, exact: bool = False) -> Neighbours:
            asked.append(len(probes))
            return super().search(probes, top, exact=exact)

    class Catalogue:
        def index(self, collection: CollectionInfo, model: str, dimension: int) -> NumpyIndex:
            index = Counting(dimension)
            for ids, templates in crowd.records.iter_templates(collection.id, model):
                index.add(ids, templates)
            return index

    class Parts:
        records, audit, catalogue = crowd.records, crowd.audit, Catalogue()

    assert run(info, crowd.model, Parts(), by="a tester").faces == 4
    assert sum(asked) == 4  # one for each new face; no group is so large that it needs one of its own
    after = crowd.clusters(info)
    assert {key: after[key] for key in before} == before
    assert crowd.partition(info) == {
        keys(old[0] + more[:2]),
        *(keys(person) for person in old[1:]),
        keys(more[2:]),
    }
    assert group(crowd, info) == 0


def test_a_new_photo_may_show_that_two_clusters_are_one(crowd: Crowd) -> None:
    info = crowd.collection(
        "archive", [shot("left", face(template(0, 0))), shot("right", face(template(1, 1)))]
    )
    group(crowd, info)
    assert len(crowd.partition(info)) == 2
    half = template(0, 0) + template(1, 1)
    middle = [shot(f"middle-{i}", face(half / np.linalg.norm(half))) for i in range(2)]
    crowd.add(info, middle)
    group(crowd, info)
    assert len(crowd.partition(info)) == 1


def test_copies_of_two_photos_of_one_person_come_together(crowd: Crowd) -> None:
    """Each face's nearest neighbours are copies of its own photo; only the groups see each other."""
    copies = NEIGHBOURS + 3
    first, second = (
        [shot(f"{name}-{i}", face(template(0, photo))) for i in range(copies)]
        for photo, name in enumerate(("first", "second"))
    )
    info = crowd.collection("archive", [*first, *second])
    group(crowd, info)
    assert crowd.partition(info) == {keys([*first, *second])}


def test_siblings_stay_apart(crowd: Crowd) -> None:
    one = photos_of(0, 8)
    other = photos_of(lookalike(1, like=0, score=0.38), 20, begin=50, name="sibling")
    info = crowd.collection("archive", [*one, *other])
    group(crowd, info)
    assert crowd.partition(info) == {keys(one), keys(other)}


def test_afresh_keeps_the_numbers(crowd: Crowd) -> None:
    people = [photos_of(person, 4, begin=10 * person) for person in range(3)]
    info = crowd.collection("archive", [one for person in people for one in person])
    group(crowd, info)
    before = crowd.clusters(info)
    crowd.erase(info, people[0][:1])
    crowd.add(info, photos_of(0, 2, begin=5))
    group(crowd, info, afresh=True)
    after = crowd.clusters(info)
    assert {key: after[key] for key in before if key in after} == {
        key: cluster for key, cluster in before.items() if key in after
    }


def test_poor_faces_stay_alone(crowd: Crowd) -> None:
    shots = [shot(f"blurred-{i}", face(template(0, i), quality=20)) for i in range(4)]
    info = crowd.collection("archive", shots)
    assert run(info, crowd.model, crowd, by="a tester").poor == 4
    assert len(crowd.partition(info)) == 4


def test_a_split_lasts_afresh_and_when_photos_come_again(crowd: Crowd) -> None:
    shots = photos_of(0, 6)
    info = crowd.collection("archive", shots)
    group(crowd, info)
    (cluster,) = set(crowd.clusters(info).values())
    off = shots[:2]
    split(
        cluster,
        [crowd.references(info)[one.key()] for one in off],
        reason="the daughter",
        by="a tester",
        parts=crowd,
    )
    apart = {keys(off), keys(shots[2:])}
    assert crowd.partition(info) == apart
    group(crowd, info, afresh=True)
    assert crowd.partition(info) == apart
    crowd.erase(info, shots[1:4])
    crowd.add(info, shots[1:4])
    group(crowd, info)
    assert crowd.partition(info) == apart


def test_a_merge_lasts_afresh_and_when_photos_come_again(crowd: Crowd) -> None:
    one, other = photos_of(0, 3), photos_of(1, 3, begin=10)
    info = crowd.collection("archive", [*one, *other])
    group(crowd, info)
    merge(sorted(set(crowd.clusters(info).values())), reason="after the wound", by="a tester", parts=crowd)
    together = {keys([*one, *other])}
    assert crowd.partition(info) == together
    group(crowd, info, afresh=True)
    assert crowd.partition(info) == together
    crowd.erase(info, other)
    group(crowd, info)
    assert crowd.partition(info) == {keys(one)}
    crowd.add(info, other)
    group(crowd, info)
    assert crowd.partition(info) == together


def test_an_importing_collection_is_not_grouped(crowd: Crowd) -> None:
    info = crowd.collection("archive", photos_of(0, 2))
    with crowd.records.writer_lock(info), pytest.raises(BusyError):
        group(crowd, info)
    assert crowd.partition(info) == set()


def test_an_unknown_model_changes_nothing(crowd: Crowd) -> None:
    info = crowd.collection("archive", photos_of(0, 2))
    with pytest.raises(UsageError):
        run(info, Model(id="other-1", dimension=128), crowd, by="a tester")
    assert crowd.records.clusters.last_run(info.id, "other-1") is None


PERSON_OF_PHOTO = st.lists(st.integers(0, 3), min_size=2, max_size=10)


@given(batches=st.lists(PERSON_OF_PHOTO, min_size=1, max_size=3), data=st.data())
@settings(max_examples=12, deadline=None)
def test_whatever_happens_corrections_hold(
    new_workspace: Path, batches: list[list[int]], data: st.DataObject
) -> None:
    """Photos come in batches, people split and merge in between, and all is grouped again and afresh."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(new_workspace, Path(folder) / "home")
        with open_records(Path(folder) / "home") as records:
            crowd = Crowd(records)
            info = crowd.collection("archive")
            for number, people in enumerate(batches):
                crowd.add(
                    info,
                    [
                        shot(f"{number}-{place}", face(template(person, 100 * number + place)))
                        for place, person in enumerate(people)
                    ],
                )
                group(crowd, info)
                _correct_something(crowd, info, data)
                _check(crowd, info)
            group(crowd, info, afresh=True)
            _check(crowd, info)
            settled = crowd.clusters(info)
            group(crowd, info, afresh=True)
            assert crowd.clusters(info) == settled


def _correct_something(crowd: Crowd, info: CollectionInfo, data: st.DataObject) -> None:
    clusters = sorted(set(crowd.clusters(info).values()))
    chosen = data.draw(st.sampled_from(clusters))
    members = crowd.records.clusters.members([chosen])[chosen]
    if len(members) > 1 and data.draw(st.booleans()):
        off = data.draw(st.lists(st.sampled_from(members), min_size=1, max_size=len(members) - 1))
        split(chosen, off, reason="no", by="a tester", parts=crowd)
    elif len(clusters) > 1:
        other = data.draw(st.sampled_from([one for one in clusters if one != chosen]))
        merge([chosen, other], reason="yes", by="a tester", parts=crowd)


def _check(crowd: Crowd, info: CollectionInfo) -> None:
    clusters = crowd.clusters(info)
    assert clusters.keys() == crowd.references(info).keys()  # every face is in exactly one
    made = Corrections(crowd.records.clusters.corrections(info.id, crowd.model.id))
    for a, b in combinations(sorted(clusters), 2):
        if made.apart(a, b):
            assert clusters[a] != clusters[b]
        if b in made.together(a):
            assert clusters[a] == clusters[b]
