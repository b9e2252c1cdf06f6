"""Probe and candidate beside each other: whole photos to compare by eye, derived anew, and where eyes are.

As with every picture of a case, that somebody looked is in the audit log before it leaves, and pictures of a
case about somebody dead are blurred unless whoever asks says that they must see them.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from antigone.access import Permission, Principal
from antigone.audit.deceased_events import ProbeViewed
from antigone.audit.events import CandidateViewed
from antigone.casework.found import Found, find_candidate
from antigone.casework.pictures import is_veiled, note_unblurred
from antigone.casework.probes import adjusted_pixels, faces_of_search
from antigone.errors import NotFoundError, PhotoError
from antigone.faces.images import ImageLimits
from antigone.identify.sheet.blur import blurred_image
from antigone.identify.sheet.pictures import picture_of_face, picture_of_reference
from antigone.records.cases import CandidateRecord, CaseRecord
from antigone.sources.originals import read_pixels

if TYPE_CHECKING:
    from antigone.access.directory import AuditSink
    from antigone.access.visible import Visible
    from antigone.casework.originals import Originals
    from antigone.records import Records, ReferenceRecord
    from antigone.settings import Settings
    from antigone.types import Uint8Array

LONGEST_SIDE = 1_600  # pixels of a picture: enough to see pores, small enough for a slow link
COMMENT = b"Derived by Antigone: scaled and encoded anew. Not the original."
_QUALITY = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a picture is wanted."""

    longest: int = LONGEST_SIDE  # pixels
    unblurred: bool = False  # although its case is about somebody dead
    face: bool = False  # the face with its surroundings, cut out, in place of the whole photo


AS_IT_COMES = Wish()


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Where the face lies in one of the two pictures, in pixels of the whole photo."""

    width: int
    height: int
    box: tuple[float, float, float, float]
    eyes: tuple[tuple[float, float], tuple[float, float]]  # right, left

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "width": self.width,
            "height": self.height,
            "box": [round(value, 1) for value in self.box],
            "eyes": [[round(value, 1) for value in eye] for eye in self.eyes],
        }


class Beside:
    """Pictures to compare, for whoever may see them at that moment."""

    def __init__(
        self,
        records: Records,
        audit: AuditSink,
        settings: Settings,
        *,
        visible: Visible,
        originals: Originals,
    ) -> None:
        self._records = records
        self._audit = audit
        self._settings = settings
        self._visible = visible
        self._originals = originals

    def find(self, candidate: int, *, by: Principal) -> Found:
        """Return a candidate of one's own organisation. Raises `ForbiddenError` and `NotFoundError`."""
        by.require(Permission.CASE_READ)
        return find_candidate(self._records.cases, candidate, by=by)

    def reference(self, found: Found, reference: int, *, by: Principal) -> ReferenceRecord | None:
        """Return what is on record of a reference; None where it was erased or its collection withdrawn."""
        record = self._records.references([reference]).get(reference)
        seen = {info.name for info in self._visible.collections(by=by)}
        if record is None or record.collection not in seen:
            return None
        own = reference == found.candidate.reference
        return None if own and record.photo != found.candidate.photo else record

    def side(self, found: Found, *, by: Principal) -> Side | None:
        """Return where the candidate's face lies; None where its photo is not available any more."""
        record = self.reference(found, found.candidate.reference, by=by)
        known = None if record is None else self._records.face_geometry(record.reference)
        if record is None or known is None:
            return None
        points, width, height = known
        box = record.box
        right, left = ((float(x), float(y)) for x, y in points[:2])
        return Side(width=width, height=height, box=(box.x, box.y, box.w, box.h), eyes=(right, left))

    def candidate(self, candidate: int, *, by: Principal, wish: Wish = AS_IT_COMES) -> bytes:
        """Return a JPEG of the whole photo of a candidate, scaled down.

        Raises `ForbiddenError`, and `NotFoundError` also where the original cannot be read again.
        """
        found = self.find(candidate, by=by)
        record = self.reference(found, found.candidate.reference, by=by)
        if record is None:
            raise NotFoundError(f"the photo of candidate {candidate} is not available any more")
        if record.place.stored_at.lower().startswith(("http://", "https://")):
            raise NotFoundError(f"candidate {candidate} cannot be shown: its original lies at a web address")
        try:
            pixels = read_pixels(record.place, record.photo, self._settings)
        except PhotoError as error:
            raise NotFoundError(f"candidate {candidate} cannot be shown: {error.failure.message}") from error
        self._seen(found, record.reference, by=by)
        return self._finished(_scaled(pixels, wish), found.case, "candidate", record.photo, by=by, wish=wish)

    def further(self, candidate: int, reference: int, *, by: Principal, wish: Wish = AS_IT_COMES) -> bytes:
        """Return a JPEG of the face of a copy of a candidate, or of a further photo of the likely person.

        Raises as `candidate`; only what was listed with the candidate can be seen.
        """
        found = self.find(candidate, by=by)
        if reference not in listed_with(found.candidate):
            raise NotFoundError(f"candidate {candidate} was not listed with reference {reference}")
        record = self.reference(found, reference, by=by)
        picture = None if record is None else picture_of_reference(record, self._settings)
        if record is None or picture is None or picture.face is None:
            raise NotFoundError(f"the photo of reference {reference} is not available any more")
        self._seen(found, reference, by=by)
        return self._finished(picture.face, found.case, "candidate", record.photo, by=by, wish=wish)

    def probe(
        self, case: CaseRecord, search: int, number: int, *, by: Principal, wish: Wish = AS_IT_COMES
    ) -> bytes:
        """Return a JPEG of a probe photo as the search compared it, adjusted by its steps and scaled down.

        ``number`` counts the photos of the probe from 1. Raises `ForbiddenError` and `NotFoundError`.
        """
        by.require(Permission.CASE_READ)
        made = self._records.cases.search(search)
        if case.organisation_id != by.organisation or made is None or made.case_id != case.id:
            raise NotFoundError(f"case {case.number} has no search {search}")
        photos = json.loads(made.probes)
        if not 1 <= number <= len(photos):
            raise NotFoundError(f"search {search} has no probe photo {number}")
        faces = faces_of_search(made)
        steps = faces[number - 1].steps if number <= len(faces) else ()
        sha256 = photos[number - 1]
        pixels = adjusted_pixels(self._originals.read(case, sha256), steps, ImageLimits.of(self._settings))
        self._audit.append(ProbeViewed(by=by.person, case=case.number, photo=sha256).event())
        cut = None
        if wish.face and number <= len(faces):
            cut = picture_of_face(pixels, faces[number - 1].box, with_whole=False).face
        return self._finished(cut or _scaled(pixels, wish), case, "probe", sha256, by=by, wish=wish)

    def _seen(self, found: Found, reference: int, *, by: Principal) -> None:
        self._audit.append(
            CandidateViewed(
                by=by.person, search=found.search.audit, rank=found.candidate.rank, reference=reference
            ).event()
        )

    def _finished(
        self, image: Image.Image, case: CaseRecord, where: str, photo: str, *, by: Principal, wish: Wish
    ) -> bytes:
        if is_veiled(case, unblurred=wish.unblurred):
            image = blurred_image(image)
        else:
            note_unblurred(case, where, [photo], audit=self._audit, by=by)
        encoded = io.BytesIO()
        image.save(encoded, "JPEG", quality=_QUALITY, comment=COMMENT)
        return encoded.getvalue()


def _scaled(pixels: Uint8Array, wish: Wish) -> Image.Image:
    image = Image.fromarray(pixels)
    image.thumbnail((wish.longest, wish.longest), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image


def listed_with(candidate: CandidateRecord) -> frozenset[int]:
    """Return the references that a list showed with a candidate: copies, and photos of the likely person."""
    returned = json.loads(candidate.returned)
    person = returned.get("person") or {}
    return frozenset(one["reference"] for one in (*returned.get("duplicates", ()), *person.get("others", ())))
