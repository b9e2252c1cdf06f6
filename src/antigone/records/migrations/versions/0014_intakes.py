"""Files that were handed in through the server, and how far their import is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "intakes",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("collection_id", ROW_ID, sa.ForeignKey("collections.id"), nullable=False),
        sa.Column("person_id", ROW_ID, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("worker", sa.Text()),
        sa.Column("alive_at", TIME),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_intakes_collection_id", "intakes", ["collection_id"])
    op.create_index("ix_intakes_state", "intakes", ["state"])
