"""The parts that a search is put together from, as narrow as a search needs them.

The real ones live in `faces`, `records`, `gallery` and `audit`; naming only what is used here keeps this
package free of their imports until a search really runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from antigone.duplicates import References
from antigone.strength import Strength
from antigone.types import Analysis, Box, Candidate, CollectionInfo, Eyes, Face, Probe, Uint8Array

if TYPE_CHECKING:
    from antigone.audit import AuditEvent
    from antigone.faces.images import ImageLimits
    from antigone.gallery import GalleryIndex
    from antigone.records.clusters import Clusters
    from antigone.records.whereabouts import Whereabouts

PhotoInput = Path | str | bytes | Uint8Array
"""A photo as a caller hands it in: a path, the bytes of a file, or (H, W, 3) uint8 RGB pixels."""


class Analyser(Protocol):
    """Turns photos into faces with templates of one model."""

    @property
    def model(self) -> str:
        """The model that made the templates; templates of different models are never compared."""

    @property
    def dimension(self) -> int:
        """How many numbers a template has."""

    def analyse(self, photo: PhotoInput) -> Analysis:
        """Find every face of a photo, largest first, or say why there is none."""

    def analyse_box(self, photo: PhotoInput, box: Box) -> Analysis:
        """Analyse the one face inside ``box``, also where the detector missed it."""

    def analyse_eyes(self, photo: PhotoInput, eyes: Eyes) -> Analysis:
        """Analyse the one face whose eyes a person marked, aligned by them."""


class ReferenceStore(References, Protocol):
    """What a search asks of the records."""

    def collection(self, name: str) -> CollectionInfo:
        """Return the collection of that name, or raise `NotFoundError`."""

    def collections(self) -> tuple[CollectionInfo, ...]:
        """Return all collections of the workspace."""

    def whereabouts(self, references: Sequence[int]) -> Mapping[int, Whereabouts]:
        """Return what is said of the place of the photo of each reference that exists."""

    @property
    def clusters(self) -> Clusters:
        """Which references probably show one person."""


class IndexSource(Protocol):
    """Hands out the index of one collection and model, caught up with the records."""

    def index(self, collection: CollectionInfo, model: str, dimension: int) -> GalleryIndex:
        """Open that index; the caller need not close it."""


class StrengthSource(Protocol):
    """Says what scores are worth."""

    def of_candidates(
        self,
        probe: Probe,
        candidates: Sequence[Candidate],
        *,
        searched: Sequence[CollectionInfo],
        model: str,
        dimension: int,
    ) -> Sequence[Strength]:
        """Weigh the scores of a search in these collections, one strength a candidate."""

    def of_pair(self, score: float, faces: tuple[Face, Face], *, model: str) -> Strength:
        """Weigh the score of two faces that were compared with each other alone."""


class AuditSink(Protocol):
    """Keeps the record of who was searched for, durably."""

    def append(self, event: AuditEvent) -> int:
        """Write one entry, durable when this returns, and give its number."""


class Parts(Protocol):
    """Everything a search or a comparison works with. Each part is asked for when its turn comes.

    So a wrong name of a collection is said at once, before any model is loaded.
    """

    @property
    def analyser(self) -> Analyser:
        """The models."""

    @property
    def records(self) -> ReferenceStore:
        """The truth."""

    @property
    def catalogue(self) -> IndexSource:
        """The indexes."""

    @property
    def audit(self) -> AuditSink:
        """The log."""

    @property
    def limits(self) -> ImageLimits:
        """How large a probe photo may be."""

    @property
    def strength(self) -> StrengthSource:
        """What scores are worth."""
