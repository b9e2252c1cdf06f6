"""The JSON documents of clusters, for the command line and the API alike."""

from __future__ import annotations

from antigone.persons.by_hand import CorrectionReport
from antigone.persons.mixed import MEASURED_ON, MixedShare
from antigone.persons.run import RunReport
from antigone.persons.view import ClusterList, LinkedFace, ShownCluster
from antigone.records.clusters import ClusterTotals, CorrectionRecord

Document = dict[str, object]

NOTE = "a cluster holds faces that probably show one person; it is no identity"


def run_document(report: RunReport) -> Document:
    """Return the document of ``antigone cluster NAME``."""
    return {
        "collection": report.collection,
        "model": report.model,
        "afresh": report.afresh,
        "faces": report.faces,
        "poor": report.poor,
        "changed": report.changed,
        **_totals(report.totals),
        "corrections": report.corrections,
        "rule": report.rule.document(),
        "note": NOTE,
        "seconds": round(report.seconds, 3),
        "audit": report.audit,
    }


def list_document(found: ClusterList) -> Document:
    """Return the document of ``antigone cluster list``."""
    return {
        "collection": found.collection,
        "model": found.model,
        "grouped_at": found.run.made_at.isoformat(),
        **_totals(found.totals),
        "note": NOTE,
        "listed": [
            {
                "cluster": item.summary.id,
                "faces": item.summary.faces,
                "weakest_link": _score(item.summary.weakest),
                "mixed": mixed_document(item.mixed),
            }
            for item in found.clusters
        ],
    }


def show_document(shown: ShownCluster) -> Document:
    """Return the document of ``antigone cluster show``."""
    return {
        "cluster": shown.cluster.id,
        "collection": shown.cluster.collection,
        "model": shown.cluster.model,
        "note": NOTE,
        "mixed": mixed_document(shown.mixed),
        "faces": [_face(face) for face in shown.faces],
        "corrections": [correction_document(one) for one in shown.corrections],
        "audit": shown.audit,
    }


def correction_document(one: CorrectionRecord) -> Document:
    """Return a correction with the faces that it names."""
    return {
        "correction": one.id,
        "kind": one.kind,
        "made_at": one.made_at.isoformat(),
        "made_by": one.made_by,
        "reason": one.reason,
        "faces": [
            {"photo": photo, "face": face, "side": side} for (photo, face), side in sorted(one.sides.items())
        ],
    }


def corrected_document(report: CorrectionReport) -> Document:
    """Return the document of ``antigone cluster split`` and ``merge``."""
    return {
        "correction": report.correction,
        "kind": report.kind,
        "collection": report.collection,
        "clusters": list(report.clusters),
        "cluster": report.cluster,
        "faces": report.faces,
        "overrules": list(report.overrules),
        "same_photos": list(report.same_photos),
        "audit": report.audit,
    }


def mixed_document(mixed: MixedShare | None) -> Document | None:
    """Return what was counted of clusters as loose; not a probability for the one at hand."""
    if mixed is None:
        return None
    return {
        "measured_on": MEASURED_ON,
        "clusters": mixed.clusters,
        "mixed": mixed.mixed,
        "share": round(mixed.share, 4),
        "interval": [mixed.low, mixed.high],
    }


def _totals(totals: ClusterTotals) -> Document:
    return {
        "references": totals.held,
        "clusters": totals.clusters,
        "of_several_faces": totals.several,
        "not_grouped": totals.held - totals.grouped,
    }


def _face(face: LinkedFace) -> Document:
    record = face.record
    return {
        "reference": record.reference,
        "link": _score(face.link),
        "photo": record.photo,
        "face": record.face,
        "box": record.box.numbers(),
        "quality": round(record.quality, 1),
        "source": record.source,
        "page_url": record.page_url,
        "page_title": record.page_title,
        "captured_at": None if record.captured_at is None else record.captured_at.isoformat(),
        "captured_by": record.captured_by,
    }


def _score(score: float | None) -> float | None:
    return None if score is None else round(score, 6)
