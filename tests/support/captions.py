"""Metadata as other programs write it: XMP packets, IPTC datasets, and photos that carry them."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence

from PIL import Image
from PIL.PngImagePlugin import PngInfo

import pictures

PHOTO = Image.fromarray(pictures.scene())

XMP = """<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    tiff:Make="Leica" photoshop:DateCreated="1984-01-02T10:11:12+02:00">
   <tiff:Model>M6</tiff:Model>
  </rdf:Description>
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:mwg="http://www.metadataworkinggroup.com/schemas/regions/"
    xmlns:MP="http://ns.microsoft.com/photo/1.2/"
    xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
    xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#">
   <dc:description><rdf:Alt>
     <rdf:li xml:lang="fr">Une femme</rdf:li><rdf:li xml:lang="x-default">A woman</rdf:li>
   </rdf:Alt></dc:description>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Portrait</rdf:li></rdf:Alt></dc:title>
   <dc:subject><rdf:Bag><rdf:li>Kyiv</rdf:li><rdf:li>family</rdf:li><rdf:li>Kyiv</rdf:li></rdf:Bag></dc:subject>
   <dc:creator><rdf:Seq><rdf:li>J. Smith</rdf:li></rdf:Seq></dc:creator>
   <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">Public domain</rdf:li></rdf:Alt></dc:rights>
   <exif:GPSLatitude>33,51,24.48S</exif:GPSLatitude>
   <exif:GPSLongitude>151,12.918E</exif:GPSLongitude>
   <ext:PersonInImage><rdf:Bag><rdf:li>Олена Коваль</rdf:li></rdf:Bag></ext:PersonInImage>
   <ext:PersonInImageWDetails><rdf:Bag><rdf:li rdf:parseType="Resource">
     <ext:PersonName><rdf:Alt><rdf:li xml:lang="x-default">Iryna Bondar</rdf:li></rdf:Alt></ext:PersonName>
   </rdf:li></rdf:Bag></ext:PersonInImageWDetails>
   <mwg:Regions rdf:parseType="Resource"><mwg:RegionList><rdf:Bag>
     <rdf:li><rdf:Description mwg:Type="Face" mwg:Name="Olena K."/></rdf:li>
     <rdf:li rdf:parseType="Resource"><mwg:Type>Face</mwg:Type><mwg:Name>Iryna B.</mwg:Name></rdf:li>
     <rdf:li><rdf:Description mwg:Type="Pet" mwg:Name="Rex"/></rdf:li>
   </rdf:Bag></mwg:RegionList></mwg:Regions>
   <MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>
     <rdf:li MPReg:PersonDisplayName="O. Koval"/>
   </rdf:Bag></MPRI:Regions></MP:RegionInfo>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()

SAID_BY_XMP = {
    "make": "Leica",
    "model": "M6",
    "title": "Portrait",
    "caption": "A woman",
    "persons": ["Олена Коваль", "Iryna Bondar", "Olena K.", "Iryna B.", "O. Koval"],
    "keywords": ["Kyiv", "family"],
    "creators": ["J. Smith"],
    "rights": "Public domain",
    "created_at": "1984-01-02T10:11:12+02:00",
    "position": {"latitude": -33.8568, "longitude": 151.2153},
}


def xmp(properties: str) -> bytes:
    """Return a packet with these attributes of one description."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        f'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" {properties}/></rdf:RDF></x:xmpmeta>'
    ).encode()


def iptc(datasets: Sequence[tuple[int, bytes]], *, name: bytes = b"") -> bytes:
    """Return Photoshop's resource blocks, another one before that with the IPTC datasets of record 2."""
    content = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text for number, text in datasets)
    return resource(0x03ED, b"odd", name=name) + resource(0x0404, content)


def resource(number: int, content: bytes, *, name: bytes = b"") -> bytes:
    """Return one resource block, padded as the format wants it."""
    named = struct.pack(">4sHB", b"8BIM", number, len(name)) + name + bytes((len(name) + 1) % 2)
    return named + struct.pack(">I", len(content)) + content + bytes(len(content) % 2)


def gps(**changed: object) -> dict[int, object]:
    """Return the entries of a GPS directory as Pillow takes them: a place in Sydney, below sea level."""
    entries = {
        "latitude_ref": "S",
        "latitude": (33.0, 51.0, 24.48),
        "longitude_ref": "E",
        "longitude": (151.0, 12.0, 55.08),
        "altitude_ref": b"\1",
        "altitude": 12.5,
        "time": (3.0, 4.0, 5.5),
        "date": "2021:05:04",
        **changed,
    }
    tags = dict(zip(entries, (1, 2, 3, 4, 5, 6, 7, 29), strict=True))
    return {tags[name]: value for name, value in entries.items() if value is not None}


def exif(
    main: Mapping[int, object],
    position: Mapping[int, object] | None = None,
    inner: Mapping[int, object] | None = None,
) -> bytes:
    """Return an EXIF block that Pillow wrote."""
    block = Image.Exif()
    block.update(main)
    for tag, entries in ((0x8825, position), (0x8769, inner)):
        if entries:
            block.get_ifd(tag).update(entries)
    return block.tobytes()


def jpeg(*, exif: bytes = b"", xmp: bytes = b"", resources: bytes = b"") -> bytes:
    """Return a JPEG with metadata; EXIF and XMP are put there by Pillow."""
    buffer = io.BytesIO()
    PHOTO.save(buffer, "JPEG", exif=exif, **({"xmp": xmp} if xmp else {}))
    if not resources:
        return buffer.getvalue()
    content = b"Photoshop 3.0\0" + resources
    segment = b"\xff\xed" + struct.pack(">H", len(content) + 2) + content
    return buffer.getvalue()[:2] + segment + buffer.getvalue()[2:]


def png(*, texts: Mapping[str, str] | None = None, packet: bytes = b"", compressed: bool = False) -> bytes:
    """Return a PNG with text chunks and an XMP packet, written by Pillow."""
    info = PngInfo()
    for name, text in (texts or {}).items():
        info.add_text(name, text, zip=compressed)
    if packet:
        info.add_itxt("XML:com.adobe.xmp", packet.decode(), zip=compressed)
    return pictures.encode(PHOTO, "PNG", pnginfo=info)


def webp(*, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    """Return a WebP with metadata, written by Pillow."""
    return pictures.encode(PHOTO, "WEBP", exif=exif, xmp=xmp)
