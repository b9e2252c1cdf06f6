"""Where photos come from: material, pages, custody, tracks in videos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what provenance needs; collections and imports made before say nothing there."""
    # Column by column, never by copying a table: dropping the old one would take all its photos with it.
    op.add_column("collections", _said("jurisdiction"))
    op.add_column("imports", _said("collector"))
    op.add_column("imports", _said("tool_version"))
    op.add_column("photos", sa.Column("evidence", sa.Text(), nullable=True))
    _materials()
    _sources()
    _tracks()


def _said(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _add_reference(table: str, column: str, target: str) -> None:
    """Add a nullable foreign key. Alembic cannot say this to SQLite without copying the table."""
    kind = ROW_ID.compile(dialect=op.get_bind().dialect)
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} {kind} "
        f"CONSTRAINT fk_{table}_{column} REFERENCES {target} (id)"
    )
    op.create_index(f"ix_{table}_{column}", table, [column], unique=False)


def _materials() -> None:
    op.create_table(
        "materials",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("import_id", ROW_ID, nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("byte_size", ROW_ID, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checks", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name="fk_materials_import_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_materials"),
        sa.UniqueConstraint("import_id", "location", "sha256", name="uq_materials_import_id"),
    )


def _sources() -> None:
    op.drop_column("sources", "page_url")  # nothing ever filled them
    op.drop_column("sources", "page_title")
    _add_reference("sources", "material_id", "materials")
    # What was received before counts as received when its import began.
    unknown = sa.text("'1970-01-01 00:00:00'")
    for column in (
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=unknown),
        sa.Column("holding", sa.Text(), nullable=False, server_default="file"),
        sa.Column("stored_at", sa.Text(), nullable=True),
        sa.Column("member", sa.Text(), nullable=True),
        sa.Column("position", ROW_ID, nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("captured_at", sa.DateTime(), nullable=True),
        sa.Column("captured_offset", sa.Integer(), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=True),
    ):
        op.add_column("sources", column)
    op.execute(
        "UPDATE sources SET received_at = "
        "(SELECT imports.started_at FROM imports WHERE imports.id = sources.import_id)"
    )
    op.create_table(
        "appearances",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("source_id", ROW_ID, nullable=False),
        sa.Column("page_url", sa.Text(), nullable=False),
        sa.Column("page_title", sa.Text(), nullable=True),
        sa.Column("how", sa.Text(), nullable=True),
        sa.Column("caption", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("author_url", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name="fk_appearances_source_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_appearances"),
    )
    op.create_index("ix_appearances_source_id", "appearances", ["source_id"], unique=False)


def _tracks() -> None:
    op.create_table(
        "tracks",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("material_id", ROW_ID, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("begins", ROW_ID, nullable=False),
        sa.Column("ends", ROW_ID, nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["material_id"], ["materials.id"], name="fk_tracks_material_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tracks"),
        sa.UniqueConstraint("material_id", "model", "number", name="uq_tracks_material_id"),
    )
    op.create_table(
        "segments",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("material_id", ROW_ID, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("begins", ROW_ID, nullable=False),
        sa.Column("ends", ROW_ID, nullable=False),
        sa.Column("scene", ROW_ID, nullable=False),
        sa.Column("damaged", sa.Boolean(), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["material_id"], ["materials.id"], name="fk_segments_material_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_segments"),
        sa.UniqueConstraint("material_id", "model", "begins", name="uq_segments_material_id"),
    )
    _add_reference("faces", "track_id", "tracks")
    op.add_column("faces", sa.Column("context_hash", sa.LargeBinary(), nullable=True))
