"""Labelled photos to templates: the face that is meant in each, and what happened where there is none."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from antigone.errors import PhotoError
from antigone.evaluate.material import Material, Photo
from antigone.evaluate.metrics import Float32Array
from antigone.failures import FailureCode
from antigone.sources.originals import read_original
from antigone.types import Analysis, Box, Quality

if TYPE_CHECKING:
    from collections.abc import Iterable

    from antigone.settings import Settings
    from antigone.types import Face

QUALITY_PARTS = tuple(field.name for field in fields(Quality))  # the score comes first
_BLOCK = 1024  # photos whose templates are kept in one file
_KEPT_FORM = 1  # grows when what is kept changes


class Analyser(Protocol):
    """Turns photos into faces with templates of one model."""

    @property
    def model(self) -> str:
        """The model that made the templates."""

    @property
    def dimension(self) -> int:
        """How many numbers a template has."""

    def analyse_many(self, photos: Iterable[bytes]) -> Iterator[Analysis]:
        """Find the faces of many photos; one result a photo, in order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extraction:
    """The chosen face of each photo; a row of NaN where none was found."""

    templates: Float32Array = field(repr=False)  # (n, D)
    boxes: NDArray[np.float32]  # (n, 4): x, y, w, h in pixels of the photo as given
    quality: NDArray[np.float32]  # (n, parts): see QUALITY_PARTS
    faces: NDArray[np.int64]  # (n,) how many faces were found

    @property
    def failed(self) -> int:
        """How many photos gave no template."""
        return int((self.faces == 0).sum())

    def take(self, rows: NDArray[np.int64]) -> Extraction:
        """Keep the photos in these rows only."""
        return Extraction(
            templates=self.templates[rows],
            boxes=self.boxes[rows],
            quality=self.quality[rows],
            faces=self.faces[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extracted:
    """The photos of an evaluation after extraction."""

    extraction: Extraction
    sha256: tuple[str, ...]  # of each photo's bytes, "" where they could not be read
    failures: Mapping[int, FailureCode]  # row -> why it gave no template

    def counts(self) -> dict[str, int]:
        """Return how many photos failed for each reason, by its code."""
        found: dict[str, int] = {}
        for code in self.failures.values():
            found[code.value] = found.get(code.value, 0) + 1
        return dict(sorted(found.items()))


def empty_extraction(count: int, dimension: int) -> Extraction:
    """Return an extraction in which every photo failed, to be filled in."""
    return Extraction(
        templates=np.full((count, dimension), np.nan, dtype=np.float32),
        boxes=np.full((count, 4), np.nan, dtype=np.float32),
        quality=np.full((count, len(QUALITY_PARTS)), np.nan, dtype=np.float32),
        faces=np.zeros(count, dtype=np.int64),
    )


def nearest_to_centre(boxes: NDArray[np.float32], width: float, height: float) -> int:
    """Return the row of the box whose centre is nearest to that of a rectangle of this size.

    boxes: (n, 4) as x, y, w, h, with n >= 1.
    """
    if len(boxes) == 0:
        raise ValueError("no boxes to choose from")
    centres = boxes[:, :2] + boxes[:, 2:] / 2
    away = centres - np.array([width / 2, height / 2], dtype=np.float32)
    return int(np.argmin((away * away).sum(axis=1)))


def meant_face(analysis: Analysis, box: Box | None = None) -> Face:
    """Return the face that a photo of one labelled person means: nearest to ``box``, or to the centre."""
    assert analysis.facts is not None
    boxes = np.array([(f.box.x, f.box.y, f.box.w, f.box.h) for f in analysis.faces], dtype=np.float32)
    if box is None:
        return analysis.faces[nearest_to_centre(boxes, analysis.facts.width, analysis.facts.height)]
    shifted = boxes - np.array([box.x, box.y, 0, 0], dtype=np.float32)
    return analysis.faces[nearest_to_centre(shifted, box.w, box.h)]


class TemplateStore:
    """Templates of evaluation photos, kept in a folder that the operator named, for a later run.

    They are keyed by the model, the code and the bytes of each photo, whatever list it stands in; a block of
    photos is a file, so a run that was stopped goes on where it was. Templates are biometric data: nothing is
    kept unless a folder is named, and deleting the folder deletes them.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._prefix = hashlib.sha256(f"{_KEPT_FORM} {key}".encode()).hexdigest()[:16]
        self._known: dict[str, tuple[Extraction, int, FailureCode | None]] | None = None

    def read(self, key: str) -> tuple[Extraction, int, FailureCode | None] | None:
        """Return where the kept template of a photo is: an extraction, a row of it, and why that failed."""
        if self._known is None:
            self._known = {}
            for path in sorted(self._folder.glob(f"{self._prefix}-*.npz")):
                self._take(path)
        return self._known.get(key)

    def write(self, keys: Sequence[str], extraction: Extraction, codes: Sequence[FailureCode | None]) -> None:
        """Keep the templates of photos with these keys."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:24]
        path = self._folder / f"{self._prefix}-{digest}.npz"
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(
                file,
                keys=np.array(keys),
                templates=extraction.templates,
                boxes=extraction.boxes,
                quality=extraction.quality,
                faces=extraction.faces,
                codes=np.array([code.value if code else "" for code in codes]),
            )
        part.replace(path)
        if self._known is not None:
            self._known |= {key: (extraction, row, codes[row]) for row, key in enumerate(keys)}

    def _take(self, path: Path) -> None:
        """Take over what a file holds; nothing of it where it is damaged."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                extraction = Extraction(
                    **{name: kept[name] for name in ("templates", "boxes", "quality", "faces")}
                )
                codes = [FailureCode(str(code)) if code else None for code in kept["codes"]]
                keys = [str(key) for key in kept["keys"]]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return
        if len(keys) == len(codes) == len(extraction.faces) == len(extraction.templates):
            assert self._known is not None
            self._known |= {key: (extraction, row, codes[row]) for row, key in enumerate(keys)}


def _store_key(digest: str, box: Box | None) -> str:
    """Return the key of a photo, "" for one that cannot be read."""
    return f"{digest} {box.numbers()}" if digest and box else digest


Progress = Callable[[int, int], None]
"""Told how many photos are done, of how many."""


class Extractor:
    """Extracts the labelled photos of evaluations with one model."""

    def __init__(
        self, analyser: Callable[[], Analyser], model: str, settings: Settings, store: TemplateStore | None
    ) -> None:
        self._analyser = analyser  # asked for when a photo really has to be analysed
        self._settings = settings
        self._store = store
        self.model = model

    def extract(self, material: Material, progress: Progress | None = None) -> Extracted:
        """Return the templates of all photos, in their order. A photo that fails is a row of NaN."""
        photos = material.photos
        whole: Extraction | None = None
        codes: list[FailureCode | None] = [None] * len(photos)
        hashes: list[str] = []
        for start in range(0, len(photos), _BLOCK):
            part = photos[start : start + _BLOCK]
            digests = [self._sha256(photo) for photo in part]
            keys = [_store_key(digest, photo.box) for digest, photo in zip(digests, part, strict=True)]
            kept = [self._store.read(key) if self._store and key else None for key in keys]
            missing = [row for row, found in enumerate(kept) if found is None]
            told = _Told(progress, start + len(part) - len(missing), len(photos))
            new, new_codes = self._analysed([part[row] for row in missing], told)
            if self._store and any(keys[row] for row in missing):
                self._store.write([keys[row] for row in missing], new, new_codes)
            if whole is None:
                found = next((found[0] for found in kept if found is not None), new)
                whole = empty_extraction(len(photos), found.templates.shape[1])
            for row, found_at in enumerate(kept):
                if found_at is not None:
                    _copy(found_at[0], found_at[1], whole, start + row)
                    codes[start + row] = found_at[2]
            for place, row in enumerate(missing):
                _copy(new, place, whole, start + row)
                codes[start + row] = new_codes[place]
            hashes += digests
            told.tell(len(missing))
        assert whole is not None
        return Extracted(
            extraction=whole,
            sha256=tuple(hashes),
            failures={row: code for row, code in enumerate(codes) if code is not None},
        )

    def _sha256(self, photo: Photo) -> str:
        """Hash a photo's bytes. The analysis reads them again: a whole block would fill the memory."""
        try:
            return hashlib.sha256(self._read(photo)).hexdigest()
        except PhotoError:
            return ""

    def _read(self, photo: Photo) -> bytes:
        if photo.data is not None:
            return photo.data
        assert photo.place is not None
        return read_original(photo.place, self._settings)

    def _analysed(self, photos: Sequence[Photo], told: _Told) -> tuple[Extraction, list[FailureCode | None]]:
        codes: list[FailureCode | None] = [None] * len(photos)
        if not photos:
            return empty_extraction(0, 0), codes
        analyser = self._analyser()
        made = empty_extraction(len(photos), analyser.dimension)
        rows: deque[int] = deque()

        def contents() -> Iterator[bytes]:
            for row, photo in enumerate(photos):
                try:
                    content = self._read(photo)
                except PhotoError as error:
                    codes[row] = error.failure.code
                    continue
                rows.append(row)
                yield content

        for analysis in analyser.analyse_many(contents()):
            row = rows.popleft()
            told.tell(row + 1)
            if analysis.failure is not None:
                codes[row] = analysis.failure.code
                continue
            face = meant_face(analysis, photos[row].box)
            made.templates[row] = face.template
            made.boxes[row] = (face.box.x, face.box.y, face.box.w, face.box.h)
            made.quality[row] = [getattr(face.quality, part) for part in QUALITY_PARTS]
            made.faces[row] = len(analysis.faces)
        return made, codes


def _copy(source: Extraction, row: int, target: Extraction, to: int) -> None:
    target.templates[to] = source.templates[row]
    target.boxes[to] = source.boxes[row]
    target.quality[to] = source.quality[row]
    target.faces[to] = source.faces[row]


@dataclass(frozen=True, slots=True)
class _Told:
    """Tells how far a block is, counted over all photos."""

    progress: Progress | None
    start: int
    total: int

    def tell(self, done: int) -> None:
        if self.progress is not None:
            self.progress(self.start + done, self.total)


def entry_templates(material: Material, extraction: Extraction) -> Float32Array:
    """Return the (entries, D) templates: of one photo its own, of several the mean over media, unit norm.

    Photos that failed are left out of a mean; an entry of which all failed is a row of NaN.
    """
    if all(len(entry.photos) == 1 for entry in material.entries):
        return np.asarray(extraction.templates[[entry.photos[0] for entry in material.entries]])
    made = np.full((len(material.entries), extraction.templates.shape[1]), np.nan, dtype=np.float32)
    for row, entry in enumerate(material.entries):
        chosen = np.array(entry.photos)
        known = ~np.isnan(extraction.templates[chosen, 0])
        if not known.any():
            continue
        media = np.array(entry.media or range(len(chosen)))[known]
        rows = extraction.templates[chosen[known]].astype(np.float64)
        means = np.stack([rows[media == medium].mean(axis=0) for medium in np.unique(media)])
        mean = means.mean(axis=0)
        made[row] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return made


def entry_quality(material: Material, extraction: Extraction) -> NDArray[np.float32]:
    """Return the (entries, parts) quality: of several photos the best one's; NaN where all failed."""
    made = np.full((len(material.entries), len(QUALITY_PARTS)), np.nan, dtype=np.float32)
    for row, entry in enumerate(material.entries):
        quality = extraction.quality[list(entry.photos)]
        if not np.isnan(quality[:, 0]).all():
            made[row] = quality[np.nanargmax(quality[:, 0])]
    return made
