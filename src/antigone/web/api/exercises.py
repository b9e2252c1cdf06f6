"""Exercises: made-up cases on which a newcomer learns; everything in them is marked as such."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import BaseModel, Field

from antigone.access import Permission
from antigone.casework import Verdict
from antigone.casework.exercises import candidate_document, exercise_document, score_document
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.once import OnceRoute

routes = Routes(tags=["exercises"], route_class=OnceRoute)
Document = dict[str, Any]


class LearnersDecision(BaseModel):
    """What a learner holds of a candidate."""

    verdict: Verdict
    note: str = Field(default="", max_length=10_000)


@routes.allow("POST", "/exercises", Permission.CASE_READ, status_code=201, costly=True)
def begin(who: Who, office: OfficeHere, workspace: WorkspaceHere) -> Document:
    """Make an exercise of one's own."""
    return exercise_document(office.exercises.begin(workspace, by=who))


@routes.allow("GET", "/exercises", Permission.CASE_READ)
def exercises(who: Who, office: OfficeHere) -> Document:
    """List one's own exercises."""
    own = office.exercises.exercises(by=who)
    return {"exercises": [{"number": one.id, "begun_at": one.begun_at.isoformat()} for one in own]}


@routes.allow("GET", "/exercises/{exercise}", Permission.CASE_READ)
def show(exercise: RowId, who: Who, office: OfficeHere) -> Document:
    """Show one of one's own exercises."""
    return exercise_document(office.exercises.exercise(exercise, by=who))


@routes.allow(
    "GET",
    "/exercises/{exercise}/cases/{number}/sheet",
    Permission.CASE_READ,
    costly=True,
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "probe and candidates, marked"}},
)
def sheet(exercise: RowId, number: str, who: Who, office: OfficeHere) -> Response:
    """Show the probe of a case beside its candidates."""
    content = office.exercises.sheet(number, number=exercise, by=who)
    return Response(content, media_type="image/png")


@routes.allow(
    "POST", "/exercises/{exercise}/candidates/{candidate}/decisions", Permission.CASE_READ, status_code=201
)
def decide(
    exercise: RowId, candidate: RowId, body: LearnersDecision, who: Who, office: OfficeHere
) -> Document:
    """Decide about a candidate, and learn at once whether it was right."""
    decided = office.exercises.decide(candidate, body.verdict, note=body.note, number=exercise, by=who)
    return {"exercise": True, **candidate_document(decided)}


@routes.allow("GET", "/exercises/{exercise}/score", Permission.CASE_READ)
def score(exercise: RowId, who: Who, office: OfficeHere) -> Document:
    """Say how often one was right, and which wrong matches one took."""
    return score_document(office.exercises.exercise(exercise, by=who))
