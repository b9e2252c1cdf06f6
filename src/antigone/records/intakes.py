"""Intakes as the records keep them, one transaction a method."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, insert, or_, select, update

from antigone.records.intake_tables import IntakeRow
from antigone.records.rows import take_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRecord:
    """Files of one person for one collection."""

    id: int
    collection_id: int
    person_id: int
    state: str  # "receiving", "waiting", "running", "done", "stopped"
    files: int
    progress: str  # JSON
    error: str | None  # JSON
    worker: str | None
    alive_at: datetime | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def ended(self) -> bool:
        """Tell whether nothing more happens to it."""
        return self.finished_at is not None


class Intakes:
    """The intakes of one workspace."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    def add(self, *, collection: int, person: int, at: datetime) -> IntakeRecord:
        """Begin one that receives files."""
        values = {
            "collection_id": collection,
            "person_id": person,
            "state": "receiving",
            "files": 0,
            "progress": "{}",
            "created_at": at,
        }
        with self._writer.begin() as connection:
            added = connection.execute(insert(IntakeRow).values(**values).returning(IntakeRow.__table__))
            return IntakeRecord(**added.mappings().one())

    def intake(self, id_: int) -> IntakeRecord | None:
        """Return one, if there is one of this number."""
        with self._engine.connect() as connection:
            query = select(IntakeRow.__table__).where(IntakeRow.id == id_)
            row = connection.execute(query).mappings().first()
            return None if row is None else IntakeRecord(**row)

    def of_collection(self, collection: int, *, limit: int) -> tuple[IntakeRecord, ...]:
        """Return the latest ones of a collection, newest first."""
        query = select(IntakeRow.__table__).where(IntakeRow.collection_id == collection)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(IntakeRow.id.desc()).limit(limit)).mappings()
            return tuple(IntakeRecord(**row) for row in rows)

    def received(self, id_: int) -> None:
        """Count one more file."""
        with self._writer.begin() as connection:
            connection.execute(update(IntakeRow).where(IntakeRow.id == id_).values(files=IntakeRow.files + 1))

    def hand_over(self, id_: int) -> bool:
        """Let a worker import it; False when it was handed over before."""
        with self._writer.begin() as connection:
            receiving = (IntakeRow.id == id_, IntakeRow.state == "receiving")
            done = connection.execute(update(IntakeRow).where(*receiving).values(state="waiting"))
            return bool(done.rowcount)

    def take(self, worker: str, *, now: datetime, silent_since: datetime) -> IntakeRecord | None:
        """Take the oldest that waits, or whose worker has been silent; no two workers get the same."""
        silent = (IntakeRow.state == "running") & (IntakeRow.alive_at < silent_since)
        free = select(IntakeRow.id).where(or_(IntakeRow.state == "waiting", silent)).order_by(IntakeRow.id)
        mine = {"state": "running", "worker": worker, "alive_at": now}
        taken = take_turn(self._engine, self._writer, free.limit(1), IntakeRow, **mine)
        return None if taken is None else IntakeRecord(**taken)

    def tell(self, id_: int, worker: str, *, progress: str, now: datetime) -> bool:
        """Note how far it is, and that its worker lives; False when another one has taken it over."""
        with self._writer.begin() as connection:
            mine = (IntakeRow.id == id_, IntakeRow.worker == worker, IntakeRow.state == "running")
            said = update(IntakeRow).where(*mine).values(progress=progress, alive_at=now)
            return bool(connection.execute(said).rowcount)

    def put_back(self, id_: int) -> None:
        """Let it wait again, such as while another import fills the collection."""
        with self._writer.begin() as connection:
            running = (IntakeRow.id == id_, IntakeRow.state == "running")
            connection.execute(update(IntakeRow).where(*running).values(state="waiting", worker=None))

    def finish(
        self, id_: int, *, at: datetime, progress: str | None = None, error: str | None = None
    ) -> None:
        """End it: done, or stopped by an error."""
        values: dict[str, object] = {"finished_at": at, "error": error}
        values["state"] = "done" if error is None else "stopped"
        if progress is not None:
            values["progress"] = progress
        with self._writer.begin() as connection:
            going = (IntakeRow.id == id_, IntakeRow.finished_at.is_(None))
            connection.execute(update(IntakeRow).where(*going).values(**values))
