"""Faces of a photo that is about to be searched for, and searches with photos adjusted and marked by hand."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import File, Form, UploadFile

from antigone.access import Permission
from antigone.casework.probes import adjusted_pixels
from antigone.errors import PhotoError
from antigone.types import Analysis
from antigone.web import searches
from antigone.web.gate import Routes, Who, WorkspaceHere
from antigone.web.once import OnceRoute
from antigone.web.uploads import read_upload

routes = Routes(tags=["cases"], route_class=OnceRoute)
Document = dict[str, Any]


@routes.allow("POST", "/faces", Permission.SEARCH, costly=True)
def faces(
    workspace: WorkspaceHere,
    photo: Annotated[UploadFile, File(description="one photo")],
    steps: Annotated[str, Form(max_length=10_000, description="JSON list of steps to adjust it by")] = "",
) -> Document:
    """Find the faces of a photo, the largest first, in pixels of its adjusted copy.

    Nothing is compared and nothing is kept, so this leaves no audit entry; a search does.
    """
    taken = searches.steps_of(steps)
    content = read_upload(photo, workspace.limits)
    found = workspace.analyser.analyse(
        adjusted_pixels(content, taken, workspace.limits) if taken else content
    )
    if found.facts is None:
        assert found.failure is not None
        raise PhotoError(found.failure.code, found.failure.message)
    return _document(found)


@routes.allow("POST", "/searches", Permission.SEARCH, costly=True, status_code=201)
def search(asked: searches.Asked, who: Who, workspace: WorkspaceHere) -> Document:
    """Search within a case, each photo adjusted and its face chosen as ``probe`` says.

    The answer names the search; `/cases/{number}/searches/{search}` shows its list.
    """
    made = searches.search(asked, workspace, by=who)
    return {
        "case": made.case.number,
        "search": made.search.id,
        "candidates": len(made.records),
        "audit": made.search.audit,
    }


def _document(found: Analysis) -> Document:
    assert found.facts is not None
    return {
        "width": found.facts.width,
        "height": found.facts.height,
        "faces": [
            {
                "face": number,
                "box": face.box.numbers(),
                "quality": round(face.quality.score, 1),
                "detection_score": round(face.detection_score, 3),
            }
            for number, face in enumerate(found.faces, 1)
        ],
    }
