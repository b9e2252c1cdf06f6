"""Learning: exercises on made-up cases, and the manual in the application."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response

from antigone.access import Permission, Principal
from antigone.casework import Verdict
from antigone.casework.exercises import Exercise, score_document
from antigone.errors import AntigoneError
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.pages.case_terms import VERDICTS
from antigone.web.pages.render import go, render

routes = Routes(include_in_schema=False)


@routes.allow("GET", "/learn", Permission.CASE_READ)
def learn(request: Request, who: Who, office: OfficeHere) -> Response:
    """List one's own exercises with their scores."""
    own = [office.exercises.exercise(one.id, by=who) for one in office.exercises.exercises(by=who)]
    shown = [(one.record, score_document(one)) for one in own]
    return render(request, "learn.html.j2", {"exercises": shown[::-1]}, who=who)


@routes.allow("POST", "/learn", Permission.CASE_READ, costly=True)
def begin(request: Request, who: Who, office: OfficeHere, workspace: WorkspaceHere) -> Response:
    """Make an exercise."""
    made = office.exercises.begin(workspace, by=who)
    return go(request, f"/learn/{made.record.id}")


@routes.allow("GET", "/learn/{exercise}", Permission.CASE_READ)
def show(exercise: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Show the case that is next, and how one did so far."""
    return _page(request, who, office.exercises.exercise(exercise, by=who))


@routes.allow("POST", "/learn/{exercise}/candidates/{candidate}", Permission.CASE_READ)
def decide(
    exercise: RowId,
    candidate: RowId,
    request: Request,
    who: Who,
    office: OfficeHere,
    verdict: Annotated[Verdict, Form()],
) -> Response:
    """Decide about a candidate; the page then says whether it was right."""
    try:
        office.exercises.decide(candidate, verdict, number=exercise, by=who)
    except AntigoneError as problem:
        return _page(request, who, office.exercises.exercise(exercise, by=who), problem=problem)
    return go(request, f"/learn/{exercise}#candidate-{candidate}")


@routes.allow("GET", "/manual", None)
def manual(request: Request, who: Who) -> Response:
    """Show the manual."""
    return render(request, "manual.html.j2", {}, who=who)


def _page(
    request: Request, who: Principal, exercise: Exercise, *, problem: AntigoneError | None = None
) -> Response:
    context = {
        "exercise": exercise,
        "score": score_document(exercise),
        "verdicts": VERDICTS,
        "problem": problem,
    }
    status = 200 if problem is None else problem.http_status
    return render(request, "exercise.html.j2", context, who=who, status=status)
