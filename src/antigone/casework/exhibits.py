"""Exhibits: files that belong to a case, kept like its probes: written once, hashed, handed out as they are.

What a file is called is kept for people; nothing is ever opened, decoded or shown here.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.audit.case_events import ExhibitAdded, ExhibitHandedOut
from antigone.casework.originals import Originals
from antigone.errors import AuditError, CaseClosedError, NotFoundError, UsageError
from antigone.records.cases import CaseRecord, Cases, NoteRecord

KIND = "exhibit"
_LONGEST_NAME = 200
_LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExhibit:
    """A file to add to a case."""

    content: bytes
    name: str  # as whoever adds it calls it; folders are left out
    text: str = ""  # what it is and where it comes from


class Exhibits:
    """The exhibits of the cases of one workspace."""

    def __init__(self, cases: Cases, originals: Originals, audit: AuditSink) -> None:
        self._cases = cases
        self._originals = originals
        self._audit = audit

    def add(self, case: CaseRecord, new: NewExhibit, *, by: Principal) -> NoteRecord:
        """Keep a file with a case.

        Raises `UsageError` for an empty file, `CaseClosedError`, and `ForbiddenError`.
        """
        by.require(Permission.CASE_WORK)
        self._own(case, by)
        if case.closed_at is not None:
            raise CaseClosedError(f"case {case.number} is closed")
        if not new.content:
            raise UsageError("the file of an exhibit is empty")
        if len(new.text) > _LONGEST_TEXT:
            raise UsageError(f"what is said of an exhibit has at most {_LONGEST_TEXT:,} characters")
        digest = hashlib.sha256(new.content).hexdigest()
        self._originals.keep(case, digest, new.content)
        added = self._cases.note(
            case_id=case.id,
            person_id=by.person,
            kind=KIND,
            text=new.text.strip(),
            sha256=digest,
            file_name=_name(new.name),
            byte_size=len(new.content),
            noted_at=datetime.now(UTC),
        )
        self._audit.append(
            ExhibitAdded(by=by.person, case=case.number, exhibit=added.id, sha256=digest).event()
        )
        return added

    def list(self, case: CaseRecord, *, by: Principal) -> tuple[NoteRecord, ...]:
        """Return the exhibits of a case, oldest first."""
        by.require(Permission.CASE_READ)
        self._own(case, by)
        return tuple(note for note in self._cases.notes(case.id) if note.kind == KIND)

    def read(self, case: CaseRecord, number: int, *, by: Principal) -> tuple[NoteRecord, bytes]:
        """Return an exhibit with its file, after the audit entry.

        Raises `NotFoundError`, and `AuditError` where the file is not what was added.
        """
        found = next((one for one in self.list(case, by=by) if one.id == number), None)
        if found is None or found.sha256 is None:
            raise NotFoundError(f"case {case.number} has no exhibit {number}")
        content = self._originals.read(case, found.sha256)
        if hashlib.sha256(content).hexdigest() != found.sha256:
            raise AuditError(f"the file of exhibit {number} is not what was added: its hash has changed")
        self._audit.append(
            ExhibitHandedOut(by=by.person, case=case.number, exhibit=number, sha256=found.sha256).event()
        )
        return found, content

    def _own(self, case: CaseRecord, by: Principal) -> None:
        if case.organisation_id != by.organisation:
            raise NotFoundError(f"there is no case {case.number}")


def exhibit_document(exhibit: NoteRecord) -> dict[str, object]:
    """Return what is known of an exhibit."""
    return {
        "exhibit": exhibit.id,
        "name": exhibit.file_name,
        "bytes": exhibit.byte_size,
        "sha256": exhibit.sha256,
        "text": exhibit.text,
        "added_by": exhibit.person_id,
        "added_at": exhibit.noted_at.isoformat(),
    }


def _name(given: str) -> str:
    """Return the last part of a name, in one line and without what no file name can hold."""
    last = PureWindowsPath(PurePosixPath(given).name).name
    plain = unicodedata.normalize("NFC", last)
    kept = "".join(c for c in plain if unicodedata.category(c) not in ("Cc", "Cf", "Cs")).strip(" .")
    return kept[-_LONGEST_NAME:] or "file"
