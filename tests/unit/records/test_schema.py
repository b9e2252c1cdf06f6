"""The migrations make the tables that the code uses, and nobody opens what he does not understand."""

import sqlite3
import stat
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from antigone.errors import WorkspaceError
from antigone.provenance import Place
from antigone.records import Records, open_records
from antigone.records.schema import HEAD, MIGRATIONS
from antigone.records.sqlite import FILE_NAME, sqlite_engine, writing
from antigone.records.tables import Base
from made_up import add_collection


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_migrations_make_the_tables_of_the_code(records: Records) -> None:
    with records._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_table_can_be_made_on_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in Base.metadata.sorted_tables:
        generated = table.autoincrement_column is not None
        assert ("BIGSERIAL" in str(CreateTable(table).compile(dialect=dialect))) == generated
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))


def test_opening_again_finds_what_was_there(tmp_path: Path) -> None:
    with open_records(tmp_path / "home", create=True) as records:
        added = add_collection(records)
    for create in (False, True):
        with open_records(tmp_path / "home", create=create) as records:
            assert records.collections() == (added,)


def test_a_newer_workspace_is_not_touched(tmp_path: Path) -> None:
    open_records(tmp_path, create=True).close()
    file = tmp_path / FILE_NAME
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = file.read_bytes()
    with pytest.raises(WorkspaceError, match=r"newer Antigone \(schema 9999") as caught:
        open_records(tmp_path)
    assert "newer version" in caught.value.hint
    assert file.read_bytes() == before


def test_a_missing_workspace_is_said_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="no workspace") as caught:
        open_records(tmp_path / "home")
    assert "antigone init" in caught.value.hint
    assert not (tmp_path / "home").exists()


def test_an_empty_database_is_no_workspace_until_one_is_made(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()  # what a process leaves that was killed while making one
    with pytest.raises(WorkspaceError, match="no workspace"):
        open_records(tmp_path)
    with open_records(tmp_path, create=True) as records:
        assert records.collections() == ()


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(WorkspaceError, match="not a folder"):
        open_records(tmp_path / "home", create=True)
    with pytest.raises(WorkspaceError, match="no workspace"):
        open_records(tmp_path / "home")


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(WorkspaceError, match="damaged"):
        open_records(tmp_path)


@pytest.mark.usefixtures("without_privileges")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_workspace_that_cannot_be_written(public_folder: Path, what: str) -> None:
    home = public_folder / "home"
    open_records(home, create=True).close()
    locked = home if what == "folder" else home / FILE_NAME
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(WorkspaceError, match="cannot be written") as caught:
        open_records(home)
    assert "read-only" in caught.value.hint
    locked.chmod(stat.S_IRWXU)


@pytest.mark.usefixtures("without_privileges")
def test_a_workspace_where_nothing_may_be_made(public_folder: Path) -> None:
    public_folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(WorkspaceError, match="cannot be written"):
        open_records(public_folder / "home", create=True)
    public_folder.chmod(stat.S_IRWXU)


def test_a_workspace_of_the_first_schema_keeps_all_it_holds(tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = sqlite_engine(tmp_path)
    with writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in FIRST_SCHEMA_ROWS:
            connection.exec_driver_sql(statement)
    engine.dispose()
    with open_records(tmp_path) as records:
        (collection,) = records.collections()
        assert (collection.name, collection.jurisdiction) == ("archive", "")
        (reference,) = records.references([1]).values()
        assert (reference.source, reference.place) == ("/a.jpg", Place.of_file("/a.jpg"))
        with records._engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT number FROM reference_totals").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            received = "SELECT received_at = started_at FROM sources JOIN imports ON imports.id = import_id"
            assert connection.exec_driver_sql(received).scalar() == 1


FIRST_SCHEMA_ROWS = (
    """
    INSERT INTO collections (id, name, owner, source, purpose, basis, retain_until, created_at)
    VALUES (1, 'archive', 'o', 's', 'p', 'b', '2999-01-01', '2026-01-01 00:00:00.000000')
    """,
    """
    INSERT INTO imports (id, collection_id, model, request, started_at, journal_at)
    VALUES (1, 1, 'm', 'r', '2026-01-02 00:00:00.000000', '2026-01-02 00:00:01.000000')
    """,
    f"""
    INSERT INTO photos
        (id, collection_id, import_id, sha256, perceptual_hash, byte_size, width, height, format)
    VALUES (1, 1, 1, x'{"ab" * 32}', 0, 1, 2, 2, 'PNG')
    """,
    "INSERT INTO sources (id, import_id, photo_id, location, outcome) VALUES (1, 1, 1, '/a.jpg', 'new')",
    f"INSERT INTO faces VALUES (1, 1, 'm', 1, 0, 0, 1, 1, x'{'00' * 40}', 1, 0, 50, 50, 50, 50, 50, 50, 50)",
    "INSERT INTO templates (id, face_id, collection_id, model, vector) VALUES (1, 1, 1, 'm', x'003c')",
)
