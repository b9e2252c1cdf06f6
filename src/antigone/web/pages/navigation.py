"""What the menu holds, for whoever may go there. The server checks again at every page."""

from __future__ import annotations

from dataclasses import dataclass

from antigone.access import Permission, Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of the menu."""

    path: str
    words: str  # a message of the catalogues
    key: str  # typed after "g" it goes there
    permission: Permission | None = None
    here: bool = False


def _(words: str) -> str:
    """Mark words for translation, which happens when the menu is shown."""
    return words


PLACES = (Place(path="/", words=_("Start"), key="h"),)


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
