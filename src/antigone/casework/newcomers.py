"""A search that sees only the references that came since a mark, with everything else as it is."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from antigone.evaluate.strength import Strengths
from antigone.faces.images import ImageLimits
from antigone.gallery import GalleryIndex
from antigone.gallery.oracle import NumpyIndex
from antigone.identify.parts import Analyser, AuditSink, Parts, PhotoInput, ReferenceStore, StrengthSource
from antigone.records import Records
from antigone.records.watches import Mark
from antigone.types import Analysis, Box, CollectionInfo, Eyes

MOST_AT_ONCE = 50_000  # new references of a collection in one run; the next run goes on behind them
_REMEMBERED = 2_000  # analyses of probe photos, some kilobytes each


class WatchParts(Parts, Protocol):
    """The parts of a standing search."""

    @property
    def records(self) -> Records:
        """The truth."""

    @property
    def strength(self) -> Strengths:
        """What scores are worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomers:
    """The references of one collection that a watch has not compared yet."""

    collection: CollectionInfo
    mark: Mark
    index: NumpyIndex
    more: bool  # there are further ones, for the next run


def new_references(
    collection: CollectionInfo, marks: Mapping[tuple[int, str], int], parts: WatchParts
) -> Newcomers | None:
    """Return what came into a collection above its mark; None when nothing did."""
    model, records = parts.analyser.model, parts.records
    before = marks.get((collection.id, model))
    highest = records.reference_summary(collection.id, model).max_id
    if highest <= (before or 0):
        return None
    batches = records.iter_templates(collection.id, model, after=before or 0, batch=MOST_AT_ONCE)
    ids, templates = next(batches, (None, None))
    if ids is None or templates is None:  # erased meanwhile
        return None
    index = NumpyIndex(parts.analyser.dimension)
    index.add(ids, templates)
    last = int(ids[-1])
    mark = Mark(collection_id=collection.id, model=model, before=before, now=last)
    return Newcomers(collection=collection, mark=mark, index=index, more=last < highest)


class RememberingAnalyser:
    """An analyser that remembers what it saw on a photo, so that the same probes cost nothing again."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._kept: OrderedDict[str, Analysis] = OrderedDict()

    @property
    def model(self) -> str:
        """The model that made the templates."""
        return self._analyser.model

    @property
    def dimension(self) -> int:
        """How many numbers a template has."""
        return self._analyser.dimension

    def analyse(self, photo: PhotoInput) -> Analysis:
        """Find every face of a photo, largest first, or say why there is none."""
        if isinstance(photo, Path):
            return self._analyser.analyse(photo)
        shape = b"" if isinstance(photo, bytes) else str(photo.shape).encode()
        key = hashlib.sha256(shape + bytes(photo)).hexdigest()
        known = self._kept.pop(key, None)
        found = self._analyser.analyse(photo) if known is None else known
        self._kept[key] = found
        if len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)
        return found

    def analyse_box(self, photo: PhotoInput, box: Box) -> Analysis:
        """Analyse the one face inside ``box``."""
        return self._analyser.analyse_box(photo, box)

    def analyse_eyes(self, photo: PhotoInput, eyes: Eyes) -> Analysis:
        """Analyse the one face whose eyes were marked."""
        return self._analyser.analyse_eyes(photo, eyes)


class OnlyNew:
    """The parts of a search, whose indexes hold only what is new."""

    def __init__(self, parts: Parts, new: Sequence[Newcomers], analyser: Analyser) -> None:
        self._parts = parts
        self._new = {one.collection.id: one for one in new}
        self._analyser = analyser

    def index(self, collection: CollectionInfo, model: str, dimension: int) -> GalleryIndex:
        """Return what is new in a collection."""
        return self._new[collection.id].index

    @property
    def catalogue(self) -> OnlyNew:
        """The indexes: this very object."""
        return self

    @property
    def analyser(self) -> Analyser:
        """The models."""
        return self._analyser

    @property
    def records(self) -> ReferenceStore:
        """The truth."""
        return self._parts.records

    @property
    def audit(self) -> AuditSink:
        """The log."""
        return self._parts.audit

    @property
    def limits(self) -> ImageLimits:
        """How large a probe photo may be."""
        return self._parts.limits

    @property
    def strength(self) -> StrengthSource:
        """What scores are worth among all references, not among the new ones alone."""
        return self._parts.strength
