"""Particulars of the dead, to whom they were given, and what was measured, kept as they were written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
SHA256 = sa.LargeBinary(32)

APPEND_ONLY = ("particulars", "case_exports", "onward", "evaluations", "post_mortem_declarations")

# Each is a condition under which a new row is refused.
REFUSED = {
    "onward": (
        (
            "what was given is a document that was exported from this case",
            "NEW.document IS NOT NULL AND NOT EXISTS (SELECT 1 FROM case_exports e"
            " WHERE e.case_id = NEW.case_id AND e.sha256 = NEW.document)",
        ),
        (
            "an entry is corrected by one of its kind or withdrawn, in the same case",
            "NEW.corrects IS NOT NULL AND NOT EXISTS (SELECT 1 FROM onward o WHERE o.id = NEW.corrects"
            " AND o.case_id = NEW.case_id AND o.kind <> 'withdrawn' AND NEW.kind IN (o.kind, 'withdrawn'))",
        ),
    ),
}


def upgrade() -> None:
    """Add the tables and their guards."""
    _tables()
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in _append_only(dialect, table):
            op.execute(statement)
    for table, conditions in REFUSED.items():
        for number, (message, condition) in enumerate(conditions, 1):
            for statement in _refuse(dialect, f"{table}_refused_{number}", table, message, condition):
                op.execute(statement)


def _tables() -> None:
    _table(
        "particulars",
        _to("case_id", "cases"),
        _text("field"),
        sa.Column("value", sa.Text()),
        _text("source"),
        _to("recorded_by", "people"),
        sa.Column("recorded_at", TIME, nullable=False),
        index="case_id",
    )
    _table(
        "case_exports",
        _to("case_id", "cases"),
        _text("what"),
        _text("form"),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("unblurred", sa.Boolean(), nullable=False),
        _to("person_id", "people"),
        sa.Column("at", TIME, nullable=False),
        sa.Column("audit", ROW_ID, nullable=False),
        sa.CheckConstraint("what IN ('particulars', 'report')", name="what"),
        index="case_id",
    )
    _table(
        "onward",
        _to("case_id", "cases"),
        _text("kind"),
        _text("authority_kind"),
        _text("authority"),
        _text("reference"),
        sa.Column("document", SHA256),
        sa.Column("on_day", sa.Date(), nullable=False),
        _text("by_whom"),
        _text("note"),
        sa.Column("corrects", ROW_ID, sa.ForeignKey("onward.id")),
        _to("recorded_by", "people"),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.UniqueConstraint("corrects"),
        sa.CheckConstraint("kind IN ('given', 'family-informed', 'withdrawn')", name="kind"),
        sa.CheckConstraint(
            "authority_kind IN ('national-information-bureau', 'central-tracing-agency',"
            " 'police-liaison', 'other')",
            name="authority_kind",
        ),
        sa.CheckConstraint("kind <> 'given' OR document IS NOT NULL", name="document"),
        sa.CheckConstraint("kind <> 'withdrawn' OR corrects IS NOT NULL", name="withdrawn"),
        index="case_id",
    )
    _table(
        "evaluations",
        _to("organisation_id", "organisations"),
        _text("model"),
        _text("kind"),
        sa.Column("people", ROW_ID, nullable=False),
        sa.Column("photos", ROW_ID, nullable=False),
        sa.Column("material", SHA256, nullable=False),
        _text("body"),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("audit", ROW_ID, nullable=False),
        _text("note"),
        _to("kept_by", "people"),
        sa.Column("kept_at", TIME, nullable=False),
        sa.UniqueConstraint("organisation_id", "sha256"),
    )
    _table(
        "post_mortem_declarations",
        _to("evaluation_id", "evaluations"),
        sa.Column("holds", sa.Boolean(), nullable=False),
        _text("note"),
        _to("declared_by", "people"),
        sa.Column("declared_at", TIME, nullable=False),
        index="evaluation_id",
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _to(name: str, target: str) -> sa.Column[int]:
    return sa.Column(name, ROW_ID, sa.ForeignKey(f"{target}.id"), nullable=False)


def _table(name: str, *columns: sa.schema.SchemaItem, index: str | None = None) -> None:
    op.create_table(name, sa.Column("id", ROW_ID, nullable=False, primary_key=True), *columns)
    if index is not None:
        op.create_index(f"ix_{name}_{index}", name, [index])


def _append_only(dialect: str, table: str) -> list[str]:
    message = f"{table} are append-only"
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{message}'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
    ]


def _refuse(dialect: str, name: str, table: str, message: str, condition: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        ]
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {condition} THEN RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END $$",
        f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]
