"""An evaluation's folder: the scorecard, its figures, its scores and what looks wrong with the labels."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from antigone.errors import PhotoError, StorageFullError, UsageError, WorkspaceError
from antigone.evaluate.extraction import Extracted
from antigone.evaluate.material import Material
from antigone.evaluate.scorecard.build import SUSPECT_WORDS
from antigone.evaluate.scorecard.content import FacePair, Scorecard
from antigone.evaluate.suspects import Suspect
from antigone.faces.images import ImageLimits, decode
from antigone.identify.sheet.pictures import picture_of_face
from antigone.printable import printable
from antigone.sources.originals import read_original
from antigone.types import Box

if TYPE_CHECKING:
    from antigone.settings import Settings

HTML, PDF, FIGURES, SCORES, SUSPECTS = (
    "scorecard.html",
    "scorecard.pdf",
    "figures.json",
    "scores.csv",
    "suspects.csv",
)
READERS = 4


def check_folder(folder: Path) -> None:
    """Refuse a report that could not be written, before any work is done for it. Raises `UsageError`."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{printable(str(folder))} is not a folder")
    parent = folder.absolute().parent
    if not parent.is_dir():
        raise UsageError(f"{printable(str(parent))}, where the report is to lie, does not exist")


def write_card(folder: Path, card: Scorecard, document: dict[str, object]) -> None:
    """Write scorecard and figures, each whole or not at all. Raises as `replaced`."""
    from antigone.evaluate.scorecard import html, pdf

    write_file(folder / HTML, html.render(card).encode("utf-8", "backslashreplace"))
    write_file(folder / PDF, pdf.render(card))
    write_json(folder / FIGURES, document)


def write_json(path: Path, document: dict[str, object]) -> None:
    """Write a document as JSON. Raises as `replaced`."""
    write_file(path, json_bytes(document))


def json_bytes(document: Mapping[str, object]) -> bytes:
    """Return a document as the bytes of its file."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def write_suspects(folder: Path, suspects: Sequence[Suspect], material: Material) -> None:
    """Write what looks wrong with the labels, a row a pair. Raises as `replaced`."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("kind", "score", "person_1", "photo_1", "person_2", "photo_2"))
    for suspect in suspects:
        sides = [material.entries[row] for row in (suspect.first, suspect.second)]
        names = [(side.subject, material.photos[side.photos[0]].name) for side in sides]
        writer.writerow((suspect.kind.value, f"{suspect.score:.4f}", *names[0], *names[1]))
    write_file(folder / SUSPECTS, stream.getvalue().encode("utf-8", "surrogateescape"))


def write_file(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all. Raises as `replaced`."""
    with replaced(path) as part:
        part.write_bytes(content)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a file to write to, which takes the place of ``path`` at the end: nobody ever sees half of it.

    Raises `WorkspaceError` where the folder cannot be written, and `StorageFullError`.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFullError(f"no room left for {printable(str(path))}") from error
        raise WorkspaceError(
            f"{printable(str(path))} cannot be written: {error.strerror}",
            hint="name a place that you may write to",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def material_sha256(material: Material, extracted: Extracted) -> str:
    """Return a hash of the photos' bytes and the labels, the same for the same material."""
    digest = hashlib.sha256()
    for entry in material.entries:
        digest.update(entry.subject.encode("utf-8", "surrogateescape") + b"\0")
        for row in entry.photos:
            digest.update(extracted.sha256[row].encode() + b"\n")
    return digest.hexdigest()


def suspect_faces(
    suspects: Sequence[Suspect], material: Material, extracted: Extracted, settings: Settings
) -> tuple[FacePair, ...]:
    """Cut out the faces of each pair, to be looked at side by side."""
    limits = ImageLimits.of(settings)

    def pair(suspect: Suspect) -> FacePair:
        sides = (suspect.first, suspect.second)
        return FacePair(
            heading=f"{suspect.score:.3f}  {SUSPECT_WORDS[suspect.kind]}",
            names=(_name(material, sides[0]), _name(material, sides[1])),
            faces=(
                _face(material, sides[0], extracted, limits, settings),
                _face(material, sides[1], extracted, limits, settings),
            ),
        )

    with ThreadPoolExecutor(READERS) as pool:
        return tuple(pool.map(pair, suspects))


def _name(material: Material, row: int) -> str:
    return printable(material.photos[material.entries[row].photos[0]].name)


def _face(
    material: Material, row: int, extracted: Extracted, limits: ImageLimits, settings: Settings
) -> Image.Image | None:
    place = material.entries[row].photos[0]
    photo, box = material.photos[place], extracted.extraction.boxes[place]
    if np.isnan(box).any():
        return None
    try:
        content = photo.data
        if content is None:
            assert photo.place is not None
            content = read_original(photo.place, settings)
        return picture_of_face(decode(content, limits).pixels, Box(*map(float, box)), with_whole=False).face
    except PhotoError:
        return None
