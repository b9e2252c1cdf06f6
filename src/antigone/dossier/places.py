"""Where the photos of a person stand: sources, pages, accounts, labels, and the time line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from antigone.dossier.content import Account, Label, Moment, Page, PersonPhoto, Source
from antigone.provenance import Appearance
from antigone.records import Records
from antigone.records.photos import SourceRecord

MOST_SOURCES = 200  # of one photo; an import that is repeated every night adds one every night


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the photos of a person stand."""

    pages: tuple[Page, ...]
    accounts: tuple[Account, ...]
    labels: tuple[Label, ...]
    timeline: tuple[Moment, ...]


@dataclass(slots=True)
class _Seen:
    """What stands behind a page, an account or a label; in the order in which it was met."""

    photos: dict[str, None] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    appearances: list[Appearance] = field(default_factory=list)
    pages: dict[str, None] = field(default_factory=dict)
    accounts: dict[str, None] = field(default_factory=dict)

    def add(self, source: Source, appearance: Appearance | None = None) -> None:
        self.photos[source.photo] = None
        self.sources[source.name] = None
        if appearance is not None:
            self.appearances.append(appearance)


_Author = tuple[str, str]
"""Profile and name; a name alone stands with the host of its page."""


class Ledger:
    """Sources as they are read, each with its name."""

    def __init__(self, records: Records, collections: Mapping[int, str]) -> None:
        self._records = records
        self._collections = collections
        self._sources: list[Source] = []
        self._said: list[SourceRecord] = []
        self._of_photo: dict[str, list[int]] = defaultdict(list)
        self._camera: dict[str, datetime] = {}  # when the camera says that a photo was taken

    def read(self, photos: Iterable[int]) -> None:
        """Read the sources of photos, by their numbers in the records."""
        for photo, sources in self._records.photos.each(sorted(set(photos))):
            if photo.captured_at is not None:
                self._camera[photo.sha256] = photo.captured_at
            for record in sources[:MOST_SOURCES]:
                self._of_photo[photo.sha256].append(len(self._sources))
                self._said.append(record)
                self._sources.append(
                    Source(
                        name=f"S{len(self._sources) + 1}",
                        photo=photo.sha256,
                        collection=self._collections[photo.collection_id],
                        import_id=record.import_id,
                        location=record.location,
                        source_url=record.provenance.source_url,
                        material=None if record.material is None else record.material.location,
                        received_at=record.received_at,
                        collector=record.collector,
                        collected_at=record.provenance.collected_at,
                        licence=record.provenance.licence,
                    )
                )

    def names(self, photo: str) -> tuple[str, ...]:
        """Return the names of the sources of a photo."""
        return tuple(self._sources[place].name for place in self._of_photo.get(photo, ()))

    @property
    def sources(self) -> tuple[Source, ...]:
        """Return every source."""
        return tuple(self._sources)

    def times_of(self, photo: str) -> list[tuple[datetime, str, tuple[str, ...]]]:
        """Return when a photo was taken: the time, who says so, and the names of the sources.

        Where neither camera nor source says it: when it was first fetched, so that it is not newer than that.
        """
        said = self.said_of(photo)
        times: dict[tuple[datetime, str], list[str]] = defaultdict(list)
        if photo in self._camera:
            times[self._camera[photo], "camera"] = list(self.names(photo))
        for source, record in said:
            if record.provenance.captured_at is not None:
                times[record.provenance.captured_at, "source"].append(source.name)
        fetched = [
            (source.collected_at, source.name) for source, _ in said if source.collected_at is not None
        ]
        if not times and fetched:
            at, name = min(fetched)
            times[at, "archive"] = [name]
        return [(at, by, tuple(names)) for (at, by), names in times.items()]

    def said_of(self, photo: str) -> list[tuple[Source, SourceRecord]]:
        """Return the sources of a photo with what each of them says."""
        return [(self._sources[place], self._said[place]) for place in self._of_photo.get(photo, ())]


def places(photos: Sequence[PersonPhoto], ledger: Ledger) -> Places:
    """Put together where the person's photos stand."""
    score = {photo.photo: photo.score for photo in photos}
    pages: dict[str, _Seen] = defaultdict(_Seen)
    authors: dict[_Author, _Seen] = defaultdict(_Seen)
    labels: dict[str, _Seen] = defaultdict(_Seen)
    for photo in photos:
        for source, record in ledger.said_of(photo.photo):
            for appearance in record.provenance.appearances:
                pages[appearance.page_url].add(source, appearance)
                author = _author(appearance)
                if author is not None:
                    authors[author].add(source, appearance)
                    authors[author].pages[appearance.page_url] = None
                    pages[appearance.page_url].accounts["\0".join(author)] = None
            if record.provenance.subject_id:
                labels[record.provenance.subject_id].add(source)
    page_name = {url: f"P{number}" for number, url in enumerate(pages, 1)}
    account_name = {"\0".join(author): f"A{number}" for number, author in enumerate(authors, 1)}
    return Places(
        pages=tuple(_page(page_name[url], url, seen, account_name, score) for url, seen in pages.items()),
        accounts=tuple(
            _account(account_name["\0".join(author)], author, seen, page_name, score)
            for author, seen in authors.items()
        ),
        labels=tuple(
            Label(text=text, photos=tuple(seen.photos), sources=tuple(seen.sources))
            for text, seen in sorted(labels.items(), key=lambda item: (-len(item[1].photos), item[0]))
        ),
        timeline=_timeline(photos, ledger, page_name),
    )


def _author(appearance: Appearance) -> _Author | None:
    if appearance.author_url:
        return appearance.author_url, ""
    if appearance.author:
        return _host(appearance.page_url), appearance.author
    return None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # an address that is none
        return ""


def _page(
    name: str, url: str, seen: _Seen, accounts: Mapping[str, str], score: Mapping[str, float | None]
) -> Page:
    return Page(
        name=name,
        url=url,
        title=next((one.page_title for one in seen.appearances if one.page_title), None),
        language=next((one.language for one in seen.appearances if one.language), None),
        captions=_captions(seen.appearances),
        photos=tuple(seen.photos),
        accounts=tuple(accounts[key] for key in seen.accounts),
        score=_highest(seen.photos, score),
        sources=tuple(seen.sources),
    )


def _account(
    name: str, author: _Author, seen: _Seen, pages: Mapping[str, str], score: Mapping[str, float | None]
) -> Account:
    return Account(
        name=name,
        author=next((one.author for one in seen.appearances if one.author), None),
        url=author[0] if not author[1] else None,
        pages=tuple(pages[url] for url in seen.pages),
        photos=tuple(seen.photos),
        score=_highest(seen.photos, score),
        sources=tuple(seen.sources),
    )


def _timeline(photos: Sequence[PersonPhoto], ledger: Ledger, pages: Mapping[str, str]) -> tuple[Moment, ...]:
    found = []
    for photo in photos:
        appearances = [
            appearance
            for _, record in ledger.said_of(photo.photo)
            for appearance in record.provenance.appearances
        ]
        on_pages = tuple(dict.fromkeys(pages[one.page_url] for one in appearances))
        found += [
            Moment(
                at=at,
                by=by,
                photo=photo.photo,
                captions=_captions(appearances),
                pages=on_pages,
                score=photo.score,
                sources=names,
            )
            for at, by, names in ledger.times_of(photo.photo)
        ]
    return tuple(sorted(found, key=lambda moment: (_in_order(moment.at), moment.photo)))


def _in_order(at: datetime) -> datetime:
    """Return a time that can be compared with others; where no zone is known, UTC is as good as any."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _captions(appearances: Iterable[Appearance]) -> tuple[str, ...]:
    texts = (one.caption or one.text for one in appearances)
    return tuple(dict.fromkeys(text for text in texts if text))


def _highest(photos: Iterable[str], score: Mapping[str, float | None]) -> float | None:
    return max((known for photo in photos if (known := score[photo]) is not None), default=None)
