"""The dead: their particulars, and to whom those were given. Nothing is sent from here to anybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.datastructures import FormData

from antigone.access import Permission
from antigone.casework.onward import Authority, AuthorityKind, EntryKind
from antigone.casework.particulars import FIELDS, read_value
from antigone.errors import UsageError
from antigone.web.gate import OfficeHere, Routes, RowId, Who
from antigone.web.pages.case import Line, attempt
from antigone.web.pages.days import day_of

routes = Routes(include_in_schema=False)
_LONGEST = 10_000


async def _said(request: Request) -> dict[str, str]:
    """Return every field that was filled in; a choice of several comes as several."""
    form: FormData = await request.form()
    found: dict[str, str] = {}
    for name in FIELDS:
        values = [value.strip() for value in form.getlist(f"field-{name}") if isinstance(value, str)]
        text = ", ".join(value for value in values if value)
        if text:
            found[name] = text[:_LONGEST]
    return found


Said = Annotated[dict[str, str], Depends(_said)]


@routes.allow("POST", "/cases/{number}/particulars", Permission.CASE_WORK)
def record(
    request: Request, number: str, who: Who, office: OfficeHere, said: Said, source: Line = ""
) -> Response:
    """Record what was typed where it differs from what stands."""
    case = office.book.case(number, by=who)
    typed = {"source": source, **{f"field-{name}": text for name, text in said.items()}}

    def act() -> object:
        stands = {
            one.name: one.latest.value for one in office.particulars.standing(case, by=who) if one.latest
        }
        new = {name: text for name, text in said.items() if read_value(name, text) != stands.get(name)}
        return office.particulars.record(case, new, source=source, by=who)

    return attempt(request, case, who, office, "particulars", typed, act)


@routes.allow("POST", "/cases/{number}/particulars/{field}/withdraw", Permission.CASE_WORK)
def withdraw(
    request: Request, number: str, field: str, who: Who, office: OfficeHere, reason: Line = ""
) -> Response:
    """Say that what stands in a field does not hold."""
    case = office.book.case(number, by=who)
    return attempt(
        request,
        case,
        who,
        office,
        "particulars",
        {},
        lambda: office.particulars.withdraw(case, field, reason=reason, by=who),
    )


@routes.allow("POST", "/cases/{number}/onward", Permission.CASE_WORK)
def hand_on(  # noqa: PLR0913 - one parameter a field of the form
    request: Request,
    number: str,
    who: Who,
    office: OfficeHere,
    *,
    entry: Line = "",
    authority_kind: Line = "",
    name: Line = "",
    file_reference: Line = "",
    day: Line = "",
    document: Line = "",
    by_whom: Line = "",
    known_by: Line = "",
) -> Response:
    """Record that a document was given, or that an authority informed the family."""
    case = office.book.case(number, by=who)
    typed = {
        "entry": entry,
        "authority_kind": authority_kind,
        "name": name,
        "file_reference": file_reference,
        "day": day,
        "document": document,
        "by_whom": by_whom,
        "known_by": known_by,
    }

    def act() -> object:
        if entry not in (EntryKind.GIVEN, EntryKind.FAMILY_INFORMED):
            raise UsageError("say what is recorded: that a document was given, or the family informed")
        if authority_kind not in set(AuthorityKind):
            raise UsageError("say which kind of authority it is")
        to = Authority(kind=AuthorityKind(authority_kind), name=name, reference=file_reference)
        on = day_of(day)
        if entry == EntryKind.GIVEN:
            return office.onward.given(case, to, document=document, on=on, by_whom=by_whom, by=who)
        return office.onward.family_informed(case, to, on=on, known_by=known_by, by=who)

    return attempt(request, case, who, office, "onward", typed, act)


@routes.allow("POST", "/cases/{number}/onward/{entry}/withdraw", Permission.CASE_WORK)
def withdraw_entry(
    request: Request, number: str, entry: RowId, who: Who, office: OfficeHere, reason: Line = ""
) -> Response:
    """Say that an entry does not hold."""
    case = office.book.case(number, by=who)
    return attempt(
        request,
        case,
        who,
        office,
        "onward",
        {},
        lambda: office.onward.withdraw(case, entry, reason=reason, by=who),
    )
