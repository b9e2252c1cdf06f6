"""The inbox of an organisation: new candidates of standing searches, each waiting once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.audit.office_events import InboxSeen
from antigone.casework.measured import notices
from antigone.casework.standing import WatchReport
from antigone.errors import ConflictError, NotFoundError, UsageError
from antigone.records import Records
from antigone.records.cases import CandidateRecord, CaseRecord
from antigone.records.watches import InboxRecord

MOST_ITEMS = 500  # of a page


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """A new candidate that waits to be looked at."""

    item: InboxRecord
    case: CaseRecord
    candidate: CandidateRecord
    notices: tuple[str, ...]  # sentences that stand beside it


class Inbox:
    """What standing searches found, as one person sees it: that of their organisation."""

    def __init__(self, records: Records, audit: AuditSink) -> None:
        self._records = records
        self._audit = audit

    def items(
        self, *, by: Principal, after: int = 0, limit: int = 100, seen_too: bool = False
    ) -> tuple[InboxItem, ...]:
        """Return what waits, oldest first; ``seen_too`` adds what was taken out. Raises `ForbiddenError`."""
        by.require(Permission.CASE_READ)
        if not 1 <= limit <= MOST_ITEMS:
            raise UsageError(f"a page holds 1 to {MOST_ITEMS} items")
        found = self._records.watches.inbox(by.organisation, after=after, limit=limit, seen_too=seen_too)
        cases: dict[int, CaseRecord] = {}
        for item, _ in found:
            if item.case_id not in cases:
                case = self._records.cases.case(item.case_id)
                assert case is not None
                cases[item.case_id] = case
        return tuple(self._item(item, cases[item.case_id], candidate) for item, candidate in found)

    def _item(self, item: InboxRecord, case: CaseRecord, candidate: CandidateRecord) -> InboxItem:
        search = self._records.cases.search(candidate.search_id)
        assert search is not None
        said = notices(case, search.model, self._records.cases)
        return InboxItem(item=item, case=case, candidate=candidate, notices=said)

    def waiting(self, *, by: Principal) -> int:
        """Count what waits. Raises `ForbiddenError`."""
        by.require(Permission.CASE_READ)
        return self._records.watches.waiting(by.organisation)

    def see(self, number: int, *, by: Principal) -> None:
        """Take an item out of the inbox; its candidate stays with its case.

        Raises `ForbiddenError`, `NotFoundError`, and `ConflictError` where somebody did before.
        """
        by.require(Permission.CASE_WORK)
        item = self._records.watches.item(number)
        case = self._records.cases.case(item.case_id) if item else None
        if item is None or case is None or case.organisation_id != by.organisation:
            raise NotFoundError(f"there is no item {number} in the inbox")
        if not self._records.watches.see(item.id, person=by.person, at=datetime.now(UTC)):
            raise ConflictError("somebody took this item out of the inbox before")
        self._audit.append(InboxSeen(by=by.person, case=case.number, item=item.id).event())


def item_document(one: InboxItem) -> dict[str, Any]:
    """Return an item for JSON: score and strength, which are no identity."""
    item, candidate = one.item, one.candidate
    returned = json.loads(candidate.returned)
    return {
        "item": item.id,
        "case": one.case.number,
        "title": one.case.title,
        "arrived_at": item.arrived_at.isoformat(),
        "seen_at": None if item.seen_at is None else item.seen_at.isoformat(),
        "seen_by": item.seen_by,
        "search": candidate.search_id,
        "candidate": candidate.id,
        "score": round(candidate.score, 6),
        "strength": returned.get("strength"),
        "collection": candidate.collection,
        "photo": candidate.photo,
        "face": candidate.face,
        "notices": list(one.notices),
    }


def watch_document(report: WatchReport) -> dict[str, Any]:
    """Return a watch for JSON."""
    watch = report.watch
    return {
        "case": report.case.number,
        "watch": watch.id,
        "looks": report.still is None,
        "because": report.still,
        "by": watch.person_id,
        "collections": json.loads(watch.collections) or None,
        "least": report.least.document(),
        "begun_at": watch.begun_at.isoformat(),
        "ended_at": None if watch.ended_at is None else watch.ended_at.isoformat(),
        "ran_at": None if watch.ran_at is None else watch.ran_at.isoformat(),
        "trouble": watch.trouble,
    }
