"""The JSON of a photo's provenance: the same in `antigone show` and in an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from antigone.custody.history import ExaminedSource, Held, PhotoHistory
from antigone.duplicates import NearDuplicate
from antigone.provenance import Appearance
from antigone.records.photos import FaceRecord, PhotoRecord, SourceRecord

Document = dict[str, object]


def history_document(history: PhotoHistory) -> Document:
    """Return the document of ``antigone show``."""
    return {
        "photo": history.sha256,
        "held": [_held(held) for held in history.held],
        "near_duplicates": [_near(copy) for copy in history.near_duplicates],
        "audit_entries": [
            {"entry": entry.seq, "at": entry.at.isoformat(), "kind": entry.kind} for entry in history.entries
        ],
        "audit": history.audit,
    }


def photo_document(photo: PhotoRecord) -> Document:
    """Return what is known of the bytes of a photo."""
    return {
        "bytes": photo.byte_size,
        "width": photo.width,
        "height": photo.height,
        "format": photo.format,
        "perceptual_hash": f"{photo.perceptual_hash:016x}",
        "captured_at": _moment(photo.captured_at),
        "evidence": {block: dict(said) for block, said in photo.evidence.items()},
    }


def source_document(source: SourceRecord) -> Document:
    """Return where a photo was received, by whom and when, and what that source says of it."""
    said = source.provenance
    return {
        "location": source.location,
        "place": {
            "holding": source.place.holding.value,
            "stored_at": source.place.stored_at,
            "member": source.place.member,
            "position": source.place.position,
        },
        "import": source.import_id,
        "outcome": source.outcome,
        "received_at": source.received_at.isoformat(),
        "collector": source.collector or None,
        "tool_version": source.tool_version or None,
        "source_url": said.source_url,
        "captured_at": _moment(said.captured_at),
        "collected_at": _moment(said.collected_at),
        "licence": said.licence,
        "subject_id": said.subject_id,
        "attributes": dict(said.attributes),
        "pages": [_page(page) for page in said.appearances],
        "material": None if source.material is None else source.material.document(),
    }


def _held(held: Held) -> Document:
    return {
        "collection": held.collection.document(),
        **photo_document(held.photo),
        "derived": held.derived,
        "sources": [_examined(source) for source in held.sources],
        "sources_in_all": held.sources_in_all,
        "faces": [_face(face) for face in held.faces],
    }


def _near(copy: NearDuplicate) -> Document:
    return {
        "photo": copy.reference.photo,
        "collection": copy.reference.collection,
        "face": copy.face,
        "score": round(copy.score, 6),
        "source": copy.reference.source,
        "reference": copy.reference.reference,
    }


def _examined(source: ExaminedSource) -> Document:
    return {**source_document(source.record), "original": source.original.document()}


def _page(page: Appearance) -> Mapping[str, str]:
    return {name: value for name, value in asdict(page).items() if value is not None}


def _face(face: FaceRecord) -> Document:
    track = face.track
    return {
        "face": face.number,
        "model": face.model,
        "box": face.box.numbers(),
        "quality": {name: round(value, 1) for name, value in asdict(face.quality).items()},
        "detection_score": round(face.detection_score, 4),
        "roll": round(face.roll, 1),
        "reference": face.reference,
        "track": None
        if track is None
        else {"number": track.number, "begins": track.begins / 1e6, "ends": track.ends / 1e6},
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
