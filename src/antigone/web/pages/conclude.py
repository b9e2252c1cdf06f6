"""What a case comes to: proposed by one person, confirmed by another."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response

from antigone.access import Permission
from antigone.casework import Evidence, Kind
from antigone.errors import UsageError
from antigone.web.gate import OfficeHere, Routes, RowId, Who
from antigone.web.pages.case import Line, Text, attempt

routes = Routes(include_in_schema=False)
Candidate = Annotated[str, Form(pattern=r"^\d{0,18}$")]


@routes.allow("POST", "/cases/{number}/conclusions", Permission.CONCLUDE)
def propose(  # noqa: PLR0913 - one parameter a field of the form
    request: Request,
    number: str,
    who: Who,
    office: OfficeHere,
    *,
    conclusion: Line = "",
    candidate: Candidate = "",
    identifier: Line = "",
    identifier_reference: Line = "",
    authority: Line = "",
    authority_reference: Line = "",
    remark: Text = "",
) -> Response:
    """Propose a conclusion."""
    case = office.book.case(number, by=who)
    typed = {
        "conclusion": conclusion,
        "candidate": candidate,
        "identifier": identifier,
        "identifier_reference": identifier_reference,
        "by_authority": authority,
        "authority_reference": authority_reference,
        "remark": remark,
    }

    def act() -> object:
        if conclusion not in set(Kind):
            raise UsageError("no conclusion is chosen")
        identified = conclusion == Kind.IDENTIFIED
        # What stands in fields that the form hides for the chosen conclusion does not count.
        names_one = conclusion in (Kind.IDENTIFIED, Kind.INVESTIGATIVE_LEAD) and candidate
        evidence = Evidence(
            identifier=(identifier or None) if identified else None,
            identifier_reference=(identifier_reference.strip() or None) if identified else None,
            authority=(authority.strip() or None) if identified else None,
            authority_reference=(authority_reference.strip() or None) if identified else None,
        )
        return office.conclusions.propose(
            case,
            Kind(conclusion),
            candidate=int(candidate) if names_one else None,
            evidence=evidence,
            note=remark,
            by=who,
        )

    return attempt(request, case, who, office, "conclusion", typed, act)


@routes.allow("POST", "/cases/{number}/conclusions/{statement}/confirm", Permission.CONCLUDE)
def confirm(
    request: Request, number: str, statement: RowId, who: Who, office: OfficeHere, remark: Text = ""
) -> Response:
    """Confirm somebody else's conclusion."""
    case = office.book.case(number, by=who)
    return attempt(
        request,
        case,
        who,
        office,
        "conclusion",
        {},
        lambda: office.conclusions.confirm(case, statement, note=remark, by=who),
    )
