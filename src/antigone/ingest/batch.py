"""Visits gathered into batches, each written in one transaction and then indexed."""

from __future__ import annotations

from antigone.gallery import GalleryIndex
from antigone.ingest.progress import Tally
from antigone.records import ImportInfo, Records, Visit
from antigone.types import Failure


class BatchWriter:
    """Writes a batch as soon as it holds ``size`` visits. Records come first; the index follows them."""

    def __init__(
        self, import_: ImportInfo, records: Records, index: GalleryIndex, tally: Tally, *, size: int
    ) -> None:
        self._import = import_
        self._records = records
        self._index = index
        self._tally = tally
        self._size = size
        self._visits: list[Visit] = []
        self._analysed: dict[str, Failure | None] = {}

    def add(self, visit: Visit) -> None:
        """Take a settled visit, and write the batch if that fills it."""
        self._visits.append(visit)
        if visit.analysis is not None and visit.sha256 is not None:
            # Bytes that could not be decoded leave no photo, so the next place that holds them fails alike.
            undecodable = visit.analysis.facts is None
            self._analysed[visit.sha256] = visit.analysis.failure if undecodable else None
        if len(self._visits) >= self._size:
            self.write()
        else:
            self._tally.tell(unwritten=len(self._visits))

    def holds(self, sha256: str) -> bool:
        """Tell whether analysed bytes wait in the batch, where the records do not show them yet."""
        return sha256 in self._analysed

    def failure_of(self, sha256: str) -> Failure | None:
        """Return why bytes that wait in the batch will leave no photo; None when they will."""
        return self._analysed[sha256]

    def write(self) -> None:
        """Write what is there."""
        if not self._visits:
            return
        written = self._records.write_batch(self._import, self._visits)
        self._visits.clear()
        self._analysed.clear()
        if len(written.reference_ids):
            self._index.add(written.reference_ids, written.templates)
        self._tally.wrote(written.counts)
        self._tally.tell(unwritten=0)
