"""Where photos come from: sources, pages, metadata, custody. Never the photo itself."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Response

from antigone.access import Permission
from antigone.custody.documents import history_document
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere

routes = Routes(tags=["photos"])


@routes.allow("GET", "/photos/{sha256}", Permission.COLLECTION_READ, costly=True)
def show(
    sha256: Annotated[
        str, Path(pattern="^[0-9a-f]{8,64}$", description="SHA-256 of the photo, or its beginning")
    ],
    who: Who,
    workspace: WorkspaceHere,
    collection: Annotated[list[str] | None, Query(description="collections to look into")] = None,
) -> dict[str, Any]:
    """Show all that is on record about a photo, and whether its original still is what was received.

    Every original is read again and compared with its hash. It leaves an audit entry.
    """
    return history_document(workspace.show(sha256, collections=collection or (), by=who))


@routes.allow(
    "GET",
    "/cases/{number}/references/{reference}/picture",
    Permission.CASE_READ,
    costly=True,
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "a derived picture"}},
)
def picture(
    number: str,
    reference: RowId,
    who: Who,
    office: OfficeHere,
    *,
    whole: Annotated[bool, Query(description="the whole photo with the box, not the face cut out")] = False,
    unblurred: Annotated[
        bool, Query(description="show pictures of the dead as they are; it is written down")
    ] = False,
) -> Response:
    """Show a face that a dossier or a cluster names, for a case. Derived anew; never the original."""
    case = office.book.case(number, by=who)
    shown = office.reference_pictures.show(case, reference, by=who, whole=whole, unblurred=unblurred)
    return Response(
        shown,
        media_type="image/jpeg",
        headers={
            "Content-Disposition": f'attachment; filename="reference-{reference}-derived.jpg"',
            "X-Antigone-Derived": "scaled, box drawn, encoded anew",
        },
    )
