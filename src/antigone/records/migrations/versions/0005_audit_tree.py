"""The audit log as a Merkle tree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from antigone.errors import WorkspaceError

revision = "0005"
down_revision = "0004"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("audit_nodes", "audit_checkpoints")

APPEND_ONLY = {
    "sqlite": [
        f"""
        CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """
        for table in TABLES
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_append_only()
        """
        for table in TABLES
    ],
}
BATCH = 1_000


def upgrade() -> None:
    """Make the tables and put the entries that are there into the tree; they are signed at the next use."""
    nodes = op.create_table(
        "audit_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name="pk_audit_nodes"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("size", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_audit_checkpoints"),
    )
    connection = op.get_bind()
    batch = []
    for node in _tree(_leaves(connection)):
        batch.append(node)
        if len(batch) == BATCH:
            connection.execute(sa.insert(nodes), batch)
            batch = []
    if batch:
        connection.execute(sa.insert(nodes), batch)
    for statement in APPEND_ONLY[connection.dialect.name]:
        op.execute(statement)


# The form of a leaf is written out here once more, so that this migration stays what it was
# when the code goes on.


def _leaves(connection: sa.Connection) -> Iterator[bytes]:
    """Yield the leaf hash (RFC 6962, section 2.1) of every entry, oldest first."""
    entries = sa.table(
        "audit_entries",
        sa.column("seq", ROW_ID),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("kind", sa.Text()),
        sa.column("body", sa.Text()),
    )
    after = 0
    while True:
        query = sa.select(entries).where(entries.c.seq > after).order_by(entries.c.seq).limit(BATCH)
        page = connection.execute(query).all()
        if not page:
            return
        for row in page:
            if row.seq != after + 1:
                raise WorkspaceError(
                    f"the audit log lacks entry {after + 1:,}: somebody has deleted it",
                    hint="restore the workspace from a backup",
                )
            after = row.seq
            at = _utc(row.at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            kind = json.dumps(row.kind)
            line = f'{{"at":"{at}","body":{row.body},"kind":{kind},"seq":{row.seq}}}'
            yield hashlib.sha256(b"\x00" + line.encode()).digest()


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo is None else at.astimezone(UTC)


def _tree(leaves: Iterable[bytes]) -> Iterator[dict[str, object]]:
    """Yield every complete subtree over the leaves."""
    open_subtrees: list[bytes] = []
    for index, leaf in enumerate(leaves):
        level, position, top = 0, index, leaf
        yield {"level": level, "position": position, "hash": top}
        while index >> level & 1:
            top = hashlib.sha256(b"\x01" + open_subtrees.pop() + top).digest()
            level, position = level + 1, position >> 1
            yield {"level": level, "position": position, "hash": top}
        open_subtrees.append(top)
