"""What the menu holds, for whoever may go there. The server checks again at every page."""

from __future__ import annotations

from dataclasses import dataclass

from antigone.access import Permission, Principal
from antigone.web.pages.words import mark as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of the menu."""

    path: str
    words: str  # a message of the catalogues
    key: str  # typed after "g" it goes there
    permission: Permission | None = None
    here: bool = False


PLACES = (
    Place(path="/", words=_("Start"), key="h"),
    Place(path="/search", words=_("Search"), key="s", permission=Permission.SEARCH),
    Place(path="/cases", words=_("Cases"), key="c", permission=Permission.CASE_READ),
    Place(path="/reviews", words=_("Second review"), key="r", permission=Permission.REVIEW),
    Place(path="/inbox", words=_("Inbox"), key="i", permission=Permission.CASE_READ),
    Place(path="/check", words=_("Check a document"), key="d", permission=Permission.SEARCH),
    Place(path="/capture", words=_("Photograph"), key="p", permission=Permission.SEARCH),
    Place(path="/collections", words=_("Collections"), key="k", permission=Permission.COLLECTION_READ),
    Place(path="/statistics", words=_("Statistics"), key="t", permission=Permission.STATISTICS),
    Place(path="/learn", words=_("Learn"), key="e", permission=Permission.CASE_READ),
    Place(path="/people", words=_("Administration"), key="a", permission=Permission.PEOPLE_READ),
    Place(path="/audit", words=_("Audit log"), key="l", permission=Permission.AUDIT_READ),
)


def navigation(who: Principal | None, path: str) -> tuple[Place, ...]:
    """Return the entries for someone, with that of ``path`` marked as where one is."""
    if who is None:
        return ()
    return tuple(
        Place(
            path=place.path,
            words=place.words,
            key=place.key,
            here=path == place.path or (place.path != "/" and path.startswith(f"{place.path}/")),
        )
        for place in PLACES
        if place.permission is None or who.may(place.permission)
    )
