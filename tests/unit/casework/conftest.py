"""An organisation with an examiner, a reviewer and a supervisor, and a stranger from another one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from antigone.access import Directory, Principal, Role
from antigone.access.directory import pack_roles, principal_of
from antigone.audit import AuditLog
from antigone.casework import CaseBook, Conclusions, Decisions
from antigone.casework.cases import Budget
from antigone.records import Records
from case_unit import Unit


@pytest.fixture
def unit(records: Records) -> Unit:
    audit = AuditLog(records)
    directory = Directory(records.people, audit)
    local = directory.local("Olena")
    other = directory.add_organisation("Coroner", by=local)

    def member(name: str, *roles: Role, organisation: int = local.organisation) -> Principal:
        now = datetime.now(UTC)
        added = records.people.add_person(
            organisation_id=organisation,
            name=name,
            shown_as=name.title(),
            roles=pack_roles(roles),
            created_at=now,
            approved_at=now,
        )
        return principal_of(added)

    return Unit(
        records=records,
        audit=audit,
        book=CaseBook(records.cases, audit, Budget(a_day=5, alarm_after=3)),
        decisions=Decisions(records.cases, audit),
        conclusions=Conclusions(records.cases, audit),
        examiner=member("iryna", Role.EXAMINER),
        reviewer=member("maria", Role.REVIEWER),
        supervisor=member("sofia", Role.SUPERVISOR),
        stranger=member("stranger", *Role, organisation=other.id),
    )
