"""A collection that received real files through made-up analyses."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from antigone.audit import AuditLog
from antigone.custody import Chosen, ExportFormat, ExportParts
from antigone.evidence import Block, Camera, Evidence
from antigone.provenance import NOTHING_SAID, Material, Place, Provenance
from antigone.records import Records, Visit
from antigone.settings import Settings
from antigone.types import CollectionInfo
from made_up import add_collection, analysis

EVIDENCE = Evidence(exif=Block(camera=Camera(make="NIKON")))


class Shelf:
    """Files, and the records that know them."""

    def __init__(self, folder: Path, records: Records) -> None:
        self.folder = folder
        self.folder.mkdir()
        self.records = records
        self.audit = AuditLog(records)
        self.settings = Settings(home=records.home)
        self.collection = add_collection(records)
        self.import_ = self._import(self.collection, "first", "Anna")

    def _import(self, collection: CollectionInfo, request: str, collector: str) -> int:
        self.running = self.records.begin_import(
            collection_id=collection.id, model="m-1", request=request, collector=collector
        )
        return self.running.id

    def also(self, name: str) -> CollectionInfo:
        """Go on in another collection."""
        collection = add_collection(self.records, name)
        self._import(collection, name, "Borys")
        return collection

    def put(
        self,
        name: str,
        content: bytes = b"a photo",
        *seeds: int,
        said: Provenance = NOTHING_SAID,
        place: Place | None = None,
        material: Material | None = None,
    ) -> str:
        """Write a file, receive it as a photo, and return its SHA-256; with a ``place`` it lies elsewhere."""
        path = self.folder / name
        if place is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        digest = sha256(content).hexdigest()
        if material is not None:
            self.records.add_material(self.running.id, material)
        found = analysis(*seeds)
        facts = replace(found.facts, evidence=EVIDENCE) if found.facts else None
        self.records.write_batch(
            self.running,
            [
                Visit(
                    location=str(path),
                    place=place or Place.of_file(str(path)),
                    provenance=said,
                    material=None if material is None else material.location,
                    sha256=digest,
                    byte_size=len(content),
                    analysis=replace(found, facts=facts),
                )
            ],
        )
        return digest

    def chosen(self, *collections: CollectionInfo, form: ExportFormat = ExportFormat.BAGIT) -> Chosen:
        """All photos of these collections."""
        held = collections or (self.collection,)
        return Chosen(
            what="collection",
            name=held[0].name,
            photos=[number for info in held for number in self.records.photos.ids(info.id)],
            collections={info.id: info for info in held},
            format=form,
        )

    @property
    def parts(self) -> ExportParts:
        """The parts of an export."""
        return ExportParts(records=self.records, audit=self.audit, settings=self.settings, by=7)

    def kinds(self) -> list[str]:
        """What the log tells, in order."""
        return [entry.kind for entry in self.audit.entries()]
