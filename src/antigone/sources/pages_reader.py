"""Reads a web page as a stream of tags, and notes its pictures with what is written beside them.

libxml2 (through lxml) makes the tags; no tree is built, so neither deep nesting nor many attributes make a
page slow, and nothing in it is run or fetched. The text around a picture is that of the smallest element
with enough of it, so that of many posts on one page each picture keeps the words of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from antigone.sources.pages_linked import Linked
from antigone.sources.pages_urls import MAX_URL, absolute, in_css, in_srcset, looks_like_picture

MAX_EMBEDS = 5_000
"""Pictures of one page that are noted; of a page with more, the first ones."""

MAX_TEXT = 500
"""Characters of a title, a caption or the text around a picture."""

_MAX_NAME = 200
_MAX_CHOICES = 64 << 10  # characters of the choices for one picture
_MAX_STYLE = 1 << 20  # characters of one style sheet within a page
_ENOUGH_TEXT = 40  # characters that make an element the surroundings of a picture
_LEAST_INLINE = 4_096  # characters of a data: address from which it may be a photo, not a blurred stand-in
_SILENT = frozenset(("script", "style", "template", "title", "textarea", "svg"))
_SPECIAL = frozenset(("base", "html", "meta", "title", "style", "script", "link", "a"))
_HOLD_ADDRESSES = frozenset(("src", "href", "xlink:href", "data", "srcset", "poster", "background", "style"))
_PICTURE_TAGS = frozenset(("img", "image", "amp-img", "input"))
_LAZY = frozenset(
    f"data-{name}"
    for name in (
        *(
            "src",
            "original",
            "lazy",
            "lazy-src",
            "lazyload",
            "url",
            "img",
            "img-url",
            "img-src",
            "original-src",
        ),
        *("image", "image-url", "image-src", "hi-res-src", "full", "full-src", "full-url", "fullsize"),
        *("large", "large-file", "large-image", "original-url", "orig-file", "bg", "bg-image", "background"),
        *("background-image", "poster", "thumb", "thumbnail", "zoom-image", "media-url", "preview"),
    )
)
_LAZY_SETS = frozenset(("data-srcset", "data-lazy-srcset", "data-original-set", "data-sources", "data-bgset"))
_META_PICTURES = {
    "og:image": "og:image",
    "og:image:url": "og:image",
    "og:image:secure_url": "og:image",
    "twitter:image": "twitter:image",
    "twitter:image:src": "twitter:image",
    "image": "meta",
    "thumbnail": "meta",
    "thumbnailurl": "meta",
}
HOWS = (
    *("img", "srcset", "picture", "lazy", "poster", "css", "json-ld", "og:image", "twitter:image"),
    *("meta", "link", "icon"),
)
"""How a picture can stand on a page, in the order of how much that says: as an image, in the choices for one,
as one that scripts load later, in a style, in data for machines, as the aim of a link, as the site's icon."""

_RANK = {how: min(rank, 1) if rank < 4 else rank for rank, how in enumerate(HOWS)}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}$")
_TWITTER = frozenset(("twitter.com", "www.twitter.com", "mobile.twitter.com", "x.com", "www.x.com"))
_ACCOUNT = re.compile(r"@?(\w{1,30})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """One picture on a page."""

    url: str  # absolute
    how: str  # what of the page names it: "img", "srcset", "picture", "lazy", "css", "og:image", ...
    caption: str | None = None
    text: str | None = None  # around it
    author: str | None = None
    author_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page as it was captured."""

    url: str
    title: str | None
    language: str | None
    embeds: tuple[Embed, ...]
    inline: int  # pictures written into the page itself, large enough to be photos; they are not read


def shortened(text: str | None, most: int = MAX_TEXT) -> str | None:
    """Return a text on one line, cut to ``most`` characters; None where nothing is left."""
    line = " ".join((text or "")[: 4 * most].encode("utf-8", "replace").decode("utf-8").split())
    return (line if len(line) <= most else line[: most - 1].rstrip() + "…") or None


@dataclass(slots=True, kw_only=True)
class _Picture:
    """A picture that was met, and what is known of it so far. Positions are in the page's text."""

    url: str
    how: str
    at: int
    caption: str = ""
    caption_span: tuple[int, int] | None = None
    span: tuple[int, int] | None = None  # of the text around it
    poster: tuple[str, str] | None = None  # name and profile of whose post it is in


@dataclass(slots=True, kw_only=True)
class _Open:
    """An element that is open."""

    tag: str
    start: int  # in the text
    waiting: list[_Picture] = field(default_factory=list)  # pictures in it that have no surroundings yet
    pictures: list[_Picture] = field(default_factory=list)  # in it, if it is a figure
    is_figure: bool = False
    has_caption: bool = False
    is_caption: bool = False
    is_author: bool = False
    poster: tuple[str, str] | None = None


class PageReader:
    """The target of libxml2's events; ask for the `page` when all are through."""

    def __init__(self, url: str, language: str | None) -> None:
        self._url = self._base = url
        self._has_base = False
        self._pieces: list[str] = []
        self._length = 0
        self._elements: list[_Open] = []
        self._figures: list[_Open] = []
        self._posters: list[tuple[str, str]] = []
        self._silent = 0
        self._raw: list[str] | None = None  # what a title, a style or a script holds
        self._pictures: dict[str, _Picture] = {}
        self._meta: dict[str, str] = {}
        self._title: str | None = None
        self._linked = Linked()
        self._author_span: tuple[int, int] | None = None
        self._author_url: str | None = None
        self._said_language: str | None = None
        self._http_language = language
        self._inline = 0

    # Events

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        element = _Open(tag=tag, start=self._length)
        self._elements.append(element)
        self._silent += tag in _SILENT
        element.is_figure = tag == "figure"
        element.is_caption = tag == "figcaption"
        if attributes:
            self._mark(element, attributes)
        if element.is_figure:
            self._figures.append(element)
        if tag in _SPECIAL:
            self._look_at(tag, attributes)
        for address, how in _addresses(tag, attributes):
            self._add(address, how, attributes)

    def end(self, tag: str) -> None:
        """Take the end of the innermost element."""
        if not self._elements:
            return
        element = self._elements.pop()
        self._silent -= element.tag in _SILENT
        if element.poster is not None:
            self._posters.pop()
        if element.is_author and self._author_span is None:
            self._author_span = (element.start, self._length)
        if element.is_caption and self._figures and not self._figures[-1].has_caption:
            self._figures[-1].has_caption = True
            for picture in self._figures[-1].pictures:
                picture.caption_span = (element.start, self._length)
        if element.is_figure:
            self._figures.pop()
        if element.waiting:
            self._surround(element)
        if self._raw is not None and element.tag in ("title", "style", "script"):
            self._end_of_raw(element.tag, "".join(self._raw))
            self._raw = None

    def data(self, text: str) -> None:
        """Take text."""
        if self._raw is not None:
            self._raw.append(text)
        elif not self._silent and (line := " ".join(text.split())):
            self._pieces.append(line)
            self._length += len(line) + 1

    def close(self) -> None:
        """Take the end of the page."""
        while self._elements:
            self.end(self._elements[-1].tag)

    def page(self) -> Page:
        """Return what was read."""
        self.close()
        text = " ".join(self._pieces)
        author, author_url = self._author(text)
        for address, caption in self._linked.pictures:
            self._add(address, "json-ld", {"alt": caption})
        return Page(
            url=self._url,
            title=shortened(self._title) or shortened(self._meta.get("og:title")),
            language=self._language(),
            embeds=tuple(
                self._embed(picture, text, author, author_url) for picture in self._pictures.values()
            ),
            inline=self._inline,
        )

    # Pictures

    def _mark(self, element: _Open, attributes: dict[str, str]) -> None:
        """Note what the attributes of an element make of it."""
        classes = attributes.get("class", "")
        if "wp-caption" in classes:
            element.is_caption = element.is_caption or "wp-caption-text" in classes
            element.is_figure = element.is_figure or "wp-caption" in classes.split()
        if "data-screen-name" in attributes:
            element.poster = self._poster(attributes)
            if element.poster is not None:
                self._posters.append(element.poster)
        if "rel" in attributes or "itemprop" in attributes:
            element.is_author = self._author_span is None and _is_author(attributes)

    def _look_at(self, tag: str, attributes: dict[str, str]) -> None:
        match tag:
            case "base":
                if not self._has_base and (base := absolute(self._url, attributes.get("href", ""))):
                    self._base, self._has_base = base, True
            case "html":
                self._say_language(attributes.get("lang") or attributes.get("xml:lang"))
            case "meta":
                self._look_at_meta(attributes)
            case "title" if self._title is None:
                self._raw = []
            case "style":
                self._raw = []
            case "script" if "ld+json" in attributes.get("type", "").lower():
                self._raw = []
            case "link":
                self._look_at_link(attributes)
            case "a":
                self._look_at_anchor(attributes)

    def _look_at_meta(self, attributes: dict[str, str]) -> None:
        name = (
            attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
        ).lower()
        content = attributes.get("content", "")
        if name in _META_PICTURES:
            self._add(content, _META_PICTURES[name], {})
        elif name:
            self._meta.setdefault(name, content[: 4 * MAX_TEXT])
        elif attributes.get("http-equiv", "").lower() == "content-language":
            self._say_language(content)

    def _look_at_link(self, attributes: dict[str, str]) -> None:
        kinds, href = attributes.get("rel", "").lower().split(), attributes.get("href", "")
        if "image_src" in kinds:
            self._add(href, "meta", {})
        elif any("icon" in kind for kind in kinds):
            self._add(href, "icon", {})
        elif "author" in kinds:
            self._author_url = self._author_url or absolute(self._base, href)

    def _look_at_anchor(self, attributes: dict[str, str]) -> None:
        href = attributes.get("href", "")
        if looks_like_picture(href):
            self._add(href, "link", attributes)
        elif self._author_url is None and any(element.is_author for element in self._elements[-4:]):
            self._author_url = absolute(self._base, href)

    def _add(self, address: str, how: str, attributes: dict[str, str]) -> None:
        if address[:11].lower() == "data:image/":
            self._inline += len(address) >= _LEAST_INLINE
            return
        url = absolute(self._base, address) if len(self._pictures) < MAX_EMBEDS else None
        if url is None:
            return
        caption = attributes.get("alt") or attributes.get("title") or attributes.get("aria-label") or ""
        known = self._pictures.get(url)
        if known is not None and _RANK[how] >= _RANK[known.how]:
            known.caption = known.caption or caption[:MAX_URL]
            return
        picture = _Picture(url=url, how=how, at=self._length, caption=caption[:MAX_URL])
        picture.poster = self._posters[-1] if self._posters else None
        self._pictures[url] = picture
        if self._elements:
            self._elements[-1].waiting.append(picture)
        if self._figures:
            self._figures[-1].pictures.append(picture)

    def _surround(self, element: _Open) -> None:
        """Give pictures the text of the element that ends, or leave them to the one around it."""
        if self._length - element.start >= _ENOUGH_TEXT or not self._elements:
            for picture in element.waiting:
                picture.span = (element.start, self._length)
            return
        outer = self._elements[-1]
        fewer, more = sorted((element.waiting, outer.waiting), key=len)
        more += fewer
        outer.waiting = more

    def _embed(self, picture: _Picture, text: str, author: str | None, author_url: str | None) -> Embed:
        caption = _cut(text, picture.caption_span) if picture.caption_span else None
        if picture.poster is not None:
            author, author_url = picture.poster
        return Embed(
            url=picture.url,
            how=picture.how,
            caption=caption or shortened(picture.caption),
            text=_cut(text, _window(picture)),
            author=author,
            author_url=author_url,
        )

    # Title, author, language

    def _end_of_raw(self, tag: str, text: str) -> None:
        if tag == "title":
            self._title = text
        elif tag == "style":
            for address in in_css(text[:_MAX_STYLE]):
                self._add(address, "css", {})
        else:
            self._linked.read(text)

    def _poster(self, attributes: dict[str, str]) -> tuple[str, str] | None:
        """Return name and profile of whose post an element of Twitter's pages holds."""
        account = _ACCOUNT.match(attributes.get("data-screen-name", ""))
        if account is None or (urlsplit(self._url).hostname or "") not in _TWITTER:
            return None
        name = shortened(attributes.get("data-name"), _MAX_NAME) or f"@{account[1]}"
        return name, f"https://twitter.com/{account[1]}"

    def _author(self, text: str) -> tuple[str | None, str | None]:
        """Return name and profile of the page's author, by whatever says so most plainly."""
        names = [self._linked.author, self._meta.get("author"), self._meta.get("article:author")]
        names.append(self._meta.get("og:article:author"))
        addresses = [name for name in names if name and absolute("", name)]
        name = next((name for name in names if name and name not in addresses), None)
        if name is None and self._author_span is not None:
            name = _cut(text, self._author_span)
        account = _ACCOUNT.match((self._meta.get("twitter:creator") or "").strip())
        profile = self._linked.author_url or self._author_url or (addresses[0] if addresses else None)
        if account is not None:
            name, profile = name or f"@{account[1]}", profile or f"https://twitter.com/{account[1]}"
        return shortened(name, _MAX_NAME), absolute(self._base, profile) if profile else None

    def _say_language(self, said: str | None) -> None:
        if self._said_language is None and said and _LANGUAGE.match(said.strip()):
            self._said_language = said.strip()

    def _language(self) -> str | None:
        for said in (self._said_language, self._meta.get("og:locale"), self._http_language):
            if said and _LANGUAGE.match(said.strip()):
                return said.strip().replace("_", "-")
        return None


def _addresses(tag: str, attributes: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the addresses that may be pictures in the attributes of an element, and how they stand there."""
    for name, value in attributes.items():
        if name in _HOLD_ADDRESSES or name.startswith("data-"):
            yield from _in_attribute(tag, name, value)


def _in_attribute(tag: str, name: str, value: str) -> Iterator[tuple[str, str]]:
    match name:
        case "src" | "href" | "xlink:href" | "data":
            may_be = tag in ("object", "embed", "source") and looks_like_picture(value)
            if may_be or tag in _PICTURE_TAGS:
                yield value, "img"
        case "srcset":
            for address in in_srcset(value[:_MAX_CHOICES]):
                yield address, "picture" if tag == "source" else "srcset"
        case "poster" | "background":
            yield value, "poster" if name == "poster" else "css"
        case "style":
            for address in in_css(value[:_MAX_STYLE]):
                yield address, "css"
        case _ if name in _LAZY_SETS:
            for address in in_srcset(value[:_MAX_CHOICES]):
                yield address, "lazy"
        case _:
            if looks_like_picture(value) or (name in _LAZY and tag in _PICTURE_TAGS):
                yield value, "lazy"


def _is_author(attributes: dict[str, str]) -> bool:
    told = f"{attributes.get('itemprop', '')} {attributes.get('rel', '')}".lower().split()
    return "author" in told


def _window(picture: _Picture) -> tuple[int, int] | None:
    """Return the part of the text around a picture that is kept."""
    if picture.span is None:
        return None
    start, end = picture.span
    start = max(start, min(picture.at, end) - MAX_TEXT // 2)
    return start, min(end, start + MAX_TEXT)


def _cut(text: str, span: tuple[int, int] | None) -> str | None:
    return None if span is None else shortened(text[span[0] : min(span[1], span[0] + 4 * MAX_TEXT)])
