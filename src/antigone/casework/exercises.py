"""Exercises: a newcomer decides about candidates of made-up cases, and learns how often they err.

Everything happens in an organisation of its own, with collections of its own: no other one sees them, and no
statistics count them. A learner acts there as somebody without a password, whom only exercises let act. What
is right is known: every photo declares whom it shows.
"""

from __future__ import annotations

import csv
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

import cv2

from antigone.access import Permission, Principal, Role
from antigone.access.directory import pack_roles, principal_of
from antigone.access.visible import Visible
from antigone.audit import AuditLog
from antigone.audit.events import CollectionAdded
from antigone.audit.office_events import ExerciseBegun, OrganisationAdded
from antigone.casework import made_faces
from antigone.casework.cases import CaseBook
from antigone.casework.decisions import Decisions, Verdict
from antigone.casework.exercise_sheet import Shown, exercise_sheet
from antigone.casework.newcomers import WatchParts
from antigone.casework.originals import Originals
from antigone.casework.searching import Searching, Showing
from antigone.errors import ConflictError, NotFoundError, StorageFullError, WorkspaceError
from antigone.evaluate.metrics import wilson
from antigone.faces import FaceAnalyser
from antigone.identify import SearchRequest
from antigone.ingest.run import run_import
from antigone.records import Records
from antigone.records.cases import CandidateRecord, CaseRecord, DecisionRecord
from antigone.records.exercises import ExerciseCaseRecord, ExerciseRecord
from antigone.records.people import PersonRecord
from antigone.records.sqlite import is_storage_full
from antigone.settings import Settings
from antigone.types import Uint8Array

FOLDER = "exercises"
NAME = "Exercises"  # of the organisation
MADE_UP = 8  # people besides those of the portraits
ABSENT = ("nobody-2", "nobody-4")  # of whom the collection holds a lookalike only
SUBJECTS = ("hopper", "nobody-1", "nobody-2", "collins", "nobody-3", "nobody-4")  # a case each
TOP, SEEDS = 4, 1
_NEVER = date(2999, 12, 31)


class ExerciseParts(WatchParts, Protocol):
    """The parts that an exercise is made with."""

    @property
    def analyser(self) -> FaceAnalyser:
        """The models."""

    @property
    def audit(self) -> AuditLog:
        """The log."""

    @property
    def settings(self) -> Settings:
        """Limits and choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseCandidate:
    """A candidate of an exercise, and what the learner decided about it."""

    record: CandidateRecord
    mated: bool  # it shows whom the probe shows
    planted: bool  # it was put in to be taken for them: a lookalike or a seed
    decision: DecisionRecord | None

    @property
    def right(self) -> bool | None:
        """Whether the decision is right; None where there is none, or it commits to nothing."""
        if self.decision is None or self.decision.verdict == Verdict.INCONCLUSIVE:
            return None
        return (self.decision.verdict == Verdict.POTENTIAL_MATCH) == self.mated


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseCase:
    """A case of an exercise."""

    case: CaseRecord
    probe: str  # sha256
    candidates: tuple[ExerciseCandidate, ...]  # in the order in which they are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise of one learner."""

    record: ExerciseRecord
    cases: tuple[ExerciseCase, ...]

    @property
    def candidates(self) -> tuple[ExerciseCandidate, ...]:
        """Every candidate of it."""
        return tuple(one for case in self.cases for one in case.candidates)


class Exercises:
    """The exercises of one workspace."""

    def __init__(
        self,
        records: Records,
        audit: AuditLog,
        *,
        book: CaseBook,
        searching: Searching,
        visible: Visible,
        originals: Originals,
    ) -> None:
        self._records = records
        self._audit = audit
        self._book = book
        self._searching = searching
        self._visible = visible
        self._originals = originals
        self._decisions = Decisions(records.cases, audit)  # news of exercises go to nobody

    def begin(self, parts: ExerciseParts, *, by: Principal, seed: int | None = None) -> Exercise:
        """Make an exercise for whoever asks: its photos, its collection and its cases with their searches.

        Raises `ForbiddenError`, `ConflictError` for somebody who is in the training organisation itself,
        `UsageError` where the portraits are not installed, and `StorageFullError`.
        """
        by.require(Permission.CASE_READ)
        if self._is_training(by.organisation):
            raise ConflictError("exercises are begun from one's own organisation")
        seed = secrets.randbelow(2**31) if seed is None else seed
        originals = made_faces.portraits()
        learner = self._learner(by)
        collection = self._collection(learner, parts)
        known = {one.subject: one for one in made_faces.people(seed, MADE_UP)}
        photos = [one for one in known.values() if one.subject not in ABSENT]
        photos += [made_faces.lookalike(known[subject], seed + n) for n, subject in enumerate(SUBJECTS)]
        folder = parts.settings.home / FOLDER / collection
        pictures = [
            (person.subject, made_faces.photo_of(made_faces.face_of(person, originals), seed + n))
            for n, person in enumerate(photos, 1)
        ]
        self._import(folder, pictures, collection, parts)
        cases = [
            self._case(
                number,
                made_faces.face_of(known[subject], originals),
                subject,
                seed,
                learner,
                collection,
                parts,
            )
            for number, subject in enumerate(SUBJECTS, 1)
        ]
        record = self._records.exercises.add(
            {
                "organisation_id": learner.organisation,
                "person_id": by.person,
                "learner_id": learner.person,
                "collection": collection,
                "seed": seed,
                "begun_at": datetime.now(UTC),
            },
            cases,
        )
        made = self._exercise(record)
        numbers = [one.case.number for one in made.cases]
        self._audit.append(ExerciseBegun(by=by.person, exercise=record.id, cases=numbers).event())
        return made

    def exercises(self, *, by: Principal) -> tuple[ExerciseRecord, ...]:
        """Return one's own exercises, oldest first."""
        by.require(Permission.CASE_READ)
        return self._records.exercises.of_person(by.person)

    def exercise(self, number: int | None = None, *, by: Principal) -> Exercise:
        """Return one of one's own exercises, without a number the latest. Raises `NotFoundError`."""
        own = [one for one in self.exercises(by=by) if number in (None, one.id)]
        if not own:
            raise NotFoundError(
                "there is no such exercise of yours", hint="antigone exercise begin makes one"
            )
        return self._exercise(own[-1])

    def decide(
        self, candidate: int, verdict: Verdict, *, by: Principal, number: int | None = None, note: str = ""
    ) -> ExerciseCandidate:
        """Decide about a candidate of one's own exercise, once. Raises as `Decisions.decide`."""
        found = self.exercise(number, by=by)
        self._own(found, candidate)
        self._decisions.decide(candidate, verdict, note=note, by=self._as_learner(found.record))
        return self._own(self.exercise(found.record.id, by=by), candidate)

    def sheet(self, case: str, *, by: Principal, number: int | None = None) -> bytes:
        """Return the PNG sheet of a case of one's own exercise: its probe beside its candidates."""
        found = self.exercise(number, by=by)
        for one in found.cases:
            if one.case.number == case:
                break
        else:
            raise NotFoundError(f"case {case} is none of this exercise")
        references = self._records.references([shown.record.reference for shown in one.candidates])
        shown = [
            Shown(
                caption=f"candidate {each.record.id}",
                photo=_read(references[each.record.reference].place.stored_at),
            )
            for each in one.candidates
        ]
        return exercise_sheet(one.case.number, self._originals.read(one.case, one.probe), shown)

    # Making

    def _is_training(self, organisation: int) -> bool:
        return any(one.id == organisation and one.exercise for one in self._records.people.organisations())

    def _learner(self, by: Principal) -> Principal:
        """Return as whom somebody acts in the training organisation; both are made at first use."""
        people, now = self._records.people, datetime.now(UTC)
        training = next((one for one in people.organisations() if one.exercise), None)
        if training is None:
            training = people.add_organisation(NAME, at=now, exercise=True)
            self._audit.append(OrganisationAdded(by=by.person, organisation=training.id).event())
        name = f"exercise:{by.person}"
        learner = people.person_named(name)
        if learner is None:
            learner = people.add_person(
                organisation_id=training.id,
                name=name,
                shown_as=by.shown_as,
                roles=pack_roles([Role.EXAMINER]),
                created_at=now,
                approved_at=now,
            )
        return principal_of(learner)

    def _collection(self, learner: Principal, parts: ExerciseParts) -> str:
        taken = {one.name for one in self._records.collections()}
        number = 1
        while (name := f"exercise-{learner.person}-{number}") in taken:
            number += 1
        info = self._records.add_collection(
            name=name,
            owner=NAME,
            source="Public-domain portraits, and faces made from them that show nobody",
            purpose="Exercise: no real search",
            basis="Public domain",
            jurisdiction="-",
            retain_until=_NEVER,
        )
        self._visible.take(info, by=learner)
        until = info.retain_until.isoformat()
        parts.audit.append(CollectionAdded(collection=name, number=info.id, retain_until=until).event())
        return name

    def _import(
        self, folder: Path, pictures: Sequence[tuple[str, Uint8Array]], collection: str, parts: ExerciseParts
    ) -> None:
        manifest = folder / "photos.csv"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with manifest.open("w", newline="", encoding="utf-8") as file:
                rows = csv.writer(file)
                rows.writerow(("photo", "subject_id", "title"))
                for number, (subject, picture) in enumerate(pictures, 1):
                    name = f"photo-{number:02d}.jpg"
                    (folder / name).write_bytes(_jpeg(picture))
                    rows.writerow((name, subject, made_faces.MARK))
        except OSError as error:
            if is_storage_full(error):
                raise StorageFullError("no room left for the photos of an exercise") from error
            raise WorkspaceError(f"an exercise cannot be written: {error.strerror}") from error
        info = self._records.collection(collection)
        run_import(
            [manifest],
            collection=info,
            records=self._records,
            index=parts.catalogue.index(info, parts.analyser.model, parts.analyser.dimension),
            analyser=parts.analyser,
            audit=parts.audit,
            settings=parts.settings,
        )

    def _case(
        self,
        number: int,
        picture: Uint8Array,
        subject: str,
        seed: int,
        learner: Principal,
        collection: str,
        parts: ExerciseParts,
    ) -> dict[str, object]:
        case = self._book.open(
            f"Who is on this photo? {number} of {len(SUBJECTS)}",
            purpose="missing-person",
            basis="exercise",
            by=learner,
        )
        probe = _jpeg(made_faces.photo_of(picture, seed + 1_000 + number))
        request = SearchRequest(photos=[probe], collections=(collection,), top=TOP)
        showing = Showing(hidden=True, seeds=SEEDS)
        made = self._searching.search(case, request, parts, by=learner, showing=showing)
        return {"case_id": case.id, "search_id": made.search.id, "subject": subject}

    # Reading

    def _exercise(self, record: ExerciseRecord) -> Exercise:
        cases = tuple(self._read(one) for one in self._records.exercises.cases(record.id))
        return Exercise(record=record, cases=cases)

    def _read(self, one: ExerciseCaseRecord) -> ExerciseCase:
        case, search = self._records.cases.case(one.case_id), self._records.cases.search(one.search_id)
        assert case is not None
        assert search is not None
        candidates = sorted(self._records.cases.candidates(search.id), key=lambda shown: shown.shown_as)
        subjects = self._records.cases.subjects([shown.reference for shown in candidates])
        made = {each.candidate_id: each for each in self._records.cases.decisions_of_search(search.id)}
        (probe, *_) = (each.sha256 for each in self._records.cases.probes(case.id))
        return ExerciseCase(
            case=case,
            probe=probe,
            candidates=tuple(
                ExerciseCandidate(
                    record=shown,
                    mated=one.subject in subjects.get(shown.reference, ()),
                    planted=shown.seeded or f"like-{one.subject}" in subjects.get(shown.reference, ()),
                    decision=made.get(shown.id),
                )
                for shown in candidates
            ),
        )

    def _own(self, exercise: Exercise, candidate: int) -> ExerciseCandidate:
        for one in exercise.candidates:
            if one.record.id == candidate:
                return one
        raise NotFoundError(f"candidate {candidate} is none of this exercise")

    def _as_learner(self, record: ExerciseRecord) -> Principal:
        learner: PersonRecord = self._records.people.person(record.learner_id)
        return principal_of(learner)


def exercise_document(exercise: Exercise) -> dict[str, object]:
    """Return an exercise for JSON. What is right is said of candidates that are decided about."""
    return {
        "exercise": True,
        "number": exercise.record.id,
        "begun_at": exercise.record.begun_at.isoformat(),
        "cases": [
            {
                "case": one.case.number,
                "title": one.case.title,
                "exercise": one.case.exercise,
                "probe": one.probe,
                "candidates": [candidate_document(shown) for shown in one.candidates],
            }
            for one in exercise.cases
        ],
    }


def candidate_document(one: ExerciseCandidate) -> dict[str, object]:
    """Return a candidate of an exercise for JSON."""
    document: dict[str, object] = {
        "candidate": one.record.id,
        "place": one.record.shown_as,
        "photo": one.record.photo,
        "verdict": None if one.decision is None else one.decision.verdict,
    }
    if one.decision is None:
        return document
    truth = "the same person" if one.mated else "another person"
    return {**document, "shows": truth, "planted": one.planted, "right": one.right}


def score_document(exercise: Exercise) -> dict[str, object]:
    """Return how a learner did, over the candidates that they decided about."""
    decided = [one for one in exercise.candidates if one.decision is not None]
    committed = [one for one in decided if one.right is not None]
    wrong = [one for one in committed if not one.right]
    planted = [one for one in decided if one.planted]
    errors = wilson(len(wrong), len(committed)) if committed else None
    return {
        "exercise": True,
        "number": exercise.record.id,
        "candidates": len(exercise.candidates),
        "decided": len(decided),
        "right": len(committed) - len(wrong),
        "inconclusive": len(decided) - len(committed),
        "missed": sum(one.mated for one in wrong),
        "wrong_matches": sum(not one.mated for one in wrong),
        "planted": {"decided": len(planted), "taken_for_a_match": sum(one in wrong for one in planted)},
        "error_rate": None if errors is None else round(errors.value, 4),
        "interval_95": None if errors is None else [round(errors.low, 4), round(errors.high, 4)],
        "mistakes": [candidate_document(one) for one in wrong],
    }


def _jpeg(picture: Uint8Array) -> bytes:
    done, encoded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    assert done
    return encoded.tobytes()


def _read(location: str) -> bytes:
    try:
        return Path(location).read_bytes()
    except OSError as error:
        raise NotFoundError("a photo of this exercise is not there any more") from error
