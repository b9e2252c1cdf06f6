"""Looking at clusters and correcting them by hand."""

from __future__ import annotations

import pytest

from antigone.access.roles import Permission
from antigone.errors import ForbiddenError, NotFoundError, UsageError
from antigone.persons import Persons, run
from antigone.types import CollectionInfo
from crowd import Crowd, Shot, face, photos_of, shot, template


def desk(crowd: Crowd, *, forbidden: frozenset[Permission] = frozenset(), hidden: str = "") -> Persons:
    def find(name: str, permission: Permission) -> CollectionInfo:
        if name == hidden:
            raise NotFoundError(f"there is no collection named {name}")
        if permission in forbidden:
            raise ForbiddenError("no")
        return crowd.records.collection(name)

    return Persons(crowd, crowd.model, by="an examiner", find=find)


@pytest.fixture
def people() -> list[list[Shot]]:
    loose = [shot("stranger", face(template(7, 70))), *photos_of(2, 2, begin=20)]
    return [photos_of(0, 4), photos_of(1, 3, begin=10), loose]


@pytest.fixture
def archive(crowd: Crowd, people: list[list[Shot]]) -> CollectionInfo:
    info = crowd.collection("archive", [one for person in people for one in person])
    run(info, crowd.model, crowd, by="a tester")
    return info


def cluster_of(crowd: Crowd, info: CollectionInfo, one: Shot) -> int:
    return crowd.clusters(info)[one.key()]


def test_the_weakest_link_comes_first(
    crowd: Crowd, archive: CollectionInfo, people: list[list[Shot]]
) -> None:
    persons = desk(crowd)
    wrong = [cluster_of(crowd, archive, people[2][0]), cluster_of(crowd, archive, people[0][0])]
    persons.merge(wrong, why="a mistake")
    found = persons.list("archive")
    weakest = [item.summary.weakest or 1.0 for item in found.clusters]
    assert weakest == sorted(weakest)
    assert found.clusters[0].summary.id == wrong[1]
    assert found.clusters[0].mixed is not None
    assert found.clusters[0].mixed.share > 0.1
    assert (found.totals.clusters, found.totals.several) == (3, 3)
    shown = persons.show(wrong[1])
    assert shown.faces[0].record.photo == people[2][0].sha256  # who does not belong there
    assert [face.link for face in shown.faces] == sorted(face.link or 0 for face in shown.faces)
    assert [one.reason for one in shown.corrections] == ["a mistake"]
    by_size = persons.list("archive", by_size=True, least_faces=1, most=1)
    assert [item.summary.faces for item in by_size.clusters] == [5]


def test_a_correction_says_who_and_why_and_what_it_overrules(
    crowd: Crowd, archive: CollectionInfo, people: list[list[Shot]]
) -> None:
    persons = desk(crowd)
    cluster = cluster_of(crowd, archive, people[0][0])
    off = crowd.references(archive)[people[0][0].key()]
    parted = persons.split(cluster, [off], why="  the\tbrother \n")
    assert (parted.faces, parted.clusters, parted.overrules) == (1, (cluster,), ())
    joined = persons.merge([parted.cluster, cluster], why="the same after all")
    assert joined.overrules == (parted.correction,)
    assert joined.cluster == cluster
    again = persons.split(cluster, [off], why="no")
    assert again.overrules == (joined.correction,)
    made = persons.corrections("archive")
    assert [(one.kind, one.made_by, one.reason) for one in made] == [
        ("split", "an examiner", "the brother"),
        ("merge", "an examiner", "the same after all"),
        ("split", "an examiner", "no"),
    ]
    kinds = [entry.kind for entry in crowd.audit.entries()]
    assert kinds.count("cluster-corrected") == 3
    assert all("brother" not in str(entry.body) for entry in crowd.audit.entries())


def test_a_merge_tells_of_photos_that_show_the_person_twice(crowd: Crowd) -> None:
    collage = shot("collage", face(template(0, 0)), face(template(1, 1)))
    info = crowd.collection("archive", [collage])
    run(info, crowd.model, crowd, by="a tester")
    report = desk(crowd).merge(sorted(set(crowd.clusters(info).values())), why="a collage")
    assert report.same_photos == (collage.sha256,)


def test_what_makes_no_sense_is_refused_and_changes_nothing(
    crowd: Crowd, archive: CollectionInfo, people: list[list[Shot]]
) -> None:
    persons, before = desk(crowd), crowd.clusters(archive)
    cluster = cluster_of(crowd, archive, people[0][0])
    members = crowd.records.clusters.members([cluster])[cluster]
    stranger = crowd.references(archive)[people[1][0].key()]
    with pytest.raises(UsageError, match="leaves some"):
        persons.split(cluster, members, why="all")
    with pytest.raises(UsageError, match="leaves some"):
        persons.split(cluster, [], why="none")
    with pytest.raises(NotFoundError, match="does not hold"):
        persons.split(cluster, [stranger], why="not there")
    with pytest.raises(UsageError, match="reason"):
        persons.split(cluster, members[:1], why="  ")
    with pytest.raises(UsageError, match="two clusters"):
        persons.merge([cluster, cluster], why="itself")
    with pytest.raises(NotFoundError, match="no cluster 999"):
        persons.merge([cluster, 999], why="nothing")
    other = crowd.collection("other", photos_of(5, 2, begin=500))
    run(other, crowd.model, crowd, by="a tester")
    elsewhere = cluster_of(crowd, other, photos_of(5, 1, begin=500)[0])
    with pytest.raises(UsageError, match="several collections"):
        persons.merge([cluster, elsewhere], why="elsewhere")
    assert crowd.clusters(archive) == before
    assert persons.corrections("archive") == ()


def test_a_collection_that_was_never_grouped_says_so(crowd: Crowd) -> None:
    crowd.collection("fresh", photos_of(0, 2))
    with pytest.raises(NotFoundError, match="not been grouped"):
        desk(crowd).list("fresh")


def test_nobody_sees_or_corrects_what_they_may_not(
    crowd: Crowd, archive: CollectionInfo, people: list[list[Shot]]
) -> None:
    cluster = cluster_of(crowd, archive, people[0][0])
    stranger = desk(crowd, hidden="archive")
    for act in (
        lambda: stranger.show(cluster),
        lambda: stranger.split(cluster, [1], why="no"),
        lambda: stranger.merge([cluster, cluster + 1], why="no"),
    ):
        with pytest.raises(NotFoundError) as caught:
            act()
        assert "archive" not in caught.value.message + caught.value.hint
    reader = desk(crowd, forbidden=frozenset({Permission.DECIDE, Permission.IMPORT}))
    assert reader.show(cluster).faces
    with pytest.raises(ForbiddenError):
        reader.split(cluster, [1], why="no")
    with pytest.raises(ForbiddenError):
        reader.group("archive")
