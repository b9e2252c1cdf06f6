"""What a web page says of the pictures in it: where it embeds them, and what it writes beside them."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, cast

from lxml import etree

from antigone.sources.pages_reader import MAX_EMBEDS, Page, PageReader, shortened

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_CHARSETS = re.compile(
    r"utf-8|utf-16(?:-[lb]e)?|cp\d+|iso8859-\d+|koi8-[rut]|shift_jis\w*|euc_\w+|iso2022_jp|gb\w+|hz|big5\w*"
    r"|mac-\w+|johab|tis-620"
)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CALLBACK = re.compile(r"\s*(?:/\*\*/)?\s*[\w$.]{1,200}\s*\(")  # JSONP: JSON as the argument of a function
_MAX_FRAGMENTS = 500  # of HTML in one JSON document


def read_page(html: str, *, url: str, language: str | None = None) -> Page:
    """Read a page that was captured at ``url``; damage costs at most what lies behind it.

    ``language`` is what HTTP said of it.
    """
    reader = PageReader(url, language)
    parser = etree.HTMLParser(target=cast(Any, reader), encoding="utf-8", no_network=True)
    try:
        parser.feed(html.replace("\0", "").encode("utf-8", "replace"))
        parser.close()
    except etree.LxmlError:  # a document without anything in it
        pass
    return reader.page()


def read_json(text: str, *, url: str, language: str | None = None) -> Page | None:
    """Read the HTML in the values of a JSON document, as pages load it while someone scrolls.

    None where there is none of it, or where the document cannot be understood.
    """
    callback = _CALLBACK.match(text)
    if callback is not None:
        text = text[callback.end() :].rstrip().rstrip(";").removesuffix(")")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    fragments = (
        read_page(html, url=url, language=language) for html in islice(_html_in(document), _MAX_FRAGMENTS)
    )
    page: Page | None = None
    for fragment in fragments:
        if page is None:
            page = fragment
        else:
            embeds = (*page.embeds, *fragment.embeds)[:MAX_EMBEDS]
            page = replace(page, embeds=embeds, inline=page.inline + fragment.inline)
    title = document.get("title") if isinstance(document, dict) else None
    if page is not None and isinstance(title, str):
        page = replace(page, title=shortened(title) or page.title)
    return page


def is_json(start: bytes) -> bool:
    """Tell by its beginning whether a document is JSON, or a call with JSON as its argument."""
    start = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    return (
        start.startswith((b"{", b"[")) or _CALLBACK.match(start[:300].decode("ascii", "replace")) is not None
    )


def decoded(data: bytes, charset: str | None) -> str:
    """Return the text of a page: by its byte order mark, else as HTTP, else as the page itself says."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    said = _META_CHARSET.search(data, 0, 4_096)
    known = _charset(charset) or _charset(said[1].decode("ascii") if said else None)
    if known is not None:
        return data.decode(known, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:  # unless only the last character is cut, it is no UTF-8
        return data.decode("utf-8" if error.start >= len(data) - 4 else "cp1252", "replace")


def _html_in(document: object) -> Iterator[str]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += reversed(value.values())
        elif isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, str) and "<img" in value:
            yield value


def _charset(name: str | None) -> str | None:
    """Return Python's name for a character set that browsers know."""
    try:
        known = codecs.lookup(name.strip()).name if name else ""
    except (LookupError, ValueError):
        return None
    if known in ("ascii", "iso8859-1"):
        return "cp1252"  # what these two mean on the web
    return known if _CHARSETS.fullmatch(known) else None
