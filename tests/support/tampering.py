"""A database in the wrong hands."""

from __future__ import annotations

from antigone.records import Records


def tamper(records: Records, *statements: str) -> None:
    """Change the database as somebody would who has it in his hands: without the triggers of the log."""
    with records._writer.begin() as connection:
        for trigger in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
        ).scalars():
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.exec_driver_sql(statement)
