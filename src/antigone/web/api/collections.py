"""Collections as one's organisation sees them, and sharing them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from antigone.access import Permission
from antigone.errors import UsageError
from antigone.records.contents import ImportRecord
from antigone.types import CollectionInfo
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere

routes = Routes(tags=["collections"])
_MOST = 200


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
    failures: dict[str, int] = Field(description="photos that gave no template, by code")
    model: str = Field(description="the model in use, whose faces are counted by quality")
    quality: list[int] = Field(description="faces by quality: 0 up to 10, 10 up to 20, ..., 90 to 100")


class Failure(BaseModel):
    """Something that could not be imported, as the latest import met it."""

    code: str
    source: str
    message: str
    sha256: str | None


class Import(BaseModel):
    """One import, over all its runs."""

    number: int
    state: str = Field(description="finished, or unfinished: at work, or interrupted until it is run again")
    model: str
    collector: str
    tool_version: str
    started_at: datetime
    last_batch_at: datetime
    finished_at: datetime | None
    photos: dict[str, int] = Field(description="sources by outcome: new, known, failed")
    faces: int
    failures: dict[str, int]


class Imports(BaseModel):
    """Imports, newest first."""

    imports: list[Import]
    next: int | None = Field(description="cursor of the following page")


def _import(one: ImportRecord) -> Import:
    return Import(
        number=one.id,
        state="unfinished" if one.finished_at is None else "finished",
        model=one.model,
        collector=one.collector,
        tool_version=one.tool_version,
        started_at=one.started_at,
        last_batch_at=one.journal_at,
        finished_at=one.finished_at,
        photos={outcome.value: number for outcome, number in one.counts.outcomes.items()},
        faces=one.counts.faces,
        failures=dict(one.counts.failures),
    )


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
        model=workspace.model.id,
        quality=list(workspace.records.contents.qualities(info.id, workspace.model.id)),
    )


@routes.allow("GET", "/collections/{name}/failures", Permission.COLLECTION_READ)
def failures(
    name: str, who: Who, office: OfficeHere, workspace: WorkspaceHere, each: int = 20
) -> list[Failure]:
    """List what could not be imported and why, at most ``each`` of every code."""
    if not 1 <= each <= _MOST:
        raise UsageError(f"of every code 1 to {_MOST} are listed")
    info = office.visible.collection(name, by=who)
    return [
        Failure(code=one.code, source=one.source, message=one.message, sha256=one.sha256)
        for one in workspace.records.failures(info.id, each=each)
    ]


@routes.allow("GET", "/collections/{name}/imports", Permission.COLLECTION_READ)
def imports(
    name: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    before: RowId | None = None,
    limit: int = 50,
) -> Imports:
    """List the imports of a collection with what they came to so far, newest first."""
    if not 1 <= limit <= _MOST:
        raise UsageError(f"a page holds 1 to {_MOST} imports")
    info = office.visible.collection(name, by=who)
    found = workspace.records.contents.imports(info.id, before=before, most=limit + 1)
    page = found[:limit]
    return Imports(imports=[_import(one) for one in page], next=page[-1].id if len(found) > limit else None)


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
