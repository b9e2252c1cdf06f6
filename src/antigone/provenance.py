"""Where a photo comes from, as data: what a source says of it, and where its bytes can be read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self


class Holding(StrEnum):
    """What kind of place holds the bytes of a photo."""

    FILE = "file"  # a file of its own, by path or URL
    RECORD = "record"  # a record of a web archive
    FRAME = "frame"  # a frame of a video: a derived picture, the video is the original


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the bytes of a photo can be read again.

    ``position`` is the offset of a record within its (compressed) archive in bytes, or the presentation time
    of a frame in microseconds.
    """

    holding: Holding
    stored_at: str  # absolute path or URL of the file that holds it
    member: str | None = None  # the file within a WACZ
    position: int | None = None

    @classmethod
    def of_file(cls, stored_at: str) -> Self:
        """Return the place of a photo that is a file of its own."""
        return cls(holding=Holding.FILE, stored_at=stored_at)

    @classmethod
    def of_frame(cls, video: str, position: int) -> Self:
        """Return the place of a frame of a video; ``position`` in microseconds."""
        return cls(holding=Holding.FRAME, stored_at=video, position=position)

    @property
    def seconds(self) -> float | None:
        """When a frame is shown, in seconds after the beginning of its video; None for what is no frame."""
        if self.holding is not Holding.FRAME or self.position is None:
            return None
        return self.position / 1_000_000


def clock(seconds: float) -> str:
    """Write a time within a video as players do, to a tenth of a second: 1:08.8 or 2:07:41.0."""
    tenths = round(seconds * 10)
    hours, rest = divmod(tenths, 36_000)
    minutes, rest = divmod(rest, 600)
    short = f"{minutes:02d}" if hours else f"{minutes}"
    return f"{f'{hours}:' if hours else ''}{short}:{rest // 10:02d}.{rest % 10}"


def frame_location(video: str, position: int) -> str:
    """Return the name of a frame within an import: its video with the second, as in W3C Media Fragments."""
    return f"{video}#t={position / 1_000_000:.3f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """One page on which a photo stands, as its source shows or declares it."""

    page_url: str
    page_title: str | None = None
    how: str | None = None  # what of the page embeds it: "img", "srcset", "og:image", ...; None if declared
    caption: str | None = None  # its alternative text or caption
    text: str | None = None  # what is written around it
    author: str | None = None
    author_url: str | None = None  # profile of the author
    language: str | None = None  # BCP 47, as the page declares it


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a source says of a photo beside its bytes. None means that it says nothing."""

    source_url: str | None = None  # where the photo itself was fetched or published
    captured_at: datetime | None = None  # declared time of taking, naive where no zone is declared
    collected_at: datetime | None = None  # when it was fetched from there (the date of an archive's record)
    licence: str | None = None
    subject_id: str | None = None  # whom the source says it shows: a label to be measured, never an identity
    appearances: tuple[Appearance, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)  # everything else it says


NOTHING_SAID = Provenance()


class CheckOutcome(StrEnum):
    """How a check of received material ended."""

    PASSED = "passed"
    FAILED = "failed"
    ABSENT = "absent"  # there was nothing to check, such as no signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of received material."""

    name: str  # such as "wacz-signature"
    outcome: CheckOutcome
    message: str  # a sentence for a person

    def document(self) -> dict[str, str]:
        """Return it as JSON values."""
        return {"name": self.name, "outcome": self.outcome.value, "message": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A file that holds photos of a collection: an archive, a video or a manifest, as it was received."""

    location: str  # absolute path or URL
    kind: str  # "warc", "wacz", "video", "csv", "jsonl", "parquet"
    sha256: str
    byte_size: int
    checks: tuple[Check, ...] = ()

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that it did not pass."""
        return tuple(check for check in self.checks if check.outcome is CheckOutcome.FAILED)

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "location": self.location,
            "kind": self.kind,
            "sha256": self.sha256,
            "bytes": self.byte_size,
            "checks": [check.document() for check in self.checks],
        }
