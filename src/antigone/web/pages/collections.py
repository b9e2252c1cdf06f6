"""Collections: where their photos come from, what they hold, what failed, and handing photos in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Form, Path, Request, Response

from antigone.access import Permission, Principal
from antigone.custody.notice import SCRAPING_NOTICE, notice_digest
from antigone.errors import AntigoneError
from antigone.office import Office
from antigone.types import CollectionInfo
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.pages.days import day_of
from antigone.web.pages.render import go, render
from antigone.web.pages.terms import FAILURES, INTAKE_STATES
from antigone.workspace import Workspace

routes = Routes(include_in_schema=False)
Text = Annotated[str, Form(max_length=2_000)]
_FAILURES_OF_A_CODE = 20
_IMPORTS = 20
_SOON = 90  # days before the end of retention from which a collection says so
_FIELDS = ("name", "owner", "source", "purpose", "basis", "jurisdiction", "retain_until")


@routes.allow("GET", "/collections", Permission.COLLECTION_READ)
def collections(request: Request, who: Who, office: OfficeHere, workspace: WorkspaceHere) -> Response:
    """List the collections that one may see."""
    shown = [
        {
            "info": info,
            "counts": workspace.records.collection_counts(info.id),
            "own": office.visible.is_own(info, by=who),
            "days_left": _days_left(info),
        }
        for info in office.visible.collections(by=who)
    ]
    context = {"collections": shown, "soon": _SOON, "may_add": who.may(Permission.COLLECTION_MANAGE)}
    return render(request, "collections.html.j2", context, who=who)


@routes.allow("GET", "/collections/new", Permission.COLLECTION_MANAGE)
def ask(request: Request, who: Who) -> Response:
    """Ask for all that must be said of a collection."""
    context = {"given": dict.fromkeys(_FIELDS, ""), "notice": SCRAPING_NOTICE, "problem": None}
    return render(request, "collection_new.html.j2", context, who=who)


@routes.allow("POST", "/collections/new", Permission.COLLECTION_MANAGE)
def add(  # noqa: PLR0913 - one parameter a field of the form
    request: Request,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    *,
    name: Text,
    owner: Text,
    source: Text,
    purpose: Text,
    basis: Text,
    jurisdiction: Text,
    retain_until: Text,
) -> Response:
    """Add a collection; the notice about scraping was on the page."""
    values = (name, owner, source, purpose, basis, jurisdiction, retain_until)
    try:
        info = workspace.add_collection(
            name=name,
            owner=owner,
            source=source,
            purpose=purpose,
            basis=basis,
            jurisdiction=jurisdiction,
            retain_until=day_of(retain_until),
            notice=notice_digest(),
        )
    except AntigoneError as problem:
        given = dict(zip(_FIELDS, values, strict=True))
        context = {"given": given, "notice": SCRAPING_NOTICE, "problem": problem}
        return render(request, "collection_new.html.j2", context, who=who, status=problem.http_status)
    office.visible.take(info, by=who)
    return go(request, f"/collections/{info.name}")


@routes.allow("GET", "/collections/{name}", Permission.COLLECTION_READ)
def show(name: str, request: Request, who: Who, office: OfficeHere, workspace: WorkspaceHere) -> Response:
    """Show a collection."""
    info = office.visible.collection(name, by=who)
    own = office.visible.is_own(info, by=who)
    records = workspace.records
    qualities = records.contents.qualities(info.id, workspace.model.id)
    failures = records.failures(info.id, each=_FAILURES_OF_A_CODE)
    grouped = {
        code: [one for one in failures if one.code == code]
        for code in dict.fromkeys(one.code for one in failures)
    }
    context = {
        "info": info,
        "own": own,
        "counts": records.collection_counts(info.id),
        "days_left": _days_left(info),
        "soon": _SOON,
        "model": workspace.model.id,
        "qualities": qualities,
        "highest": max(*qualities, 1),
        "failures": grouped,
        "failure_words": {code.value: words for code, words in FAILURES.items()},
        "imports": records.contents.imports(info.id, most=_IMPORTS),
        "materials": records.materials(collection_id=info.id),
        "intakes": [one.document() for one in office.intakes.latest(info, by=who)],
        "states": INTAKE_STATES,
        "may_import": own and who.may(Permission.IMPORT),
        "shares": _shares(info, own, who, office, workspace),
    }
    return render(request, "collection.html.j2", context, who=who)


@routes.allow("GET", "/collections/{name}/failures/{sha256}/picture", Permission.COLLECTION_READ)
def failed_photo(
    name: str, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")], who: Who, office: OfficeHere
) -> Response:
    """Show a photo from which no template came, small and derived."""
    picture = office.failed_photos.picture(name, sha256, by=who)
    return Response(picture, media_type="image/jpeg", headers={"Content-Disposition": "attachment"})


@routes.allow("POST", "/collections/{name}/shares/{organisation}", Permission.COLLECTION_MANAGE)
def share(name: str, organisation: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Let another organisation search one's own collection."""
    office.visible.share(name, organisation, by=who)
    return go(request, f"/collections/{name}")


@routes.allow("POST", "/collections/{name}/shares/{organisation}/withdraw", Permission.COLLECTION_MANAGE)
def unshare(name: str, organisation: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Take that back."""
    office.visible.unshare(name, organisation, by=who)
    return go(request, f"/collections/{name}")


def _shares(
    info: CollectionInfo, own: bool, who: Principal, office: Office, workspace: Workspace
) -> list[dict[str, object]]:
    """Return the other organisations that one sees, and whether they may search this collection."""
    if not (own and who.may(Permission.COLLECTION_MANAGE) and who.may(Permission.PEOPLE_READ)):
        return []
    shared = workspace.records.people.shared_with(info.id)
    return [
        {"organisation": known, "shared": known.id in shared}
        for known in office.directory.organisations(by=who)
        if known.id != who.organisation
    ]


def _days_left(info: CollectionInfo) -> int:
    return (info.retain_until - datetime.now(UTC).date()).days
