"""Small pictures of photos from which no template came, so that a person sees why."""

from __future__ import annotations

import io

from PIL import Image

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.access.visible import Visible
from antigone.audit.events import PhotoShown
from antigone.errors import NotFoundError, PhotoError
from antigone.records import Records
from antigone.settings import Settings
from antigone.sources.originals import read_pixels

SIDE = 192  # pixels of the longer side: enough to see that there is no face, too small for a likeness
_QUALITY = 80


class FailedPhotos:
    """The photos of one workspace that could not be imported, for whoever may see their collection."""

    def __init__(self, records: Records, visible: Visible, audit: AuditSink, settings: Settings) -> None:
        self._records = records
        self._visible = visible
        self._audit = audit
        self._settings = settings

    def picture(self, collection: str, sha256: str, *, by: Principal) -> bytes:
        """Return a JPEG of the photo, derived, at most 192 pixels wide and high.

        Raises `ForbiddenError`, and `NotFoundError` where the collection holds no such failure, and where the
        photo cannot be read or shown.
        """
        by.require(Permission.COLLECTION_READ)
        info = self._visible.collection(collection, by=by)
        failed = self._records.has_failed(info.id, sha256)
        photos = self._records.photos.by_sha256(sha256, [info.id]) if failed else ()
        places = [one.place for photo in photos for one in self._records.photos.sources(photo.id, most=1)]
        if not places:
            raise NotFoundError("there is no picture of that photo")
        try:
            pixels = read_pixels(places[0], sha256, self._settings)
        except PhotoError as error:
            raise NotFoundError(f"the photo cannot be shown: {error.message}") from error
        picture = Image.fromarray(pixels)
        picture.thumbnail((SIDE, SIDE), reducing_gap=2.0)
        encoded = io.BytesIO()
        picture.save(
            encoded, "JPEG", quality=_QUALITY, comment=b"Derived by Antigone: scaled. Not the original."
        )
        self._audit.append(PhotoShown(by=by.person, collection=info.name, photo=sha256).event())
        return encoded.getvalue()
