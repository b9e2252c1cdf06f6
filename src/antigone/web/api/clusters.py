"""Clusters: faces of a collection that probably show one person, and their correction by hand."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from antigone.access import Permission
from antigone.errors import UsageError
from antigone.persons.documents import (
    corrected_document,
    correction_document,
    list_document,
    show_document,
)
from antigone.web.gate import Routes, RowId, Who, WorkspaceHere
from antigone.web.once import OnceRoute

routes = Routes(tags=["clusters"], route_class=OnceRoute)
Document = dict[str, Any]
_MOST = 500  # clusters of one answer


class Split(BaseModel):
    """Which faces of a cluster show another person, and why that is so."""

    references: list[RowId] = Field(min_length=1, max_length=10_000)
    why: str = Field(min_length=1, max_length=2_000, examples=["another chin"])


class Merge(BaseModel):
    """Which clusters show one person, and why that is so."""

    clusters: list[RowId] = Field(min_length=2, max_length=1_000)
    why: str = Field(min_length=1, max_length=2_000, examples=["the same series of photos"])


@routes.allow("GET", "/collections/{name}/clusters", Permission.COLLECTION_READ)
def clusters(
    name: str,
    who: Who,
    workspace: WorkspaceHere,
    *,
    faces: int = 2,
    limit: int = 50,
    largest: bool = False,
) -> Document:
    """List the clusters of a collection, the one with the weakest link first, or the largest first."""
    if not 1 <= limit <= _MOST or not 1 <= faces <= 1_000_000:
        raise UsageError(f"a list holds 1 to {_MOST} clusters, of at least 1 face each")
    found = workspace.persons(by=who).list(name, least_faces=faces, most=limit, by_size=largest)
    return list_document(found)


@routes.allow("GET", "/clusters/{cluster}", Permission.COLLECTION_READ)
def show(cluster: RowId, who: Who, workspace: WorkspaceHere) -> Document:
    """Show the faces of a cluster, the one that fits worst first. It leaves an audit entry."""
    return show_document(workspace.persons(by=who).show(cluster))


@routes.allow("POST", "/clusters/{cluster}/split", Permission.DECIDE, status_code=201)
def split(cluster: RowId, body: Split, who: Who, workspace: WorkspaceHere) -> Document:
    """Say that some faces of a cluster show another person; it holds for every later run."""
    return corrected_document(workspace.persons(by=who).split(cluster, body.references, why=body.why))


@routes.allow("POST", "/clusters/merge", Permission.DECIDE, status_code=201)
def merge(body: Merge, who: Who, workspace: WorkspaceHere) -> Document:
    """Say that several clusters show one person; it holds for every later run."""
    return corrected_document(workspace.persons(by=who).merge(body.clusters, why=body.why))


@routes.allow("GET", "/collections/{name}/corrections", Permission.COLLECTION_READ)
def corrections(name: str, who: Who, workspace: WorkspaceHere) -> Document:
    """List what was split and merged by hand, by whom and why."""
    made = workspace.persons(by=who).corrections(name)
    return {"corrections": [correction_document(one) for one in made]}
