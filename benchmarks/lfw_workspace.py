"""A workspace that holds all of LFW, imported from a manifest that names the people; kept for the next run.

It is keyed by the code of the models and the records, so that a change of either imports anew.
"""

from __future__ import annotations

import csv
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import antigone
from antigone import Workspace
from antigone.evaluate.extraction import nearest_to_centre
from benchmarks import lfw
from benchmarks.extraction import code_hash
from benchmarks.lfw import DOUBTFUL, LfwPhoto
from benchmarks.report import RESULTS, Report

COLLECTION = "lfw"
MODEL = "yunet-sface-1"
NOBODY = -1  # a face that LFW does not name: somebody in the background
SAME_PEOPLE = DOUBTFUL[:8]  # two names of one person

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """The faces of a collection with the people they show; row i is one reference."""

    references: IntArray  # ascending
    photos: IntArray  # number of the photo within the records
    sha256: tuple[str, ...]  # of the photo
    numbers: IntArray  # of the face in its photo
    people: IntArray  # number of the person as labelled, double names taken together; NOBODY
    names: tuple[str, ...]  # of the people, by their number
    templates: NDArray[np.float32] = field(repr=False)

    @property
    def named(self) -> NDArray[np.bool_]:
        """Which faces LFW names."""
        named: NDArray[np.bool_] = self.people != NOBODY
        return named


def lfw_home(report: Report, *, fresh: bool = False) -> Path:
    """Return a workspace with all of LFW, importing it where none is kept."""
    source = Path(antigone.__file__).parent
    made_by = f"{code_hash(source / 'faces')}-{code_hash(source / 'records')}"
    home = RESULTS / "workspaces" / f"lfw-{made_by}"
    if fresh and home.exists():
        shutil.rmtree(home)
    if not (home / "workspace.json").is_file():
        home.parent.mkdir(parents=True, exist_ok=True)
        unfinished = home.with_name(home.name + ".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        began = time.perf_counter()
        import_photos(unfinished, lfw.load().photos)
        report.note(f"LFW imported from a manifest with subject_id in {time.perf_counter() - began:.0f} s")
        for older in home.parent.glob("lfw-*"):
            if older != unfinished:
                shutil.rmtree(older)
        unfinished.replace(home)
    return home


def import_photos(home: Path, photos: Sequence[LfwPhoto]) -> None:
    """Make a workspace with a collection of these photos, from a manifest with a column ``subject_id``."""
    with tempfile.TemporaryDirectory(prefix="antigone-lfw-") as folder:
        manifest = Path(folder) / "lfw.csv"
        with manifest.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("photo", "subject_id"))
            writer.writerows((str(photo.path), photo.name) for photo in photos)
        with Workspace.init(home) as workspace:
            add_collection(workspace, COLLECTION)
            workspace.import_(manifest, into=COLLECTION)


def add_collection(workspace: Workspace, name: str) -> None:
    """Add a collection to measure with."""
    workspace.add_collection(
        name=name,
        owner="-",
        source="-",
        purpose="benchmark",
        basis="-",
        jurisdiction="-",
        retain_until=date(2999, 1, 1),
    )


def labelled(home: Path) -> Labelled:
    """Read the faces of the collection, each with the person that its photo's source names.

    LFW names the face in the middle of a photo; all others are nobody's.
    """
    query = """
        SELECT t.id, t.vector, p.id, p.sha256, p.width, p.height, f.number, f.x, f.y, f.w, f.h,
            min(s.subject_id)
        FROM templates t JOIN faces f ON f.id = t.face_id JOIN photos p ON p.id = f.photo_id
        JOIN sources s ON s.photo_id = p.id GROUP BY t.id ORDER BY t.id
    """
    with sqlite3.connect(home / "records.db") as database:
        rows = database.execute(query).fetchall()
    database.close()
    one_name = dict(SAME_PEOPLE)
    names = sorted({one_name.get(row[11], row[11]) for row in rows})
    number_of = {name: number for number, name in enumerate(names)}
    people = np.array([number_of[one_name.get(row[11], row[11])] for row in rows], np.int64)
    boxes = np.array([row[7:11] for row in rows], np.float32)
    photos = np.array([row[2] for row in rows], np.int64)
    for photo in np.unique(photos):
        own = np.flatnonzero(photos == photo)
        _, _, _, _, width, height = rows[own[0]][:6]
        middle = own[nearest_to_centre(boxes[own], width, height)]
        people[own[own != middle]] = NOBODY
    return Labelled(
        references=np.array([row[0] for row in rows], np.int64),
        photos=photos,
        sha256=tuple(row[3].hex() for row in rows),
        numbers=np.array([row[6] for row in rows], np.int64),
        people=people,
        names=tuple(names),
        templates=np.stack([np.frombuffer(row[1], "<f2") for row in rows]).astype(np.float32),
    )


def borrowed(home: Path, folder: Path) -> Path:
    """Return a copy of a workspace that may be changed."""
    return Path(shutil.copytree(home, folder / "home"))
