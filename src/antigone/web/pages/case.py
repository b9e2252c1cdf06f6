"""One case: all that happened in it, and what people add to it. What it comes to is in ``conclude``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Annotated

from fastapi import File, Form, Query, Request, Response, UploadFile

from antigone.access import Permission, Principal
from antigone.casework import Purpose
from antigone.casework.decisions import Verdict, settled
from antigone.casework.exhibits import NewExhibit
from antigone.casework.file import SearchFile
from antigone.casework.measured import NOT_VALIDATED
from antigone.casework.onward import AuthorityKind
from antigone.casework.standing import WatchReport
from antigone.errors import AntigoneError, NotFoundError
from antigone.office import Office
from antigone.records.cases import CaseRecord
from antigone.web.gate import OfficeHere, Routes, Who, WorkspaceHere
from antigone.web.pages.case_terms import TERMS
from antigone.web.pages.days import day_of
from antigone.web.pages.render import go, render
from antigone.web.uploads import read_upload

routes = Routes(include_in_schema=False)
MOST_SHOWN = 200  # searches, decisions and moments, the newest; the report has all
Line = Annotated[str, Form(max_length=2_000)]
Text = Annotated[str, Form(max_length=10_000)]


@routes.allow("GET", "/cases/{number}", Permission.CASE_READ)
def case(
    request: Request,
    number: str,
    who: Who,
    office: OfficeHere,
    pictures: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Show a case; ``pictures=shown`` asks for those of a dead person as they are."""
    return show(request, office.book.case(number, by=who), who, office, unblurred=pictures == "shown")


@routes.allow("POST", "/cases/{number}/notes", Permission.CASE_WORK)
def note(request: Request, number: str, who: Who, office: OfficeHere, text: Text = "") -> Response:
    """Add a note."""
    found = office.book.case(number, by=who)
    return attempt(
        request, found, who, office, "notes", {"note": text}, lambda: office.book.note(found, text, by=who)
    )


@routes.allow("POST", "/cases/{number}/exhibits", Permission.CASE_WORK)
def exhibit(
    request: Request,
    number: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    file: Annotated[UploadFile, File()],
    text: Text = "",
) -> Response:
    """Add a file."""
    found = office.book.case(number, by=who)

    def add() -> object:
        content = read_upload(file, workspace.limits)
        return office.exhibits.add(
            found, NewExhibit(content=content, name=file.filename or "", text=text), by=who
        )

    return attempt(request, found, who, office, "exhibits", {"exhibit": text}, add)


@routes.allow("POST", "/cases/{number}/authorisations", Permission.AUTHORISE)
def authorise(
    request: Request,
    number: str,
    who: Who,
    office: OfficeHere,
    *,
    authority: Line = "",
    reference: Line = "",
    until: Line = "",
) -> Response:
    """Record an authorisation; it holds to the end of the day that is named, in UTC."""
    found = office.book.case(number, by=who)
    typed = {"authority": authority, "reference": reference, "until": until}

    def record() -> object:
        return office.book.authorise(
            found, authority=authority, reference=reference, expires_at=_end_of(until), by=who
        )

    return attempt(request, found, who, office, "authorisations", typed, record)


@routes.allow("POST", "/cases/{number}/close", Permission.CASE_WORK)
def close(request: Request, number: str, who: Who, office: OfficeHere) -> Response:
    """Close it."""
    office.book.close(office.book.case(number, by=who), by=who)
    return go(request, f"/cases/{number}")


@routes.allow("POST", "/cases/{number}/reopen", Permission.AUTHORISE)
def reopen(request: Request, number: str, who: Who, office: OfficeHere) -> Response:
    """Open it again."""
    office.book.reopen(office.book.case(number, by=who), by=who)
    return go(request, f"/cases/{number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A form that was not taken."""

    section: str  # of the page
    problem: AntigoneError
    typed: Mapping[str, str]


def attempt(
    request: Request,
    found: CaseRecord,
    who: Principal,
    office: Office,
    section: str,
    typed: Mapping[str, str],
    act: Callable[[], object],
) -> Response:
    """Do what a form asks for and show that part of the case; or say why not, with what was typed."""
    try:
        act()
    except AntigoneError as problem:
        tried = Tried(section=section, problem=problem, typed=typed)
        return show(request, found, who, office, tried=tried)
    return go(request, f"/cases/{found.number}#{section}")


def show(
    request: Request,
    found: CaseRecord,
    who: Principal,
    office: Office,
    *,
    unblurred: bool = False,
    tried: Tried | None = None,
) -> Response:
    """Show a case, with a form that was not taken where it stands."""
    story = office.story(found, by=who)
    dead = found.purpose == Purpose.UNIDENTIFIED_DECEASED
    decided = [
        (shown, one, decisions)
        for shown in story.file.searches
        for one, decisions in shown.candidates
        if decisions
    ]
    said = list(dict.fromkeys(text for shown in story.file.searches for text in shown.notices))
    context = {
        "case": found,
        "story": story,
        "names": story.names,
        "clearance": office.book.clearance(found, by=who),
        "searches": [_Row(shown) for shown in story.file.searches][::-1],
        "decided": [(shown, one, made, settled(made)) for shown, one, made in decided][::-1],
        "places": {
            one.id: (one.shown_as if shown.hides(one.id) else one.rank, shown.search.id)
            for shown in story.file.searches
            for one, _ in shown.candidates
        },
        "agreed": [
            one.id for _, one, made in decided if settled(made) is Verdict.POTENTIAL_MATCH and not one.seeded
        ],
        "unvalidated": NOT_VALIDATED in said or (dead and not said),
        "notices": [text for text in said if text != NOT_VALIDATED],
        "particulars": office.particulars.standing(found, by=who) if dead else (),
        "onward": office.onward.state(found, by=who) if dead else None,
        "exported": [one.what for one in story.moments if one.deed == "exported"] if dead else [],
        "watch": _watch(found, who, office),
        "most": MOST_SHOWN,
        "authority_kinds": list(AuthorityKind),
        "unblurred": unblurred,
        "section": "" if tried is None else tried.section,
        "problem": None if tried is None else tried.problem,
        "typed": _Typed() if tried is None else _Typed(tried.typed),
        "terms": TERMS,
    }
    status = 200 if tried is None else tried.problem.http_status
    return render(request, "case.html.j2", context, who=who, status=status)


def _watch(found: CaseRecord, who: Principal, office: Office) -> WatchReport | None:
    try:
        return office.standing.watch(found, by=who)
    except NotFoundError:  # it never kept looking
        return None


class _Typed(dict[str, str]):
    """What was typed into a form; empty where nothing was."""

    def __missing__(self, name: str) -> str:
        return ""


class _Row:
    """A search as one row of a table."""

    def __init__(self, shown: SearchFile) -> None:
        self.search = shown.search
        self.candidates = len(shown.candidates)
        self.decided = sum(bool(decisions) for _, decisions in shown.candidates)
        self.collections = _names(shown.search.collections)
        self.probes = len(json.loads(shown.search.probes))


def _names(collections: str) -> list[str]:
    kept = json.loads(collections)
    return [one if isinstance(one, str) else str(one.get("name", "")) for one in kept]


def _end_of(day: str) -> datetime | None:
    return datetime.combine(day_of(day), time(23, 59, 59), UTC) if day.strip() else None
