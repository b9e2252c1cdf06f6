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
from antigone.audit.office_events import SeedsMixedIn
from antigone.audit.probe_events import ProbeAdjusted
from antigone.casework.cases import CaseBook
from antigone.casework.measured import notices
from antigone.casework.originals import Originals
from antigone.casework.probes import adjusted_probe, probe_faces
from antigone.casework.seeds import Seed, check_seeds, choose_seeds
from antigone.dossier import Dossier, DossierRequest, make_dossier
from antigone.dossier.make import Parts as DossierParts
from antigone.dossier.make import with_photo_read
from antigone.faces.adjust import Step, steps_document
from antigone.identify import FaceChoice, SearchRequest
from antigone.identify.compare import Asker
from antigone.identify.parts import Parts, PhotoInput
from antigone.identify.probe import ProbeInput, read_probe
from antigone.records import ReferenceRecord
from antigone.records.cases import CandidateRecord, CaseRecord, Cases, CaseSearchRecord
from antigone.types import Candidate, CandidateList, Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """How the list of a search is shown to those who decide."""

    hidden: bool = False  # shuffled and without scores until decided
    seeds: int = 0  # known non-mates mixed into it, see `antigone.casework.seeds`


PLAINLY = Showing()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSearch:
    """A search of a case and what it found."""

    case: CaseRecord
    search: CaseSearchRecord
    found: CandidateList
    records: tuple[CandidateRecord, ...]  # of the candidates, by rank


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseComparison:
    """A comparison of two photos of a case. Its score is not kept with the case, only in the audit log."""

    case: CaseRecord
    search: CaseSearchRecord
    found: Comparison


class Searching:
    """Searches within cases."""

    def __init__(self, cases: Cases, book: CaseBook, visible: Visible, originals: Originals) -> None:
        self._cases = cases
        self._book = book
        self._visible = visible
        self._originals = originals

    def search(
        self,
        case: CaseRecord,
        request: SearchRequest,
        parts: Parts,
        *,
        by: Principal,
        showing: Showing = PLAINLY,
        steps: Sequence[Sequence[Step]] = (),
    ) -> CaseSearch:
        """Search within a case; the list is shown as ``showing`` says.

        ``steps`` say for each photo how it is adjusted before it is compared; the photo is kept as it was
        handed in, and choices of faces speak of the adjusted copy.

        Raises `UsageError` for seeds in a list that is not hidden, the errors of `CaseBook.may_search`,
        `NotFoundError` for a collection that one may not see, and those of `antigone.identify.search`.
        """
        check_seeds(showing.seeds, hidden=showing.hidden)
        self._book.may_search(case, by=by)
        names = self._visible.names(request.collections, by=by)
        photos = read_probe(request.photos, parts.limits)
        self.keep(case, photos, by=by)
        compared = adjusted_probe(photos, steps, parts.limits)
        asked = replace(request, photos=compared, collections=names, case=case.number, person=by.person)
        found = identify.search(asked, parts)
        for photo, taken in zip(photos, steps, strict=False):
            if taken:
                parts.audit.append(
                    ProbeAdjusted(
                        by=by.person,
                        case=case.number,
                        search=found.audit,
                        photo=photo.sha256,
                        steps=steps_document(taken),
                    ).event()
                )
        found = replace(found, notices=notices(case, found.model, self._cases))
        searched = [parts.records.collection(name) for name in names]
        seeds = choose_seeds(found, showing.seeds, parts, self._cases, searched)
        if seeds:
            references = [seed.reference.reference for seed in seeds]
            parts.audit.append(
                SeedsMixedIn(
                    by=by.person, case=case.number, search=found.audit, references=references
                ).event()
            )
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
                "hidden": showing.hidden,
                "faces": json.dumps(probe_faces(found, steps)),
                "extent": json.dumps(
                    {**_extent(asked, found), "versions": self._visible.versions(names, found.model)}
                ),
            },
            candidate_rows(found, seeds, hidden=showing.hidden),
        )
        self._book.searched(case, search.id, by=by)
        return CaseSearch(case=case, search=search, found=found, records=candidates)

    def dossier(
        self, case: CaseRecord, request: DossierRequest, parts: DossierParts, *, by: Principal
    ) -> Dossier:
        """Gather all photos of a person within a case. It counts as a search; a photo from outside is kept.

        Raises the errors of `CaseBook.may_search`, `NotFoundError` for a collection that one may not see,
        and those of `antigone.dossier.make_dossier`.
        """
        self._book.may_search(case, by=by)
        names = self._visible.names(request.collections, by=by)
        asked = replace(request, collections=names, case=case.number, person=by.person)
        asked = with_photo_read(asked, parts)
        if isinstance(asked.photo, ProbeInput):
            self.keep(case, [asked.photo], by=by)
        made = make_dossier(asked, parts)
        made = replace(made, notices=notices(case, made.searched.model, self._cases))
        search, _ = self._cases.add_search(
            {
                "case_id": case.id,
                "person_id": by.person,
                "at": made.made_at,
                "kind": "dossier",
                "model": made.searched.model,
                "exact": made.searched.exact,
                "collections": json.dumps(list(made.searched.collections)),
                "probes": json.dumps([made.first.photo]),
                "audit": made.audit,
                "hidden": False,
                "extent": json.dumps(
                    {
                        "references": made.searched.references,
                        "versions": self._visible.versions(names, made.searched.model),
                    }
                ),
            },
            [],
        )
        self._book.searched(case, search.id, by=by)
        return made

    def compare(
        self,
        case: CaseRecord,
        photos: tuple[PhotoInput, PhotoInput],
        parts: Parts,
        *,
        by: Principal,
        choices: Sequence[FaceChoice] = (),
    ) -> CaseComparison:
        """Compare the faces of two photos within a case. It counts as a search; both photos are kept.

        Raises the errors of `CaseBook.may_search` and those of `antigone.identify.compare`.
        """
        self._book.may_search(case, by=by)
        kept = read_probe(photos, parts.limits)
        self.keep(case, kept, by=by)
        asker = Asker(case=case.number, person=by.person)
        a, b = kept
        found = identify.compare(a, b, choices, parts, asker=asker)
        found = replace(found, notices=notices(case, found.model, self._cases))
        search, _ = self._cases.add_search(
            {
                "case_id": case.id,
                "person_id": by.person,
                "at": found.compared_at,
                "kind": "compare",
                "model": found.model,
                "exact": True,
                "collections": json.dumps([]),
                "probes": json.dumps([photo.sha256 for photo in kept]),
                "audit": found.audit,
                "hidden": False,
            },
            [],
        )
        self._book.searched(case, search.id, by=by)
        return CaseComparison(case=case, search=search, found=found)

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


def _extent(asked: SearchRequest, found: CandidateList) -> dict[str, object]:
    """Return how far a search looked, and how its list was put together."""
    return {
        "references": found.references,
        "top": asked.top,
        "persons": asked.persons,
        "crowded_out": found.crowded_out,
        "filters": found.filters,
        "looked_at": found.looked_at,
    }


def _returned(shown: Candidate | ReferenceRecord) -> dict[str, object]:
    """Return what a list says of a candidate beside its score; copies and further photos by reference."""
    if isinstance(shown, ReferenceRecord):  # a seed
        return {}
    person = shown.person
    return {
        "strength": shown.strength.document(),
        "duplicates": [_scored(copy) for copy in shown.duplicates],
        "more_duplicates": shown.more_duplicates,
        "person": None
        if person is None
        else {
            "cluster": person.cluster,
            "faces": person.faces,
            "others": [_scored(other) for other in person.others],
            "more_others": person.more_others,
        },
    }


def _scored(one: Candidate) -> dict[str, object]:
    return {"reference": one.reference, "score": round(one.score, 6)}


def candidate_rows(found: CandidateList, seeds: Sequence[Seed], *, hidden: bool) -> list[dict[str, object]]:
    """Return the candidates of a search as the records keep them; ``hidden`` shuffles their places."""
    places = list(range(1, len(found.candidates) + len(seeds) + 1))
    if hidden:
        secrets.SystemRandom().shuffle(places)
    listed: list[tuple[bool, float, Candidate | ReferenceRecord]] = [
        *((False, one.score, one) for one in found.candidates),
        *((True, seed.score, seed.reference) for seed in seeds),
    ]
    rows: list[dict[str, object]] = [
        {
            "rank": rank,
            "shown_as": place,
            "score": score,
            "reference": shown.reference,
            "collection": shown.collection,
            "photo": shown.photo,
            "face": shown.face,
            "seeded": seeded,
            "returned": json.dumps(_returned(shown)),
        }
        for rank, ((seeded, score, shown), place) in enumerate(zip(listed, places, strict=True), 1)
    ]
    # Numbers are given in this order, so that they tell nothing of the ranks.
    return sorted(rows, key=lambda row: int(str(row["shown_as"])))
