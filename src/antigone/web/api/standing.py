"""Cases that keep looking, and the inbox in which new candidates wait."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from antigone.access import Permission
from antigone.casework.inbox import item_document, watch_document
from antigone.errors import UsageError
from antigone.strength import Least
from antigone.web.gate import After, OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.once import OnceRoute

routes = Routes(tags=["standing searches"], route_class=OnceRoute)
Document = dict[str, Any]


class LeastStrength(BaseModel):
    """From which strength on a candidate is told of; one of the two at least."""

    at_most: float | None = Field(
        default=None, description="unrelated people expected to score as high", examples=[0.1]
    )
    score: float | None = Field(
        default=None, description="comparison score, where the former is not known or not given"
    )

    def least(self) -> Least:
        """Return it checked. Raises `UsageError`."""
        try:
            return Least(at_most=self.at_most, score=self.score)
        except ValueError as error:
            raise UsageError(str(error), hint="at_most, such as 0.1; or score, such as 0.5") from error


class NewWatch(LeastStrength):
    """That a case is to keep looking."""

    collections: list[str] = Field(default_factory=list, max_length=100, description="all without any")


@routes.allow("POST", "/cases/{number}/watch", Permission.SEARCH, status_code=201, costly=True)
def begin(number: str, body: NewWatch, who: Who, office: OfficeHere, workspace: WorkspaceHere) -> Document:
    """Let a case keep looking for the people that it searched for."""
    case = office.book.case(number, by=who)
    report = office.standing.begin(case, body.least(), workspace, collections=body.collections, by=who)
    return watch_document(report)


@routes.allow("GET", "/cases/{number}/watch", Permission.CASE_READ)
def show(number: str, who: Who, office: OfficeHere) -> Document:
    """Say whether a case keeps looking, and if not any more, why."""
    return watch_document(office.standing.watch(office.book.case(number, by=who), by=who))


@routes.allow("DELETE", "/cases/{number}/watch", Permission.CASE_WORK, status_code=204)
def stop(number: str, who: Who, office: OfficeHere) -> None:
    """Let a case look no more."""
    office.standing.stop(office.book.case(number, by=who), by=who)


@routes.allow("GET", "/inbox", Permission.CASE_READ)
def inbox(
    who: Who, office: OfficeHere, after: After = 0, limit: int = 100, seen_too: bool = False
) -> Document:
    """List the new candidates that wait; ``next`` is the cursor of the following page."""
    items = office.inbox.items(by=who, after=after, limit=limit, seen_too=seen_too)
    return {
        "waiting": office.inbox.waiting(by=who),
        "items": [item_document(one) for one in items],
        "next": items[-1].item.id if len(items) == limit else None,
    }


@routes.allow("POST", "/inbox/{item}/seen", Permission.CASE_WORK, status_code=204)
def seen(item: RowId, who: Who, office: OfficeHere) -> None:
    """Take an item out of the inbox; its candidate stays with its case."""
    office.inbox.see(item, by=who)
