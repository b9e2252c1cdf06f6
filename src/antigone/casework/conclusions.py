"""What a case comes to. "Identified" takes two people and more than faces; faces alone give a lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.audit.office_events import ConclusionConfirmed, ConclusionProposed
from antigone.casework.decisions import Verdict, settled
from antigone.errors import CaseClosedError, ConflictError, ForbiddenError, NotFoundError, UsageError
from antigone.records.cases import CaseRecord, Cases, ConclusionRecord


class Kind(StrEnum):
    """What a case can come to."""

    IDENTIFIED = "identified"
    INVESTIGATIVE_LEAD = "investigative-lead"
    NOT_FOUND = "not-found"
    EXCLUDED = "excluded"


class Identifier(StrEnum):
    """The primary identifiers of INTERPOL's guide to disaster victim identification, and serial implants."""

    FRICTION_RIDGE = "friction-ridge"
    TEETH = "teeth"
    DNA = "dna"
    SERIAL_IMPLANT = "serial-implant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What beside faces a conclusion rests on."""

    identifier: str | None = None  # see `Identifier`
    identifier_reference: str | None = None  # of the laboratory's report
    authority: str | None = None  # a competent authority that decided ...
    authority_reference: str | None = None  # ... and where that stands

    @property
    def is_enough(self) -> bool:
        """Tell whether someone can be called identified on it."""
        by_identifier = self.identifier in set(Identifier) and _said(self.identifier_reference)
        return by_identifier or (_said(self.authority) and _said(self.authority_reference))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a case stands."""

    in_force: ConclusionRecord | None  # the latest statement that a second person confirmed
    proposed: tuple[ConclusionRecord, ...]  # statements that wait for a second person


class Conclusions:
    """What cases come to."""

    def __init__(self, cases: Cases, audit: AuditSink) -> None:
        self._cases = cases
        self._audit = audit

    def propose(
        self,
        case: CaseRecord,
        kind: Kind,
        *,
        by: Principal,
        candidate: int | None = None,
        evidence: Evidence | None = None,
        note: str = "",
    ) -> ConclusionRecord:
        """State what a case comes to; it holds once a second person confirms it.

        Raises `UsageError` for "identified" without a primary identifier or an authority's decision, and
        for a lead without a candidate that two examiners hold for a potential match.
        """
        by.require(Permission.CONCLUDE)
        self._check(case, by)
        evidence = evidence or Evidence()
        if kind is Kind.IDENTIFIED and not evidence.is_enough:
            raise UsageError(
                "a face alone identifies nobody: name a primary identifier or an authority's decision",
                hint="with faces only, the conclusion is investigative-lead",
            )
        if candidate is not None:
            self._check_candidate(case, candidate)
        elif kind is Kind.INVESTIGATIVE_LEAD:
            raise UsageError("a lead names the candidate that it leads to")
        stated = self._cases.conclude(
            case_id=case.id,
            person_id=by.person,
            kind=kind.value,
            candidate_id=candidate,
            identifier=evidence.identifier,
            identifier_reference=evidence.identifier_reference,
            authority=evidence.authority,
            authority_reference=evidence.authority_reference,
            confirms=None,
            note=note.strip(),
            stated_at=datetime.now(UTC),
        )
        self._audit.append(
            ConclusionProposed(
                by=by.person, case=case.number, statement=stated.id, conclusion=stated.kind
            ).event()
        )
        return stated

    def confirm(self, case: CaseRecord, statement: int, *, by: Principal, note: str = "") -> ConclusionRecord:
        """Confirm another person's statement, which puts it in force.

        Raises `ForbiddenError` for one's own, `NotFoundError`, `ConflictError` when it is confirmed.
        """
        by.require(Permission.CONCLUDE)
        self._check(case, by)
        stated = {known.id: known for known in self._cases.conclusions(case.id)}
        first = stated.get(statement)
        if first is None or first.confirms is not None:
            raise NotFoundError(f"case {case.number} has no statement {statement} to confirm")
        if first.person_id == by.person:
            raise ForbiddenError("a conclusion is confirmed by a second person")
        if any(known.confirms == statement for known in stated.values()):
            raise ConflictError("this statement is confirmed already")
        confirmed = self._cases.conclude(
            case_id=case.id,
            person_id=by.person,
            kind=first.kind,
            candidate_id=first.candidate_id,
            confirms=first.id,
            note=note.strip(),
            stated_at=datetime.now(UTC),
        )
        self._audit.append(
            ConclusionConfirmed(
                by=by.person, case=case.number, statement=confirmed.id, conclusion=confirmed.kind
            ).event()
        )
        return confirmed

    def standing(self, case: CaseRecord, *, by: Principal) -> Standing:
        """Return how a case stands. Raises `NotFoundError`."""
        by.require(Permission.CASE_READ)
        self._own(case, by)
        stated = {known.id: known for known in self._cases.conclusions(case.id)}
        confirmed = [known.confirms for known in stated.values() if known.confirms is not None]
        return Standing(
            in_force=stated[confirmed[-1]] if confirmed else None,
            proposed=tuple(
                known for known in stated.values() if known.confirms is None and known.id not in confirmed
            ),
        )

    def _check(self, case: CaseRecord, by: Principal) -> None:
        self._own(case, by)
        if case.closed_at is not None:
            raise CaseClosedError(f"case {case.number} is closed")

    def _own(self, case: CaseRecord, by: Principal) -> None:
        if case.organisation_id != by.organisation:
            raise NotFoundError(f"there is no case {case.number}")

    def _check_candidate(self, case: CaseRecord, id_: int) -> None:
        candidate = self._cases.candidate(id_)
        search = self._cases.search(candidate.search_id) if candidate else None
        if candidate is None or search is None or search.case_id != case.id:
            raise NotFoundError(f"case {case.number} has no candidate {id_}")
        if candidate.seeded or settled(self._cases.decisions(id_)) is not Verdict.POTENTIAL_MATCH:
            raise ConflictError(
                "nothing is concluded from a candidate that two examiners do not hold for a potential match",
                hint="antigone case decide; then a second person decides without seeing the first decision",
            )


def _said(text: str | None) -> bool:
    return bool(text and text.strip())
