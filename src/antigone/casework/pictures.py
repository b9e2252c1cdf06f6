"""Pictures of candidates: derived anew from the photo each time, never the stored original.

That somebody looked is in the audit log before the picture leaves.
"""

from __future__ import annotations

import io

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.access.visible import Visible
from antigone.audit.events import CandidateViewed
from antigone.errors import NotFoundError
from antigone.identify.sheet.pictures import picture_of_reference
from antigone.records import Records
from antigone.settings import Settings

COMMENT = b"Derived by Antigone: a face cut out of a photo, scaled, its box drawn. Not the original."
_QUALITY = 88


class CandidatePictures:
    """Pictures of the candidates of one workspace, for whoever may see them at that moment."""

    def __init__(self, records: Records, visible: Visible, audit: AuditSink, settings: Settings) -> None:
        self._records = records
        self._visible = visible
        self._audit = audit
        self._settings = settings

    def face(self, candidate: int, *, by: Principal) -> bytes:
        """Return a JPEG of a candidate's face with some of its surroundings, 480 x 480 pixels.

        Raises `ForbiddenError`, and `NotFoundError` for a candidate of another organisation, one whose
        photo was erased or whose collection was withdrawn, and where the original cannot be read again or
        has changed.
        """
        by.require(Permission.CASE_READ)
        cases = self._records.cases
        found = cases.candidate(candidate)
        search = cases.search(found.search_id) if found else None
        case = cases.case(search.case_id) if search else None
        if found is None or search is None or case is None or case.organisation_id != by.organisation:
            raise NotFoundError(f"there is no candidate {candidate}")
        record = self._records.references([found.reference]).get(found.reference)
        seen = {info.name for info in self._visible.collections(by=by)}
        if record is None or record.photo != found.photo or record.collection not in seen:
            raise NotFoundError(f"the photo of candidate {candidate} is not available any more")
        picture = picture_of_reference(record, self._settings)
        if picture.face is None:
            raise NotFoundError(f"candidate {candidate} cannot be shown: {picture.missing}")
        encoded = io.BytesIO()
        picture.face.save(encoded, "JPEG", quality=_QUALITY, comment=COMMENT)
        self._audit.append(
            CandidateViewed(
                by=by.person, search=search.audit, rank=found.rank, reference=found.reference
            ).event()
        )
        return encoded.getvalue()
