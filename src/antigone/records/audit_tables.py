"""The tables of the audit log beside its entries: the tree over them, and the signed checkpoints."""

from __future__ import annotations

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID
from antigone.records.tables import Base


class AuditNodeRow(Base):
    """The hash of one complete subtree of the log's Merkle tree; triggers refuse to change or delete it.

    It covers 2**level entries, the first of which is number position * 2**level + 1. Level 0 holds the leaf
    hashes of the entries.
    """

    __tablename__ = "audit_nodes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(ROW_ID, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditCheckpointRow(Base):
    """What was signed after each commit; triggers refuse to change or delete it."""

    __tablename__ = "audit_checkpoints"

    size: Mapped[int] = mapped_column(ROW_ID, primary_key=True, autoincrement=False)
    note: Mapped[str]  # signed checkpoint over the first ``size`` entries
