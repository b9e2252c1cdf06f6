"""The links of a dossier as a graph: person, photos, pages, accounts and companions, and what joins them.

Every node and edge says of what kind it is. Edges carry a score where they rest on faces, and the names of
the sources that stand behind them. As JSON the graph goes with the dossier; as GraphML it opens in Gephi,
yEd, Cytoscape or networkx.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from antigone.audit.files import write_whole
from antigone.dossier.content import Companion, Dossier
from antigone.errors import UsageError
from antigone.printable import printable

PERSON = "person"
ENDING = ".graphml"

Value = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One thing."""

    id: str
    kind: str  # "person", "photo", "page", "account" or "companion"
    label: str
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What joins two things."""

    a: str
    b: str
    kind: str  # "on-photo", "on-page", "by-account" or "appears-with"
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A dossier's links."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(dossier: Dossier) -> Graph:
    """Return the links of a dossier. Nodes are named as in the dossier, photos by their SHA-256."""
    return Graph(nodes=tuple(_nodes(dossier)), edges=tuple(_edges(dossier)))


def check_graph_target(target: Path) -> None:
    """Refuse a file that could not be written, before any work is done for it. Raises `UsageError`."""
    if target.suffix.lower() != ENDING:
        raise UsageError(
            f"a graph is a {ENDING} file, not {printable(target.name)}", hint=f"name it person{ENDING}"
        )
    if target.is_dir() or not target.absolute().parent.is_dir():
        what = "is a folder" if target.is_dir() else "lies in a folder that does not exist"
        raise UsageError(f"the graph {printable(str(target))} {what}")


def write_graphml(graph: Graph, target: Path) -> None:
    """Write a graph as GraphML, replacing what was there.

    Raises `UsageError` as `check_graph_target` and where the file cannot be written, and `StorageFullError`.
    """
    check_graph_target(target)
    write_whole(target, [graphml_text(graph).encode()], replace=True)


def graphml_text(graph: Graph) -> str:
    """Return a graph as the text of a GraphML file."""
    import networkx  # takes a third of a second to load

    built = networkx.Graph()
    for node in graph.nodes:
        built.add_node(node.id, kind=node.kind, label=_text(node.label), **_plain(node.facts))
    for edge in graph.edges:
        built.add_edge(edge.a, edge.b, kind=edge.kind, **_plain(edge.facts))
    stream = io.BytesIO()
    networkx.write_graphml_xml(built, stream, infer_numeric_types=True)
    return stream.getvalue().decode()


def _nodes(dossier: Dossier) -> Iterator[Node]:
    first = dossier.first
    yield Node(
        id=PERSON,
        kind="person",
        label="The person of this dossier, probably",
        facts=_known(first_photo=first.photo, first_face=first.face, photos=len(dossier.photos)),
    )
    yield from _photo_nodes(dossier)
    for page in dossier.pages:
        label = page.title or page.url
        yield Node(id=page.name, kind="page", label=label, facts=_known(url=page.url, score=page.score))
    for account in dossier.accounts:
        label = account.author or account.url or account.name
        facts = _known(author=account.author, url=account.url, score=account.score)
        yield Node(id=account.name, kind="account", label=label, facts=facts)
    for companion in dossier.companions:
        yield Node(
            id=companion.name,
            kind="companion",
            label=f"Companion {companion.name}",
            facts=_known(
                photos=len(companion.photos),
                faces=len(companion.faces),
                score=companion.score,
                poor="yes" if companion.poor else "no",
            ),
        )


def _photo_nodes(dossier: Dossier) -> Iterator[Node]:
    seen: set[str] = set()
    for photo in dossier.photos:
        if photo.photo not in seen:
            seen.add(photo.photo)
            at = photo.record.captured_at
            yield Node(
                id=photo.photo,
                kind="photo",
                label=photo.record.source.rstrip("/").rpartition("/")[2] or photo.photo[:16],
                facts=_known(
                    source=photo.record.source,
                    captured_at=None if at is None else at.isoformat(),
                    captured_by=photo.record.captured_by,
                    sources=_names(photo.sources),
                ),
            )


def _edges(dossier: Dossier) -> Iterator[Edge]:
    for photo in dossier.photos:
        facts = _known(
            score=photo.score,
            to_first=photo.to_first,
            confirmed_by=photo.confirmed_by,
            face=photo.record.face,
            sources=_names(photo.sources),
        )
        yield Edge(a=PERSON, b=photo.photo, kind="on-photo", facts=facts)
    for page in dossier.pages:
        for stands in page.photos:
            yield Edge(a=stands, b=page.name, kind="on-page", facts=_known(sources=_names(page.sources)))
        for account in page.accounts:
            yield Edge(a=page.name, b=account, kind="by-account", facts=_known(sources=_names(page.sources)))
    for companion in dossier.companions:
        yield from _company(companion)
    for pair in dossier.together:
        yield Edge(a=pair.a, b=pair.b, kind="appears-with", facts=_known(photos=len(pair.photos)))


def _company(companion: Companion) -> Iterator[Edge]:
    facts = _known(
        photos=len(companion.photos),
        shots=companion.shots,
        score=companion.score,
        sources=_names(companion.sources),
    )
    yield Edge(a=PERSON, b=companion.name, kind="appears-with", facts=facts)
    for photo in companion.photos:
        yield Edge(a=companion.name, b=photo, kind="on-photo")


def _known(**facts: Value | None) -> dict[str, Value]:
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in facts.items()
        if value is not None and value != ""
    }


def _names(names: Sequence[str]) -> str:
    return " ".join(names)


def _plain(facts: Mapping[str, Value]) -> dict[str, Value]:
    return {name: _text(value) if isinstance(value, str) else value for name, value in facts.items()}


def _text(text: str) -> str:
    """Return text that XML can hold: no control characters, no lone surrogates."""
    return printable(text)
