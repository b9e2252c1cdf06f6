"""Jobs and their steps as the records keep them, one transaction a method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from antigone.records.job_tables import AnswerRow, JobRow, JobStepRow
from antigone.records.rows import take_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """Many searches of one case."""

    id: int
    case_id: int
    person_id: int
    request: str  # JSON
    state: str  # "waiting", "running", "done", "stopped"
    stopped_because: str | None
    worker: str | None
    alive_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStepRecord:
    """One search of a job; open as long as it has neither a search nor an error."""

    id: int
    job_id: int
    number: int
    sha256: str
    source: str
    search_id: int | None
    error: str | None  # JSON

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be done."""
        return self.search_id is None and self.error is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecord:
    """The answer to a request with an idempotency key."""

    request: bytes
    status: int | None
    media_type: str | None
    body: bytes | None


class Jobs:
    """The jobs of one workspace."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    def add(self, job: dict[str, object], steps: Sequence[dict[str, object]]) -> JobRecord:
        """Add a job with its steps."""
        with self._writer.begin() as connection:
            added = connection.execute(
                insert(JobRow).values(state="waiting", **job).returning(JobRow.__table__)
            )
            record = JobRecord(**added.mappings().one())
            numbered = [{**step, "job_id": record.id, "number": n} for n, step in enumerate(steps, 1)]
            connection.execute(insert(JobStepRow), numbered)
            return record

    def job(self, id_: int) -> JobRecord | None:
        """Return a job, if there is one of this number."""
        with self._engine.connect() as connection:
            query = select(JobRow.__table__).where(JobRow.id == id_)
            row = connection.execute(query).mappings().first()
            return None if row is None else JobRecord(**row)

    def steps(self, job: int) -> tuple[JobStepRecord, ...]:
        """Return the steps of a job in order."""
        query = select(JobStepRow.__table__).where(JobStepRow.job_id == job).order_by(JobStepRow.number)
        with self._engine.connect() as connection:
            return tuple(JobStepRecord(**row) for row in connection.execute(query).mappings())

    def take(self, worker: str, *, now: datetime, silent_since: datetime) -> JobRecord | None:
        """Take the oldest job that waits, or whose worker has been silent; no two workers get the same."""
        silent = (JobRow.state == "running") & (JobRow.alive_at < silent_since)
        free = select(JobRow.id).where(or_(JobRow.state == "waiting", silent)).order_by(JobRow.id).limit(1)
        mine = {"state": "running", "worker": worker, "alive_at": now}
        taken = take_turn(self._engine, self._writer, free, JobRow, **mine)
        return None if taken is None else JobRecord(**taken)

    def is_mine(self, job: int, worker: str, *, now: datetime) -> bool:
        """Say that a worker is alive; False when the job was taken over or stopped meanwhile."""
        with self._writer.begin() as connection:
            mine = (JobRow.id == job, JobRow.worker == worker, JobRow.state == "running")
            return bool(connection.execute(update(JobRow).where(*mine).values(alive_at=now)).rowcount)

    def settle(self, step: int, *, search: int | None = None, error: str | None = None) -> None:
        """Note what a step came to."""
        with self._writer.begin() as connection:
            connection.execute(
                update(JobStepRow).where(JobStepRow.id == step).values(search_id=search, error=error)
            )

    def finish(self, job: int, *, at: datetime, stopped_because: str | None = None) -> bool:
        """End a job: done, or stopped for a reason. One that has ended stays as it is, then False."""
        state = "done" if stopped_because is None else "stopped"
        with self._writer.begin() as connection:
            ended = connection.execute(
                update(JobRow)
                .where(JobRow.id == job, JobRow.state.in_(("waiting", "running")))
                .values(state=state, stopped_because=stopped_because, finished_at=at)
            )
            return bool(ended.rowcount)

    # Answers that are given again

    def begin_answer(
        self, key: bytes, request: bytes, *, at: datetime, forget_before: datetime
    ) -> AnswerRecord | None:
        """Return what was answered under this key; None when this request is the first, and now noted."""
        with self._writer.begin() as connection:
            connection.execute(delete(AnswerRow).where(AnswerRow.at < forget_before))
            columns = (AnswerRow.request, AnswerRow.status, AnswerRow.media_type, AnswerRow.body)
            row = connection.execute(select(*columns).where(AnswerRow.key == key)).mappings().first()
            if row is not None:
                return AnswerRecord(**row)
            try:
                connection.execute(insert(AnswerRow).values(key=key, request=request, at=at))
            except IntegrityError:
                return AnswerRecord(request=request, status=None, media_type=None, body=None)
            return None

    def keep_answer(self, key: bytes, *, status: int, media_type: str, body: bytes) -> None:
        """Keep what was answered."""
        with self._writer.begin() as connection:
            values = {"status": status, "media_type": media_type, "body": body}
            connection.execute(update(AnswerRow).where(AnswerRow.key == key).values(**values))

    def forget_answer(self, key: bytes) -> None:
        """Forget a request that came to nothing, so that it can be sent again."""
        with self._writer.begin() as connection:
            connection.execute(delete(AnswerRow).where(AnswerRow.key == key))
