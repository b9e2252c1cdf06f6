"""A server in this process with signed-in people, for tests of the REST API."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fastapi.testclient import TestClient

from antigone.access import Principal, Role
from antigone.access.directory import pack_roles, principal_of
from antigone.records.people import PersonRecord
from antigone.workspace import Workspace


@dataclass(slots=True)
class Served:
    """A served workspace; two organisations, each with one person a role."""

    client: TestClient
    workspace: Workspace
    organisations: list[int] = field(default_factory=list)
    people: dict[tuple[int, Role], PersonRecord] = field(default_factory=dict)
    headers: dict[tuple[int, Role], dict[str, str]] = field(default_factory=dict)

    def populate(self) -> None:
        """Add the organisations and people, each with an API token for all they may do."""
        people, office = self.workspace.records.people, self.workspace.office
        now = datetime.now(UTC)
        for name in ("Search unit", "Coroner"):
            organisation = people.add_organisation(name, at=now)
            self.organisations.append(organisation.id)
            for role in Role:
                person = people.add_person(
                    organisation_id=organisation.id,
                    name=f"{role}{organisation.id}",
                    shown_as=f"{role} of {name}",
                    roles=pack_roles([role]),
                    created_at=now,
                    approved_at=now,
                )
                token = office.sessions.new_token(
                    "test",
                    principal_of(person).permissions,
                    lasts=timedelta(days=1),
                    by=principal_of(person),
                )
                self.people[organisation.id, role] = person
                self.headers[organisation.id, role] = {"Authorization": f"Bearer {token.text}"}

    def principal(self, role: Role, organisation: int = 0) -> Principal:
        """Return someone of the first organisation, or of another."""
        return principal_of(self.people[self.organisations[organisation], role])

    def as_(self, role: Role, organisation: int = 0) -> dict[str, str]:
        """Return the headers of someone of the first organisation, or of another."""
        return self.headers[self.organisations[organisation], role]
