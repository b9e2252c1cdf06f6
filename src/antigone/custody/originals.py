"""Whether the original of a photo is still where it was received, and still the same."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from antigone.errors import PhotoError
from antigone.provenance import Holding, Place
from antigone.records.photos import SourceRecord
from antigone.settings import Settings
from antigone.sources.originals import read_original


class Standing(StrEnum):
    """How an original stands now, beside what was received."""

    UNCHANGED = "unchanged"  # it is there, and its bytes have the recorded hash
    CHANGED = "changed"  # something else is there now
    UNREADABLE = "unreadable"  # it is gone, or may not be read
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """How an original was found."""

    standing: Standing
    message: str  # a sentence for a person

    @property
    def sound(self) -> bool:
        """Tell whether nothing speaks against it."""
        return self.standing in (Standing.UNCHANGED, Standing.NOT_CHECKED)

    def document(self) -> dict[str, str]:
        """Return it as JSON values."""
        return {"standing": self.standing.value, "message": self.message}


NOT_CHECKED = Examined(standing=Standing.NOT_CHECKED, message="This place was not looked at now.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """The bytes of a photo, read again, or why there are none."""

    data: bytes | None = field(repr=False)  # of a frame: a PNG
    examined: Examined  # of the place that held them, or of the last one that did not


def examine(place: Place, sha256: str, settings: Settings) -> Examined:
    """Read an original again and compare its hash with the one on record; nothing is written."""
    return _read(place, sha256, settings)[1]


def recover(sources: Sequence[SourceRecord], sha256: str, settings: Settings) -> Recovered:
    """Return the bytes of a photo from the first of its sources that still holds them."""
    found = Recovered(data=None, examined=NOT_CHECKED)
    for place in dict.fromkeys(source.place for source in sources):
        data, examined = _read(place, sha256, settings)
        found = Recovered(data=data, examined=examined)
        if data is not None:
            break
    return found


def _read(place: Place, sha256: str, settings: Settings) -> tuple[bytes | None, Examined]:
    try:
        if place.holding is Holding.FRAME:
            frame = _frame(place, sha256, settings)
            return frame, Examined(
                standing=Standing.UNCHANGED, message="The video still shows this very frame."
            )
        data = read_original(place, settings)
    except PhotoError as error:
        return None, Examined(standing=Standing.UNREADABLE, message=error.failure.message)
    except OSError as error:  # a connection that is lost in the middle
        reason = (error.strerror or str(error) or "unknown error").rstrip(".")
        return None, Examined(standing=Standing.UNREADABLE, message=f"It cannot be read: {reason}.")
    if hashlib.sha256(data).hexdigest() != sha256:
        message = "What is there now is not what was received: its hash differs from the recorded one."
        return None, Examined(standing=Standing.CHANGED, message=message)
    return data, Examined(standing=Standing.UNCHANGED, message="It is there, with the recorded hash.")


def _frame(place: Place, sha256: str, settings: Settings) -> bytes:
    """Return a frame as PNG. Its recorded hash is that of the pixels, which reading compares."""
    from PIL import Image

    from antigone.sources.video_frames import read_frame  # loads the decoders

    buffer = io.BytesIO()
    Image.fromarray(read_frame(place, sha256, settings)).save(buffer, "PNG")
    return buffer.getvalue()
