"""Organisations, people, and the ways in which they prove who they are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables; a workspace gets its first organisation and person when it is next opened."""
    _table(
        "organisations",
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME),
        never_reused=True,
    )
    _table(
        "people",
        _reference("organisation_id", "organisations"),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("shown_as", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("password", sa.Text()),
        sa.Column("totp", sa.LargeBinary()),
        sa.Column("totp_step", ROW_ID, nullable=False, server_default="0"),
        sa.Column("subject", sa.Text(), unique=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("approved_at", TIME),
        _reference("approved_by", "people", nullable=True),
        sa.Column("disabled_at", TIME),
        never_reused=True,
        index=("organisation_id",),
    )
    _table(
        "passkeys",
        _reference("person_id", "people"),
        sa.Column("credential", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", ROW_ID, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME),
        index=("person_id",),
    )
    _table(
        "sessions",
        _reference("person_id", "people"),
        _reference("passkey_id", "passkeys", nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("challenge", sa.LargeBinary()),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME),
        never_reused=True,
        index=("person_id",),
    )
    _table(
        "tokens",
        _reference("person_id", "people"),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME),
        never_reused=True,
        index=("person_id",),
    )
    _table(
        "invitations",
        _reference("organisation_id", "organisations"),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        _reference("invited_by", "people"),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        _reference("used_by", "people", nullable=True),
        index=("organisation_id",),
    )
    _table(
        "attempts",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        index=("key", "at"),
    )
    op.execute(
        f"ALTER TABLE collections ADD COLUMN organisation_id {ROW_ID.compile(dialect=op.get_bind().dialect)} "
        "CONSTRAINT fk_collections_organisation_id REFERENCES organisations (id)"
    )
    op.create_index("ix_collections_organisation_id", "collections", ["organisation_id"])
    _table(
        "shares",
        _reference("collection_id", "collections", ondelete="CASCADE"),
        _reference("organisation_id", "organisations"),
        _reference("shared_by", "people"),
        sa.Column("shared_at", TIME, nullable=False),
        sa.UniqueConstraint("collection_id", "organisation_id"),
        index=("organisation_id",),
    )


def _reference(
    name: str, target: str, *, nullable: bool = False, ondelete: str | None = None
) -> sa.Column[int]:
    return sa.Column(name, ROW_ID, sa.ForeignKey(f"{target}.id", ondelete=ondelete), nullable=nullable)


def _table(
    name: str,
    *columns: sa.Column[Any] | sa.UniqueConstraint,
    never_reused: bool = False,
    index: tuple[str, ...] = (),
) -> None:
    number = sa.Column("id", ROW_ID, nullable=False, primary_key=True)
    op.create_table(name, number, *columns, sqlite_autoincrement=never_reused)
    for column in index:
        op.create_index(f"ix_{name}_{column}", name, [column])
