"""Runs the migrations inside the transaction that `antigone.records.schema` opened."""

from __future__ import annotations

from alembic import context

from antigone.records.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
)
context.run_migrations()
