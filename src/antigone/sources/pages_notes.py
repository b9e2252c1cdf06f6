"""Notes on the pages of one archive, kept on disk while it is read: which picture stands where.

A page may come after its pictures, so an archive is read twice: first to take these notes, then for the
photos. The notes lie in a nameless temporary file of SQLite, which no other process can open and which is
gone with the process, however that ends; memory stays the same for an archive of any size.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from antigone.provenance import Appearance
from antigone.sources.pages_reader import HOWS, Embed, Page, shortened
from antigone.sources.pages_urls import absolute, key_of, origin_of
from antigone.sources.urls import without_secrets
from antigone.sources.warc_records import Spot

MAX_APPEARANCES = 20
"""Pages that are kept of one picture; a site's logo stands on all of its pages."""

_MOST_LOOKED_AT = 200  # notes read for one picture
_MAX_HOPS = 8  # redirections from the address on a page to that of the picture
_CACHE_KIB = 32_768
_SCREENSHOTS = ("urn:view:", "urn:fullpage:", "urn:thumbnail:", "urn:screenshot:", "screenshot:")
_TABLES = """
CREATE TABLE page (id INTEGER PRIMARY KEY, key BLOB, url TEXT, title TEXT, language TEXT);
CREATE TABLE embed (
    key BLOB, rank INTEGER, page INTEGER, caption TEXT, text TEXT, author TEXT, author_url TEXT
);
CREATE TABLE redirect (target BLOB, source BLOB);
CREATE TABLE referrer (key BLOB, page BLOB, UNIQUE (key, page));
CREATE TABLE listed (id TEXT, key BLOB, url TEXT, title TEXT);
CREATE TABLE picture (id TEXT, key BLOB, date TEXT, digest TEXT, file INTEGER, at INTEGER, inflated INTEGER);
CREATE INDEX embed_key ON embed (key, rank);
CREATE INDEX page_key ON page (key);
CREATE INDEX redirect_target ON redirect (target);
CREATE INDEX listed_id ON listed (id);
CREATE INDEX listed_key ON listed (key);
"""
_PICTURE_INDEXES = """
CREATE INDEX IF NOT EXISTS picture_id ON picture (id);
CREATE INDEX IF NOT EXISTS picture_key ON picture (key, digest);
CREATE INDEX IF NOT EXISTS picture_digest ON picture (digest);
"""
# Notes that are asked for once for every picture.
_EMBEDDING = """
SELECT rank, page.id, page.url, coalesce(page.title, listed.title), language, caption, text, author,
    author_url
FROM embed JOIN page ON page.id = embed.page LEFT JOIN listed ON listed.key = page.key
WHERE embed.key = ? ORDER BY rank, page.id LIMIT ?
"""
_REFERRING = """
SELECT page.url, coalesce(page.title, listed.title), language
FROM referrer JOIN page ON page.key = referrer.page LEFT JOIN listed ON listed.key = page.key
WHERE referrer.key = ? GROUP BY page.key ORDER BY page.id LIMIT ?
"""
_TITLES = "SELECT title FROM page WHERE key = ? UNION ALL SELECT title FROM listed WHERE key = ?"
_WRITES_AT_ONCE = 100  # what may be lost where the bound is reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a picture lies in an archive."""

    file: int  # number of the WARC file within the archive
    spot: Spot


class PageNotes:
    """The notes on one archive. Use it as a context manager."""

    def __init__(self, most_bytes: int) -> None:
        self.is_full = False  # from here on nothing more was noted
        self._written = 0
        self._pictures_indexed = False
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for setting in ("journal_mode=MEMORY", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}"):
            self._database.execute(f"PRAGMA {setting}")
        (page_size,) = self._database.execute("PRAGMA page_size").fetchone()
        self._database.execute(f"PRAGMA max_page_count={max(most_bytes // page_size, 64)}")
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    # Taking notes

    def add_page(self, page: Page) -> None:
        """Note a page and the pictures on it."""
        values = (key_of(page.url), page.url, page.title, page.language)
        added = self._write("INSERT INTO page (key, url, title, language) VALUES (?, ?, ?, ?)", values)
        if added is not None:
            for embed in page.embeds:
                self._add_embed(added, embed)

    def add_redirect(self, source: str, target: str) -> None:
        """Note that one address leads on to another."""
        self._write("INSERT INTO redirect VALUES (?, ?)", (key_of(target), key_of(source)))

    def add_referrer(self, picture: str, page: str) -> None:
        """Note that a browser asked for a picture on behalf of a page, if the page is truly told.

        To another site browsers tell no more than the origin, which is the address of another page.
        """
        if origin_of(page) == page.rstrip("/") and origin_of(picture) != origin_of(page):
            return
        self._write("INSERT OR IGNORE INTO referrer VALUES (?, ?)", (key_of(picture), key_of(page)))

    def add_listed(self, page_id: str, url: str, title: str | None) -> None:
        """Note a page that the list of an archive's pages names."""
        values = (page_id, key_of(url), url, shortened(title))
        self._write("INSERT INTO listed VALUES (?, ?, ?, ?)", values)

    def add_picture(self, record_id: str, url: str, date: str, digest: str, where: Whereabouts) -> None:
        """Note the record of a picture, for later records that refer to it."""
        place = (where.file, where.spot.at, where.spot.inflated)
        values = (record_id, key_of(url), date, digest, *place)
        self._write("INSERT INTO picture VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    # Reading them

    def appearances(self, url: str, page_id: str | None) -> tuple[Appearance, ...]:
        """Return the pages on which a picture stands, those that say most of it first.

        Where none embeds it: the page during whose visit the crawler recorded it, or for which the browser
        asked for it.
        """
        try:
            return self._appearances(url, page_id)
        except sqlite3.Error:  # the disk that holds the notes fails
            self.is_full = True
            return ()

    def original(self, *, record_id: str, url: str, date: str, digest: str) -> Whereabouts | None:
        """Return where the picture lies to which a record refers: by name, by address, or by digest."""
        try:
            return self._original(record_id, url, date, digest)
        except sqlite3.Error:
            self.is_full = True
            return None

    def _original(self, record_id: str, url: str, date: str, digest: str) -> Whereabouts | None:
        if not self._pictures_indexed:  # few archives hold records that ask for it
            self._pictures_indexed = True
            self._index_pictures()
        columns = "SELECT file, at, inflated FROM picture WHERE"
        attempts: list[tuple[str, tuple[object, ...]]] = [
            (f"{columns} id = ? AND id <> ''", (record_id,)),
            (f"{columns} key = ? AND digest = ? AND digest <> ''", (key_of(url), digest)),
            (f"{columns} key = ? AND date = ?", (key_of(url), date)),
            (f"{columns} digest = ? AND digest <> ''", (digest,)),
        ]
        for query, values in attempts:
            row = self._database.execute(f"{query} ORDER BY rowid LIMIT 1", values).fetchone()
            if row is not None:
                return Whereabouts(file=row[0], spot=Spot(at=row[1], inflated=row[2]))
        return None

    def _appearances(self, url: str, page_id: str | None) -> tuple[Appearance, ...]:
        shot = self._screenshot(url)
        if shot is not None:
            return (shot,)
        found: dict[str, Appearance] = {}
        for appearance in self._embedding(url):
            found.setdefault(appearance.page_url, appearance)
            if len(found) == MAX_APPEARANCES:
                break
        if found:
            return tuple(found.values())
        visited = () if page_id is None else self._visited(page_id)
        return tuple(visited) or tuple(self._referring(url))

    def _index_pictures(self) -> None:
        try:
            for statement in _PICTURE_INDEXES.strip().split("\n"):
                self._database.execute(statement)
        except sqlite3.Error:  # no room: it goes without, in more time
            self.is_full = True

    def _write(self, statement: str, values: Iterable[object]) -> int | None:
        if self.is_full:
            return None
        try:
            added = self._database.execute(statement, tuple(values)).lastrowid
            self._written += 1
            if self._written % _WRITES_AT_ONCE == 0:
                self._database.execute("COMMIT")
                self._database.execute("BEGIN")
        except sqlite3.Error:  # the bound is reached, or the disk is full or fails
            self.is_full = True
            return None
        return added

    def _add_embed(self, page: int, embed: Embed) -> None:
        key = key_of(embed.url)
        if self.is_full or self._stands_on_enough(key):
            return
        values = (key, HOWS.index(embed.how), page, embed.caption, embed.text, embed.author, embed.author_url)
        self._write("INSERT INTO embed VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def _stands_on_enough(self, key: bytes) -> bool:
        enough = "SELECT 1 FROM embed WHERE key = ? LIMIT 1 OFFSET ?"
        try:
            return self._database.execute(enough, (key, _MOST_LOOKED_AT - 1)).fetchone() is not None
        except sqlite3.Error:
            self.is_full = True
            return True

    def _embedding(self, url: str) -> list[Appearance]:
        rows: list[tuple[int, int, Appearance]] = []
        for key in self._leading_to(key_of(url)):
            for row in self._database.execute(_EMBEDDING, (key, _MOST_LOOKED_AT)):
                rank, page, page_url, title, language, caption, text, author, author_url = row
                appearance = Appearance(
                    page_url=without_secrets(page_url),
                    page_title=title,
                    how=HOWS[rank],
                    caption=caption,
                    text=text,
                    author=author,
                    author_url=without_secrets(author_url) if author_url else None,
                    language=language,
                )
                rows.append((rank, page, appearance))
        rows.sort(key=lambda row: row[:2])
        return [appearance for _, _, appearance in rows]

    def _leading_to(self, key: bytes) -> list[bytes]:
        """Return a key, and those of addresses that were redirected to it."""
        keys = [key]
        for known in keys:
            if len(keys) > _MAX_HOPS:
                break
            query = "SELECT DISTINCT source FROM redirect WHERE target = ? LIMIT ?"
            found = self._database.execute(query, (known, _MAX_HOPS)).fetchall()
            keys += (source for (source,) in found if source not in keys)
        return keys

    def _visited(self, page_id: str) -> Iterator[Appearance]:
        query = "SELECT url, title FROM listed WHERE id = ? LIMIT 1"
        for url, title in self._database.execute(query, (page_id,)):
            yield Appearance(page_url=without_secrets(url), page_title=title, how="visit")

    def _referring(self, url: str) -> Iterator[Appearance]:
        for page_url, title, language in self._database.execute(_REFERRING, (key_of(url), MAX_APPEARANCES)):
            yield Appearance(
                page_url=without_secrets(page_url), page_title=title, how="referrer", language=language
            )

    def _screenshot(self, url: str) -> Appearance | None:
        """Return the page of which a crawler made a picture."""
        for start in _SCREENSHOTS:
            if url[: len(start)].lower() == start:
                page = absolute("", url[len(start) :])
                if page is None:
                    return None
                query = (
                    "SELECT title FROM page WHERE key = ? UNION ALL SELECT title FROM listed WHERE key = ?"
                )
                titles = [title for (title,) in self._database.execute(query, (key_of(page),) * 2) if title]
                title = titles[0] if titles else None
                return Appearance(page_url=without_secrets(page), page_title=title, how="screenshot")
        return None
