"""Quality that others measured, photo by photo, to be held against errors beside our own.

The Open Source Face Image Quality library (OFIQ, ISO/IEC 29794-5) is such a measure: its program writes a
table for a folder of photos, and that table is read as it is. Its models are on no package registry, so it is
not run from here. Any other table does: a column that names the photo, and columns of numbers, higher better.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from antigone.errors import UsageError
from antigone.evaluate.material import Material
from antigone.evaluate.metrics import Float64Array
from antigone.evaluate.protocols.pair_lists import bad_line, read_text
from antigone.printable import printable

PHOTO_COLUMNS = ("filename", "photo", "file", "path", "image")
SCALAR = ".scalar"  # OFIQ gives each measure twice: raw, and as a value from 0 to 100 with this ending
IGNORED = ("assessment_time",)  # columns of OFIQ that say nothing of the photo
MOST_COLUMNS = 64
NOT_ASSESSED = -math.inf  # a photo that the measure could not judge counts as its worst


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideQuality:
    """A table of measures by others."""

    source: str  # the file it was read from
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[float, ...]] = field(repr=False)  # photo as the table names it -> values

    def of_entries(self, material: Material) -> dict[str, Float64Array]:
        """Return each measure for the entries, (entries,); of several photos the best one's.

        A photo is found by its name or by the end of its path. Entries that the table does not speak of are
        NaN. Raises `UsageError` where it speaks of none of them.
        """
        row_of = self._row_by_photo(material)
        if not row_of:
            raise UsageError(
                f"{printable(self.source)} does not speak of any photo of this material",
                hint="its first column names the photos, by path or by file name",
            )
        values = np.full((len(material.entries), len(self.columns)), np.nan)
        for place, entry in enumerate(material.entries):
            known = [row_of[photo] for photo in entry.photos if photo in row_of]
            if known:
                values[place] = np.max(np.array(known), axis=0)
        return {column: values[:, number] for number, column in enumerate(self.columns)}

    def _row_by_photo(self, material: Material) -> dict[int, tuple[float, ...]]:
        names = [PurePosixPath(photo.name).parts for photo in material.photos]
        longest = max(map(len, names), default=1)
        ends: dict[tuple[str, ...], int] = {}
        twice: set[tuple[str, ...]] = set()
        for number, parts in enumerate(names):
            for start in range(len(parts)):
                end = parts[start:]
                if ends.setdefault(end, number) != number:
                    twice.add(end)
        found = {}
        for name, row in self.rows.items():
            parts = PurePosixPath(name.replace("\\", "/")).parts
            for length in range(min(longest, len(parts)), 0, -1):
                end = parts[-length:]
                if end in ends and end not in twice:
                    found[ends[end]] = row
                    break
        return found


def read_quality(path: Path) -> OutsideQuality:
    """Read a table of measures: OFIQ's own, or any with a column for the photo and columns of numbers.

    Columns are parted by semicolon, comma or tab. Raises `NotFoundError` and `UsageError`.
    """
    lines = read_text(path).splitlines()
    mark = max(";,\t", key=lines[0].count) if lines else ","
    try:
        table = list(csv.reader(lines, delimiter=mark))
    except csv.Error as error:
        raise UsageError(f"{printable(str(path))} is no table: {error}") from error
    header = [cell.strip() for cell in table[0]] if table else []
    named = [place for place, cell in enumerate(header) if cell.lower() in PHOTO_COLUMNS]
    if not named:
        raise UsageError(
            f"{printable(str(path))} has no column that names the photo",
            hint=f"the first line names the columns, one of them {', '.join(PHOTO_COLUMNS)}",
        )
    chosen = _measures(header, named[0])
    if not chosen:
        raise UsageError(f"{printable(str(path))} has no column of numbers beside the photo")
    if len(chosen) > MOST_COLUMNS:
        raise UsageError(f"{printable(str(path))} has more than {MOST_COLUMNS} measures")
    rows: dict[str, tuple[float, ...]] = {}
    for number, cells in enumerate(table[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) < len(header):
            raise bad_line(path, number, f"{len(header)} columns expected, got {len(cells)}")
        rows[cells[named[0]].strip()] = tuple(_value(path, number, cells[place]) for place in chosen.values())
    return OutsideQuality(source=str(path), columns=tuple(chosen), rows=rows)


def _measures(header: list[str], photo: int) -> dict[str, int]:
    """Return which columns are measures; OFIQ's raw values give way to those from 0 to 100."""
    columns = {
        cell: place
        for place, cell in enumerate(header)
        if place != photo and cell and not cell.lower().startswith(IGNORED)
    }
    scalars = {cell.removesuffix(SCALAR): place for cell, place in columns.items() if cell.endswith(SCALAR)}
    return scalars or columns


def _value(path: Path, number: int, cell: str) -> float:
    """Read a number; an empty cell, a NaN or a negative number says that the measure could not be taken."""
    try:
        value = float(cell) if cell.strip() else math.nan
    except ValueError as error:
        raise bad_line(path, number, f"a number expected, not {printable(cell[:40])}") from error
    return value if value >= 0 and math.isfinite(value) else NOT_ASSESSED
