"""What the pages keep: derived probes."""

from __future__ import annotations

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables."""
