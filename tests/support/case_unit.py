"""An organisation at work, for tests of cases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from antigone.access import Principal
from antigone.audit import AuditLog
from antigone.casework import CaseBook, Conclusions, Decisions
from antigone.records import Records
from antigone.records.cases import CandidateRecord, CaseRecord


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation at work."""

    records: Records
    audit: AuditLog
    book: CaseBook
    decisions: Decisions
    conclusions: Conclusions
    examiner: Principal
    reviewer: Principal
    supervisor: Principal
    stranger: Principal  # holds every role, in another organisation

    def case(self, purpose: str = "missing-person") -> CaseRecord:
        return self.book.open("Unknown man", purpose=purpose, basis="section 12", by=self.examiner)

    def search(self, case: CaseRecord, *, at: datetime | None = None) -> tuple[CandidateRecord, ...]:
        search = {
            "case_id": case.id,
            "person_id": self.examiner.person,
            "at": at or datetime.now(UTC),
            "kind": "search",
            "model": "m",
            "exact": True,
            "collections": json.dumps([]),
            "probes": json.dumps([]),
            "audit": 1,
            "hidden": False,
        }
        candidates: list[dict[str, object]] = [
            {
                "rank": rank,
                "shown_as": rank,
                "score": 1 - rank / 10,
                "reference": rank,
                "collection": "archive",
                "photo": "ab" * 32,
                "face": 1,
                "seeded": rank == 3,
            }
            for rank in (1, 2, 3)
        ]
        return self.records.cases.add_search(search, candidates)[1]
