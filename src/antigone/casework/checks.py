"""Identity checks: a live photo against a document's, and against a list where a supervisor permitted it.

A list of persons sought is a collection that its owner marked as one. Whoever may see the collection may use
it, in a case for identity checks that a supervisor permitted to be held against it, with an authority and the
strength from which on a candidate is told of. Whoever stands at the checkpoint chooses neither.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.access.visible import Visible
from antigone.audit.office_events import ListMarked, ListPermitted, ListUnmarked, ListWithdrawn
from antigone.casework.cases import CaseBook, Purpose
from antigone.casework.newcomers import WatchParts
from antigone.casework.searching import Searching, candidate_rows
from antigone.errors import CaseClosedError, ConflictError, ForbiddenError, NotFoundError, UsageError
from antigone.identify import FaceChoice
from antigone.identify.check import CheckRequest, IdentityCheck, check
from antigone.identify.parts import PhotoInput
from antigone.identify.probe import read_probe
from antigone.records import Records
from antigone.records.cases import CandidateRecord, CaseRecord, CaseSearchRecord
from antigone.records.sought import PermittedRecord, SoughtRecord
from antigone.strength import Least
from antigone.types import CollectionInfo, ProbePhoto

CHECK = "check"  # kind of such a search
SAID = "A score is no identity: a person compares the faces and decides."
_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedList:
    """A list that a case may be held against."""

    collection: CollectionInfo
    permitted: PermittedRecord

    @property
    def least(self) -> Least:
        """From which strength on a candidate is told of."""
        return Least(at_most=self.permitted.at_most, score=self.permitted.least_score)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCheck:
    """An identity check of a case and what it came to."""

    case: CaseRecord
    search: CaseSearchRecord
    found: IdentityCheck
    list_: PermittedList | None
    records: tuple[CandidateRecord, ...]  # candidates of the list, by rank


class Checks:
    """The identity checks of one workspace, and the lists that they may use."""

    def __init__(
        self,
        records: Records,
        audit: AuditSink,
        *,
        book: CaseBook,
        visible: Visible,
        searching: Searching,
    ) -> None:
        self._records = records
        self._audit = audit
        self._book = book
        self._visible = visible
        self._searching = searching

    # Lists

    def mark(self, name: str, *, basis: str, by: Principal) -> SoughtRecord:
        """Make a collection of one's own organisation a list of persons sought, with its legal basis.

        Raises `ForbiddenError`, `NotFoundError`, `UsageError` and `ConflictError`.
        """
        by.require(Permission.COLLECTION_MANAGE)
        collection = self._own(name, by)
        marked = self._records.sought.mark(
            collection_id=collection.id,
            basis=_text(basis, "legal basis of a list"),
            marked_by=by.person,
            marked_at=datetime.now(UTC),
        )
        self._audit.append(ListMarked(by=by.person, collection=collection.name).event())
        return marked

    def unmark(self, name: str, *, by: Principal) -> None:
        """Take that back, from the next check on. Raises `ForbiddenError` and `NotFoundError`."""
        by.require(Permission.COLLECTION_MANAGE)
        collection = self._own(name, by)
        if not self._records.sought.unmark(collection.id):
            raise NotFoundError(f"{collection.name} is no list of persons sought")
        self._audit.append(ListUnmarked(by=by.person, collection=collection.name).event())

    def lists(self, *, by: Principal) -> tuple[tuple[CollectionInfo, SoughtRecord], ...]:
        """Return the lists that one's organisation has or is shared."""
        by.require(Permission.COLLECTION_READ)
        marked = self._records.sought.lists()
        seen = self._visible.collections(by=by)
        return tuple((one, marked[one.id]) for one in seen if one.id in marked)

    # What a case permits

    def permit(
        self,
        case: CaseRecord,
        name: str,
        *,
        authority: str,
        reference: str,
        least: Least,
        parts: WatchParts,
        by: Principal,
    ) -> PermittedList:
        """Let a case for identity checks be held against a list; takes a supervisor.

        Raises `ForbiddenError`, `NotFoundError` for what is no list, `ConflictError`, and `UsageError` where
        only a number of wrong candidates is given and the list shows too few people to tell it.
        """
        by.require(Permission.AUTHORISE)
        self._check(case, by)
        collection = self._list(name, by)
        if least.score is None:
            model = parts.analyser.model
            if parts.strength.refresh(collection, model).background is None:
                raise UsageError(
                    f"how many wrong candidates are to be expected is not known in {collection.name}: "
                    "it shows too few people",
                    hint="give a least comparison score, too",
                )
        permitted = self._records.sought.permit(
            case_id=case.id,
            collection_id=collection.id,
            authority=_text(authority, "authority"),
            reference=_text(reference, "reference"),
            at_most=least.at_most,
            least_score=least.score,
            permitted_by=by.person,
            permitted_at=datetime.now(UTC),
        )
        self._audit.append(ListPermitted(by=by.person, case=case.number, collection=collection.name).event())
        return PermittedList(collection=collection, permitted=permitted)

    def withdraw(self, case: CaseRecord, name: str, *, by: Principal) -> None:
        """Take that back, from the next check on. Raises `ForbiddenError` and `NotFoundError`."""
        by.require(Permission.AUTHORISE)
        self._check_own(case, by)
        collection = self._visible.collection(name, by=by)
        if not self._records.sought.withdraw(case.id, collection.id, at=datetime.now(UTC)):
            raise NotFoundError(f"case {case.number} is not held against {collection.name}")
        self._audit.append(ListWithdrawn(by=by.person, case=case.number, collection=collection.name).event())

    def permitted(self, case: CaseRecord, *, by: Principal) -> tuple[PermittedList, ...]:
        """Return the lists that a case may be held against now."""
        by.require(Permission.CASE_READ)
        self._check_own(case, by)
        lists = {collection.id: collection for collection, _ in self.lists(by=by)}
        return tuple(
            PermittedList(collection=lists[one.collection_id], permitted=one)
            for one in self._records.sought.permitted(case.id)
            if one.collection_id in lists
        )

    # Checking

    def may_check(self, case: CaseRecord, list_: str | None, *, by: Principal) -> PermittedList | None:
        """Return the list to hold a live photo against, if one is named.

        Raises `ConflictError` for a case of another purpose, `ForbiddenError` for a list that the case is not
        permitted, and the errors of `CaseBook.may_search`.
        """
        self._book.may_search(case, by=by)
        if case.purpose != Purpose.IDENTITY_CHECK:
            raise ConflictError(
                f"the purpose of case {case.number} is not identity-check",
                hint="identity checks are made in a case of their own: --purpose identity-check",
            )
        if list_ is None:
            return None
        collection = self._list(list_, by)
        for one in self._records.sought.permitted(case.id):
            if one.collection_id == collection.id:
                return PermittedList(collection=collection, permitted=one)
        raise ForbiddenError(
            f"case {case.number} may not be held against {collection.name}",
            hint="a supervisor permits it: antigone case permit-list",
        )

    def check(
        self,
        case: CaseRecord,
        live: PhotoInput,
        document: PhotoInput,
        parts: WatchParts,
        *,
        by: Principal,
        list_: str | None = None,
        choices: Sequence[FaceChoice] = (),
    ) -> CaseCheck:
        """Check within a case. It counts as a search, and both photos are kept with the case.

        Raises the errors of `may_check` and of `antigone.identify.check.check`.
        """
        sought = self.may_check(case, list_, by=by)
        first, second = read_probe((live, document), parts.limits)
        self._searching.keep(case, (first, second), by=by)
        found = check(
            CheckRequest(
                live=first,
                document=second,
                choices=choices,
                sought=None if sought is None else sought.collection,
                least=None if sought is None else sought.least,
                case=case.number,
                person=by.person,
            ),
            parts,
        )
        compared = found.comparison
        search, candidates = self._records.cases.add_search(
            {
                "case_id": case.id,
                "person_id": by.person,
                "at": compared.compared_at,
                "kind": CHECK,
                "model": compared.model,
                "exact": True if found.listed is None else found.listed.exact,
                "collections": json.dumps([] if sought is None else [sought.collection.name]),
                "probes": json.dumps([photo.sha256 for photo in compared.photos]),
                "audit": compared.audit,
                "hidden": False,
            },
            [] if found.listed is None else candidate_rows(found.listed, (), hidden=False),
        )
        self._book.searched(case, search.id, by=by)
        return CaseCheck(case=case, search=search, found=found, list_=sought, records=candidates)

    def _list(self, name: str, by: Principal) -> CollectionInfo:
        collection = self._visible.collection(name, by=by)
        if collection.id not in self._records.sought.lists():
            raise NotFoundError(
                f"{collection.name} is no list of persons sought",
                hint="its owner marks it as one: antigone collection sought",
            )
        return collection

    def _own(self, name: str, by: Principal) -> CollectionInfo:
        collection = self._visible.collection(name, by=by)
        if not self._visible.is_own(collection, by=by):
            raise NotFoundError(f"your organisation has no collection named {name}")
        return collection

    def _check(self, case: CaseRecord, by: Principal) -> None:
        self._check_own(case, by)
        if case.closed_at is not None:
            raise CaseClosedError(f"case {case.number} is closed")
        if case.purpose != Purpose.IDENTITY_CHECK:
            raise ConflictError(f"the purpose of case {case.number} is not identity-check")

    def _check_own(self, case: CaseRecord, by: Principal) -> None:
        if case.organisation_id != by.organisation:
            raise NotFoundError(f"there is no case {case.number}")


def check_document(made: CaseCheck) -> dict[str, Any]:
    """Return an identity check for JSON. It speaks of score and strength, and of nobody's identity."""
    compared, listed = made.found.comparison, made.found.listed
    document: dict[str, Any] = {
        "case": made.case.number,
        "check": made.search.id,
        "at": compared.compared_at.isoformat(),
        "model": compared.model,
        "audit": compared.audit,
        "comparison": {
            "score": round(compared.score, 6),
            "strength": compared.strength.document(),
            "live": _face(compared.photos[0]),
            "document": _face(compared.photos[1]),
        },
        "list": None,
        "note": SAID,
    }
    if made.list_ is not None and listed is not None:
        document["list"] = {
            "name": made.list_.collection.name,
            "references": listed.references,
            "exact": listed.exact,
            "told_of": made.list_.least.document(),
            "candidates": [
                {
                    "candidate": record.id,
                    "score": round(one.score, 6),
                    "strength": one.strength.document(),
                    "photo": one.photo,
                    "face": one.face,
                    "box": one.box.numbers(),
                    "source": one.source,
                }
                for record, one in zip(made.records, listed.candidates, strict=True)
            ],
        }
    return document


def permitted_document(one: PermittedList) -> dict[str, Any]:
    """Return a list that a case may be held against, for JSON."""
    return {
        "list": one.collection.name,
        "authority": one.permitted.authority,
        "reference": one.permitted.reference,
        "least": one.least.document(),
        "permitted_by": one.permitted.permitted_by,
        "permitted_at": one.permitted.permitted_at.isoformat(),
    }


def _face(photo: ProbePhoto) -> dict[str, Any]:
    return {
        "photo": photo.sha256,
        "faces": photo.faces,
        "face": photo.number,
        "box": photo.face.box.numbers(),
        "quality": round(photo.face.quality.score, 1),
    }


def _text(given: str, what: str) -> str:
    text = given.strip()
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise UsageError(f"the {what} is one line of at most {_LONGEST:,} characters")
    return text
