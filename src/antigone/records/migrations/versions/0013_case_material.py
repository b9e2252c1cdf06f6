"""What a search returned with each candidate, and what the file of an exhibit is called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("candidates", sa.Column("returned", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("notes", sa.Column("file_name", sa.Text(), nullable=True))
    op.add_column("notes", sa.Column("byte_size", ROW_ID, nullable=True))
