"""Which faces of a collection probably show one person, and what was corrected by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "cluster_runs",
        sa.Column("id", ROW_ID, nullable=False),
        *_head("cluster_runs"),
        *_made(),
        sa.Column("afresh", sa.Boolean(), nullable=False),
        sa.Column("through", ROW_ID, nullable=False),
        sa.Column("held", ROW_ID, nullable=False),
        sa.Column("grouped", ROW_ID, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cluster_runs"),
    )
    op.create_index("ix_cluster_runs_collection_id", "cluster_runs", ["collection_id", "model", "id"])
    op.create_table(
        "clusters",
        sa.Column("id", ROW_ID, nullable=False),
        *_head("clusters"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clusters"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_clusters_collection_id", "clusters", ["collection_id", "model"])
    op.create_table(
        "cluster_members",
        sa.Column("template_id", ROW_ID, nullable=False, autoincrement=False),
        sa.Column("cluster_id", ROW_ID, nullable=False),
        sa.Column("link", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["template_id"], ["templates.id"], name="fk_cluster_members_template_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["clusters.id"], name="fk_cluster_members_cluster_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("template_id", name="pk_cluster_members"),
    )
    op.create_index("ix_cluster_members_cluster_id", "cluster_members", ["cluster_id"])
    _corrections()


def _corrections() -> None:
    op.create_table(
        "cluster_corrections",
        sa.Column("id", ROW_ID, nullable=False),
        *_head("cluster_corrections"),
        sa.Column("kind", sa.Text(), nullable=False),
        *_made(),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cluster_corrections"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_cluster_corrections_collection_id", "cluster_corrections", ["collection_id", "model"])
    op.create_table(
        "cluster_correction_faces",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("correction_id", ROW_ID, nullable=False),
        sa.Column("photo", sa.LargeBinary(32), nullable=False),
        sa.Column("face", sa.Integer(), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["cluster_corrections.id"],
            name="fk_cluster_correction_faces_correction_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_cluster_correction_faces"),
        sa.UniqueConstraint(
            "correction_id", "photo", "face", name="uq_cluster_correction_faces_correction_id"
        ),
    )


def _head(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("collection_id", ROW_ID, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=f"fk_{table}_collection_id", ondelete="CASCADE"
        ),
    )


def _made() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
    )
