"""Decisions about candidates: a first one, a second one that has not seen it, and a resolution."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.audit.events import Decided
from antigone.casework.features import FEATURES, OBSERVATIONS
from antigone.casework.found import find_candidate
from antigone.errors import CaseClosedError, ConflictError, ForbiddenError, UsageError
from antigone.records.cases import CandidateRecord, Cases, DecisionRecord

_LONGEST_NOTE = 10_000


class Verdict(StrEnum):
    """What an examiner holds of a candidate. None of them says who it is."""

    POTENTIAL_MATCH = "potential-match"
    NO_MATCH = "no-match"
    INCONCLUSIVE = "inconclusive"


class Stage(StrEnum):
    """Which decision about a candidate it is."""

    FIRST = "first"
    SECOND = "second"
    RESOLUTION = "resolution"


_TAKES = {
    Stage.FIRST: Permission.DECIDE,
    Stage.SECOND: Permission.REVIEW,
    Stage.RESOLUTION: Permission.RESOLVE,
}


class Decisions:
    """What examiners decided, and who decides next."""

    def __init__(self, cases: Cases, audit: AuditSink) -> None:
        self._cases = cases
        self._audit = audit

    def decide(
        self,
        candidate: int,
        verdict: Verdict,
        *,
        by: Principal,
        features: Mapping[str, str] | None = None,
        note: str = "",
    ) -> DecisionRecord:
        """Decide about a candidate: as the first, as the second, or as a supervisor where two differ.

        Which of them it is follows from what was decided before. Nobody decides twice about the same
        candidate. Raises `UsageError`, `NotFoundError`, `ForbiddenError`, `ConflictError`.
        """
        about = find_candidate(self._cases, candidate, by=by)
        found, case = about.candidate, about.case
        if case.closed_at is not None:
            raise CaseClosedError(f"case {case.number} is closed")
        stage = self._next_stage(self._cases.decisions(found.id))
        by.require(_TAKES[stage])
        if any(earlier.person_id == by.person for earlier in self._cases.decisions(found.id)):
            raise ForbiddenError("whoever decided about a candidate does not decide about it again")
        decision = self._cases.decide(
            candidate_id=found.id,
            person_id=by.person,
            stage=stage.value,
            verdict=verdict.value,
            features=json.dumps(_features(features or {}), sort_keys=True),
            note=_note(note),
            decided_at=datetime.now(UTC),
        )
        decided = Decided(
            by=by.person,
            case=case.number,
            candidate=found.id,
            stage=stage.value,
            verdict=verdict.value,
        )
        self._audit.append(decided.event())
        return decision

    def seen_by(self, candidate: int, *, by: Principal) -> tuple[DecisionRecord, ...]:
        """Return the decisions about a candidate that this person may see.

        Until they have decided themselves, whoever is to give the second decision sees none of them.
        """
        by.require(Permission.CASE_READ)
        found = find_candidate(self._cases, candidate, by=by).candidate
        return visible(self._cases.decisions(found.id), by=by)

    def outcome(self, candidate: int, *, by: Principal) -> Verdict | None:
        """Return what was decided: where two agree, or as resolved; None while it is open."""
        by.require(Permission.CASE_READ)
        found = find_candidate(self._cases, candidate, by=by).candidate
        return settled(self._cases.decisions(found.id))

    def waiting(self, *, by: Principal) -> tuple[CandidateRecord, ...]:
        """Return the candidates that wait for a second decision by this person."""
        by.require(Permission.REVIEW)
        return self._cases.waiting_for_review(by.organisation, reviewer=by.person)

    def _next_stage(self, decisions: tuple[DecisionRecord, ...]) -> Stage:
        match [decision.verdict for decision in decisions]:
            case []:
                return Stage.FIRST
            case [_]:
                return Stage.SECOND
            case [first, second] if first != second:
                return Stage.RESOLUTION
            case _:
                raise ConflictError("about this candidate everything is decided")


def visible(decisions: tuple[DecisionRecord, ...], *, by: Principal) -> tuple[DecisionRecord, ...]:
    """Return those decisions about one candidate that this person may see; see `Decisions.seen_by`."""
    decided = any(decision.person_id == by.person for decision in decisions)
    return decisions if decided or len(decisions) >= 2 or by.may(Permission.RESOLVE) else ()


def settled(decisions: tuple[DecisionRecord, ...]) -> Verdict | None:
    """Return what decisions come to: where two agree, or as resolved; None while it is open."""
    verdicts = {decision.stage: decision.verdict for decision in decisions}
    if Stage.RESOLUTION in verdicts:
        return Verdict(verdicts[Stage.RESOLUTION])
    if Stage.SECOND in verdicts and verdicts[Stage.FIRST] == verdicts[Stage.SECOND]:
        return Verdict(verdicts[Stage.FIRST])
    return None


def _features(given: Mapping[str, str]) -> dict[str, str]:
    for name, observed in given.items():
        if name not in FEATURES:
            raise UsageError(f"there is no feature {name}", hint=f"there are: {', '.join(FEATURES)}")
        if observed not in OBSERVATIONS:
            raise UsageError(f"a feature is {', '.join(OBSERVATIONS)}; not {observed}")
    return dict(given)


def _note(text: str) -> str:
    if len(text) > _LONGEST_NOTE:
        raise UsageError(f"a note has at most {_LONGEST_NOTE:,} characters")
    return text.strip()
