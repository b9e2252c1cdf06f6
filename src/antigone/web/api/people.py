"""Organisations and people: invitations, approval, roles, devices, cut-off."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from antigone.access import Permission, Role
from antigone.access.directory import unpack_roles
from antigone.records.people import PersonRecord
from antigone.web.gate import OfficeHere, Routes, RowId, Who

routes = Routes(tags=["people"])


class Person(BaseModel):
    """Someone with an account."""

    person: int
    name: str
    shown_as: str
    roles: list[Role]
    created_at: datetime
    approved_at: datetime | None
    cut_off_at: datetime | None

    @classmethod
    def of(cls, record: PersonRecord) -> Person:
        """Leave out everything that opens a door."""
        return cls(
            person=record.id,
            name=record.name,
            shown_as=record.shown_as,
            roles=sorted(unpack_roles(record.roles)),
            created_at=record.created_at,
            approved_at=record.approved_at,
            cut_off_at=record.disabled_at,
        )


class Roles(BaseModel):
    """What someone is."""

    roles: list[Role] = Field(min_length=1, examples=[["examiner"]])


class Invitation(Roles):
    """Whom to invite."""

    organisation: RowId | None = Field(default=None, description="another organisation than one's own")


class InvitationLink(BaseModel):
    """An invitation's secret, shown this once."""

    invitation: str


class Acceptance(BaseModel):
    """An account that is asked for."""

    invitation: str = Field(max_length=200)
    name: str = Field(max_length=100)
    shown_as: str = Field(max_length=200)
    password: str = Field(max_length=1_000)


class Device(BaseModel):
    """A live session."""

    session: int
    device: str
    created_at: datetime
    seen_at: datetime
    passkey: int | None


class Organisation(BaseModel):
    """An agency."""

    organisation: int
    name: str
    cut_off_at: datetime | None


class NewOrganisation(BaseModel):
    """An agency to add."""

    name: str = Field(min_length=1, max_length=200)


@routes.allow("GET", "/people", Permission.PEOPLE_READ)
def people(who: Who, office: OfficeHere) -> list[Person]:
    """List the people of one's organisation."""
    return [Person.of(person) for person in office.directory.people(by=who)]


@routes.allow("POST", "/invitations", Permission.PEOPLE_MANAGE, status_code=201)
def invite(body: Invitation, who: Who, office: OfficeHere) -> InvitationLink:
    """Make an invitation: one account, once, within 48 hours."""
    made = office.directory.invite(body.roles, by=who, organisation=body.organisation)
    return InvitationLink(invitation=made.text)


@routes.public("POST", "/invitations/accept", status_code=201)
def accept(body: Acceptance, office: OfficeHere) -> Person:
    """Ask for an account; a supervisor approves it."""
    person = office.directory.accept(
        body.invitation, name=body.name, shown_as=body.shown_as, password=body.password
    )
    return Person.of(person)


@routes.allow("POST", "/people/{person}/approve", Permission.PEOPLE_APPROVE, status_code=204)
def approve(person: RowId, who: Who, office: OfficeHere) -> None:
    """Let a new account in."""
    office.directory.approve(person, by=who)


@routes.allow("PUT", "/people/{person}/roles", Permission.PEOPLE_MANAGE, status_code=204)
def give_roles(person: RowId, body: Roles, who: Who, office: OfficeHere) -> None:
    """Set someone's roles."""
    office.directory.give_roles(person, body.roles, by=who)


@routes.allow("POST", "/people/{person}/cut-off", Permission.PEOPLE_MANAGE, urgent=True, status_code=204)
def cut_off(person: RowId, who: Who, office: OfficeHere) -> None:
    """Cut someone off at once."""
    office.directory.cut_off(person, by=who)


@routes.allow("POST", "/people/{person}/restore", Permission.PEOPLE_APPROVE, status_code=204)
def restore(person: RowId, who: Who, office: OfficeHere) -> None:
    """Undo a cut-off."""
    office.directory.restore(person, by=who)


@routes.allow("GET", "/people/{person}/sessions", None)
def sessions(person: RowId, who: Who, office: OfficeHere) -> list[Device]:
    """List the live sessions of oneself, or of someone of one's organisation."""
    return [
        Device(
            session=session.id,
            device=session.device,
            created_at=session.created_at,
            seen_at=session.seen_at,
            passkey=session.passkey_id,
        )
        for session in office.sessions.sessions(person, by=who)
    ]


@routes.allow("DELETE", "/people/{person}/sessions/{session}", None, urgent=True, status_code=204)
def end_session(person: RowId, session: RowId, who: Who, office: OfficeHere) -> None:
    """Cut one device off at once."""
    office.sessions.end_session(person, session, by=who)


@routes.allow("DELETE", "/people/{person}/tokens/{token}", None, urgent=True, status_code=204)
def withdraw_token(person: RowId, token: RowId, who: Who, office: OfficeHere) -> None:
    """Withdraw an API token at once."""
    office.sessions.withdraw_token(person, token, by=who)


@routes.allow("GET", "/organisations", Permission.PEOPLE_READ)
def organisations(who: Who, office: OfficeHere) -> list[Organisation]:
    """List every organisation for whoever manages them, else one's own."""
    return [
        Organisation(organisation=known.id, name=known.name, cut_off_at=known.disabled_at)
        for known in office.directory.organisations(by=who)
    ]


@routes.allow("POST", "/organisations", Permission.ORGANISATIONS_MANAGE, status_code=201)
def add_organisation(body: NewOrganisation, who: Who, office: OfficeHere) -> Organisation:
    """Add an organisation."""
    added = office.directory.add_organisation(body.name, by=who)
    return Organisation(organisation=added.id, name=added.name, cut_off_at=None)


@routes.allow(
    "POST",
    "/organisations/{organisation}/cut-off",
    Permission.ORGANISATIONS_MANAGE,
    urgent=True,
    status_code=204,
)
def cut_off_organisation(organisation: RowId, who: Who, office: OfficeHere) -> None:
    """Cut an organisation off at once."""
    office.directory.cut_off_organisation(organisation, by=who)


@routes.allow(
    "POST", "/organisations/{organisation}/restore", Permission.ORGANISATIONS_MANAGE, status_code=204
)
def restore_organisation(organisation: RowId, who: Who, office: OfficeHere) -> None:
    """Undo that."""
    office.directory.restore_organisation(organisation, by=who)
