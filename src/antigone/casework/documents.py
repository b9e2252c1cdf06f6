"""The JSON documents of cases, the same for the command line and the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from antigone.casework.conclusions import Standing
from antigone.casework.decisions import settled
from antigone.casework.file import CaseFile, SearchFile
from antigone.casework.searching import CaseComparison
from antigone.records.cases import (
    AuthorisationRecord,
    CandidateRecord,
    CaseRecord,
    CaseSearchRecord,
    ConclusionRecord,
    DecisionRecord,
    NoteRecord,
    ProbeRecord,
)

Document = dict[str, Any]


def case_document(case: CaseRecord) -> Document:
    """Return what a case is."""
    return {
        "case": case.number,
        "title": case.title,
        "purpose": case.purpose,
        "explanation": case.explanation,
        "basis": case.basis,
        "exercise": case.exercise,
        "opened_by": case.opened_by,
        "opened_at": case.opened_at.isoformat(),
        "closed_at": None if case.closed_at is None else case.closed_at.isoformat(),
    }


def authorisation_document(given: AuthorisationRecord) -> Document:
    """Return an authorisation."""
    return {
        "authorisation": given.id,
        "authority": given.authority,
        "reference": given.reference,
        "expires_at": None if given.expires_at is None else given.expires_at.isoformat(),
        "recorded_by": given.recorded_by,
        "recorded_at": given.recorded_at.isoformat(),
    }


def probe_document(probe: ProbeRecord) -> Document:
    """Return a probe photo of a case."""
    return {
        "photo": probe.sha256,
        "bytes": probe.byte_size,
        "source": probe.source,
        "added_by": probe.added_by,
        "added_at": probe.added_at.isoformat(),
    }


def search_document(search: CaseSearchRecord) -> Document:
    """Return one search of a case."""
    return {
        "search": search.id,
        "kind": search.kind,
        "by": search.person_id,
        "at": search.at.isoformat(),
        "model": search.model,
        "exact": search.exact,
        "collections": json.loads(search.collections),
        "probes": json.loads(search.probes),
        "hidden": search.hidden,
        "audit": search.audit,
        "faces": json.loads(search.faces),
        "extent": json.loads(search.extent),
    }


def comparison_document(made: CaseComparison) -> Document:
    """Return a comparison of two photos."""
    return {
        "case": made.case.number,
        **search_document(made.search),
        "score": round(made.found.score, 6),
        "strength": made.found.strength.document(),
        "faces": [
            {
                "photo": photo.sha256,
                "faces": photo.faces,
                "face": photo.number,
                "box": photo.face.box.numbers(),
                "quality": round(photo.face.quality.score, 1),
            }
            for photo in made.found.photos
        ],
        "notices": list(made.found.notices),
    }


def candidate_document(
    candidate: CandidateRecord, decisions: Sequence[DecisionRecord], *, hidden: bool
) -> Document:
    """Return a candidate with the decisions that may be seen; ``hidden`` leaves rank and score out.

    Otherwise what the list said of its score, its copies and its likely person stands there, too.
    Whether it was seeded is said with them, which is when everything about it is decided.
    """
    outcome = settled(tuple(decisions))
    document: Document = {
        "candidate": candidate.id,
        "place": candidate.shown_as,
        "collection": candidate.collection,
        "photo": candidate.photo,
        "face": candidate.face,
        "reference": candidate.reference,
        "decisions": [decision_document(decision) for decision in decisions],
        "outcome": None if outcome is None else outcome.value,
    }
    if hidden:
        return document
    shown = {"rank": candidate.rank, "score": round(candidate.score, 6)}
    return {**document, **shown, "seeded": candidate.seeded, **json.loads(candidate.returned)}


def decision_document(decision: DecisionRecord) -> Document:
    """Return one decision."""
    return {
        "stage": decision.stage,
        "verdict": decision.verdict,
        "by": decision.person_id,
        "features": json.loads(decision.features),
        "note": decision.note,
        "at": decision.decided_at.isoformat(),
    }


def conclusion_document(stated: ConclusionRecord) -> Document:
    """Return one statement of what a case comes to."""
    return {
        "statement": stated.id,
        "conclusion": stated.kind,
        "by": stated.person_id,
        "candidate": stated.candidate_id,
        "identifier": stated.identifier,
        "identifier_reference": stated.identifier_reference,
        "authority": stated.authority,
        "authority_reference": stated.authority_reference,
        "confirms": stated.confirms,
        "note": stated.note,
        "at": stated.stated_at.isoformat(),
    }


def standing_document(standing: Standing) -> Document:
    """Return how a case stands."""
    return {
        "in_force": None if standing.in_force is None else conclusion_document(standing.in_force),
        "proposed": [conclusion_document(stated) for stated in standing.proposed],
    }


def note_document(note: NoteRecord) -> Document:
    """Return a note or an exhibit."""
    return {
        "note": note.id,
        "kind": note.kind,
        "by": note.person_id,
        "text": note.text,
        "photo": note.sha256,
        "at": note.noted_at.isoformat(),
    }


def file_document(file: CaseFile) -> Document:
    """Return a case with all that it holds."""
    return {
        **case_document(file.case),
        "authorisations": [authorisation_document(given) for given in file.authorisations],
        "probes": [probe_document(probe) for probe in file.probes],
        "searches": [search_file_document(shown) for shown in file.searches],
        "notes": [note_document(note) for note in file.notes],
        "conclusion": standing_document(file.standing),
    }


def search_file_document(shown: SearchFile) -> Document:
    """Return one search with its candidates."""
    candidates = [
        candidate_document(one, decisions, hidden=shown.hides(one.id)) for one, decisions in shown.candidates
    ]
    return {**search_document(shown.search), "candidates": candidates, "notices": list(shown.notices)}
