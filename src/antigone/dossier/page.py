"""A dossier as one HTML file that needs nothing else: no script, no request, every picture inside."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image

from antigone.audit.files import write_whole
from antigone.dossier.content import Companion, Dossier, PersonPhoto
from antigone.errors import UsageError
from antigone.identify.sheet.blur import BLURRED
from antigone.identify.sheet.content import READERS
from antigone.identify.sheet.html import environment
from antigone.identify.sheet.pictures import Picture, picture_of_reference
from antigone.printable import printable
from antigone.records import ReferenceRecord
from antigone.settings import Settings

ENDINGS = (".html", ".htm")
MOST_CERTAIN = 80  # photos shown with a picture; all are listed
LEAST_CERTAIN = 40
MOST_COMPANIONS = 60
MOST_IN_RING = 16
SIDE = 240  # pixels of a picture
_RING = 300.0  # half the width of the drawing
_RADIUS = 226.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """A face with its picture, or why there is none."""

    record: ReferenceRecord
    face: Image.Image | None
    missing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A companion in the drawing."""

    companion: Companion
    face: Image.Image | None
    x: float
    y: float
    width: float  # of the line to the person


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Two companions who appear together, in the drawing."""

    x1: float
    y1: float
    x2: float
    y2: float


def check_page_target(target: Path) -> None:
    """Refuse a page that could not be written, before any work is done for it. Raises `UsageError`."""
    if target.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"a dossier's page is an .html file, not {printable(target.name)}", hint="name it person.html"
        )
    if target.is_dir() or not target.absolute().parent.is_dir():
        what = "is a folder" if target.is_dir() else "lies in a folder that does not exist"
        raise UsageError(f"the page {printable(str(target))} {what}")


def as_it_is(picture: Picture) -> Picture:
    """Return a picture unchanged."""
    return picture


Veil = Callable[[Picture], Picture]
"""What is done to a picture before anybody sees it."""


def write_page(dossier: Dossier, target: Path, settings: Settings, *, veil: Veil = as_it_is) -> None:
    """Write a dossier as a page, replacing what was there.

    Raises `UsageError` as `check_page_target` and where the file cannot be written, and `StorageFullError`.
    """
    check_page_target(target)
    write_whole(target, [render(dossier, settings, veil=veil).encode("utf-8")], replace=True)


def render(dossier: Dossier, settings: Settings, *, veil: Veil = as_it_is) -> str:
    """Return the page as text."""
    certain, between, doubtful = _parts(dossier.photos)
    companions = dossier.companions[:MOST_COMPANIONS]
    records = [
        *(photo.record for photo in (*certain, *doubtful)),
        *(companion.faces[0].record for companion in companions),
        *(one.record for one in dossier.left_out),
    ]
    with ThreadPoolExecutor(READERS) as pool:
        pictures = list(pool.map(lambda record: _shown(record, settings, veil), records))
    shown = {picture.record.reference: picture for picture in pictures}
    dots, lines = _ring(dossier, shown)
    made = environment("antigone.dossier")
    made.filters["plain"] = printable
    made.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    made.filters["when"] = _when
    return made.get_template("dossier.html.j2").render(
        dossier=dossier,
        notices=(*dossier.notices, *(() if veil is as_it_is else (BLURRED,))),
        certain=[(photo, shown[photo.record.reference]) for photo in certain],
        between=between,
        doubtful=[(photo, shown[photo.record.reference]) for photo in doubtful],
        companions=[(one, shown[one.faces[0].record.reference]) for one in companions],
        left_out=[(one, shown[one.record.reference]) for one in dossier.left_out],
        dots=dots,
        lines=lines,
        centre=_first_face(dossier, shown),
        dated=len({moment.photo for moment in dossier.timeline}),
    )


def _parts(
    photos: Sequence[PersonPhoto],
) -> tuple[Sequence[PersonPhoto], Sequence[PersonPhoto], Sequence[PersonPhoto]]:
    """Return the most certain photos, those in between, and the least certain, which need a look most."""
    if len(photos) <= MOST_CERTAIN + LEAST_CERTAIN:
        return photos, (), ()
    return photos[:MOST_CERTAIN], photos[MOST_CERTAIN:-LEAST_CERTAIN], photos[-LEAST_CERTAIN:]


def _shown(record: ReferenceRecord, settings: Settings, veil: Veil) -> Shown:
    picture = veil(picture_of_reference(record, settings))
    face = None if picture.face is None else picture.face.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return Shown(record=record, face=face, missing=picture.missing)


def _first_face(dossier: Dossier, shown: Mapping[int, Shown]) -> Image.Image | None:
    """Return the picture of the face that was begun with, else of the most certain one."""
    own = [shown[reference].face for reference in dossier.first.references if reference in shown]
    best = [shown[photo.record.reference].face for photo in dossier.photos[:1]]
    return next((face for face in [*own, *best] if face is not None), None)


def _ring(dossier: Dossier, shown: Mapping[int, Shown]) -> tuple[list[Dot], list[Line]]:
    """Place the most frequent companions on a circle around the person."""
    chosen = [one for one in dossier.companions if not one.poor][:MOST_IN_RING]
    dots: dict[str, Dot] = {}
    for place, companion in enumerate(chosen):
        angle = 2 * math.pi * place / len(chosen) - math.pi / 2
        picture = shown.get(companion.faces[0].record.reference)
        dots[companion.name] = Dot(
            companion=companion,
            face=None if picture is None else picture.face,
            x=round(_RING + _RADIUS * math.cos(angle), 1),
            y=round(_RING + _RADIUS * math.sin(angle), 1),
            width=round(1.5 + 2.5 * math.log2(len(companion.photos)), 1),
        )
    lines = [
        Line(x1=dots[pair.a].x, y1=dots[pair.a].y, x2=dots[pair.b].x, y2=dots[pair.b].y)
        for pair in dossier.together
        if pair.a in dots and pair.b in dots
    ]
    return list(dots.values()), lines


def _when(at: datetime) -> str:
    zone = "" if at.tzinfo is None else f" {at:%Z}"
    return f"{at:%Y-%m-%d %H:%M}{zone}"
