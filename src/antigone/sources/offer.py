"""What a source gives to an import, one after the other, in the same order each time."""

from __future__ import annotations

from dataclasses import dataclass, field

from antigone.failures import Failure
from antigone.provenance import NOTHING_SAID, Material, Place, Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One photo that a source offers, or why there is none where one should be."""

    location: str  # where it was met; names it within its import, the same in every run
    place: Place  # where its bytes can be read, now or again
    size: int = 0  # bytes, as listed
    changed_ns: int = 0  # when the file that holds it last changed, nanoseconds since 1970
    data: bytes | None = field(default=None, repr=False)  # set where a source comes upon the bytes in passing
    failure: Failure | None = None  # set where there is nothing to read
    provenance: Provenance = NOTHING_SAID
    material: str | None = None  # location of the `Material` that holds it, which was given before it
    share: float | None = None  # how much of the file that holds it lies behind, 0 to 1; None for a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """A video: its photos are the best shots of the people in it, so the models must see it first."""

    location: str  # path or URL, names it within its import too
    size: int = 0  # bytes, as listed
    changed_ns: int = 0  # when it last changed, nanoseconds since 1970
    provenance: Provenance = NOTHING_SAID  # of every frame of it

    @property
    def weight(self) -> int:
        """How much of the work it is: its bytes, or a little where they are not known."""
        return max(self.size, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Something beside the photos of an archive that is plainly none, such as a drawing: it is ignored."""

    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveying:
    """A sign of life from a source that reads on without meeting a photo."""

    location: str
    share: float  # how much of the file lies behind, 0 to 1


Met = Offer | Material | Footage | Aside | Surveying
"""What a source comes upon. A `Material` precedes everything that it holds."""
