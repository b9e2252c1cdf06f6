"""What the log can tell of probes; see `events` for what one may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from antigone.audit.events import Event, check_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAdjusted(Event):
    """A search was made with an adjusted copy of a probe photo; the photo itself is kept as it was."""

    kind = "probe-adjusted"

    by: int
    case: str
    search: int  # number of the search's entry
    photo: str  # sha256 of the photo's bytes
    steps: Sequence[Mapping[str, object]]  # in their order, see faces.adjust

    def __post_init__(self) -> None:
        check_sha256(self.photo)
