"""A search within a case: allowed first, its probes kept, its candidates on record before they are seen."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from antigone import identify
from antigone.access import Principal
from antigone.access.visible import Visible
from antigone.casework.cases import CaseBook
from antigone.casework.originals import Originals
from antigone.identify import SearchRequest
from antigone.identify.parts import Parts
from antigone.identify.probe import ProbeInput, read_probe
from antigone.records.cases import CandidateRecord, CaseRecord, Cases, CaseSearchRecord
from antigone.types import CandidateList


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSearch:
    """A search of a case and what it found."""

    case: CaseRecord
    search: CaseSearchRecord
    found: CandidateList
    records: tuple[CandidateRecord, ...]  # of the candidates, by rank


class Searching:
    """Searches within cases."""

    def __init__(self, cases: Cases, book: CaseBook, visible: Visible, originals: Originals) -> None:
        self._cases = cases
        self._book = book
        self._visible = visible
        self._originals = originals

    def search(
        self, case: CaseRecord, request: SearchRequest, parts: Parts, *, by: Principal, hidden: bool = False
    ) -> CaseSearch:
        """Search within a case. ``hidden``: the list is shown shuffled and without scores until decided.

        Raises the errors of `CaseBook.may_search`, `NotFoundError` for a collection that one may not see,
        and those of `antigone.identify.search`.
        """
        self._book.may_search(case, by=by)
        names = self._visible.names(request.collections, by=by)
        photos = read_probe(request.photos, parts.limits)
        self.keep(case, photos, by=by)
        asked = replace(request, photos=photos, collections=names, case=case.number, person=by.person)
        found = identify.search(asked, parts)
        search, candidates = self._cases.add_search(
            {
                "case_id": case.id,
                "person_id": by.person,
                "at": found.searched_at,
                "kind": "search",
                "model": found.model,
                "exact": found.exact,
                "collections": json.dumps(list(found.collections)),
                "probes": json.dumps([photo.sha256 for photo in photos]),
                "audit": found.audit,
                "hidden": hidden,
            },
            _candidates(found, hidden=hidden),
        )
        return CaseSearch(case=case, search=search, found=found, records=candidates)

    def keep(self, case: CaseRecord, photos: Sequence[ProbeInput], *, by: Principal) -> None:
        """Keep probe photos with a case, as they were handed in."""
        for photo in photos:
            content = photo.content if isinstance(photo.content, bytes) else photo.content.tobytes()
            self._originals.keep(case, photo.sha256, content)
            self._cases.add_probe(
                case_id=case.id,
                sha256=photo.sha256,
                byte_size=len(content),
                source=photo.source,
                added_by=by.person,
                added_at=datetime.now(UTC),
            )


def _candidates(found: CandidateList, *, hidden: bool) -> list[dict[str, object]]:
    places = list(range(1, len(found.candidates) + 1))
    if hidden:
        secrets.SystemRandom().shuffle(places)
    return [
        {
            "rank": candidate.rank,
            "shown_as": place,
            "score": candidate.score,
            "reference": candidate.reference,
            "collection": candidate.collection,
            "photo": candidate.photo,
            "face": candidate.face,
            "seeded": False,
        }
        for candidate, place in zip(found.candidates, places, strict=True)
    ]
