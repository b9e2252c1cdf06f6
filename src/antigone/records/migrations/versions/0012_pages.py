"""How a search went: the face chosen in each probe photo with what was done to it, and how far it looked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("case_searches", sa.Column("faces", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("case_searches", sa.Column("extent", sa.Text(), nullable=False, server_default="{}"))
