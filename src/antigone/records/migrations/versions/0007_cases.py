"""Cases, decisions and conclusions, kept by the database as they were made."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
SHA256 = sa.LargeBinary(32)

APPEND_ONLY = ("authorisations", "probes", "decisions", "conclusions")

# Each is a condition under which a new row is refused. {new} stands for the row.
REFUSED = {
    "decisions": (
        (
            "a second decision needs a first one",
            "{new}.stage = 'second' AND NOT EXISTS (SELECT 1 FROM decisions d"
            " WHERE d.candidate_id = {new}.candidate_id AND d.stage = 'first')",
        ),
        (
            "a resolution needs two decisions that differ",
            "{new}.stage = 'resolution' AND (SELECT count(DISTINCT d.verdict) FROM decisions d"
            " WHERE d.candidate_id = {new}.candidate_id) < 2",
        ),
    ),
    "conclusions": (
        (
            "a statement is confirmed by another person, in the same case, as the same kind",
            "{new}.confirms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM conclusions c"
            " WHERE c.id = {new}.confirms AND c.confirms IS NULL AND c.person_id <> {new}.person_id"
            " AND c.case_id = {new}.case_id AND c.kind = {new}.kind)",
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
    when = condition.format(new="NEW")
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        ]
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {when} THEN RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END $$",
        f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def _tables() -> None:
    _table(
        "cases",
        _to("organisation_id", "organisations"),
        _text("title"),
        _text("purpose"),
        _text("explanation"),
        _text("basis"),
        _to("opened_by", "people"),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_at", TIME),
        never_reused=True,
        index=("organisation_id",),
    )
    _table(
        "authorisations",
        _to("case_id", "cases"),
        _text("authority"),
        _text("reference"),
        sa.Column("expires_at", TIME),
        _to("recorded_by", "people"),
        sa.Column("recorded_at", TIME, nullable=False),
        index=("case_id",),
    )
    _table(
        "probes",
        _to("case_id", "cases"),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("byte_size", ROW_ID, nullable=False),
        _text("source"),
        _to("added_by", "people"),
        sa.Column("added_at", TIME, nullable=False),
        sa.UniqueConstraint("case_id", "sha256"),
    )
    _table(
        "case_searches",
        _to("case_id", "cases"),
        _to("person_id", "people"),
        sa.Column("at", TIME, nullable=False),
        _text("kind"),
        _text("model"),
        sa.Column("exact", sa.Boolean(), nullable=False),
        _text("collections"),
        _text("probes"),
        sa.Column("audit", ROW_ID, nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        never_reused=True,
        index=("case_id", "person_id", "at"),
    )
    _table(
        "candidates",
        _to("search_id", "case_searches"),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("shown_as", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reference", ROW_ID, nullable=False),
        _text("collection"),
        sa.Column("photo", SHA256, nullable=False),
        sa.Column("face", sa.Integer(), nullable=False),
        sa.Column("seeded", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("search_id", "rank"),
    )
    _table(
        "decisions",
        _to("candidate_id", "candidates"),
        _to("person_id", "people"),
        _text("stage"),
        _text("verdict"),
        _text("features"),
        _text("note"),
        sa.Column("decided_at", TIME, nullable=False),
        sa.UniqueConstraint("candidate_id", "stage"),
        sa.UniqueConstraint("candidate_id", "person_id"),
        sa.CheckConstraint("stage IN ('first', 'second', 'resolution')", name="stage"),
        sa.CheckConstraint("verdict IN ('potential-match', 'no-match', 'inconclusive')", name="verdict"),
    )
    _table(
        "conclusions",
        _to("case_id", "cases"),
        _to("person_id", "people"),
        _text("kind"),
        _to("candidate_id", "candidates", nullable=True),
        sa.Column("identifier", sa.Text()),
        sa.Column("identifier_reference", sa.Text()),
        sa.Column("authority", sa.Text()),
        sa.Column("authority_reference", sa.Text()),
        _to("confirms", "conclusions", nullable=True),
        _text("note"),
        sa.Column("stated_at", TIME, nullable=False),
        sa.UniqueConstraint("confirms"),
        sa.CheckConstraint(
            "kind IN ('identified', 'investigative-lead', 'not-found', 'excluded')", name="kind"
        ),
        sa.CheckConstraint(
            "kind <> 'identified' OR confirms IS NOT NULL"
            " OR (identifier IS NOT NULL AND coalesce(identifier_reference, '') <> '')"
            " OR (coalesce(authority, '') <> '' AND coalesce(authority_reference, '') <> '')",
            name="evidence",
        ),
        sa.CheckConstraint(
            "identifier IS NULL OR identifier IN ('friction-ridge', 'teeth', 'dna', 'serial-implant')",
            name="identifier",
        ),
        index=("case_id",),
    )
    _table(
        "notes",
        _to("case_id", "cases"),
        _to("person_id", "people"),
        _text("kind"),
        _text("text"),
        sa.Column("sha256", SHA256),
        sa.Column("noted_at", TIME, nullable=False),
        index=("case_id",),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _to(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, ROW_ID, sa.ForeignKey(f"{target}.id"), nullable=nullable)


def _table(
    name: str,
    *columns: sa.Column[Any] | sa.UniqueConstraint | sa.CheckConstraint,
    never_reused: bool = False,
    index: tuple[str, ...] = (),
) -> None:
    number = sa.Column("id", ROW_ID, nullable=False, primary_key=True)
    op.create_table(name, number, *columns, sqlite_autoincrement=never_reused)
    for column in index:
        op.create_index(f"ix_{name}_{column}", name, [column])
