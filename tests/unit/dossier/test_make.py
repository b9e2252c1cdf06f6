"""Dossiers: the person's photos and nobody else's, with sources behind every statement."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

import pictures
from antigone.audit import AuditEvent
from antigone.dossier import Dossier, DossierRequest, make_dossier
from antigone.dossier.documents import dossier_document
from antigone.dossier.gather import Why
from antigone.errors import (
    AmbiguousFaceError,
    EmptyGalleryError,
    NotFoundError,
    StorageFullError,
    UsageError,
)
from antigone.persons import Model, run, split
from antigone.provenance import Appearance, Provenance
from crowd import Crowd, Shot, face, lookalike, photos_of, shot, template
from invented import InventedAnalyser

BORIS = Appearance(
    page_url="https://example.org/boris",
    page_title="Boris's page",
    caption="At the lake",
    author="Boris",
    author_url="https://example.org/@boris",
    language="en",
)


def made_of(crowd: Crowd, one: Shot, **how: object) -> Dossier:
    return make_dossier(DossierRequest(photo=one.sha256, **how), crowd)  # type: ignore[arg-type]


def shas(dossier: Dossier) -> set[str]:
    return {photo.photo for photo in dossier.photos}


def test_all_photos_of_the_person_and_of_nobody_else(crowd: Crowd) -> None:
    mine = photos_of(0, 6)
    crowd.collection("archive", [*mine, *photos_of(1, 4, begin=20), *photos_of(2, 4, begin=40)])
    dossier = made_of(crowd, mine[2])
    assert shas(dossier) == {one.sha256 for one in mine}
    scores = [photo.score or 0 for photo in dossier.photos]
    assert scores == sorted(scores, reverse=True)
    (first,) = [photo for photo in dossier.photos if photo.photo == mine[2].sha256]
    assert first.to_first == pytest.approx(1, abs=1e-3)
    assert all(photo.confirmed_by == 5 for photo in dossier.photos)
    assert (dossier.searched.references, dossier.searched.exact, dossier.searched.cut_off) == (
        14,
        True,
        False,
    )


def test_a_sibling_with_more_photos_does_not_take_over(crowd: Crowd) -> None:
    """Going on from the most alike to the next most alike would end with the sibling."""
    mine = photos_of(0, 6)
    sibling = photos_of(lookalike(1, like=0, score=0.40), 60, begin=50, name="sibling")
    crowd.collection("archive", [*mine, *sibling])
    for begin in (mine[0], mine[5]):
        dossier = made_of(crowd, begin)
        assert shas(dossier) == {one.sha256 for one in mine}
        assert dossier.left_out[0].record.photo in {one.sha256 for one in sibling}
        assert dossier.left_out[0].why == Why.LESS_ALIKE
        assert 0.3 < dossier.left_out[0].score < dossier.left_out[0].needed


def test_hundreds_of_photos_are_found_from_one(crowd: Crowd) -> None:
    mine = photos_of(0, 450)
    crowd.collection("archive", [*mine, *photos_of(1, 5, begin=900)])
    assert shas(made_of(crowd, mine[0])) == {one.sha256 for one in mine}


def test_nothing_outside_the_permitted_collections_is_seen(crowd: Crowd) -> None:
    mine = photos_of(0, 2)
    other = shot(
        "elsewhere", face(template(0, 9)), face(template(1, 10)), said=Provenance(appearances=(BORIS,))
    )
    crowd.collection("permitted", mine)
    crowd.collection("elsewhere", [other])
    dossier = made_of(crowd, mine[0], collections=["permitted"])
    text = json.dumps(dossier_document(dossier))
    assert "elsewhere" not in text
    assert "Boris" not in text
    assert (len(dossier.photos), dossier.companions, dossier.searched.references) == (2, (), 2)
    assert len(made_of(crowd, mine[0]).photos) == 3
    with pytest.raises(NotFoundError):
        made_of(crowd, other, collections=["permitted"])


def test_a_photo_that_two_collections_hold_is_one_photo(crowd: Crowd) -> None:
    mine = photos_of(0, 3)
    crowd.collection("one", mine[:2])
    crowd.collection("two", mine[1:])
    dossier = made_of(crowd, mine[1])
    assert len(dossier.photos) == 3
    (both,) = [photo for photo in dossier.photos if len(photo.collections) == 2]
    assert both.photo == mine[1].sha256
    assert set(both.collections) == {"one", "two"}
    assert len(both.sources) == 2
    assert len(dossier.first.references) == 2


def test_what_people_split_stays_out(crowd: Crowd) -> None:
    mine = photos_of(0, 6)
    info = crowd.collection("archive", mine)
    run(info, crowd.model, crowd, by="a tester")
    (cluster,) = set(crowd.clusters(info).values())
    off = [crowd.references(info)[one.key()] for one in mine[:2]]
    split(cluster, off, reason="a brother", by="a tester", parts=crowd)
    assert shas(made_of(crowd, mine[5])) == {one.sha256 for one in mine[2:]}
    assert [one.why for one in made_of(crowd, mine[5]).left_out] == [Why.DECIDED]
    assert shas(made_of(crowd, mine[0])) == {one.sha256 for one in mine[:2]}


def test_pages_accounts_labels_and_dates_carry_their_sources(crowd: Crowd) -> None:
    kyiv = timezone(timedelta(hours=2))
    mine = [
        shot(
            "posted",
            face(template(0, 0)),
            said=Provenance(
                source_url="https://example.org/a.jpg",
                collected_at=datetime(2021, 5, 1, tzinfo=UTC),
                subject_id="B. Borysenko",
                appearances=(BORIS,),
            ),
        ),
        shot(
            "declared",
            face(template(0, 1)),
            said=Provenance(captured_at=datetime(2020, 1, 1, 1, tzinfo=kyiv), appearances=(BORIS,)),
            taken_at=datetime(2020, 1, 1, 0, 30),
        ),
        shot("undated", face(template(0, 2))),
    ]
    crowd.collection("archive", mine)
    dossier = made_of(crowd, mine[0])
    (page,) = dossier.pages
    assert (page.title, page.captions, len(page.photos)) == ("Boris's page", ("At the lake",), 2)
    (account,) = dossier.accounts
    assert (account.author, account.url, account.pages) == ("Boris", "https://example.org/@boris", ("P1",))
    (label,) = dossier.labels
    assert (label.text, label.photos) == ("B. Borysenko", (mine[0].sha256,))
    assert [(moment.by, moment.photo) for moment in dossier.timeline] == [
        ("source", mine[1].sha256),  # 23:00 UTC of the day before
        ("camera", mine[1].sha256),
        ("archive", mine[0].sha256),
    ]
    known = {source.name: source for source in dossier.sources}
    named = [
        *(page.sources for page in dossier.pages),
        *(account.sources for account in dossier.accounts),
        *(moment.sources for moment in dossier.timeline),
        *(photo.sources for photo in dossier.photos),
    ]
    assert all(sources and known.keys() >= set(sources) for sources in named)
    assert known[label.sources[0]].source_url == "https://example.org/a.jpg"
    assert known[label.sources[0]].collector == "a collector"


def test_who_is_on_the_same_photos_and_how_often(crowd: Crowd) -> None:
    with_friend = [shot(f"both-{i}", face(template(0, i)), face(template(1, 10 + i))) for i in range(3)]
    with_all = shot("all", face(template(0, 4)), face(template(1, 14)), face(template(2, 24)))
    crowd_scene = shot("scene", face(template(0, 5)), face(template(3, 30), quality=10))
    friend_alone = photos_of(1, 2, begin=50)
    crowd.collection("archive", [*with_friend, with_all, crowd_scene, *friend_alone])
    dossier = made_of(crowd, with_friend[0], face=1)
    friend, third, passer_by = dossier.companions
    assert (len(friend.photos), friend.shots, len(friend.faces)) == (4, 4, 4)
    assert set(friend.photos) == {one.sha256 for one in (*with_friend, with_all)}
    assert friend.score is not None
    assert (len(third.photos), third.score, third.poor) == (1, None, False)
    assert passer_by.poor
    (pair,) = dossier.together
    assert {pair.a, pair.b} == {friend.name, third.name}
    assert pair.photos == (with_all.sha256,)
    assert friend_alone[0].sha256 not in json.dumps(dossier_document(dossier))


def test_several_faces_leave_it_open_who_is_meant(crowd: Crowd) -> None:
    pair = shot("pair", face(template(0, 0)), face(template(1, 1)))
    crowd.collection("archive", [pair])
    with pytest.raises(AmbiguousFaceError, match="holds 2 faces") as caught:
        made_of(crowd, pair)
    assert "--face" in caught.value.hint
    assert made_of(crowd, pair, face=2).first.face == 2
    with pytest.raises(UsageError, match="face 3"):
        made_of(crowd, pair, face=3)


def test_a_photo_from_outside_is_analysed_and_not_listed(crowd: Crowd, tmp_path: Path) -> None:
    mine = photos_of(0, 3)
    crowd.collection("archive", mine)
    given = tmp_path / "given.png"
    given.write_bytes(pictures.encode(np.full((40, 40, 3), 90, np.uint8), "PNG"))
    analyser = InventedAnalyser()
    analyser.faces[given.read_bytes()] = (face(template(0, 77)),)
    crowd.analyser = analyser
    dossier = make_dossier(DossierRequest(photo=given), crowd)
    assert shas(dossier) == {one.sha256 for one in mine}
    assert (dossier.first.references, dossier.first.source) == ((), str(given))


def test_nobody_found_is_an_empty_dossier(crowd: Crowd, tmp_path: Path) -> None:
    crowd.collection("archive", photos_of(1, 3))
    given = tmp_path / "given.png"
    given.write_bytes(pictures.encode(np.full((40, 40, 3), 90, np.uint8), "PNG"))
    analyser = InventedAnalyser()
    analyser.faces[given.read_bytes()] = (face(template(0, 77)),)
    crowd.analyser = analyser
    dossier = make_dossier(DossierRequest(photo=given), crowd)
    assert (dossier.photos, dossier.companions, dossier.sources) == ((), (), ())
    assert dossier.audit > 0


def test_nothing_leaves_without_its_audit_entry(crowd: Crowd) -> None:
    mine = photos_of(0, 2)
    crowd.collection("archive", mine)
    dossier = made_of(crowd, mine[0], case="C-000007", person=None)
    entry = crowd.audit.entry(dossier.audit)
    assert (entry.kind, entry.body["case"], entry.body["photo"]) == ("dossier", "C-000007", mine[0].sha256)
    assert entry.body["photos"] == 2

    class Full:
        def append(self, event: AuditEvent) -> int:
            raise StorageFullError("the disk is full")

    class Parts:
        records, catalogue, model = crowd.records, crowd.catalogue, crowd.model
        settings, analyser, audit = crowd.settings, crowd.analyser, Full()

    with pytest.raises(StorageFullError):
        make_dossier(DossierRequest(photo=mine[0].sha256), Parts())


def test_what_is_not_there_is_said(crowd: Crowd, tmp_path: Path) -> None:
    with pytest.raises(EmptyGalleryError):
        make_dossier(DossierRequest(photo="a" * 64), crowd)
    crowd.collection("archive", photos_of(0, 2))
    with pytest.raises(NotFoundError):
        make_dossier(DossierRequest(photo="a" * 64), crowd)
    with pytest.raises(NotFoundError):
        make_dossier(DossierRequest(photo=tmp_path / "nowhere.jpg"), crowd)
    crowd.model = Model(id="other-1", dimension=128)
    with pytest.raises(EmptyGalleryError, match="other-1"):
        make_dossier(DossierRequest(photo="a" * 64), crowd)
