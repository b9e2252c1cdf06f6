"""What a file holds: itself as one photo, or all the photos of a manifest, an archive or a video."""

from __future__ import annotations

from collections.abc import Iterator

from antigone.provenance import NOTHING_SAID, Place
from antigone.settings import Settings
from antigone.sources.kinds import Kind, kind_of
from antigone.sources.manifest import manifest_photos
from antigone.sources.offer import Footage, Met, Offer
from antigone.sources.sidecar import read_sidecars
from antigone.sources.walk import Found


def expand(found: Found, settings: Settings) -> Iterator[Met]:
    """Yield what is met in one file, in the same order each time; bounded by the settings."""
    match kind_of(found.location) if found.failure is None else Kind.PHOTO:
        case Kind.VIDEO:
            yield Footage(
                location=found.location,
                size=found.size,
                changed_ns=found.changed_ns,
                provenance=read_sidecars(found.sidecars) if found.sidecars else NOTHING_SAID,
            )
        case Kind.MANIFEST:
            yield from manifest_photos(found, settings)
        case Kind.WEB_ARCHIVE:
            from antigone.sources.warc import archive_photos  # loads what takes archives and pages apart

            yield from archive_photos(found, settings)
        case _:
            yield Offer(
                location=found.location,
                place=Place.of_file(found.location),
                size=found.size,
                changed_ns=found.changed_ns,
                failure=found.failure,
                provenance=read_sidecars(found.sidecars) if found.sidecars else NOTHING_SAID,
            )
