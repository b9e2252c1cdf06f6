"""The parts that grouping is put together from, as narrow as it needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from antigone.records import Records
from antigone.types import CollectionInfo

if TYPE_CHECKING:
    from antigone.audit import AuditEvent
    from antigone.gallery import GalleryIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The model whose templates are worked with. It need not be loaded: no photo is analysed."""

    id: str
    dimension: int  # of its templates


class IndexSource(Protocol):
    """Hands out the index of one collection and model, caught up with the records."""

    def index(self, collection: CollectionInfo, model: str, dimension: int) -> GalleryIndex:
        """Open that index; the caller need not close it."""


class AuditSink(Protocol):
    """Keeps the record of who did what, durably."""

    def append(self, event: AuditEvent) -> int:
        """Write one entry, durable when this returns, and give its number."""


class Parts(Protocol):
    """Everything that grouping works with."""

    @property
    def records(self) -> Records:
        """The truth."""

    @property
    def catalogue(self) -> IndexSource:
        """The indexes."""

    @property
    def audit(self) -> AuditSink:
        """The log."""
