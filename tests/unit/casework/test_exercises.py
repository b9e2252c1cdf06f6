"""Exercises are made from a seed, marked everywhere, scored against what is known, and kept apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import antigone
from antigone.access import Principal
from antigone.casework import Verdict, made_faces
from antigone.casework.documents import case_document
from antigone.casework.exercises import Exercise, exercise_document, score_document
from antigone.errors import ConflictError, ForbiddenError, NotFoundError
from antigone.faces import FaceAnalyser
from antigone.faces.images import ImageLimits, decode
from antigone.settings import Settings


@pytest.fixture(scope="module")
def begun(
    tmp_path_factory: pytest.TempPathFactory, portraits: Mapping[str, Path]
) -> Iterator[tuple[antigone.Workspace, Exercise]]:
    assert portraits  # what exercises are made from
    with antigone.Workspace.init(tmp_path_factory.mktemp("exercise") / "home") as workspace:
        yield workspace, workspace.office.exercises.begin(workspace, by=workspace.office.principal, seed=5)


def test_the_pictures_follow_from_the_seed_and_show_a_face_each() -> None:
    originals = made_faces.portraits()
    people = made_faces.people(1, 3)
    assert [one.subject for one in people] == ["hopper", "collins", "nobody-1", "nobody-2", "nobody-3"]
    assert made_faces.people(1, 3) == people != made_faces.people(2, 3)
    analyser = FaceAnalyser()
    shown = [analyser.analyse(made_faces.photo_of(made_faces.face_of(one, originals), 7)) for one in people]
    assert [len(analysis.faces) for analysis in shown] == [1] * 5
    again = analyser.analyse(made_faces.photo_of(made_faces.face_of(people[2], originals), 8)).faces[0]
    like = made_faces.lookalike(people[2], 9)
    other = analyser.analyse(made_faces.photo_of(made_faces.face_of(like, originals), 8)).faces[0]
    mine = shown[2].faces[0].template
    assert float(mine @ again.template) > float(mine @ other.template)


def test_everything_is_marked_as_an_exercise(begun: tuple[antigone.Workspace, Exercise]) -> None:
    workspace, made = begun
    assert len(made.cases) == 6
    document = exercise_document(made)
    assert document["exercise"] is True
    for one in made.cases:
        assert one.case.title.startswith("[EXERCISE] ")
        assert case_document(one.case)["exercise"] is True
        probe = decode(
            workspace.office.originals.read(one.case, one.probe), ImageLimits.of(Settings())
        ).pixels
        band = probe[-40:]  # dark, with bright letters
        assert band.mean() < 60
        assert band.max() > 150
        assert workspace.office.exercises.sheet(one.case.number, by=workspace.office.principal).startswith(
            b"\x89PNG"
        )
    lookalikes = [shown for shown in made.candidates if shown.planted]
    assert len(lookalikes) >= len(made.cases)
    assert sum(shown.mated for shown in made.candidates) == 4  # two of six are not there
    assert not [1 for one in made.cases for shown in one.candidates if shown.mated and shown.planted]


def test_a_learner_is_scored_and_told_of_what_they_decided_alone(
    begun: tuple[antigone.Workspace, Exercise],
) -> None:
    workspace, made = begun
    exercises, who = workspace.office.exercises, workspace.office.principal
    before = score_document(made)
    assert (before["decided"], before["error_rate"]) == (0, None)
    assert "shows" not in str(exercise_document(made))
    mate = next(one for one in made.candidates if one.mated)
    fooled = next(one for one in made.candidates if one.planted)
    missed = [one for one in made.candidates if one.mated][1]
    open_ = next(one for one in made.candidates if not one.mated and not one.planted)
    given = {
        mate: Verdict.POTENTIAL_MATCH,
        fooled: Verdict.POTENTIAL_MATCH,
        missed: Verdict.NO_MATCH,
        open_: Verdict.INCONCLUSIVE,
    }
    right = [exercises.decide(one.record.id, verdict, by=who).right for one, verdict in given.items()]
    assert right == [True, False, False, None]
    score = score_document(exercises.exercise(by=who))
    assert (score["decided"], score["right"], score["inconclusive"]) == (4, 1, 1)
    assert (score["missed"], score["wrong_matches"]) == (1, 1)
    assert score["planted"] == {"decided": 1, "taken_for_a_match": 1}
    assert score["error_rate"] == round(2 / 3, 4)
    with pytest.raises(ForbiddenError):
        exercises.decide(mate.record.id, Verdict.NO_MATCH, by=who)
    with pytest.raises(NotFoundError):
        exercises.decide(10_000, Verdict.NO_MATCH, by=who)
    with pytest.raises(NotFoundError):
        exercises.exercise(99, by=who)


def test_exercises_never_mix_with_what_is_real(begun: tuple[antigone.Workspace, Exercise]) -> None:
    workspace, made = begun
    office, who = workspace.office, workspace.office.principal
    training = made.record.organisation_id
    assert training != who.organisation
    assert office.book.cases(by=who) == ()
    assert office.visible.collections(by=who) == ()
    with pytest.raises(NotFoundError):
        office.visible.collection(made.record.collection, by=who)
    learner: Principal = office.exercises._as_learner(made.record)
    assert [one.name for one in office.visible.collections(by=learner)] == [made.record.collection]
    with pytest.raises(ConflictError):
        office.exercises.begin(workspace, by=learner)
    keeper = dataclasses.replace(who, organisation=training)
    with pytest.raises(ConflictError, match="share nothing"):
        office.visible.share(made.record.collection, who.organisation, by=keeper)
    counted = office.counting.statistics(made.record.begun_at.date(), made.record.begun_at.date(), by=keeper)
    assert not sum(counted.searches.values())
