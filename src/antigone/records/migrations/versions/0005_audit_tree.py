"""The audit log as a Merkle tree."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing to change yet."""
