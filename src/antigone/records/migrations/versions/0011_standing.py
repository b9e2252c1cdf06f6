"""Standing searches, lists of persons sought, exercises."""

from __future__ import annotations

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the tables."""
