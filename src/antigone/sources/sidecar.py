"""What files beside a photo say of it: XMP sidecars, and the JSON files of a Google Takeout.

Sidecars belong to the source, not to the photo: somebody else may have written them, and another copy of the
same bytes may lie beside another sidecar. So what they say is provenance. A sidecar that cannot be read is
noted and never keeps a photo out.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from antigone.errors import PhotoError
from antigone.evidence import Block, Description, Position
from antigone.faces.reading import read_bounded
from antigone.faces.texts import distinct, tidy
from antigone.faces.xmp import MAX_PACKET, read_xmp
from antigone.provenance import NOTHING_SAID, Provenance

_ENDINGS = (".xmp", ".json")
_TAKEOUT = ".supplemental-metadata"
_TAKEOUT_LENGTH = 46  # characters to which Takeout cuts a name before it adds ".json"
_NUMBERED = re.compile(r"(.*)(\(\d+\))(\.[^.]*)")
_JOINED = "; "
_MAX_JSON = 2**20


class Beside:
    """The sidecars of one folder. ``used`` grows by those that belong to a photo."""

    def __init__(self, names: Iterable[str]) -> None:
        self.used: set[str] = set()
        self._names = {name.lower(): name for name in names if name.lower().endswith(_ENDINGS)}

    def __bool__(self) -> bool:
        return bool(self._names)

    def of(self, photo: str) -> tuple[str, ...]:
        """Return the names of the sidecars of the photo of that name, XMP first."""
        found = [self._names[name] for name in _candidates(photo.lower()) if name in self._names]
        self.used.update(found)
        return tuple(dict.fromkeys(found))


def sidecars_of(photo: str) -> tuple[str, ...]:
    """Return the paths of the sidecars of a photo that was named by itself."""
    folder, name = os.path.split(photo)
    paths = [os.path.join(folder, sidecar) for sidecar in dict.fromkeys(_candidates(name))]  # noqa: PTH118
    return tuple(path for path in paths if os.path.isfile(path))  # noqa: PTH113


def _candidates(photo: str) -> list[str]:
    names = [f"{photo}.xmp", os.path.splitext(photo)[0] + ".xmp"]  # noqa: PTH122 - plain strings are at hand
    names += [f"{photo}.json", f"{photo}{_TAKEOUT}.json"]
    numbered = _NUMBERED.fullmatch(photo)
    whole, number = (numbered[1] + numbered[3], numbered[2]) if numbered else (photo, "")
    return names + [f"{name[:_TAKEOUT_LENGTH]}{number}.json" for name in (whole, whole + _TAKEOUT)]


def read_sidecars(paths: Iterable[str]) -> Provenance:
    """Return what sidecars say together; where two differ, the first counts."""
    said = NOTHING_SAID
    for path in paths:
        block, noted = _read(Path(path))
        if noted:
            said = _added(said, block or Block(), noted)
    return said


def _read(path: Path) -> tuple[Block | None, dict[str, str]]:
    """Return what one sidecar says, and what is noted of the file itself; nothing of a foreign file."""
    is_xmp = path.suffix.lower() == ".xmp"
    try:
        data = read_bounded(path, MAX_PACKET if is_xmp else _MAX_JSON)
    except PhotoError as error:
        return None, {"file": path.name, "problem": error.message}
    noted = {"file": path.name, "sha256": hashlib.sha256(data).hexdigest()}
    if is_xmp:
        block = read_xmp(data)
        return block, noted if block else noted | {"problem": "It says nothing that is looked for."}
    takeout = _takeout(data)
    if takeout is None:
        return None, {}
    url = takeout.get("url")
    return _takeout_block(takeout), noted | ({"url": tidy(url)} if isinstance(url, str) and url else {})


def _added(said: Provenance, block: Block, noted: Mapping[str, str]) -> Provenance:
    description = block.description or Description()
    values = {
        **noted,
        **{
            name: _JOINED.join(value) if isinstance(value, tuple) else value
            for name in Description.__slots__
            if (value := getattr(description, name))
        },
    }
    if block.camera is not None:
        values["camera"] = " ".join(filter(None, (block.camera.make, block.camera.model)))
    if block.position is not None:
        values |= {name: str(value) for name, value in block.position.document().items() if name != "at"}
    attributes = dict(said.attributes)
    for name, value in values.items():
        key = f"sidecar.{name}"
        if name in noted and key in attributes:
            attributes[key] += _JOINED + value
        elif value:
            attributes.setdefault(key, value)
    # One name is a label for the photo; of several nobody can say which face is whose.
    subject = description.persons[0] if len(description.persons) == 1 else None
    return replace(
        said,
        captured_at=said.captured_at or block.created_at,
        subject_id=said.subject_id or subject,
        attributes=attributes,
    )


# ---- Google Takeout ----------------------------------------------------------------------------------------


def _takeout(data: bytes) -> dict[str, Any] | None:
    """Return the object of a Takeout file; None for any other JSON."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    taken = document.get("photoTakenTime") if isinstance(document, dict) else None
    return document if isinstance(taken, dict) and "timestamp" in taken else None


def _takeout_block(takeout: Mapping[str, Any]) -> Block:
    people = takeout.get("people")
    listed = people if isinstance(people, list) else []
    names = [person.get("name") for person in listed if isinstance(person, dict)]
    caption = takeout.get("description")
    description = Description(
        caption=tidy(caption) or None if isinstance(caption, str) else None,
        persons=distinct(name for name in names if isinstance(name, str)),
    )
    positions = (_takeout_position(takeout.get(name)) for name in ("geoData", "geoDataExif"))
    return Block(
        description=description,
        position=next(filter(None, positions), None),
        created_at=_since_1970(takeout["photoTakenTime"]["timestamp"]),
    )


def _takeout_position(place: object) -> Position | None:
    if not isinstance(place, dict):
        return None
    latitude, longitude = _number(place.get("latitude")), _number(place.get("longitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    if latitude == longitude == 0:  # how Takeout says that nothing is known
        return None
    return Position(latitude=latitude, longitude=longitude, altitude=_number(place.get("altitude")) or None)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and abs(value) < 1e9 else None


def _since_1970(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
