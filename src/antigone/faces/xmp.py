"""What an XMP packet says of a photo, whether it lies inside the file or beside it.

XMP is RDF written as XML (ISO 16684-1). It comes from outside, so its size is bounded, and a document type,
and with it every entity, is refused before the parser sees it. Whatever is damaged is not known.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from datetime import datetime
from typing import cast

from lxml import etree

from antigone.evidence import Block, Camera, Description, Position
from antigone.faces.texts import distinct, tidy

MAX_PACKET = 2 * 2**20
"""Most bytes that are read of a packet; the settings of a raw developer may take some hundred thousand."""

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
_IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
_REGION = "{http://www.metadataworkinggroup.com/schemas/regions/}"
_PEOPLE_TAG = "{http://ns.microsoft.com/photo/1.2/t/Region#}"
_TAGGED = etree.XPath(  # regions with a name, each written as attributes or as elements
    "//*[@r:Name or r:Name or @p:PersonDisplayName or p:PersonDisplayName]",
    namespaces={"r": _REGION.strip("{}"), "p": _PEOPLE_TAG.strip("{}")},
)
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

_COORDINATE = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?([NSEW])", re.IGNORECASE)
_MINUTES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def read_xmp(packet: bytes) -> Block | None:
    """Read a packet; None where it says nothing of what is wanted, or cannot be read as XMP."""
    root = _parsed(packet)
    if root is None:
        return None
    said = _Said(root)
    camera = Camera(
        make=said.text(_TIFF + "Make"),
        model=said.text(_TIFF + "Model"),
        serial=said.text(_AUX + "SerialNumber"),
        software=said.text(_XMP + "CreatorTool"),
    )
    description = Description(
        title=said.text(_DC + "title") or said.text(_PHOTOSHOP + "Headline"),
        caption=said.text(_DC + "description"),
        persons=said.persons(),
        keywords=distinct(said.texts(_DC + "subject")),
        creators=distinct(said.texts(_DC + "creator")),
        rights=said.text(_DC + "rights"),
    )
    moments = (_PHOTOSHOP + "DateCreated", _EXIF + "DateTimeOriginal", _XMP + "CreateDate")
    block = Block(
        camera=None if camera == Camera() else camera,
        position=_position(said),
        description=None if description == Description() else description,
        created_at=next(filter(None, (_moment(said.text(name)) for name in moments)), None),
    )
    return None if block == Block() else block


def _parsed(packet: bytes) -> etree._Element | None:
    if len(packet) > MAX_PACKET:
        return None
    try:
        text = packet.decode("utf-16" if packet[:2] in _UTF16 else "utf-8-sig")
    except UnicodeDecodeError:
        return None
    text = text.strip("\0 \t\r\n")
    if "<!DOCTYPE" in text:
        return None
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever the packet calls itself: what was looked at is what is parsed
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        return None


_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Said:
    """The properties of a packet by their names, however they were written.

    RDF allows a plain property as an attribute or as an element; lists and texts in several languages are
    elements that hold a container.
    """

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._texts: dict[str, list[str]] = {}
        for described in root.iterfind(f".//{_RDF}RDF/{_RDF}Description"):
            for name, value in described.attrib.items():
                self._texts.setdefault(str(name), []).append(str(value))
            for child in described:
                self._texts.setdefault(str(child.tag), []).extend(_texts_of(child))

    def texts(self, name: str) -> list[str]:
        """Return all values of a property."""
        return self._texts.get(name, [])

    def text(self, name: str) -> str | None:
        """Return the first value that says something."""
        return next(filter(None, map(tidy, self.texts(name))), None)

    def persons(self) -> tuple[str, ...]:
        """Return who is named as shown: by IPTC's fields, by face regions, and by Windows' people tags."""
        names = [*self.texts(_IPTC + "PersonInImage")]
        for detailed in self._root.iter(_IPTC + "PersonName"):
            names += _texts_of(detailed)
        for element in cast("list[etree._Element]", _TAGGED(self._root)):
            if (_value(element, _REGION + "Type") or "").lower() == "face":
                names.append(_value(element, _REGION + "Name") or "")
            names.append(_value(element, _PEOPLE_TAG + "PersonDisplayName") or "")
        return distinct(names)


def _value(element: etree._Element, name: str) -> str | None:
    found = element.get(name)
    return element.findtext(name) if found is None else found


def _texts_of(element: etree._Element) -> Iterator[str]:
    """Yield the items of a list, of several languages the default one, or the text of a plain element."""
    for container in element.iterchildren(_RDF + "Seq", _RDF + "Bag"):
        yield from (item.text or "" for item in container.iterchildren(_RDF + "li"))
        return
    for container in element.iterchildren(_RDF + "Alt"):
        items = list(container.iterchildren(_RDF + "li"))
        items.sort(key=lambda item: item.get(_LANGUAGE) != "x-default")
        yield from (item.text or "" for item in items[:1])
        return
    yield element.text or ""


# ---- where and when --------------------------------------------------------------------------------------


def _position(said: _Said) -> Position | None:
    latitude = _degrees(said.text(_EXIF + "GPSLatitude"), signs={"N": 1, "S": -1}, most=90)
    longitude = _degrees(said.text(_EXIF + "GPSLongitude"), signs={"E": 1, "W": -1}, most=180)
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None
    return Position(latitude=latitude, longitude=longitude)


def _degrees(text: str | None, *, signs: dict[str, int], most: int) -> float | None:
    """Read "50,27,0.5N" or "50,27.0083N"."""
    found = _COORDINATE.fullmatch(text or "")
    sign = signs.get(found[4].upper()) if found else None
    if not found or sign is None:
        return None
    minutes, seconds = float(found[2]), float(found[3] or 0)
    total = int(found[1]) + minutes / 60 + seconds / 3600
    return round(sign * total, 7) if minutes <= 60 and seconds <= 60 and total <= most else None


def _moment(text: str | None) -> datetime | None:
    if not text or not _MINUTES.match(text):  # a day alone is no moment
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
