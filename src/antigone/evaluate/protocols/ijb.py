"""Sets made like IJB-B and IJB-C: templates of several photos and frames, listed in CSV files.

A list of templates has a row a photo, with the columns ``TEMPLATE_ID``, ``SUBJECT_ID`` and ``FILENAME``;
``SIGHTING_ID`` names the medium that a frame belongs to, and ``FACE_X``, ``FACE_Y``, ``FACE_WIDTH`` and
``FACE_HEIGHT`` where the face is. A list of matches has two template numbers a row, without a header.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from antigone.errors import UsageError
from antigone.evaluate.material import (
    Entry,
    IdentificationTrial,
    Material,
    Photo,
    VerificationTrial,
)
from antigone.evaluate.protocols.pair_lists import bad_line, read_text
from antigone.printable import printable
from antigone.types import Box

_NEEDED = ("TEMPLATE_ID", "SUBJECT_ID", "FILENAME")
_BOX = ("FACE_X", "FACE_Y", "FACE_WIDTH", "FACE_HEIGHT")


class _Templates:
    """The templates of one or several lists, each photo once."""

    def __init__(self, photos: Path) -> None:
        self._folder = photos
        self._photos: dict[tuple[str, Box | None], int] = {}
        self._made: list[Photo] = []
        self._members: dict[str, tuple[str, list[int], list[int]]] = {}

    def read(self, path: Path) -> list[str]:
        """Take the templates of a list and return their numbers."""
        reader = csv.DictReader(read_text(path).splitlines())
        if missing := set(_NEEDED) - set(reader.fieldnames or ()):
            raise UsageError(f"{printable(str(path))} has no column {', '.join(sorted(missing))}")
        found: dict[str, None] = {}
        for row in reader:
            if any(row[name] is None for name in _NEEDED):
                raise bad_line(path, reader.line_num, "the row is too short")
            number, subject = row["TEMPLATE_ID"].strip(), row["SUBJECT_ID"].strip()
            _, photos, media = self._members.setdefault(number, (subject, [], []))
            photo = self._photo(row["FILENAME"].strip(), _box(path, reader.line_num, row))
            if photo not in photos:
                photos.append(photo)
                media.append(_medium(row.get("SIGHTING_ID"), photo))
            found[number] = None
        return list(found)

    def _photo(self, file: str, box: Box | None) -> int:
        place = self._photos.setdefault((file, box), len(self._made))
        if place == len(self._made):
            of_file = Photo.of_file(self._folder / file, file)
            self._made.append(Photo(name=file, place=of_file.place, box=box))
        return place

    def material(self) -> tuple[Material, dict[str, int]]:
        """Return everything that was read, and the row of each template by its number."""
        entries = tuple(
            Entry(subject=subject, photos=tuple(photos), media=tuple(media))
            for subject, photos, media in self._members.values()
        )
        rows = {number: row for row, number in enumerate(self._members)}
        return Material(photos=tuple(self._made), entries=entries), rows


def _medium(sighting: str | None, photo: int) -> int:
    text = (sighting or "").strip()
    return int(text) if text.isdecimal() else -1 - photo


def _box(path: Path, line: int, row: Mapping[str, str | None]) -> Box | None:
    texts = [(row.get(name) or "").strip() for name in _BOX]
    if not all(texts):
        return None
    try:
        return Box(*map(float, texts))
    except ValueError as error:
        raise bad_line(path, line, "the face has no box") from error


def template_pairs(photos: Path, lists: Iterable[Path], matches: Path) -> VerificationTrial:
    """Read the 1:1 protocol: templates of ``lists``, compared as ``matches`` says. Raises `UsageError`."""
    templates = _Templates(photos)
    for path in lists:
        templates.read(path)
    material, rows = templates.material()
    first, second = [], []
    for number, line in enumerate(read_text(matches).splitlines(), 1):
        if line.strip():
            fields = [field.strip() for field in line.replace(",", " ").split()]
            if len(fields) < 2 or not {fields[0], fields[1]} <= rows.keys():
                raise bad_line(matches, number, "two numbers of listed templates expected")
            first.append(rows[fields[0]])
            second.append(rows[fields[1]])
    one, other = np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)
    return VerificationTrial(
        name=matches.stem,
        material=material,
        first=one,
        second=other,
        mated=material.person[one] == material.person[other],
    )


def template_searches(
    photos: Path, gallery: Iterable[Path], probes: Iterable[Path], name: str
) -> IdentificationTrial:
    """Read the 1:N protocol: the templates of some lists searched in those of others. Raises `UsageError`."""
    templates = _Templates(photos)
    gallery_numbers = [number for path in gallery for number in templates.read(path)]
    probe_numbers = [number for path in probes for number in templates.read(path)]
    material, rows = templates.material()
    return IdentificationTrial(
        name=name,
        material=material,
        gallery=np.array([rows[number] for number in gallery_numbers], dtype=np.int64),
        probes=np.array([rows[number] for number in probe_numbers], dtype=np.int64),
    )
