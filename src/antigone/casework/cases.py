"""Opening, reading, authorising and closing cases, and whether a search is allowed in one now."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.audit.office_events import (
    CaseAuthorised,
    CaseClosed,
    CaseNoted,
    CaseOpened,
    CaseReopened,
    EnumerationAlarm,
)
from antigone.errors import CaseClosedError, CaseLockedError, NotFoundError, RateLimitedError, UsageError
from antigone.records.cases import AuthorisationRecord, CaseRecord, Cases, NoteRecord

AUTHORISE_WITHIN = timedelta(hours=48)
EXERCISE = "[EXERCISE]"  # before the title of every case of people who learn
STANDING = "standing"  # kind of the searches that a case makes by itself
_NUMBER = re.compile(r"[cC]-?0*(\d{1,15})")
_LONGEST = 2_000
_LONGEST_NOTE = 10_000


class Purpose(StrEnum):
    """Why a person is searched for."""

    UNIDENTIFIED_DECEASED = "unidentified-deceased"
    MISSING_PERSON = "missing-person"
    DETAINED_PERSON = "detained-person"
    SUSPECT = "suspect"
    IDENTITY_CHECK = "identity-check"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much one person may search."""

    a_day: int  # searches since midnight UTC
    alarm_after: int  # searches within an hour that raise an alarm: someone may be enumerating people


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """Whether the searches of a case are authorised; only those for a suspect need it."""

    needed: bool
    authorised: bool = False  # an authorisation holds now ...
    until: datetime | None = None  # ... until then; None: it was given without an end
    locked: bool = False  # nothing is searched before a new one is recorded
    lapsed: bool = False  # the last one has expired
    due: datetime | None = None  # when the first one must be recorded at the latest; set by the first search


class CaseBook:
    """The cases that one workspace keeps; each is seen by its own organisation only."""

    def __init__(self, cases: Cases, audit: AuditSink, budget: Budget) -> None:
        self._cases = cases
        self._audit = audit
        self._budget = budget

    def open(self, title: str, *, purpose: str, basis: str, by: Principal) -> CaseRecord:
        """Open a case. A purpose that is none of `Purpose` counts as "other", in its own words.

        Raises `UsageError` for an empty field and `ForbiddenError`.
        """
        by.require(Permission.CASE_WORK)
        kind, explanation = _purpose(purpose)
        exercise = self._cases.is_exercise(by.organisation)
        case = self._cases.open(
            organisation_id=by.organisation,
            title=f"{EXERCISE} {_text(title, 'title')}" if exercise else _text(title, "title"),
            exercise=exercise,
            purpose=kind.value,
            explanation=explanation,
            basis=_text(basis, "legal basis"),
            opened_by=by.person,
            opened_at=datetime.now(UTC),
        )
        self._audit.append(CaseOpened(by=by.person, case=case.number, purpose=case.purpose).event())
        return case

    def case(self, number: str, *, by: Principal) -> CaseRecord:
        """Return a case of one's own organisation by its number. Raises `NotFoundError`, `ForbiddenError`."""
        by.require(Permission.CASE_READ)
        match = _NUMBER.fullmatch(number.strip())
        case = self._cases.case(int(match[1])) if match else None
        if case is None or case.organisation_id != by.organisation:
            raise NotFoundError(f"there is no case {number}", hint="antigone case list shows them")
        return case

    def cases(self, *, by: Principal) -> tuple[CaseRecord, ...]:
        """Return the cases of one's own organisation, oldest first."""
        by.require(Permission.CASE_READ)
        return self._cases.cases(by.organisation)

    def close(self, case: CaseRecord, *, by: Principal) -> None:
        """Close a case: nothing is searched in it any more."""
        by.require(Permission.CASE_WORK)
        self._own(case, by)
        self._cases.close(case.id, at=datetime.now(UTC))
        self._audit.append(CaseClosed(by=by.person, case=case.number).event())

    def reopen(self, case: CaseRecord, *, by: Principal) -> None:
        """Open a closed case again."""
        by.require(Permission.AUTHORISE)
        self._own(case, by)
        self._cases.close(case.id, at=None)
        self._audit.append(CaseReopened(by=by.person, case=case.number).event())

    def authorise(
        self,
        case: CaseRecord,
        *,
        authority: str,
        reference: str,
        by: Principal,
        expires_at: datetime | None = None,
    ) -> AuthorisationRecord:
        """Record that an authority allowed the searches of a case; this also unlocks it."""
        by.require(Permission.AUTHORISE)
        self._own(case, by)
        given = self._cases.authorise(
            case_id=case.id,
            authority=_text(authority, "authority"),
            reference=_text(reference, "reference"),
            expires_at=expires_at,
            recorded_by=by.person,
            recorded_at=datetime.now(UTC),
        )
        self._audit.append(CaseAuthorised(by=by.person, case=case.number, authorisation=given.id).event())
        return given

    def note(self, case: CaseRecord, text: str, *, by: Principal) -> NoteRecord:
        """Add a note to a case."""
        by.require(Permission.CASE_WORK)
        self._own(case, by)
        if not text.strip() or len(text) > _LONGEST_NOTE:
            raise UsageError(f"a note has 1 to {_LONGEST_NOTE:,} characters")
        added = self._cases.note(
            case_id=case.id,
            person_id=by.person,
            kind="note",
            text=text.strip(),
            noted_at=datetime.now(UTC),
        )
        self._audit.append(CaseNoted(by=by.person, case=case.number, note=added.id).event())
        return added

    def may_search(self, case: CaseRecord, *, by: Principal) -> None:
        """Raise unless this person may search in this case now.

        Raises `ForbiddenError`, `NotFoundError`, `CaseClosedError`, `CaseLockedError` for a suspect's case
        whose authorisation is overdue or lapsed, and `RateLimitedError` when the day's budget is spent.
        """
        self.may_keep_looking(case, by=by)
        self._check_budget(by)

    def searched(self, case: CaseRecord, search: int, *, by: Principal) -> None:
        """Raise the alarm where a search that was just recorded is one of very many within an hour.

        Searches are counted up to this one, so of several at the same time exactly one raises it.
        """
        since = datetime.now(UTC) - timedelta(hours=1)
        hour = self._cases.count_searches_by(by.person, since=since, but=STANDING, through=search)
        if hour == self._budget.alarm_after:  # once, on the way up
            self._audit.append(EnumerationAlarm(by=by.person, case=case.number, searches=hour).event())

    def may_keep_looking(self, case: CaseRecord, *, by: Principal) -> None:
        """Raise unless what this person asked of this case may go on by itself: as above, without the budget.

        A standing search compares the same probes again, so it uses up none and raises no alarm.
        """
        by.require(Permission.SEARCH)
        self._own(case, by)
        if case.closed_at is not None:
            raise CaseClosedError(f"case {case.number} is closed", hint="open another one, or reopen it")
        self._check_authorisation(case)

    def clearance(self, case: CaseRecord, *, by: Principal) -> Clearance:
        """Return whether the searches of a case are authorised. Raises `NotFoundError`, `ForbiddenError`."""
        by.require(Permission.CASE_READ)
        self._own(case, by)
        return self._clearance(case)

    def _clearance(self, case: CaseRecord) -> Clearance:
        if case.purpose != Purpose.SUSPECT:
            return Clearance(needed=False)
        now = datetime.now(UTC)
        given = self._cases.authorisations(case.id)
        valid = [one for one in given if one.expires_at is None or one.expires_at > now]
        if valid:
            ends = [one.expires_at for one in valid if one.expires_at is not None]
            until = max(ends) if len(ends) == len(valid) else None
            return Clearance(needed=True, authorised=True, until=until)
        searches = self._cases.searches(case.id)
        due = searches[0].at + AUTHORISE_WITHIN if searches else None
        late = due is not None and now > due
        return Clearance(needed=True, locked=bool(given) or late, lapsed=bool(given), due=due)

    def _check_authorisation(self, case: CaseRecord) -> None:
        if self._clearance(case).locked:
            raise CaseLockedError(
                f"case {case.number} is locked: its searches for a suspect are not authorised",
                hint="a supervisor records the authorisation: antigone case authorise",
            )

    def _check_budget(self, by: Principal) -> None:
        now = datetime.now(UTC)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        today = self._cases.count_searches_by(by.person, since=midnight, but=STANDING)
        if today >= self._budget.a_day:
            wait = int((midnight + timedelta(days=1) - now).total_seconds()) + 1
            raise RateLimitedError(
                f"the day's budget of {self._budget.a_day} searches is spent",
                hint="a supervisor can say whether more are needed",
                details={"retry_after": wait},
            )

    def _own(self, case: CaseRecord, by: Principal) -> None:
        if case.organisation_id != by.organisation:
            raise NotFoundError(f"there is no case {case.number}")


def _purpose(given: str) -> tuple[Purpose, str]:
    text = _text(given, "purpose")
    word = re.sub(r"[\s_]+", "-", text.lower())
    for purpose in Purpose:
        if word == purpose.value and purpose is not Purpose.OTHER:
            return purpose, ""
    if word == Purpose.OTHER.value:
        raise UsageError("a purpose other than the known ones is said in words", hint=_known())
    return Purpose.OTHER, text


def _known() -> str:
    return "known are: " + ", ".join(purpose.value for purpose in Purpose if purpose is not Purpose.OTHER)


def _text(given: str, what: str) -> str:
    text = unicodedata.normalize("NFC", given).strip()
    if not text:
        raise UsageError(f"a case needs a {what}", hint="title, purpose and legal basis are all required")
    if len(text) > _LONGEST or any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise UsageError(f"the {what} of a case is one line of at most {_LONGEST:,} characters")
    return text
