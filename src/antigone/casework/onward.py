"""To which authority particulars were given, and whether it informed the family.

Antigone sends nothing to anybody, and never to relatives: people hand a document to the authority that the
conventions or the law name, and say here that they did. A family is informed by that authority. What was
wrong is corrected by a later entry; every entry stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.audit.deceased_events import FamilyInformed, HandedOn, OnwardWithdrawn
from antigone.casework.particulars import check_deceased
from antigone.casework.words import one_line
from antigone.errors import ConflictError, NotFoundError, UsageError
from antigone.records.cases import CaseRecord
from antigone.records.deceased import Deceased, OnwardRecord


class AuthorityKind(StrEnum):
    """Which kind of authority particulars go to."""

    NATIONAL_INFORMATION_BUREAU = "national-information-bureau"  # GC III, Art. 122; GC IV, Art. 136
    CENTRAL_TRACING_AGENCY = "central-tracing-agency"  # GC III, Art. 123; GC IV, Art. 140
    POLICE_LIAISON = "police-liaison"
    OTHER = "other"


class EntryKind(StrEnum):
    """What an entry says."""

    GIVEN = "given"
    FAMILY_INFORMED = "family-informed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """An authority and its own file reference."""

    kind: AuthorityKind
    name: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnwardState:
    """The onward record of a case."""

    entries: tuple[OnwardRecord, ...]  # every one that was ever made, oldest first

    @property
    def standing(self) -> tuple[OnwardRecord, ...]:
        """The entries that hold: corrected by none, and withdrawing none."""
        corrected = {entry.corrects for entry in self.entries}
        return tuple(
            entry for entry in self.entries if entry.id not in corrected and entry.kind != EntryKind.WITHDRAWN
        )

    @property
    def family_informed(self) -> bool:
        """Whether the family is known to have been informed."""
        return any(entry.kind == EntryKind.FAMILY_INFORMED for entry in self.standing)


class OnwardBook:
    """The onward records of one workspace's cases."""

    def __init__(self, deceased: Deceased, audit: AuditSink) -> None:
        self._deceased = deceased
        self._audit = audit

    def given(
        self,
        case: CaseRecord,
        to: Authority,
        *,
        document: str,
        on: date,
        by_whom: str = "",
        corrects: int | None = None,
        by: Principal,
    ) -> OnwardRecord:
        """Record that an authority was given the exported document with this SHA-256.

        Without ``by_whom`` it is whoever records it. Raises `UsageError`, `NotFoundError`, `ForbiddenError`,
        and `ConflictError` where that entry was corrected already.
        """
        self._check(case, by)
        digest = document.strip().lower()
        if digest not in {one.sha256 for one in self._deceased.exports(case.id)}:
            raise NotFoundError(
                f"no document of case {case.number} with this SHA-256 was exported",
                hint="antigone case particulars export writes one and prints its hash; give that very file",
            )
        entry = self._add(
            case,
            EntryKind.GIVEN,
            to,
            by,
            document=digest,
            on_day=_past(on),
            by_whom=one_line(by_whom, "name of who handed it over", needed=False) or by.shown_as,
            note="",
            corrects=self._corrected(case, corrects, EntryKind.GIVEN),
        )
        told = HandedOn(
            by=by.person,
            case=case.number,
            entry=entry.id,
            authority=entry.authority_kind,
            document=digest,
            corrects=entry.corrects,
        )
        self._audit.append(told.event())
        return entry

    def family_informed(
        self,
        case: CaseRecord,
        through: Authority,
        *,
        on: date,
        known_by: str,
        corrects: int | None = None,
        by: Principal,
    ) -> OnwardRecord:
        """Record that an authority informed the family, and how that is known. Raises as `given`."""
        self._check(case, by)
        entry = self._add(
            case,
            EntryKind.FAMILY_INFORMED,
            through,
            by,
            document=None,
            on_day=_past(on),
            by_whom=through.name.strip(),
            note=one_line(known_by, "word on how that is known"),
            corrects=self._corrected(case, corrects, EntryKind.FAMILY_INFORMED),
        )
        told = FamilyInformed(
            by=by.person,
            case=case.number,
            entry=entry.id,
            authority=entry.authority_kind,
            corrects=entry.corrects,
        )
        self._audit.append(told.event())
        return entry

    def withdraw(self, case: CaseRecord, entry: int, *, reason: str, by: Principal) -> OnwardRecord:
        """Record that an entry does not hold. Raises as `given`."""
        self._check(case, by)
        wrong = self._standing(case, entry)
        authority = Authority(
            kind=AuthorityKind(wrong.authority_kind), name=wrong.authority, reference=wrong.reference
        )
        made = self._add(
            case,
            EntryKind.WITHDRAWN,
            authority,
            by,
            document=None,
            on_day=datetime.now(UTC).date(),
            by_whom=by.shown_as,
            note=one_line(reason, "reason"),
            corrects=wrong.id,
        )
        told = OnwardWithdrawn(by=by.person, case=case.number, entry=made.id, corrects=wrong.id)
        self._audit.append(told.event())
        return made

    def state(self, case: CaseRecord, *, by: Principal) -> OnwardState:
        """Return the onward record of a case. Raises `NotFoundError`, `UsageError`, `ForbiddenError`."""
        by.require(Permission.CASE_READ)
        check_deceased(case, by)
        return OnwardState(entries=self._deceased.onward(case.id))

    def _add(
        self, case: CaseRecord, kind: EntryKind, authority: Authority, by: Principal, **said: object
    ) -> OnwardRecord:
        return self._deceased.hand_on(
            case_id=case.id,
            kind=kind.value,
            authority_kind=authority.kind.value,
            authority=one_line(authority.name, "name of the authority"),
            reference=one_line(authority.reference, "reference of the authority"),
            recorded_by=by.person,
            recorded_at=datetime.now(UTC),
            **said,
        )

    def _corrected(self, case: CaseRecord, entry: int | None, kind: EntryKind) -> int | None:
        if entry is None:
            return None
        wrong = self._standing(case, entry)
        if wrong.kind != kind:
            raise ConflictError(f"entry {entry} is not of the kind {kind}; withdraw it, and make another")
        return wrong.id

    def _standing(self, case: CaseRecord, entry: int) -> OnwardRecord:
        known: Sequence[OnwardRecord] = self._deceased.onward(case.id)
        found = [one for one in OnwardState(entries=tuple(known)).standing if one.id == entry]
        if not found:
            raise NotFoundError(f"case {case.number} has no onward entry {entry} that holds")
        return found[0]

    def _check(self, case: CaseRecord, by: Principal) -> None:
        by.require(Permission.CASE_WORK)
        check_deceased(case, by)


def _past(on: date) -> date:
    if on > datetime.now(UTC).date():
        raise UsageError("this lies in the future", hint="record it when it has happened")
    return on
