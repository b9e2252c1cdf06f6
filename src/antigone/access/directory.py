"""Organisations and people: inviting, approving, cutting off. Every change is an audit entry."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from antigone.access.passwords import hash_password
from antigone.access.principal import Principal
from antigone.access.roles import Permission, Role, permissions_of
from antigone.access.secrets import NewSecret, digest_of, new_secret
from antigone.audit import AuditEvent
from antigone.audit.events import RolesGiven
from antigone.audit.office_events import (
    InvitationAccepted,
    OrganisationAdded,
    OrganisationCutOff,
    OrganisationRestored,
    PersonApproved,
    PersonCutOff,
    PersonInvited,
    PersonRestored,
)
from antigone.errors import ConflictError, ForbiddenError, NotFoundError, UsageError
from antigone.records.people import OrganisationRecord, People, PersonRecord

INVITATION_LASTS = timedelta(hours=48)
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,99}")


class AuditSink(Protocol):
    """Where changes are noted, durably."""

    def append(self, event: AuditEvent) -> int:
        """Write one entry and return its number."""


class Directory:
    """The organisations and people of one workspace."""

    def __init__(self, people: People, audit: AuditSink) -> None:
        self._people = people
        self._audit = audit

    # On a laptop: one person, one organisation

    def local(self, account: str) -> Principal:
        """Return the person at this machine's keyboard, who holds every role of the first organisation.

        They are made at first use. Whoever can write the workspace's files needs no password for it; a
        server hands this out only through the link that it shows to whoever starts it.
        """
        organisations = self._people.organisations()
        organisation = organisations[0] if organisations else self._first_organisation()
        name = local_name(account)
        person = self._people.person_named(name)
        if person is None:
            now = datetime.now(UTC)
            person = self._people.add_person(
                organisation_id=organisation.id,
                name=name,
                shown_as=account,
                roles=pack_roles(Role),
                created_at=now,
                approved_at=now,
            )
        return principal_of(person)

    def _first_organisation(self) -> OrganisationRecord:
        return self._people.add_organisation("This workspace", at=datetime.now(UTC))

    # Organisations

    def add_organisation(self, name: str, *, by: Principal) -> OrganisationRecord:
        """Add an organisation. Raises `UsageError`, `ForbiddenError` and `ConflictError`."""
        by.require(Permission.ORGANISATIONS_MANAGE)
        organisation = self._people.add_organisation(_line(name, "organisation"), at=datetime.now(UTC))
        self._audit.append(OrganisationAdded(by=by.person, organisation=organisation.id).event())
        return organisation

    def organisations(self, *, by: Principal) -> tuple[OrganisationRecord, ...]:
        """Return every organisation for whoever manages them, else one's own."""
        everyone = self._people.organisations()
        if by.may(Permission.ORGANISATIONS_MANAGE):
            return everyone
        return tuple(organisation for organisation in everyone if organisation.id == by.organisation)

    def cut_off_organisation(self, organisation: int, *, by: Principal) -> None:
        """Cut an organisation off at once: its people's next requests are refused."""
        by.require(Permission.ORGANISATIONS_MANAGE)
        if organisation == by.organisation:
            raise ConflictError("an organisation cannot cut itself off")
        if organisation not in {known.id for known in self._people.organisations()}:
            raise NotFoundError("there is no such organisation")
        self._people.change_organisation(organisation, disabled_at=datetime.now(UTC))
        self._audit.append(OrganisationCutOff(by=by.person, organisation=organisation).event())

    def restore_organisation(self, organisation: int, *, by: Principal) -> None:
        """Undo `cut_off_organisation`."""
        by.require(Permission.ORGANISATIONS_MANAGE)
        self._people.change_organisation(organisation, disabled_at=None)
        self._audit.append(OrganisationRestored(by=by.person, organisation=organisation).event())

    # People

    def people(self, *, by: Principal) -> tuple[PersonRecord, ...]:
        """Return the people of one's own organisation."""
        by.require(Permission.PEOPLE_READ)
        return self._people.people(by.organisation)

    def invite(self, roles: Iterable[Role], *, by: Principal, organisation: int | None = None) -> NewSecret:
        """Make an invitation link's secret: one account, once, within 48 hours.

        Nobody gives a role that reaches further than their own, save who manages organisations. Raises
        `ForbiddenError` and `UsageError`.
        """
        by.require(Permission.PEOPLE_MANAGE)
        wanted = frozenset(roles)
        if not wanted:
            raise UsageError("an account needs at least one role")
        target = by.organisation if organisation is None else organisation
        if target != by.organisation:
            by.require(Permission.ORGANISATIONS_MANAGE)
        now = datetime.now(UTC)
        secret = new_secret("agi")
        number = self._people.invite(
            organisation_id=target,
            roles=pack_roles(wanted),
            digest=secret.digest,
            invited_by=by.person,
            created_at=now,
            expires_at=now + INVITATION_LASTS,
        )
        self._audit.append(
            PersonInvited(by=by.person, invitation=number, organisation=target, roles=sorted(wanted)).event()
        )
        return secret

    def accept(self, invitation: str, *, name: str, shown_as: str, password: str) -> PersonRecord:
        """Ask for an account with an invitation; a supervisor must still approve it.

        Raises `NotFoundError` for an invitation that is used, unknown or too old, `UsageError`, and
        `ConflictError` when the name is taken.
        """
        now = datetime.now(UTC)
        found = self._people.invitation(digest_of(invitation), now=now)
        if found is None:
            raise NotFoundError("this invitation is used, too old or unknown", hint="ask for a new one")
        name = _sign_in_name(name)
        person = self._people.accept_invitation(
            found.id,
            organisation_id=found.organisation_id,
            name=name,
            shown_as=_line(shown_as, "name"),
            roles=found.roles,
            password=hash_password(password, name=name),
            created_at=now,
        )
        accepted = InvitationAccepted(
            person=person.id, organisation=found.organisation_id, invitation=found.id
        )
        self._audit.append(accepted.event())
        return person

    def approve(self, person: int, *, by: Principal) -> None:
        """Let a new account in, never one's own. Raises `ForbiddenError` and `ConflictError`."""
        by.require(Permission.PEOPLE_APPROVE)
        found = self._own(person, by)
        if found.id == by.person:
            raise ForbiddenError("nobody approves their own account")
        if found.approved_at is not None:
            raise ConflictError("this account is approved already")
        self._people.change_person(person, approved_at=datetime.now(UTC), approved_by=by.person)
        self._audit.append(PersonApproved(by=by.person, person=person).event())

    def give_roles(self, person: int, roles: Iterable[Role], *, by: Principal) -> None:
        """Set someone's roles. Never one's own. Raises `ForbiddenError`, `NotFoundError`, `UsageError`."""
        by.require(Permission.PEOPLE_MANAGE)
        found, wanted = self._own(person, by), frozenset(roles)
        if found.id == by.person:
            raise ForbiddenError("nobody changes their own roles")
        if not wanted:
            raise UsageError("an account needs at least one role; to take everything away, cut it off")
        self._people.change_person(person, roles=pack_roles(wanted))
        self._audit.append(RolesGiven(by=by.person, person=person, roles=sorted(wanted)).event())

    def cut_off(self, person: int, *, by: Principal) -> None:
        """Cut someone off at once: all their sessions, devices and tokens, from the next request on."""
        by.require(Permission.PEOPLE_MANAGE)
        found = self._own(person, by)
        self._people.change_person(found.id, disabled_at=datetime.now(UTC))
        self._audit.append(PersonCutOff(by=by.person, person=person).event())

    def restore(self, person: int, *, by: Principal) -> None:
        """Undo `cut_off`; their old sessions stay ended. Never one's own."""
        by.require(Permission.PEOPLE_APPROVE)
        found = self._own(person, by)
        if found.id == by.person:
            raise ForbiddenError("nobody restores their own account")
        now = datetime.now(UTC)
        for session in self._people.sessions(found.id):
            self._people.change_session(session.id, disabled_at=session.disabled_at or now)
        self._people.change_person(found.id, disabled_at=None)
        self._audit.append(PersonRestored(by=by.person, person=person).event())

    def _own(self, person: int, by: Principal) -> PersonRecord:
        found = self._people.person(person)
        if found.organisation_id != by.organisation and not by.may(Permission.ORGANISATIONS_MANAGE):
            raise NotFoundError("there is no such person")  # as if there were none: nothing leaks
        return found


def principal_of(
    person: PersonRecord,
    *,
    scopes: frozenset[Permission] | None = None,
    session: int | None = None,
    token: int | None = None,
) -> Principal:
    """Return a person as someone who acts, narrowed to ``scopes`` if there are any."""
    roles = unpack_roles(person.roles)
    permissions = permissions_of(roles)
    return Principal(
        person=person.id,
        name=person.name,
        shown_as=person.shown_as,
        organisation=person.organisation_id,
        roles=roles,
        permissions=permissions if scopes is None else permissions & scopes,
        session=session,
        token=token,
    )


def pack_roles(roles: Iterable[Role]) -> str:
    """Return roles as the records keep them."""
    return json.dumps(sorted(role.value for role in roles))


def unpack_roles(kept: str) -> frozenset[Role]:
    """Undo `pack_roles`; a role that this version does not know grants nothing."""
    known = {role.value for role in Role}
    return frozenset(Role(name) for name in json.loads(kept) if name in known)


def local_name(account: str) -> str:
    """Return the sign-in name of an account of this machine; no invited person can take such a one."""
    return f"local:{unicodedata.normalize('NFC', account).lower()}"


def _sign_in_name(name: str) -> str:
    name = unicodedata.normalize("NFKC", name).strip().lower()
    if not _NAME.fullmatch(name):
        raise UsageError(
            "a sign-in name has 2 to 100 letters, digits and . _ @ + -",
            hint="an e-mail address does well",
        )
    return name


def _line(text: str, what: str) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    if not text or len(text) > 200 or any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise UsageError(f"the {what} is one line of at most 200 characters")
    return text
