"""Administration: people, their devices and roles, organisations; everything cut off with one tap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import segno
from fastapi import Form, Request, Response

from antigone.access import Permission, Principal, Role
from antigone.access.directory import unpack_roles
from antigone.errors import AntigoneError
from antigone.office import Office
from antigone.records.people import PersonRecord, SessionRecord
from antigone.web.gate import OfficeHere, Routes, RowId, Who
from antigone.web.pages.render import go, render
from antigone.web.pages.terms import ROLE_DUTIES, ROLES

routes = Routes(include_in_schema=False)
RolesGiven = Annotated[list[Role] | None, Form()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Someone of one's organisation with their live sessions."""

    record: PersonRecord
    roles: frozenset[Role]
    sessions: tuple[SessionRecord, ...]


@routes.allow("GET", "/people", Permission.PEOPLE_READ)
def people(request: Request, who: Who, office: OfficeHere) -> Response:
    """List the people of one's organisation."""
    return _page(request, who, office)


@routes.allow("POST", "/people/invitations", Permission.PEOPLE_MANAGE)
def invite(request: Request, who: Who, office: OfficeHere, role: RolesGiven = None) -> Response:
    """Make an invitation and show its link, this once."""
    try:
        made = office.directory.invite(role or (), by=who)
    except AntigoneError as problem:
        return _page(request, who, office, problem=problem)
    root = request.scope.get("root_path", "")
    link = f"{request.url.scheme}://{request.url.netloc}{root}/invitation#{made.text}"
    picture = segno.make(link, error="m").svg_data_uri(scale=4, border=2)
    return _page(request, who, office, link=link, picture=picture)


@routes.allow("POST", "/people/{person}/approve", Permission.PEOPLE_APPROVE)
def approve(person: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Let a new account in."""
    office.directory.approve(person, by=who)
    return go(request, "/people")


@routes.allow("POST", "/people/{person}/roles", Permission.PEOPLE_MANAGE)
def roles(person: RowId, request: Request, who: Who, office: OfficeHere, role: RolesGiven = None) -> Response:
    """Set someone's roles."""
    office.directory.give_roles(person, role or (), by=who)
    return go(request, "/people")


@routes.allow("POST", "/people/{person}/cut-off", Permission.PEOPLE_MANAGE, urgent=True)
def cut_off(person: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Cut someone off at once."""
    office.directory.cut_off(person, by=who)
    return go(request, "/people")


@routes.allow("POST", "/people/{person}/restore", Permission.PEOPLE_APPROVE)
def restore(person: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Undo a cut-off."""
    office.directory.restore(person, by=who)
    return go(request, "/people")


@routes.allow("POST", "/people/{person}/sessions/{session}/end", None, urgent=True)
def end_session(person: RowId, session: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Cut one device off at once."""
    office.sessions.end_session(person, session, by=who)
    return go(request, "/account" if person == who.person else "/people")


@routes.allow("POST", "/organisations", Permission.ORGANISATIONS_MANAGE)
def add_organisation(
    request: Request, who: Who, office: OfficeHere, name: Annotated[str, Form(max_length=1_000)]
) -> Response:
    """Add an organisation."""
    try:
        office.directory.add_organisation(name, by=who)
    except AntigoneError as problem:
        return _page(request, who, office, problem=problem)
    return go(request, "/people#organisations")


@routes.allow("POST", "/organisations/{organisation}/cut-off", Permission.ORGANISATIONS_MANAGE, urgent=True)
def cut_off_organisation(organisation: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Cut an organisation off at once."""
    office.directory.cut_off_organisation(organisation, by=who)
    return go(request, "/people#organisations")


@routes.allow("POST", "/organisations/{organisation}/restore", Permission.ORGANISATIONS_MANAGE)
def restore_organisation(organisation: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Undo that."""
    office.directory.restore_organisation(organisation, by=who)
    return go(request, "/people#organisations")


def _page(
    request: Request,
    who: Principal,
    office: Office,
    *,
    problem: AntigoneError | None = None,
    link: str = "",
    picture: str = "",
) -> Response:
    shown = [
        Shown(
            record=record,
            roles=unpack_roles(record.roles),
            sessions=office.sessions.sessions(record.id, by=who),
        )
        for record in office.directory.people(by=who)
    ]
    shown.sort(key=lambda one: (one.record.approved_at is not None, one.record.disabled_at is not None))
    context = {
        "people": shown,
        "organisations": office.directory.organisations(by=who),
        "may_manage": who.may(Permission.PEOPLE_MANAGE),
        "may_approve": who.may(Permission.PEOPLE_APPROVE),
        "may_add_organisations": who.may(Permission.ORGANISATIONS_MANAGE),
        "roles": ROLES,
        "duties": ROLE_DUTIES,
        "link": link,
        "picture": picture,
        "problem": problem,
    }
    status = 200 if problem is None else problem.http_status
    return render(request, "people.html.j2", context, who=who, status=status)
