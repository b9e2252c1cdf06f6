"""To whom the particulars of the dead were given."""

from __future__ import annotations

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the tables."""
