"""What the metadata of a photo claims, kept apart by who wrote it.

A photo carries up to four blocks of metadata that different programs write at different times: EXIF by the
camera, IPTC and XMP by whoever captioned it, texts by whoever made a PNG. They may contradict each other, and
each can be forged in a minute. So nothing here is merged or believed: it is evidence, under the name of the
block that it stands in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where on Earth a photo was taken, as its metadata says; WGS 84, the datum of GPS, is assumed."""

    latitude: float  # degrees, north is positive
    longitude: float  # degrees, east is positive
    altitude: float | None = None  # metres above sea level
    at: datetime | None = None  # UTC, by the satellites' clock

    def document(self) -> dict[str, object]:
        """Return it as JSON values, without what is not known."""
        at = None if self.at is None else self.at.isoformat()
        values = {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "altitude": self.altitude,
            "at": at,
        }
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """What took a photo, or last wrote it."""

    make: str | None = None
    model: str | None = None
    serial: str | None = None  # of the body: it links photos that one camera took
    software: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a photo is said to show, and by whom."""

    title: str | None = None
    caption: str | None = None
    persons: tuple[str, ...] = ()  # named as shown; labels to be checked, never identities
    keywords: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    rights: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What one block of metadata says; None means that it says nothing, or nothing legible."""

    camera: Camera | None = None
    position: Position | None = None
    description: Description | None = None
    created_at: datetime | None = None  # when the photo was taken, naive where no zone is given

    def document(self) -> dict[str, object]:
        """Return it as JSON values, without what is not known."""
        values: dict[str, object] = {}
        for part in (self.camera, self.description):
            if part is not None:
                values |= {name: _plain(value) for name in part.__slots__ if (value := getattr(part, name))}
        if self.created_at is not None:
            values["created_at"] = self.created_at.isoformat()
        if self.position is not None:
            values["position"] = self.position.document()
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What all the metadata of a photo says."""

    exif: Block | None = None
    iptc: Block | None = None
    xmp: Block | None = None
    png: Block | None = None  # the texts of a PNG

    def document(self) -> dict[str, object]:
        """Return it as JSON values, block by block; empty where the photo says nothing."""
        blocks = {name: getattr(self, name) for name in self.__slots__}
        shown = {name: block.document() for name, block in blocks.items() if block is not None}
        return {name: values for name, values in shown.items() if values}


NO_EVIDENCE = Evidence()

EvidenceDocument = Mapping[str, Mapping[str, object]]
"""`Evidence.document` as the records give it back."""


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
