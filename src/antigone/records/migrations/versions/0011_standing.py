"""Standing searches, lists of persons sought, exercises."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    _standing()
    _lists()
    _exercises()


def _standing() -> None:
    op.create_table(
        "watches",
        sa.Column("id", ROW_ID, nullable=False, primary_key=True),
        _to("case_id", "cases"),
        _to("person_id", "people"),
        sa.Column("collections", sa.Text(), nullable=False),
        sa.Column("at_most", sa.Double()),
        sa.Column("least_score", sa.Double()),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("ended_because", sa.Text()),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("ran_at", TIME),
        sa.Column("trouble", sa.Text()),
        sa.Column("worker", sa.Text()),
        sa.Column("alive_at", TIME),
        sqlite_autoincrement=True,
    )
    live = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_watches_live", "watches", ["case_id"], unique=True, sqlite_where=live, postgresql_where=live
    )
    op.create_table(
        "watch_marks",
        sa.Column("id", ROW_ID, nullable=False, primary_key=True),
        _to("watch_id", "watches"),
        _to_collection(),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("reference", ROW_ID, nullable=False),
        sa.UniqueConstraint("watch_id", "collection_id", "model"),
    )
    op.create_table(
        "inbox_items",
        sa.Column("id", ROW_ID, nullable=False, primary_key=True),
        _to("organisation_id", "organisations"),
        _to("case_id", "cases"),
        _to("watch_id", "watches"),
        _to("candidate_id", "candidates"),
        sa.Column("photo", sa.LargeBinary(32), nullable=False),
        sa.Column("face", sa.Integer(), nullable=False),
        sa.Column("arrived_at", TIME, nullable=False),
        sa.Column("seen_by", ROW_ID, sa.ForeignKey("people.id")),
        sa.Column("seen_at", TIME),
        sa.UniqueConstraint("case_id", "photo", "face"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_items_organisation_id", "inbox_items", ["organisation_id"])


def _lists() -> None:
    op.create_table(
        "sought_lists",
        sa.Column("id", ROW_ID, nullable=False, primary_key=True),
        _to_collection(),
        sa.Column("basis", sa.Text(), nullable=False),
        _to("marked_by", "people"),
        sa.Column("marked_at", TIME, nullable=False),
        sa.UniqueConstraint("collection_id"),
    )
    op.create_table(
        "permitted_lists",
        sa.Column("id", ROW_ID, nullable=False, primary_key=True),
        _to("case_id", "cases"),
        _to_collection(),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("at_most", sa.Double()),
        sa.Column("least_score", sa.Double()),
        _to("permitted_by", "people"),
        sa.Column("permitted_at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME),
    )
    live = sa.text("withdrawn_at IS NULL")
    columns = ["case_id", "collection_id"]
    op.create_index(
        "ix_permitted_lists_live",
        "permitted_lists",
        columns,
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )


def _exercises() -> None:
    for table in ("organisations", "cases"):
        op.add_column(table, sa.Column("exercise", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "exercises",
        sa.Column("id", ROW_ID, nullable=False, primary_key=True),
        _to("organisation_id", "organisations"),
        _to("person_id", "people"),
        _to("learner_id", "people"),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("seed", ROW_ID, nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_exercises_person_id", "exercises", ["person_id"])
    op.create_table(
        "exercise_cases",
        sa.Column("id", ROW_ID, nullable=False, primary_key=True),
        _to("exercise_id", "exercises"),
        _to("case_id", "cases"),
        _to("search_id", "case_searches"),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.UniqueConstraint("case_id"),
    )
    op.create_index("ix_exercise_cases_exercise_id", "exercise_cases", ["exercise_id"])


def _to(name: str, target: str) -> sa.Column[int]:
    return sa.Column(name, ROW_ID, sa.ForeignKey(f"{target}.id"), nullable=False)


def _to_collection() -> sa.Column[int]:
    target = sa.ForeignKey("collections.id", ondelete="CASCADE")
    return sa.Column("collection_id", ROW_ID, target, nullable=False)
