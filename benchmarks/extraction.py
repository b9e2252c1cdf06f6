"""Templates of LFW photos by one system under one condition, kept on disk so that a second run is quick.

They are keyed by the system with its model and code, the condition with its definition, and the photos, so a
change of any of them is never answered from what was kept.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from antigone.evaluate.extraction import Extraction, empty_extraction
from antigone.evaluate.metrics import Similarity
from benchmarks import degrade
from benchmarks.degrade import CLEAN, Condition, Source
from benchmarks.report import RESULTS

BLOCK = 1500  # photos kept in one file


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The chosen face of one photo."""

    template: NDArray[np.float32]
    box: tuple[float, float, float, float]
    quality: tuple[float, ...]
    faces: int


class System(Protocol):
    """Something that turns photos into templates."""

    name: str
    version: str  # of model and code; part of the key on disk
    dimension: int
    similarity: Similarity

    def find(self, photos: Iterable[Path | bytes | degrade.Rgb]) -> Iterator[Found | None]:
        """Yield the face nearest to the centre of each photo, in order."""
        ...


def extract(
    system: System,
    photos: Sequence[Path],
    *,
    condition: Condition = CLEAN,
    boxes: NDArray[np.float32] | None = None,
    fresh: bool = False,
) -> Extraction:
    """Extract the photos under the condition, or read what an earlier run of the same code kept.

    boxes: (n, 4) x, y, w, h of each face in the clean photo, which some conditions need.
    fresh: extract again even where a kept result fits. Blocks of photos are kept one by one, so a run that
    was stopped goes on where it was.
    """
    known = np.full((len(photos), 4), np.nan, dtype=np.float32) if boxes is None else boxes
    parts = [
        _extract_block(system, photos[start : start + BLOCK], condition, known[start : start + BLOCK], fresh)
        for start in range(0, len(photos), BLOCK)
    ]
    return Extraction(
        templates=np.concatenate([part.templates for part in parts]),
        boxes=np.concatenate([part.boxes for part in parts]),
        quality=np.concatenate([part.quality for part in parts]),
        faces=np.concatenate([part.faces for part in parts]),
    )


def _extract_block(
    system: System, photos: Sequence[Path], condition: Condition, boxes: NDArray[np.float32], fresh: bool
) -> Extraction:
    path, outdated = _kept_at(system, photos, condition)
    if path.exists() and not fresh:
        with np.load(path) as kept:
            return Extraction(**{name: kept[name] for name in ("templates", "boxes", "quality", "faces")})
    extraction = _run(system, photos, condition, boxes)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.npz")
    np.savez(
        unfinished,
        templates=extraction.templates,
        boxes=extraction.boxes,
        quality=extraction.quality,
        faces=extraction.faces,
    )
    unfinished.replace(path)
    for other in path.parent.glob(outdated):
        if other != path:
            other.unlink()
    return extraction


def _run(
    system: System, photos: Sequence[Path], condition: Condition, boxes: NDArray[np.float32]
) -> Extraction:
    made = empty_extraction(len(photos), system.dimension)
    with Progress(transient=True, disable=not sys.stderr.isatty(), console=Console(stderr=True)) as progress:
        task = progress.add_task(f"{system.name}, {condition.name}", total=len(photos))
        for row, found in enumerate(system.find(_given(photos, condition, boxes))):
            progress.advance(task)
            if found is not None:
                made.templates[row], made.boxes[row] = found.template, found.box
                made.quality[row], made.faces[row] = found.quality, found.faces
    return made


def _given(
    photos: Sequence[Path], condition: Condition, boxes: NDArray[np.float32]
) -> Iterator[Path | bytes | degrade.Rgb]:
    if condition == CLEAN:
        yield from photos
        return
    for path, box in zip(photos, boxes.tolist(), strict=True):
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        if pixels is None:
            raise ValueError(f"{path} cannot be read")
        yield condition.apply(Source(name=path.name, pixels=pixels, box=tuple(box)))


def _kept_at(system: System, photos: Sequence[Path], condition: Condition) -> tuple[Path, str]:
    """Return where an extraction is kept, and a pattern of those that other code made of the same."""
    names = zlib.crc32("\n".join(path.name for path in photos).encode())
    made = "files" if condition == CLEAN else code_hash(Path(degrade.__file__))
    what = f"{system.name}-{condition.name}-{names:08x}"
    return RESULTS / "templates" / f"{what}-{system.version}-{made}.npz", f"{what}-*.npz"


def code_hash(place: Path) -> str:
    """Hash a Python file, or all Python files of a folder."""
    digest = hashlib.sha256()
    for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
