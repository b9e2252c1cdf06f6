"""Whether a case keeps looking by itself: begun and stopped by people."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response

from antigone.access import Permission
from antigone.errors import UsageError
from antigone.strength import Least
from antigone.web.gate import OfficeHere, Routes, Who, WorkspaceHere
from antigone.web.pages.case import attempt

routes = Routes(include_in_schema=False)
Number = Annotated[str, Form(max_length=20)]


@routes.allow("POST", "/cases/{number}/watch", Permission.SEARCH, costly=True)
def begin(
    request: Request,
    number: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    at_most: Number = "",
    least_score: Number = "",
) -> Response:
    """Let it keep looking."""
    case = office.book.case(number, by=who)
    typed = {"at_most": at_most, "least_score": least_score}

    def act() -> object:
        try:
            least = Least(at_most=_number(at_most), score=_number(least_score))
        except ValueError as error:
            raise UsageError(str(error), hint="such as 0.1 people, or a score of 0.5") from error
        return office.standing.begin(case, least, workspace, by=who)

    return attempt(request, case, who, office, "watch", typed, act)


@routes.allow("POST", "/cases/{number}/watch/stop", Permission.CASE_WORK)
def stop(request: Request, number: str, who: Who, office: OfficeHere) -> Response:
    """Let it look no more."""
    case = office.book.case(number, by=who)
    return attempt(request, case, who, office, "watch", {}, lambda: office.standing.stop(case, by=who))


def _number(text: str) -> float | None:
    """Return a number with a point or a comma; None for nothing. Raises `ValueError`."""
    plain = text.strip().replace(",", ".")
    return float(plain) if plain else None
