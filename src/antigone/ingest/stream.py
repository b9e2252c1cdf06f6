"""Offered photos in, new bytes out to the analyser, settled visits on to the batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from antigone.ingest.batch import BatchWriter
from antigone.ingest.progress import FileCount, Tally, weight_of
from antigone.ingest.read import ReadPhoto, in_chunks, read_ahead
from antigone.provenance import Material
from antigone.records import ImportInfo, Records, Visit
from antigone.settings import Settings
from antigone.sources.expand import expand
from antigone.sources.offer import Aside, Footage, Offer, Surveying
from antigone.sources.walk import Plan, Walk
from antigone.types import Analysis

# A file that changed this shortly before the last batch may have been read before it changed.
_CLOCK_TOLERANCE = timedelta(seconds=2)


@dataclass(slots=True, kw_only=True)
class _Flying:
    """New bytes on their way through the analyser, and where the same bytes were met meanwhile."""

    visit: Visit
    twins: list[Visit] = field(default_factory=list)


class Stream:
    """What lies between the sources, the analyser and the batches, for one run of an import."""

    def __init__(
        self, import_: ImportInfo, records: Records, writer: BatchWriter, tally: Tally, settings: Settings
    ) -> None:
        self._import = import_
        self._records = records
        self._writer = writer
        self._tally = tally
        self._settings = settings
        self.footage: list[Footage] = []  # videos met on the way; they follow when all photos are through
        self._passed = 0.0  # the weight of what was read so far
        self._aside = 0  # what archives hold beside photos
        self._flying: deque[_Flying] = deque()  # in the order in which the analyser got them
        self._by_sha256: dict[str, _Flying] = {}
        self._seen_before: dict[str, str | None] = {}  # visited before the file changed: location -> sha256

    @property
    def unchanged_since(self) -> int:
        """What did not change since then is as the last run saw it, in nanoseconds since 1970."""
        return round((self._import.journal_at - _CLOCK_TOLERANCE).timestamp() * 1e9)

    def new_bytes(self, plan: Plan, stopped: Callable[[], bool]) -> Generator[bytes, None, None]:
        """Visit everything; yield the bytes that need analysis and settle the rest on the way.

        Every photo yielded is to be followed, in order, by a call of `landed`. Ends early once
        ``stopped()`` is true.
        """
        walk = Walk(plan, self._settings, but=self._records.home)
        count = FileCount(plan, self._settings, but=self._records.home)
        chunks = in_chunks(self._offers(walk, stopped))
        reader = read_ahead(self._to_visit(chunks), self._settings)
        try:
            for chunk in reader:
                self._tally.ignored, self._tally.total = walk.ignored + self._aside, count.total
                self._tally.weigh(self._passed, count.weight)
                known = self._known(chunk)
                for photo in chunk:
                    if stopped():
                        return
                    self._tally.current = photo.offer.location
                    if self._needs_analysis(photo, known):
                        yield photo.data
        finally:
            reader.close()
            count.stop()
            if self.footage:  # everything has been met by now
                self._tally.weigh(self._passed, self._passed + sum(one.weight for one in self.footage))
            self._tally.ignored = walk.ignored + self._aside

    def landed(self, analysis: Analysis) -> None:
        """Take the analysis of the oldest photo that is still in flight."""
        flying = self._flying.popleft()
        sha256 = flying.visit.sha256
        assert sha256 is not None
        del self._by_sha256[sha256]
        self._writer.add(replace(flying.visit, analysis=analysis))
        for twin in flying.twins:
            self._writer.add(replace(twin, failure=None if analysis.facts else analysis.failure))

    def _offers(self, walk: Walk, stopped: Callable[[], bool]) -> Iterator[Offer]:
        """Pass photos on; note at once which material holds them, and set videos aside."""
        behind = 0
        for found in walk:
            weight = weight_of(found)
            for met in expand(found, self._settings):
                if stopped():
                    return
                if isinstance(met, Offer):
                    self._passed = behind + weight * (met.share or 0.0)
                    yield met
                elif isinstance(met, Material):
                    self._records.add_material(self._import.id, met)
                elif isinstance(met, Aside):
                    self._aside += 1
                elif isinstance(met, Surveying):
                    self._passed = behind + weight * met.share
                    self._tally.look_at(met.location)
                else:
                    self.footage.append(met)
                    weight = 0  # it still lies ahead
            behind += weight
            self._passed = behind

    def _to_visit(self, chunks: Iterable[list[Offer]]) -> Iterator[list[Offer]]:
        """Leave out what an interrupted run has dealt with, unless the file changed since."""
        if not self._import.resumed:
            yield from chunks
            return
        unchanged_since = self.unchanged_since
        for chunk in chunks:
            visited = self._records.visited(self._import.id, [offer.location for offer in chunk])
            left = []
            for offer in chunk:
                if offer.location not in visited:
                    left.append(offer)
                elif offer.changed_ns > unchanged_since:
                    self._seen_before[offer.location] = visited[offer.location]
                    left.append(offer)
            if left:
                yield left

    def _known(self, chunk: list[ReadPhoto]) -> set[str]:
        return self._records.known_photos(
            collection_id=self._import.collection_id,
            model=self._import.model,
            sha256s=[photo.sha256 for photo in chunk if photo.sha256 is not None],
        )

    def _needs_analysis(self, photo: ReadPhoto, known: set[str]) -> bool:
        """Settle a photo that needs no analysis; remember one that does."""
        offer, sha256 = photo.offer, photo.sha256
        again = offer.location in self._seen_before
        if again and self._seen_before.pop(offer.location) == sha256 is not None:
            return False
        visit = Visit(
            location=offer.location,
            place=offer.place,
            provenance=offer.provenance,
            material=offer.material,
            sha256=sha256,
            byte_size=len(photo.data),
            failure=photo.failure,
            replaces=again,
        )
        if sha256 is None or sha256 in known:
            self._writer.add(visit)
        elif sha256 in self._by_sha256:
            self._by_sha256[sha256].twins.append(visit)
        elif self._writer.holds(sha256):
            self._writer.add(replace(visit, failure=self._writer.failure_of(sha256)))
        else:
            flying = _Flying(visit=visit)
            self._flying.append(flying)
            self._by_sha256[sha256] = flying
            return True
        return False
