"""Where photos come from: sources, pages, metadata, custody. Never the photo itself."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

from antigone.access import Permission
from antigone.custody.documents import history_document
from antigone.web.gate import Routes, Who, WorkspaceHere

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
