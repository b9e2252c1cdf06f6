"""Pictures of candidates and probes: derived anew from the photo each time, never the stored original.

That somebody looked is in the audit log before the picture leaves. Those of a case about somebody dead are
blurred, unless whoever asks says that they must see them; that is an entry of its own.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.access.visible import Visible
from antigone.audit.case_events import ReferenceViewed
from antigone.audit.deceased_events import PicturesUnblurred, ProbeViewed
from antigone.audit.events import CandidateViewed
from antigone.casework.cases import Purpose
from antigone.casework.found import find_candidate
from antigone.casework.originals import Originals
from antigone.casework.probes import adjusted_pixels
from antigone.errors import CaseClosedError, NotFoundError
from antigone.faces.adjust import Step
from antigone.faces.images import ImageLimits
from antigone.identify.sheet.blur import blurred
from antigone.identify.sheet.pictures import (
    FACE_SIDE,
    Picture,
    picture_of_face,
    picture_of_photo,
    picture_of_reference,
    pixels_of,
)
from antigone.records import Records
from antigone.records.cases import CandidateRecord, CaseRecord
from antigone.settings import Settings
from antigone.types import Box

COMMENT = b"Derived by Antigone: a face cut out of a photo, scaled, its box drawn. Not the original."
BLURRED_COMMENT = b"Derived by Antigone: cut out of a photo, scaled and blurred. Not the original."
_QUALITY = 88
_NAMED_AT_ONCE = 900  # photos that one entry has room for


def is_veiled(case: CaseRecord | None, *, unblurred: bool = False) -> bool:
    """Tell whether the pictures of a case are blurred."""
    return case is not None and case.purpose == Purpose.UNIDENTIFIED_DECEASED and not unblurred


def note_unblurred(
    case: CaseRecord, where: str, photos: Sequence[str], *, audit: AuditSink, by: Principal
) -> None:
    """Write down that pictures of a dead person's case are shown as they are; of others there is nothing."""
    if case.purpose == Purpose.UNIDENTIFIED_DECEASED:
        shown = list(dict.fromkeys(photos))
        for begin in range(0, len(shown), _NAMED_AT_ONCE):
            named = shown[begin : begin + _NAMED_AT_ONCE]
            audit.append(PicturesUnblurred(by=by.person, case=case.number, where=where, photos=named).event())


class CandidatePictures:
    """Pictures of the candidates of one workspace, for whoever may see them at that moment."""

    def __init__(self, records: Records, visible: Visible, audit: AuditSink, settings: Settings) -> None:
        self._records = records
        self._visible = visible
        self._audit = audit
        self._settings = settings

    def face(
        self, candidate: int, *, by: Principal, unblurred: bool = False, longest: int = FACE_SIDE
    ) -> bytes:
        """Return a JPEG of a candidate's face with some of its surroundings, ``longest`` pixels a side.

        Raises `ForbiddenError`, and `NotFoundError` for a candidate of another organisation, one whose
        photo was erased or whose collection was withdrawn, and where the original cannot be read again or
        has changed.
        """
        by.require(Permission.CASE_READ)
        found = find_candidate(self._records.cases, candidate, by=by)
        picture = self.picture(found.candidate, by=by)
        if picture.face is None:
            raise NotFoundError(f"candidate {candidate} cannot be shown: {picture.missing}")
        picture.face.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        self._audit.append(
            CandidateViewed(
                by=by.person,
                search=found.search.audit,
                rank=found.candidate.rank,
                reference=found.candidate.reference,
            ).event()
        )
        photo = found.candidate.photo
        return _encoded(picture, found.case, "candidate", photo, self._audit, by=by, unblurred=unblurred)

    def picture(self, candidate: CandidateRecord, *, by: Principal) -> Picture:
        """Return what can be shown of a candidate, as it is: for pages that leave an entry of their own.

        Raises `NotFoundError` where its photo was erased or its collection was withdrawn.
        """
        record = self._records.references([candidate.reference]).get(candidate.reference)
        seen = {info.name for info in self._visible.collections(by=by)}
        if record is None or record.photo != candidate.photo or record.collection not in seen:
            raise NotFoundError(f"the photo of candidate {candidate.id} is not available any more")
        return picture_of_reference(record, self._settings)


class ReferencePictures:
    """Pictures of references outside candidate lists, as dossiers and clusters name them; for a case only."""

    def __init__(self, records: Records, visible: Visible, audit: AuditSink, settings: Settings) -> None:
        self._records = records
        self._visible = visible
        self._audit = audit
        self._settings = settings

    def show(
        self, case: CaseRecord, reference: int, *, by: Principal, whole: bool = False, unblurred: bool = False
    ) -> bytes:
        """Return a JPEG of a reference's face with its surroundings, or of its ``whole`` photo, scaled down.

        Raises `ForbiddenError`, `CaseClosedError`, and `NotFoundError` for a reference that one may not see
        and where the original cannot be read again or has changed.
        """
        by.require(Permission.CASE_READ)
        if case.organisation_id != by.organisation:
            raise NotFoundError(f"there is no case {case.number}")
        if case.closed_at is not None:
            raise CaseClosedError(f"case {case.number} is closed")
        record = self._records.references([reference]).get(reference)
        if record is None or record.collection not in {
            info.name for info in self._visible.collections(by=by)
        }:
            raise NotFoundError(f"there is no reference {reference}")
        picture = picture_of_reference(record, self._settings, whole_photo=whole)
        if picture.face is None:
            raise NotFoundError(f"reference {reference} cannot be shown: {picture.missing}")
        self._audit.append(
            ReferenceViewed(
                by=by.person,
                case=case.number,
                collection=record.collection,
                reference=reference,
                photo=record.photo,
                whole=whole,
            ).event()
        )
        return _encoded(picture, case, "reference", record.photo, self._audit, by=by, unblurred=unblurred)


class ProbePictures:
    """Pictures of the probes of one workspace's cases."""

    def __init__(self, records: Records, originals: Originals, audit: AuditSink, settings: Settings) -> None:
        self._records = records
        self._originals = originals
        self._audit = audit
        self._settings = settings

    def photo(self, case: CaseRecord, sha256: str, *, by: Principal, unblurred: bool = False) -> bytes:
        """Return a JPEG of a probe photo, scaled down.

        Raises `ForbiddenError`, `NotFoundError`, and `PhotoError` where it cannot be decoded.
        """
        by.require(Permission.CASE_READ)
        picture = self.picture(case, sha256, by=by)
        self._audit.append(ProbeViewed(by=by.person, case=case.number, photo=sha256).event())
        return _encoded(picture, case, "probe", sha256, self._audit, by=by, unblurred=unblurred)

    def picture(self, case: CaseRecord, sha256: str, *, by: Principal) -> Picture:
        """Return a probe photo, scaled down, as it is. Raises as `photo`."""
        content = self._content(case, sha256, by)
        return picture_of_photo(pixels_of(content, ImageLimits.of(self._settings)), ())

    def face(
        self, case: CaseRecord, sha256: str, steps: Sequence[Step], box: Box, *, by: Principal
    ) -> Picture:
        """Return a face cut out of a probe photo's adjusted copy, as it is. Raises as `photo`."""
        content = self._content(case, sha256, by)
        pixels = adjusted_pixels(content, steps, ImageLimits.of(self._settings))
        return picture_of_face(pixels, box, with_whole=False)

    def _content(self, case: CaseRecord, sha256: str, by: Principal) -> bytes:
        known = {probe.sha256 for probe in self._records.cases.probes(case.id)}
        if case.organisation_id != by.organisation or sha256 not in known:
            raise NotFoundError(f"case {case.number} has no such probe")
        return self._originals.read(case, sha256)


def _encoded(
    picture: Picture,
    case: CaseRecord,
    where: str,
    photo: str,
    audit: AuditSink,
    *,
    by: Principal,
    unblurred: bool,
) -> bytes:
    comment = COMMENT
    if is_veiled(case, unblurred=unblurred):
        picture, comment = blurred(picture), BLURRED_COMMENT
    else:
        note_unblurred(case, where, [photo], audit=audit, by=by)
    assert picture.face is not None
    encoded = io.BytesIO()
    picture.face.save(encoded, "JPEG", quality=_QUALITY, comment=comment)
    return encoded.getvalue()
