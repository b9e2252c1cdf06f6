"""The metadata of an RO-Crate 1.1, written entity by entity, so that a million photos need no memory.

The order of entities in a crate is free: each photo comes as it is exported, and the crate itself, which
names them all, at the end. The full provenance lies beside it, in ``provenance.jsonl``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version

from antigone.custody.ledger import Lines
from antigone.records.photos import PhotoRecord, SourceRecord

METADATA = "ro-crate-metadata.json"
_SPECIFICATION = "https://w3id.org/ro/crate/1.1"
_MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}

Entity = Mapping[str, object]


class Crate:
    """The metadata file of a crate while it is written."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        lines.add(f'{{"@context": "{_SPECIFICATION}/context", "@graph": [')
        self._add(
            {
                "@id": METADATA,
                "@type": "CreativeWork",
                "about": {"@id": "./"},
                "conformsTo": {"@id": _SPECIFICATION},
            }
        )

    def add_photo(self, name: str, photo: PhotoRecord, source: SourceRecord, *, byte_size: int) -> None:
        """Describe a photo that was written under ``name``."""
        said = source.provenance
        taken = photo.captured_at or said.captured_at
        entity: dict[str, object] = {
            "@id": name,
            "@type": ["File", "ImageObject"],
            "name": photo.sha256,
            "identifier": f"sha256:{photo.sha256}",
            "encodingFormat": _MEDIA.get(photo.format, "image/png"),
            "contentSize": str(byte_size),
            "width": str(photo.width),
            "height": str(photo.height),
        }
        if taken is not None:
            entity["dateCreated"] = taken.isoformat()
        if said.source_url is not None:
            entity["url"] = said.source_url
        if said.licence is not None:
            entity["copyrightNotice"] = said.licence
        self._add(entity)

    def add_derived(self, name: str, photo: PhotoRecord, source: SourceRecord, *, byte_size: int) -> None:
        """Describe a picture that was made from an original, which is not part of the crate."""
        seconds = (source.place.position or 0) / 1e6
        material = source.material
        self._add(
            {
                "@id": name,
                "@type": ["File", "ImageObject"],
                "name": photo.sha256,
                "description": f"Derived picture: the frame at {seconds:.3f} s of a video, stored as PNG. "
                "The name is the SHA-256 of its pixels.",
                "encodingFormat": "image/png",
                "contentSize": str(byte_size),
                "isBasedOn": source.place.stored_at if material is None else f"sha256:{material.sha256}",
            }
        )

    def add_file(self, name: str, *, media: str, description: str, byte_size: int) -> None:
        """Describe any other file of the crate."""
        self._add(
            {
                "@id": name,
                "@type": "File",
                "name": name,
                "description": description,
                "encodingFormat": media,
                "contentSize": str(byte_size),
            }
        )

    def finish(self, *, name: str, description: str, owner: str, terms: str, parts: Iterable[str]) -> None:
        """Describe the crate itself, with all its ``parts``; nothing can be added after that."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        tool = {"@id": "#antigone", "@type": "SoftwareApplication", "name": "Antigone"}
        self._add({**tool, "softwareVersion": version("antigone")})
        self._add({"@id": "#owner", "@type": "Organization", "name": owner})
        self._add({"@id": "#terms", "@type": "CreativeWork", "name": "Terms of use", "description": terms})
        export = {"@id": "#export", "@type": "CreateAction", "name": "Export", "endTime": now}
        self._add({**export, "instrument": {"@id": "#antigone"}, "result": {"@id": "./"}})
        root = {
            "@id": "./",
            "@type": "Dataset",
            "name": name,
            "description": description,
            "datePublished": now,
            "license": {"@id": "#terms"},
            "author": {"@id": "#owner"},
        }
        self._lines.add(json.dumps(root, ensure_ascii=False)[:-1] + ', "hasPart": [', end="")
        between = "\n"
        for part in parts:
            self._lines.add(between + json.dumps({"@id": part}), end="")
            between = ",\n"
        self._lines.add("]}\n]}")

    def _add(self, entity: Entity) -> None:
        self._lines.add(json.dumps(entity, ensure_ascii=False) + ",")
