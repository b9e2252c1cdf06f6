"""The form of a search, one for page and REST API: photos, what was done to them, what is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, NoReturn

from fastapi import Depends, File, Form, UploadFile

from antigone import identify
from antigone.access import Principal
from antigone.casework.searching import CaseSearch, Showing
from antigone.casework.seeds import MOST_SEEDS
from antigone.errors import UsageError
from antigone.faces.adjust import Step, read_steps
from antigone.identify import FaceChoice, Filters, Near
from antigone.identify.choice import Pick
from antigone.provenance import Holding
from antigone.types import Box, Eyes
from antigone.web.uploads import read_upload
from antigone.workspace import Workspace

_LONGEST = 100_000  # characters of what is said of the photos


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSearch:
    """A search as a form asks for it."""

    case: str
    photos: Sequence[UploadFile]
    probe: str
    collections: Sequence[str]
    top: int
    exact: bool
    persons: bool
    showing: Showing
    filters: Filters


def asked_search(  # noqa: PLR0913 - one parameter a field of the form
    case: Annotated[str, Form(max_length=40, description="number of the case")],
    photos: Annotated[list[UploadFile], File(description="photos of one person")],
    *,
    probe: Annotated[
        str,
        Form(
            max_length=_LONGEST,
            description='JSON list, one object a photo: {"face": N} or {"box": [X,Y,W,H]} or '
            '{"eyes": [[X,Y],[X,Y]]} (right, left), and "steps" by which a copy of it is adjusted first',
        ),
    ] = "",
    collection: Annotated[list[str] | None, Form(description="collections; all without it")] = None,
    top: Annotated[int, Form(ge=1, le=identify.MOST_TOP)] = identify.DEFAULT_TOP,
    exact: Annotated[bool, Form()] = False,
    persons: Annotated[bool, Form(description="list each likely person once")] = False,
    hidden: Annotated[bool, Form(description="shuffled, without scores until decided")] = False,
    seeds: Annotated[int, Form(ge=0, le=MOST_SEEDS, description="known non-mates mixed in; hidden only")] = 0,
    captured_from: Annotated[date | None, Form(description="first day of capture")] = None,
    captured_until: Annotated[date | None, Form(description="last day of capture")] = None,
    kind: Annotated[list[Holding] | None, Form(description="kinds of file; all without it")] = None,
    place: Annotated[str, Form(max_length=200, description="stands in what a source calls its place")] = "",
    near: Annotated[str, Form(max_length=100, description="LATITUDE,LONGITUDE,KM: taken within so far")] = "",
) -> AskedSearch:
    """Read the form. Raises `UsageError`."""
    return AskedSearch(
        case=case,
        photos=photos,
        probe=probe,
        collections=tuple(collection or ()),
        top=top,
        exact=exact,
        persons=persons,
        showing=Showing(hidden=hidden, seeds=seeds if hidden else 0),
        filters=Filters(
            captured_from=captured_from,
            captured_until=captured_until,
            kinds=frozenset(kind or ()),
            place=place.strip(),
            near=Near.parse(near) if near.strip() else None,
        ),
    )


Asked = Annotated[AskedSearch, Depends(asked_search)]


def search(asked: AskedSearch, workspace: Workspace, *, by: Principal) -> CaseSearch:
    """Make the search. Raises the errors of `antigone.casework.searching.Searching.search`."""
    office = workspace.office
    case = office.book.case(asked.case, by=by)
    office.book.may_search(case, by=by)  # before anything is read
    choices, steps = _said_of(asked.probe, len(asked.photos))
    request = identify.SearchRequest(
        photos=[read_upload(photo, workspace.limits) for photo in asked.photos],
        choices=choices,
        collections=asked.collections,
        top=asked.top,
        exact=asked.exact,
        persons=asked.persons,
        filters=asked.filters,
    )
    return office.searching.search(case, request, workspace, by=by, showing=asked.showing, steps=steps)


def steps_of(text: str) -> tuple[Step, ...]:
    """Return the steps that a field of a form holds as JSON. Raises `UsageError`."""
    return read_steps(_json(text, "steps")) if text.strip() else ()


def _said_of(text: str, photos: int) -> tuple[list[FaceChoice], list[tuple[Step, ...]]]:
    """Read what is said of each photo."""
    if not text.strip():
        return [], []
    said = _json(text, "probe")
    if not isinstance(said, list) or len(said) > photos or not all(isinstance(one, dict) for one in said):
        raise UsageError("probe is a JSON list of objects, at most one a photo")
    picks = [(number, _pick(one)) for number, one in enumerate(said, 1)]
    choices = [FaceChoice(photo=number, pick=pick) for number, pick in picks if pick is not None]
    return choices, [read_steps(one.get("steps", [])) for one in said]


def _pick(said: dict[str, object]) -> Pick | None:
    given = {name: said[name] for name in ("face", "box", "eyes") if said.get(name) is not None}
    if len(given) > 1:
        raise UsageError("a face is chosen in one way: by its number, a box or its eyes")
    match given:
        case {"face": int(number)} if not isinstance(number, bool):
            return number
        case {"box": [x, y, w, h]}:
            return _made(Box, x, y, w, h)
        case {"eyes": [[rx, ry], [lx, ly]]}:
            right, left = _numbers(rx, ry), _numbers(lx, ly)
            return _made(Eyes, (right[0], right[1]), (left[0], left[1]))
        case {}:
            if given:
                _wrong()
            return None
        case _:
            _wrong()


def _made(kind: type[Box] | type[Eyes], *given: object) -> Box | Eyes:
    try:
        return Box(*_numbers(*given)) if kind is Box else Eyes(*given)  # type: ignore[arg-type]
    except ValueError as error:
        raise UsageError(str(error)) from error


def _numbers(*given: object) -> tuple[float, ...]:
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in given):
        _wrong()
    return tuple(float(one) for one in given)  # type: ignore[arg-type]


def _wrong() -> NoReturn:
    raise UsageError(
        "a face is chosen by its number, by a box of four numbers, or by two points for its eyes"
    )


def _json(text: str, what: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{what} is not JSON") from error
