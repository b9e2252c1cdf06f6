"""The JSON documents of the commands, field by field as the public contract names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from antigone.types import Candidate, CandidateList, CollectionInfo, Comparison, LikelyPerson, ProbePhoto

Document = dict[str, object]

NOT_AN_IDENTITY = "A score is not an identity: a person must compare the photos."


def search_document(found: CandidateList) -> Document:
    """Return the document of ``antigone search``."""
    return {
        "case": found.case,
        "probe": {
            "photos": [probe_photo(photo) for photo in found.probe.photos],
            "agreement": None if found.probe.agreement is None else round(found.probe.agreement, 6),
        },
        "gallery": {"references": found.references, "collections": list(found.collections)},
        "model": found.model,
        "exact": found.exact,
        "candidates": [
            {
                **_candidate(candidate),
                "duplicates": [_candidate(copy) for copy in candidate.duplicates],
                "more_duplicates": candidate.more_duplicates,
                "person": _person(candidate.person),
            }
            for candidate in found.candidates
        ],
        "audit": found.audit,
        "crowded_out": found.crowded_out,
        "filters": found.filters,
        "looked_at": found.looked_at,
        "notices": list(found.notices),
    }


def compare_document(comparison: Comparison) -> Document:
    """Return the document of ``antigone compare``."""
    return {
        "score": round(comparison.score, 6),
        "strength": comparison.strength.document(),
        "faces": [probe_photo(photo) for photo in comparison.photos],
        "model": comparison.model,
        "audit": comparison.audit,
        "notices": list(comparison.notices),
    }


def probe_photo(photo: ProbePhoto) -> Document:
    """Return a probe photo with its chosen face."""
    return {
        "source": photo.source,
        "photo": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "faces": photo.faces,
        "face": photo.number,
        "box": photo.face.box.numbers(),
        "quality": round(photo.face.quality.score, 1),
        "detection_score": round(photo.face.detection_score, 4),
    }


def collection_document(info: CollectionInfo) -> Document:
    """Return what a collection is, whose, and by what right."""
    return info.document()


def _person(person: LikelyPerson | None) -> Document | None:
    if person is None:
        return None
    return {
        "cluster": person.cluster,
        "faces": person.faces,
        "others": [_candidate(other) for other in person.others],
        "more_others": person.more_others,
    }


def _candidate(candidate: Candidate) -> Document:
    seconds = candidate.place.seconds
    return {
        "rank": candidate.rank,
        "score": round(candidate.score, 6),
        "strength": candidate.strength.document(),
        "collection": candidate.collection,
        "photo": candidate.photo,
        "face": candidate.face,
        "box": candidate.box.numbers(),
        "source": candidate.source,
        "page_url": candidate.page_url,
        "page_title": candidate.page_title,
        "captured_at": None if candidate.captured_at is None else candidate.captured_at.isoformat(),
        "captured_by": candidate.captured_by,
        "quality": round(candidate.quality, 1),
        "reference": candidate.reference,
        "time": None if seconds is None else round(seconds, 3),  # in a video
        "derived": seconds is not None,  # a frame is made from its video, which is the original
    }
