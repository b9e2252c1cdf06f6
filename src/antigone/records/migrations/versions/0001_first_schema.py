"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# An entry of the audit log is never changed or deleted, not even by this program's own mistake.
APPEND_ONLY = {
    "sqlite": [
        f"""
        CREATE TRIGGER audit_entries_no_{verb.lower()} BEFORE {verb} ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        """
        CREATE FUNCTION audit_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
        """,
        """
        CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_append_only()
        """,
    ],
}

# The database itself keeps the number of references, so that no way of adding or deleting them forgets it.
TOTALS = {
    "sqlite": [
        """
        CREATE TRIGGER templates_added AFTER INSERT ON templates BEGIN
            INSERT INTO reference_totals (collection_id, model, number)
            VALUES (NEW.collection_id, NEW.model, 1)
            ON CONFLICT (collection_id, model) DO UPDATE SET number = number + 1;
        END
        """,
        """
        CREATE TRIGGER templates_deleted AFTER DELETE ON templates BEGIN
            UPDATE reference_totals SET number = number - 1
            WHERE collection_id = OLD.collection_id AND model = OLD.model;
        END
        """,
    ],
    "postgresql": [
        """
        CREATE FUNCTION templates_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO reference_totals (collection_id, model, number)
            SELECT collection_id, model, count(*) FROM changed GROUP BY collection_id, model
            ON CONFLICT (collection_id, model)
            DO UPDATE SET number = reference_totals.number + excluded.number;
            RETURN NULL;
        END $$
        """,
        """
        CREATE FUNCTION templates_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            UPDATE reference_totals SET number = reference_totals.number - gone.number
            FROM (
                SELECT collection_id, model, count(*) AS number FROM changed GROUP BY collection_id, model
            ) AS gone
            WHERE reference_totals.collection_id = gone.collection_id
              AND reference_totals.model = gone.model;
            RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER templates_added AFTER INSERT ON templates
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION templates_added()
        """,
        """
        CREATE TRIGGER templates_deleted AFTER DELETE ON templates
        REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION templates_deleted()
        """,
    ],
}


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "audit_entries",
        sa.Column("seq", ROW_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entries"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "collections",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_collections"),
        sa.UniqueConstraint("name", name="uq_collections_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "imports",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("collection_id", ROW_ID, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("journal_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name="fk_imports_collection_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_imports_collection_id", "imports", ["collection_id"], unique=False)
    op.create_table(
        "photos",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("collection_id", ROW_ID, nullable=False),
        sa.Column("import_id", ROW_ID, nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("perceptual_hash", sa.BigInteger(), nullable=False),
        sa.Column("byte_size", ROW_ID, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.DateTime(), nullable=True),
        sa.Column("captured_offset", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name="fk_photos_collection_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name="fk_photos_import_id", deferrable=True, initially="DEFERRED"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_photos"),
        sa.UniqueConstraint("collection_id", "sha256", name="uq_photos_collection_id"),
    )
    op.create_index("ix_photos_import_id", "photos", ["import_id"], unique=False)
    op.create_table(
        "analyses",
        sa.Column("photo_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("import_id", ROW_ID, nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name="fk_analyses_import_id", deferrable=True, initially="DEFERRED"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="fk_analyses_photo_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("photo_id", "model", name="pk_analyses"),
    )
    op.create_index("ix_analyses_import_id", "analyses", ["import_id"], unique=False)
    op.create_table(
        "faces",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("photo_id", ROW_ID, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("w", sa.Double(), nullable=False),
        sa.Column("h", sa.Double(), nullable=False),
        sa.Column("landmarks", sa.LargeBinary(), nullable=False),
        sa.Column("detection_score", sa.Double(), nullable=False),
        sa.Column("roll", sa.Double(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("quality_size", sa.Double(), nullable=False),
        sa.Column("quality_sharpness", sa.Double(), nullable=False),
        sa.Column("quality_light", sa.Double(), nullable=False),
        sa.Column("quality_pose", sa.Double(), nullable=False),
        sa.Column("quality_occlusion", sa.Double(), nullable=False),
        sa.Column("quality_evidence", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="fk_faces_photo_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_faces"),
        sa.UniqueConstraint("photo_id", "model", "number", name="uq_faces_photo_id"),
    )
    op.create_table(
        "failures",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("import_id", ROW_ID, nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("photo_id", ROW_ID, nullable=True),
        sa.Column("sha256", sa.LargeBinary(32), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name="fk_failures_import_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="fk_failures_photo_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_failures"),
        sa.UniqueConstraint("import_id", "location", name="uq_failures_import_id"),
    )
    op.create_index("ix_failures_photo_id", "failures", ["photo_id"], unique=False)
    op.create_table(
        "sources",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("import_id", ROW_ID, nullable=False),
        sa.Column("photo_id", ROW_ID, nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("page_title", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name="fk_sources_import_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="fk_sources_photo_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.UniqueConstraint("import_id", "location", "photo_id", name="uq_sources_import_id"),
    )
    op.create_index("ix_sources_photo_id", "sources", ["photo_id"], unique=False)
    op.create_table(
        "templates",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("face_id", ROW_ID, nullable=False),
        sa.Column("collection_id", ROW_ID, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name="fk_templates_collection_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["face_id"], ["faces.id"], name="fk_templates_face_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_templates"),
        sa.UniqueConstraint("face_id", "model", name="uq_templates_face_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_templates_collection_id", "templates", ["collection_id", "model", "id"], unique=False)
    op.create_table(
        "reference_totals",
        sa.Column("collection_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("number", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name="fk_reference_totals_collection_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_id", "model", name="pk_reference_totals"),
    )
    dialect = op.get_bind().dialect.name
    for statement in APPEND_ONLY[dialect] + TOTALS[dialect]:
        op.execute(statement)
