"""Where a scorecard comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a scorecard comes from."""

    made_at: datetime  # UTC
    version: str  # of Antigone
    model: str
    material_sha256: str  # of the list of photos and labels
    audit: int | None = None

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "antigone": self.version,
            "material_sha256": self.material_sha256,
            "audit": self.audit,
        }
