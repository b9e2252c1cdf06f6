"""Work that goes on by itself, and answers that are given again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "jobs",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("case_id", ROW_ID, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("person_id", ROW_ID, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stopped_because", sa.Text()),
        sa.Column("worker", sa.Text()),
        sa.Column("alive_at", TIME),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_case_id", "jobs", ["case_id"])
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_table(
        "job_steps",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("job_id", ROW_ID, sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("search_id", ROW_ID, sa.ForeignKey("case_searches.id")),
        sa.Column("error", sa.Text()),
        sa.UniqueConstraint("job_id", "number"),
    )
    op.create_table(
        "answers",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("media_type", sa.Text()),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("at", TIME, nullable=False),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_answers_at", "answers", ["at"])
