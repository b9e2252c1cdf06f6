"""A search that sees only the references that came since a mark, with everything else as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from antigone.evaluate.strength import Strengths
from antigone.faces.images import ImageLimits
from antigone.gallery import GalleryIndex
from antigone.gallery.oracle import NumpyIndex
from antigone.identify.parts import Analyser, AuditSink, Parts, ReferenceStore, StrengthSource
from antigone.records import Records
from antigone.records.watches import Mark
from antigone.types import CollectionInfo

MOST_AT_ONCE = 50_000  # new references of a collection in one run; the next run goes on behind them


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
