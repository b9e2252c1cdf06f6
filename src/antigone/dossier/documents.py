"""The JSON document of a dossier, for the command line and the API alike."""

from __future__ import annotations

from datetime import datetime

from antigone.dossier.content import (
    Account,
    Companion,
    Dossier,
    Label,
    LeftOut,
    Moment,
    Page,
    PersonPhoto,
    Source,
)
from antigone.dossier.graph import Graph, graph_of
from antigone.records import ReferenceRecord

Document = dict[str, object]

NOTE = (
    "all photos that probably show one person, in the collections that were searched; nothing here is an "
    "identity: a person must compare the faces"
)


def dossier_document(dossier: Dossier) -> Document:
    """Return the document of ``antigone dossier``."""
    first, searched = dossier.first, dossier.searched
    return {
        "case": dossier.case,
        "note": NOTE,
        "notices": list(dossier.notices),
        "first": {
            "photo": first.photo,
            "face": first.face,
            "box": first.box.numbers(),
            "quality": round(first.quality, 1),
            "source": first.source,
            "references": list(first.references),
        },
        "searched": {
            "collections": list(searched.collections),
            "references": searched.references,
            "model": searched.model,
            "exact": searched.exact,
            "cut_off": searched.cut_off,
            "rule": searched.rule.document(),
        },
        "photos": [_photo(photo) for photo in dossier.photos],
        "pages": [_page(page) for page in dossier.pages],
        "accounts": [_account(account) for account in dossier.accounts],
        "labels": [_label(label) for label in dossier.labels],
        "timeline": [_moment(moment) for moment in dossier.timeline],
        "companions": [_companion(companion) for companion in dossier.companions],
        "together": [
            {"companions": [pair.a, pair.b], "photos": list(pair.photos)} for pair in dossier.together
        ],
        "left_out": [_left_out(one) for one in dossier.left_out],
        "sources": [_source(source) for source in dossier.sources],
        "graph": graph_document(graph_of(dossier)),
        "made_at": dossier.made_at.isoformat(),
        "audit": dossier.audit,
    }


def graph_document(graph: Graph) -> Document:
    """Return a graph in the node-link form that networkx and d3 read."""
    return {
        "directed": False,
        "multigraph": False,
        "nodes": [
            {"id": node.id, "kind": node.kind, "label": node.label, **node.facts} for node in graph.nodes
        ],
        "edges": [
            {"source": edge.a, "target": edge.b, "kind": edge.kind, **edge.facts} for edge in graph.edges
        ],
    }


def _photo(photo: PersonPhoto) -> Document:
    return {
        "photo": photo.photo,
        **_face(photo.record),
        "collections": list(photo.collections),
        "score": _score(photo.score),
        "to_first": _score(photo.to_first),
        "confirmed_by": photo.confirmed_by,
        "copy_of": photo.copy_of,
        "source": photo.record.source,
        "captured_at": _moment_of(photo.record.captured_at),
        "captured_by": photo.record.captured_by,
        "sources": list(photo.sources),
    }


def _page(page: Page) -> Document:
    return {
        "page": page.name,
        "url": page.url,
        "title": page.title,
        "language": page.language,
        "captions": list(page.captions),
        "photos": list(page.photos),
        "accounts": list(page.accounts),
        "score": _score(page.score),
        "sources": list(page.sources),
    }


def _account(account: Account) -> Document:
    return {
        "account": account.name,
        "author": account.author,
        "url": account.url,
        "pages": list(account.pages),
        "photos": list(account.photos),
        "score": _score(account.score),
        "sources": list(account.sources),
    }


def _label(label: Label) -> Document:
    return {"text": label.text, "photos": list(label.photos), "sources": list(label.sources)}


def _moment(moment: Moment) -> Document:
    return {
        "at": moment.at.isoformat(),
        "by": moment.by,
        "photo": moment.photo,
        "captions": list(moment.captions),
        "pages": list(moment.pages),
        "score": _score(moment.score),
        "sources": list(moment.sources),
    }


def _companion(companion: Companion) -> Document:
    return {
        "companion": companion.name,
        "photos": list(companion.photos),
        "shots": companion.shots,
        "faces": [{"photo": face.photo, **_face(face.record)} for face in companion.faces],
        "score": _score(companion.score),
        "poor": companion.poor,
        "clusters": list(companion.clusters),
        "sources": list(companion.sources),
    }


def _left_out(one: LeftOut) -> Document:
    return {
        "photo": one.record.photo,
        **_face(one.record),
        "faces": one.faces,
        "score": _score(one.score),
        "needed": _score(one.needed),
        "why": one.why,
        "source": one.record.source,
    }


def _source(source: Source) -> Document:
    return {
        "source": source.name,
        "photo": source.photo,
        "collection": source.collection,
        "import": source.import_id,
        "location": source.location,
        "source_url": source.source_url,
        "material": source.material,
        "received_at": source.received_at.isoformat(),
        "collector": source.collector or None,
        "collected_at": _moment_of(source.collected_at),
        "licence": source.licence,
    }


def _face(record: ReferenceRecord) -> Document:
    return {
        "face": record.face,
        "reference": record.reference,
        "box": record.box.numbers(),
        "quality": round(record.quality, 1),
    }


def _moment_of(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _score(score: float | None) -> float | None:
    return None if score is None else round(score, 6)
