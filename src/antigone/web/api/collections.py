"""Collections as one's organisation sees them, and sharing them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from antigone.access import Permission
from antigone.types import CollectionInfo
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere

routes = Routes(tags=["collections"])


class NewCollection(BaseModel):
    """All that must be said of a collection."""

    name: str = Field(min_length=1, max_length=100)
    owner: str = Field(min_length=1, max_length=2_000)
    source: str = Field(min_length=1, max_length=2_000)
    purpose: str = Field(min_length=1, max_length=2_000)
    basis: str = Field(min_length=1, max_length=2_000)
    jurisdiction: str = Field(min_length=1, max_length=2_000)
    retain_until: date


class Collection(NewCollection):
    """A collection."""

    created_at: datetime
    own: bool = Field(description="one's own organisation's, not shared to it")

    @classmethod
    def of(cls, info: CollectionInfo, *, own: bool) -> Collection:
        """Show a collection as an organisation sees it."""
        return cls(
            name=info.name,
            owner=info.owner,
            source=info.source,
            purpose=info.purpose,
            basis=info.basis,
            jurisdiction=info.jurisdiction,
            retain_until=info.retain_until,
            created_at=info.created_at,
            own=own,
        )


class CollectionWithCounts(Collection):
    """A collection with what it holds."""

    photos: int
    faces: int
    imports: int
    failures: dict[str, int]


@routes.allow("GET", "/collections", Permission.COLLECTION_READ)
def collections(who: Who, office: OfficeHere) -> list[Collection]:
    """List the collections that one may see."""
    return [
        Collection.of(info, own=office.visible.is_own(info, by=who))
        for info in office.visible.collections(by=who)
    ]


@routes.allow("POST", "/collections", Permission.COLLECTION_MANAGE, status_code=201)
def add(body: NewCollection, who: Who, office: OfficeHere, workspace: WorkspaceHere) -> Collection:
    """Add a collection of one's own organisation."""
    info = workspace.add_collection(
        name=body.name,
        owner=body.owner,
        source=body.source,
        purpose=body.purpose,
        basis=body.basis,
        jurisdiction=body.jurisdiction,
        retain_until=body.retain_until,
    )
    office.visible.take(info, by=who)
    return Collection.of(office.visible.collection(info.name, by=who), own=True)


@routes.allow("GET", "/collections/{name}", Permission.COLLECTION_READ)
def show(name: str, who: Who, office: OfficeHere, workspace: WorkspaceHere) -> CollectionWithCounts:
    """Show a collection with what it holds."""
    info = office.visible.collection(name, by=who)
    counts = workspace.records.collection_counts(info.id)
    return CollectionWithCounts(
        **Collection.of(info, own=office.visible.is_own(info, by=who)).model_dump(),
        photos=counts.photos,
        faces=counts.faces,
        imports=counts.imports,
        failures=dict(counts.failures),
    )


@routes.allow(
    "PUT", "/collections/{name}/shares/{organisation}", Permission.COLLECTION_MANAGE, status_code=204
)
def share(name: str, organisation: RowId, who: Who, office: OfficeHere) -> None:
    """Let another organisation search one's own collection."""
    office.visible.share(name, organisation, by=who)


@routes.allow(
    "DELETE", "/collections/{name}/shares/{organisation}", Permission.COLLECTION_MANAGE, status_code=204
)
def unshare(name: str, organisation: RowId, who: Who, office: OfficeHere) -> None:
    """Take that back, from the next request on."""
    office.visible.unshare(name, organisation, by=who)
