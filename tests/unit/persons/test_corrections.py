"""Corrections by hand, taken together: the last word holds."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from antigone.persons.corrections import Corrections, Kind
from antigone.records.clusters import CorrectionRecord, FaceKey

FACES: list[FaceKey] = [(f"{number:064x}", 1) for number in range(7)]


def record(number: int, kind: Kind, sides: dict[FaceKey, int]) -> CorrectionRecord:
    return CorrectionRecord(
        id=number,
        collection_id=1,
        model="m",
        kind=kind,
        made_at=datetime.now(UTC),
        made_by="somebody",
        reason="because",
        sides=sides,
    )


@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_the_last_word_about_two_faces_holds(data: st.DataObject) -> None:
    """Whole clusters are merged and split, as by hand; in between, a run may join what is not kept apart."""
    clusters = [{face} for face in FACES]
    made: list[CorrectionRecord] = []
    last: dict[frozenset[FaceKey], Kind] = {}
    for number in range(1, data.draw(st.integers(1, 8)) + 1):
        splittable = [cluster for cluster in clusters if len(cluster) > 1]
        if len(clusters) < 2 or (splittable and data.draw(st.booleans())):
            cluster = data.draw(st.sampled_from(splittable))
            members = sorted(cluster)
            off = set(data.draw(st.lists(st.sampled_from(members), min_size=1, max_size=len(members) - 1)))
            rest = cluster - off
            made.append(record(number, Kind.SPLIT, {face: int(face in off) for face in cluster}))
            clusters.remove(cluster)
            clusters += [off, rest]
            last |= {frozenset(pair): Kind.SPLIT for pair in product(off, rest)}
        else:
            a, b = data.draw(st.permutations(range(len(clusters))))[:2]
            both = clusters[a] | clusters[b]
            made.append(record(number, Kind.MERGE, {face: int(face in clusters[b]) for face in both}))
            clusters = [cluster for cluster in clusters if not cluster <= both] + [both]
            last |= {frozenset(pair): Kind.MERGE for pair in combinations(both, 2)}
    taken = Corrections(made)
    for pair, word in last.items():
        x, y = sorted(pair)
        assert taken.apart(x, y) == taken.apart(y, x) == (word is Kind.SPLIT)
        assert (y in taken.together(x)) == (word is Kind.MERGE)


def test_faces_that_belong_together_are_apart_from_the_same_others() -> None:
    a, b, c, d = FACES[:4]
    made = [record(1, Kind.SPLIT, {a: 1, b: 0}), record(2, Kind.MERGE, {a: 0, c: 1})]
    taken = Corrections(made)
    assert taken.apart(c, b)
    assert not taken.apart(a, c)
    assert not taken.apart(d, b)
    assert taken.faces == {a, b, c}


def test_a_split_leaves_those_together_that_it_does_not_name() -> None:
    a, b, gone = FACES[:3]
    made = [record(1, Kind.MERGE, {a: 0, b: 0, gone: 1}), record(2, Kind.SPLIT, {a: 1, b: 0})]
    taken = Corrections(made)
    assert taken.together(gone) == {b, gone}
    assert taken.apart(a, gone)


def test_nothing_is_said_without_corrections() -> None:
    none = Corrections()
    assert none.together(FACES[0]) == {FACES[0]}
    assert not none.apart(FACES[0], FACES[1])
    assert none.faces == frozenset()
