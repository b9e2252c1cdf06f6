"""Which version the database is of, and how it becomes the one that this program needs."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from antigone.errors import WorkspaceError
from antigone.records.sqlite import writing

HEAD = "0014"
"""The newest migration. A test holds it against the migration scripts."""

MIGRATIONS = Path(__file__).parent / "migrations"


def ensure_schema(engine: Engine, *, create: bool) -> None:
    """Bring the database to `HEAD`, all or nothing.

    Raises `WorkspaceError` when the database is newer than this program, or is empty and ``create`` is off.
    """
    with engine.connect() as connection:
        version = _version(connection)
    if version == HEAD:
        return
    if version is None and not create:
        raise WorkspaceError(f"{engine.url.database} holds no workspace", hint="make one with: antigone init")
    if version is not None and not list(MIGRATIONS.glob(f"versions/{version}_*.py")):
        raise WorkspaceError(
            f"the workspace was made by a newer Antigone (schema {version}, this program knows {HEAD})",
            hint="install the newer version; an older one never writes to a newer workspace",
        )
    with writing(engine).begin() as connection:  # a second process waits here, then finds nothing to do
        _upgrade(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Imported here: opening an up-to-date workspace must not pay for Alembic.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
