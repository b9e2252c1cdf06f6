"""All that the metadata inside a photo says, from the blocks that its header reader has set aside."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

from antigone.evidence import NO_EVIDENCE, Block, Camera, Description, Evidence
from antigone.faces.containers import Header
from antigone.faces.exif import ExifFacts
from antigone.faces.iptc import read_iptc
from antigone.faces.texts import MAX_TEXT, distinct, tidy
from antigone.faces.xmp import read_xmp

_MAX_INFLATED_PACKET = 2**18  # bytes of an XMP packet that a PNG holds compressed; nearly none does
_XMP_KEYWORD = "XML:com.adobe.xmp"
_WANTED = frozenset(
    (_XMP_KEYWORD, "Title", "Description", "Comment", "Author", "Copyright", "Software", "Source")
)
_TEXT_CHUNK = re.compile(rb"([^\0]{1,79})\0(.*)", re.DOTALL)
# Of an iTXt chunk: keyword, whether it is compressed, the method, a language, a translated keyword, the text.
_INTERNATIONAL = re.compile(rb"([^\0]{1,79})\0([\0\1])\0[^\0]*\0[^\0]*\0(.*)", re.DOTALL)


def read_evidence(header: Header, exif: ExifFacts) -> Evidence:
    """Return what the metadata of a photo says; EXIF has been read already, for it also turns the picture."""
    if not (header.exif or header.xmp or header.iptc or header.texts):
        return NO_EVIDENCE
    texts = _png_texts(header.texts)
    xmp = header.xmp or texts.pop(_XMP_KEYWORD, "").encode("utf-8", "replace")
    return Evidence(
        exif=exif.block,
        iptc=read_iptc(header.iptc) if header.iptc else None,
        xmp=read_xmp(xmp) if xmp else None,
        png=_png_block(texts) if texts else None,
    )


def _png_texts(chunks: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the first text of each wanted keyword from tEXt, zTXt and iTXt chunks."""
    texts: dict[str, str] = {}
    for name, content in chunks:
        found = (_INTERNATIONAL if name == b"iTXt" else _TEXT_CHUNK).fullmatch(content)
        keyword = found[1].decode("latin-1") if found else ""
        if found is None or keyword not in _WANTED or keyword in texts:
            continue
        # Of a plain text only the beginning is kept; a packet is of use as a whole only.
        most = _MAX_INFLATED_PACKET if keyword == _XMP_KEYWORD else 4 * MAX_TEXT
        data: bytes | None = found.groups()[-1]
        if name == b"zTXt":
            data = _inflated(found[2][1:], most)  # the method comes first
        elif name == b"iTXt" and found[2] == b"\1":
            data = _inflated(found[3], most)
        if data is not None:
            texts[keyword] = data.decode("utf-8" if name == b"iTXt" else "latin-1", "replace")
    return texts


def _inflated(data: bytes, most: int) -> bytes | None:
    """Decompress the first ``most`` bytes of a text; None where it is damaged."""
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return None


def _png_block(texts: dict[str, str]) -> Block | None:
    """Take the keywords that the standard of PNG names."""
    said = {name: tidy(text) or None for name, text in texts.items()}
    software = said.get("Software") or said.get("Source")
    description = Description(
        title=said.get("Title"),
        caption=said.get("Description") or said.get("Comment"),
        creators=distinct(filter(None, [said.get("Author")])),
        rights=said.get("Copyright"),
    )
    block = Block(
        camera=Camera(software=software) if software else None,
        description=None if description == Description() else description,
    )
    return None if block == Block() else block
