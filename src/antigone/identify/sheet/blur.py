"""Pictures made so coarse that nobody is recognised and nothing gruesome is seen; a page stays usable.

What is left of a face is a handful of smooth patches, some six across: the place of the face and the light
on it. Nothing finer is kept, so no filter brings it back.
"""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from antigone.identify.sheet.content import Card, Sheet
from antigone.identify.sheet.pictures import Picture

CELLS = 12  # over the longest side of a picture; a cut-out face has some six of them
BLURRED = (
    "Pictures are blurred, because the case is about somebody dead. Whoever must see them asks for that, "
    "and the audit log keeps it."
)


def blurred(picture: Picture) -> Picture:
    """Return a picture of which only coarse patches are left."""
    return replace(
        picture,
        face=None if picture.face is None else blurred_image(picture.face),
        whole=None if picture.whole is None else blurred_image(picture.whole),
    )


def blurred_image(image: Image.Image) -> Image.Image:
    """Return an image of the same size of which only coarse patches are left."""
    scale = CELLS / max(image.size)
    small = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    return image.resize(small, Image.Resampling.BOX).resize(image.size, Image.Resampling.BICUBIC)


def blurred_sheet(sheet: Sheet) -> Sheet:
    """Return a sheet with every picture blurred, which says so."""
    return replace(
        sheet,
        notice=f"{sheet.notice} {BLURRED}",
        subjects=tuple(map(_card, sheet.subjects)),
        cards=tuple(map(_card, sheet.cards)),
    )


def _card(card: Card) -> Card:
    return replace(card, picture=blurred(card.picture), copies=tuple(map(_card, card.copies)))
