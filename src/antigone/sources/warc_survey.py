"""The first reading of an archive: what its pages say of their pictures, and whether it is sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO

from antigone.faces.formats import is_picture
from antigone.provenance import Check, CheckOutcome
from antigone.settings import Settings
from antigone.sources.pages import decoded, is_json, read_json, read_page
from antigone.sources.pages_notes import PageNotes, Whereabouts
from antigone.sources.pages_reader import Page
from antigone.sources.pages_urls import MAX_URL, absolute, is_text
from antigone.sources.wacz_package import Package
from antigone.sources.warc_bytes import Budget
from antigone.sources.warc_payload import Body, Message, body_of, check_digest, read_message, read_on
from antigone.sources.warc_records import MAX_HEADER_BYTES, Damage, Record, read_records

_FIRST_LOOK = 128 << 10  # bytes of a block that are read to tell what it is
_SNIFFED = 4_096  # bytes of a body by which it is told
_SIGN_OF_LIFE = 4 << 20  # bytes of an archive between two of them
_PHOTO_TYPES = frozenset(("image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/webp", "image/avif"))
_DRAWING_TYPES = ("image/svg", "image/x-icon", "image/vnd.microsoft.icon")
_PAGE_TYPES = frozenset(("text/html", "application/xhtml+xml"))


class Content(StrEnum):
    """What a record holds, as far as an import is concerned."""

    PICTURE = "picture"
    PAGE = "page"
    JSON = "json"  # which may hold HTML
    ASIDE = "aside"  # a drawing, an icon or a video: pictures of a kind, but no photos
    OTHER = "other"


class Survey:
    """What the first reading of an archive finds, in one WARC file after the other."""

    def __init__(self, notes: PageNotes, settings: Settings) -> None:
        self.records = 0
        self.pages = 0
        self.inline = 0  # pictures written into pages as data: addresses
        self.digests: Counter[CheckOutcome] = Counter()  # of pictures
        self.damages: list[str] = []  # each as the end of a sentence
        self._notes = notes
        self._settings = settings

    def read(self, source: BinaryIO, file: int, budget: Budget) -> Iterator[int]:
        """Read the WARC file with the number ``file``; yield now and then how many bytes lie behind."""
        behind, last = 0, None
        for met in read_records(source, budget):
            if isinstance(met, Damage):
                self.damages.append(f"{met.trouble.what} (at byte {met.spot.at:,})")
                self.records -= met.spot == last  # it was met, and then turned out to be cut short
                continue
            self.records += 1
            last = met.spot
            if met.kind == "request":
                self._note_request(met)
            elif met.kind in ("response", "resource"):
                self._note_response(met, file)
            if met.spot.at >= behind + _SIGN_OF_LIFE:
                behind = met.spot.at
                yield behind

    def list_pages(self, package: Package) -> None:
        """Note the pages that the lists of a package name."""
        for name in package.page_lists:
            for entry in package.pages(name):
                told = [entry.get(key) for key in ("id", "url", "title")]
                page_id, url, title = (value if isinstance(value, str) else None for value in told)
                if url and len(url) <= MAX_URL and is_text(url + (page_id or "")):
                    self._notes.add_listed((page_id or "")[:MAX_URL], url, title)

    def checks(self) -> tuple[Check, ...]:
        """Return what was found as checks of the material."""
        return (self._check_records(), self._check_digests(), self._check_pages())

    def _note_request(self, record: Record) -> None:
        message = first_look(record)
        if message.wants_picture and message.referrer and record.uri:
            self._notes.add_referrer(record.uri, message.referrer)

    def _note_response(self, record: Record, file: int) -> None:
        message = first_look(record)
        if message.target and message.status in range(300, 400):
            target = absolute(record.uri, message.target)
            if target is not None:
                self._notes.add_redirect(record.uri, target)
            return
        match content_of(message):
            case Content.PICTURE:
                self._note_picture(record, message, Whereabouts(file=file, spot=record.spot))
            case Content.PAGE:
                text, language = self._text(record, message), message.language
                self._note_page(read_page(text, url=record.uri, language=language))
            case Content.JSON:
                text = self._text(record, message)
                page = read_json(text, url=record.uri, language=message.language) if "img" in text else None
                if page is not None:
                    self._note_page(page)

    def _note_picture(self, record: Record, message: Message, where: Whereabouts) -> None:
        message, body = read_picture(record, message, self._settings)
        if len(message.block) < record.length:
            return
        self.digests[check_digest(record, message, body)] += 1
        self._notes.add_picture(
            record.header("WARC-Record-ID"),
            record.uri,
            record.header("WARC-Date"),
            record.header("WARC-Payload-Digest").lower(),
            where,
        )

    def _text(self, record: Record, message: Message) -> str:
        most = self._settings.max_page_bytes
        message = read_on(record, message, most + MAX_HEADER_BYTES)
        return decoded(body_of(message, most).data, message.charset)

    def _note_page(self, page: Page) -> None:
        self.pages += 1
        self.inline += page.inline
        self._notes.add_page(page)

    def _check_records(self) -> Check:
        name = "warc-records"
        if not self.damages:
            return _check(name, CheckOutcome.PASSED, f"All {self.records:,} records could be read.")
        more = f", and {len(self.damages) - 1:,} more places" if len(self.damages) > 1 else ""
        rest = f"the {self.records:,} records that could be read were used"
        return _check(name, CheckOutcome.FAILED, f"The archive {self.damages[0]}{more}; {rest}.")

    def _check_digests(self) -> Check:
        name = "warc-digests"
        failed, passed = self.digests[CheckOutcome.FAILED], self.digests[CheckOutcome.PASSED]
        if failed:
            message = f"{failed:,} of {failed + passed:,} pictures are not what their stated digest says."
            return _check(name, CheckOutcome.FAILED, message)
        if passed:
            return _check(name, CheckOutcome.PASSED, f"The stated digests of {passed:,} pictures are right.")
        unstated = self.digests[CheckOutcome.ABSENT]
        message = "No picture has a stated digest." if unstated else "The archive holds no pictures."
        return _check(name, CheckOutcome.ABSENT, message)

    def _check_pages(self) -> Check:
        told = f"{self.pages:,} pages were read for what they say of their pictures."
        if self._notes.is_full:
            told += " Not all of it could be kept (ANTIGONE_MAX_PAGE_NOTES_BYTES)."
        if self.inline:
            told += f" {self.inline:,} pictures written into pages as data: addresses were left out."
        if self._notes.is_full or self.inline:
            return _check("pages", CheckOutcome.FAILED, told)
        return _check("pages", CheckOutcome.PASSED if self.pages else CheckOutcome.ABSENT, told)


def content_of(message: Message) -> Content:
    """Tell what a record holds by the beginning of its body; for text, also by what is stated."""
    start = body_of(message, _SNIFFED).data
    kind = message.content_type
    if is_picture(start):
        return Content.PICTURE
    if kind in _PHOTO_TYPES and message.status in (None, 200):
        return Content.PICTURE  # so it says: what it is instead will be counted as a failure
    if kind in _PAGE_TYPES or start[:256].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return Content.PAGE
    if kind.startswith(_DRAWING_TYPES) or kind.startswith("video/") or start[:4] == b"\0\0\1\0":
        return Content.ASIDE
    return Content.JSON if is_json(start) else Content.OTHER


def read_picture(record: Record, message: Message, settings: Settings) -> tuple[Message, Body]:
    """Read the whole record of a picture, within the limit on photo files."""
    message = read_on(record, message, settings.max_file_bytes + MAX_HEADER_BYTES)
    return message, body_of(message, settings.max_file_bytes)


def first_look(record: Record) -> Message:
    """Read as much of a record as it takes to tell what it holds."""
    return read_message(record, _FIRST_LOOK)


def _check(name: str, outcome: CheckOutcome, message: str) -> Check:
    return Check(name=name, outcome=outcome, message=message)
