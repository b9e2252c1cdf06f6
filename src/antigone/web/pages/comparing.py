"""Probe and candidate side by side, and the decision about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Form, Query, Request, Response

from antigone.access import Permission, Principal
from antigone.casework import Verdict
from antigone.casework.features import FEATURES, OBSERVATIONS
from antigone.casework.file import SearchFile, search_file
from antigone.casework.found import Found
from antigone.casework.pictures import is_veiled
from antigone.casework.probes import ProbeFace, faces_of_search
from antigone.errors import AntigoneError, NotFoundError
from antigone.office import Office
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.pages.listing import entries
from antigone.web.pages.render import go, render
from antigone.web.pages.words import mark as _
from antigone.workspace import Workspace

routes = Routes(include_in_schema=False)
_FIELD = "feature-"  # before the name of a feature, in a form


FEATURE_WORDS: Mapping[str, tuple[str, str]] = {
    "skin": (_("Skin"), _("overall tone and texture of the skin, as far as the light allows to tell")),
    "outline": (_("Outline"), _("shape of the face and head")),
    "hairline": (_("Hairline"), _("course of the hairline, baldness")),
    "forehead": (_("Forehead"), _("height, slope and lines of the forehead")),
    "eyebrows": (_("Eyebrows"), _("shape, thickness, gap between them")),
    "eyes": (
        _("Eyes"),
        _("shape of the openings, lids and folds, distance between them, colour where visible"),
    ),
    "cheeks": (_("Cheeks"), _("cheekbones and fullness")),
    "nose": (_("Nose"), _("root, bridge, tip, wings and nostrils")),
    "ears": (_("Ears"), _("lobes, helix, angle to the head")),
    "mouth": (_("Mouth"), _("lips, corners, fissure, teeth where visible")),
    "chin": (_("Chin"), _("shape of chin and jaw line, cleft")),
    "neck": (_("Neck"), _("visible structures of the neck")),
    "facial-hair": (_("Facial hair"), _("where it grows, and its shape")),
    "lines": (_("Lines"), _("wrinkles and creases that last")),
    "marks": (_("Marks"), _("scars, moles, freckles and other marks")),
    "alterations": (_("Alterations"), _("piercings, tattoos, surgery, injuries")),
}
OBSERVATION_WORDS: Mapping[str, str] = {
    "similar": _("similar"),
    "different": _("different"),
    "not-comparable": _("not comparable"),
}
STAGE_WORDS: Mapping[str, str] = {
    "first": _("first decision"),
    "second": _("second decision"),
    "resolution": _("resolution"),
}


async def _features(request: Request) -> dict[str, str]:
    """Return what was observed of each feature; those that nobody looked at are left out."""
    form = await request.form()
    given = {name: form.get(_FIELD + name) for name in FEATURES}
    return {name: value for name, value in given.items() if isinstance(value, str) and value}


@routes.allow("GET", "/cases/{number}/candidates/{candidate}", Permission.CASE_READ)
def compare(
    request: Request,
    number: str,
    candidate: RowId,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    pictures: Annotated[str, Query(pattern="^(blurred|shown)$")] = "blurred",
) -> Response:
    """Show a candidate beside its probe."""
    found = _found(number, candidate, office, who)
    plain = is_veiled(found.case) and pictures == "shown"
    return _page(request, found, who, workspace, plain=plain)


@routes.allow("POST", "/cases/{number}/candidates/{candidate}/decision", None)
def decide(  # noqa: PLR0913 - one parameter a field of the form
    request: Request,
    number: str,
    candidate: RowId,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    features: Annotated[dict[str, str], Depends(_features)],
    *,
    verdict: Annotated[str, Form(max_length=40)] = "",
    note: Annotated[str, Form(max_length=20_000)] = "",
    pictures: Annotated[str, Form(pattern="^(blurred|shown)$")] = "blurred",
) -> Response:
    """Decide, and go on to the next candidate that waits, or back to the list."""
    found = _found(number, candidate, office, who)
    typed = {"verdict": verdict, "note": note, "features": features}
    plain = is_veiled(found.case) and pictures == "shown"
    try:
        chosen = next((one for one in Verdict if one.value == verdict), None)
        if chosen is None:
            raise NotFoundError("no decision was chosen", hint="choose one of the three")
        office.decisions.decide(candidate, chosen, features=features, note=note, by=who)
    except AntigoneError as problem:
        return _page(request, found, who, workspace, plain=plain, typed=typed, problem=problem)
    return go(request, _onward(found, who, workspace) + ("?pictures=shown" if plain else ""))


def _found(number: str, candidate: int, office: Office, who: Principal) -> Found:
    found = office.beside.find(candidate, by=who)
    if found.case.id != office.book.case(number, by=who).id:
        raise NotFoundError(f"case {number} has no candidate {candidate}")
    return found


def _onward(found: Found, who: Principal, workspace: Workspace) -> str:
    """Return where whoever decided goes next: to their next candidate, else to the list or the reviews."""
    base = f"/cases/{found.case.number}"
    if not who.may(Permission.DECIDE) and who.may(Permission.REVIEW):
        waiting = workspace.office.decisions.waiting(by=who)
        mine = [one.id for one in waiting if one.search_id == found.search.id]
        return f"{base}/candidates/{mine[0]}" if mine else "/reviews"
    shown = search_file(found.search, workspace.records.cases, by=who)
    order = [(one.id, bool(decisions)) for one, decisions in shown.candidates]
    here = [id_ for id_, _ in order].index(found.candidate.id)
    following = [id_ for id_, decided in (*order[here + 1 :], *order[:here]) if not decided]
    return f"{base}/candidates/{following[0]}" if following else f"{base}/searches/{found.search.id}"


def _page(
    request: Request,
    found: Found,
    who: Principal,
    workspace: Workspace,
    *,
    plain: bool,
    typed: Mapping[str, Any] | None = None,
    problem: AntigoneError | None = None,
) -> Response:
    office, candidate = workspace.office, found.candidate
    shown = search_file(found.search, workspace.records.cases, by=who)
    listed = entries(shown, workspace, by=who)
    place = next(at for at, entry in enumerate(listed) if entry.number == candidate.id)
    decisions = office.decisions.seen_by(candidate.id, by=who)
    side = office.beside.side(found, by=who)
    probes = _probes(found, faces_of_search(found.search), plain=plain)
    context = {
        "case": found.case,
        "search": found.search,
        "notices": shown.notices,
        "entry": listed[place],
        "place": place + 1,
        "count": len(listed),
        "before": listed[place - 1].number if place else None,
        "after": listed[place + 1].number if place + 1 < len(listed) else None,
        "probes": probes,
        "candidate_side": None
        if side is None
        else {
            "picture": f"/api/v1/candidates/{candidate.id}/photo{'?unblurred=true' if plain else ''}",
            **side.document(),
        },
        "decisions": decisions,
        "may_decide": _may_decide(found, shown, who),
        "feature_words": FEATURE_WORDS,
        "observations": {name: OBSERVATION_WORDS[name] for name in OBSERVATIONS},
        "stage_words": STAGE_WORDS,
        "features_of": {decision.id: json.loads(decision.features) for decision in decisions},
        "field": _FIELD,
        "typed": typed or {"verdict": "", "note": "", "features": {}},
        "veiled": is_veiled(found.case),
        "plain": plain,
        "problem": problem,
    }
    status = 200 if problem is None else problem.http_status
    return render(request, "compare.html.j2", context, who=who, status=status)


def _probes(found: Found, faces: tuple[ProbeFace, ...], *, plain: bool) -> list[dict[str, object]]:
    """Return where each probe picture is, and where its face lies; without that for a search of old."""
    photos = json.loads(found.search.probes)
    base = f"/api/v1/cases/{found.case.number}/searches/{found.search.id}/probes"
    end = "?unblurred=true" if plain else ""
    known = [
        {
            "width": face.width,
            "height": face.height,
            "box": face.box.numbers(),
            "eyes": [list(point) for point in face.landmarks[:2]],
        }
        for face in faces
    ]
    places = [*known, *[{}] * (len(photos) - len(known))]
    return [{"picture": f"{base}/{n}/picture{end}", **where} for n, where in enumerate(places, 1)]


def _may_decide(found: Found, shown: SearchFile, who: Principal) -> bool:
    """Tell whether the form of a decision makes sense; the server decides about it when it is sent."""
    decisions = next(made for one, made in shown.candidates if one.id == found.candidate.id)
    own = any(decision.person_id == who.person for decision in decisions)
    may = any(who.may(one) for one in (Permission.DECIDE, Permission.REVIEW, Permission.RESOLVE))
    return may and not own and len(decisions) < 3 and found.case.closed_at is None
