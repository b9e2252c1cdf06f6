"""Pictures of the faces of a dossier: derived anew each time, small, blurred where the case is of the dead.

The entry of the dossier in the audit log says that its photos were shown.
"""

from __future__ import annotations

import io

from PIL import Image

from antigone.access import Principal
from antigone.access.directory import AuditSink
from antigone.casework.pictures import BLURRED_COMMENT, COMMENT, is_veiled, note_unblurred
from antigone.errors import NotFoundError
from antigone.identify.sheet.blur import blurred_image
from antigone.identify.sheet.pictures import picture_of_reference
from antigone.records import ReferenceRecord
from antigone.records.cases import CaseRecord
from antigone.settings import Settings

SIDE = 240  # pixels
_QUALITY = 86


class DossierPictures:
    """What makes them."""

    def __init__(self, settings: Settings, audit: AuditSink) -> None:
        self._settings = settings
        self._audit = audit

    def face(
        self, record: ReferenceRecord, case: CaseRecord, *, by: Principal, unblurred: bool = False
    ) -> bytes:
        """Return a JPEG of 240 x 240 pixels. Raises `NotFoundError` where the original cannot be read."""
        face = picture_of_reference(record, self._settings).face
        if face is None:
            raise NotFoundError("this photo is not available any more")
        small = face.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        comment = COMMENT
        if is_veiled(case, unblurred=unblurred):
            small, comment = blurred_image(small), BLURRED_COMMENT
        else:
            note_unblurred(case, "dossier", [record.photo], audit=self._audit, by=by)
        encoded = io.BytesIO()
        small.save(encoded, "JPEG", quality=_QUALITY, comment=comment)
        return encoded.getvalue()
