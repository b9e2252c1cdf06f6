"""Standing searches and their inbox as the records keep them, one transaction a method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from antigone.errors import ConflictError
from antigone.records.access_tables import OrganisationRow, PersonRow
from antigone.records.case_tables import CandidateRow, CaseRow, CaseSearchRow
from antigone.records.cases import CandidateRecord
from antigone.records.rows import take_turn
from antigone.records.standing_tables import InboxItemRow, WatchMarkRow, WatchRow
from antigone.records.tables import ReferenceTotalRow, TemplateRow

STOPPED = "stopped"  # why a watch ended: somebody stopped it


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRecord:
    """That a case keeps looking."""

    id: int
    case_id: int
    person_id: int
    collections: str  # JSON
    at_most: float | None
    least_score: float | None
    begun_at: datetime
    ended_at: datetime | None
    ended_because: str | None
    seen: str
    ran_at: datetime | None
    trouble: str | None
    worker: str | None
    alive_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Up to which reference a collection was compared, and up to which it is now."""

    collection_id: int
    model: str
    before: int | None  # None: nothing was compared yet
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRecord:
    """A new candidate that waits to be looked at."""

    id: int
    organisation_id: int
    case_id: int
    watch_id: int
    candidate_id: int
    photo: str
    face: int
    arrived_at: datetime
    seen_by: int | None
    seen_at: datetime | None


class _OvertakenError(Exception):
    """Somebody else did this run, or it must not be done any more."""


class Watches:
    """The standing searches of one workspace."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    def begin(self, watch: dict[str, object], marks: Sequence[Mark]) -> WatchRecord:
        """Add a watch, with what counts as compared. Raises `ConflictError` where the case has one."""
        with self._writer.begin() as connection:
            try:
                added = connection.execute(insert(WatchRow).values(**watch).returning(WatchRow.__table__))
            except IntegrityError as error:
                raise ConflictError("this case keeps looking already") from error
            record = WatchRecord(**added.mappings().one())
            rows = [_mark_row(record.id, mark) for mark in marks]
            if rows:
                connection.execute(insert(WatchMarkRow), rows)
            return record

    def of_case(self, case: int) -> tuple[WatchRecord, ...]:
        """Return the watches of a case, oldest first."""
        query = select(WatchRow.__table__).where(WatchRow.case_id == case).order_by(WatchRow.id)
        with self._engine.connect() as connection:
            return tuple(WatchRecord(**row) for row in connection.execute(query).mappings())

    def marks(self, watch: int) -> dict[tuple[int, str], int]:
        """Return up to which reference a watch has compared, by collection and model."""
        query = select(WatchMarkRow).where(WatchMarkRow.watch_id == watch)
        columns = (WatchMarkRow.collection_id, WatchMarkRow.model, WatchMarkRow.reference)
        with self._engine.connect() as connection:
            rows = connection.execute(query.with_only_columns(*columns))
            return {(collection, model): reference for collection, model, reference in rows}

    def end(self, watch: int, *, because: str, at: datetime) -> bool:
        """End a watch; False when it has ended before."""
        with self._writer.begin() as connection:
            ended = (
                update(WatchRow)
                .where(WatchRow.id == watch, WatchRow.ended_at.is_(None))
                .values(ended_at=at, ended_because=because, worker=None)
            )
            return bool(connection.execute(ended).rowcount)

    # Running

    def state(self) -> str:
        """Return what changes whenever references come or go, at next to no cost."""
        query = select(func.max(TemplateRow.id), select(func.sum(ReferenceTotalRow.number)).scalar_subquery())
        with self._engine.connect() as connection:
            highest, total = connection.execute(query).one()
            return f"{highest or 0}-{total or 0}"

    def take(
        self, worker: str, *, state: str, now: datetime, silent_since: datetime, ran_before: datetime
    ) -> WatchRecord | None:
        """Take the watch that waits longest for what changed since it last looked.

        No two workers get the same. One that ran after ``ran_before`` rests still.
        """
        due = (
            select(WatchRow.id)
            .where(
                WatchRow.ended_at.is_(None),
                WatchRow.seen != state,
                or_(WatchRow.ran_at.is_(None), WatchRow.ran_at < ran_before),
                or_(WatchRow.worker.is_(None), WatchRow.alive_at < silent_since),
            )
            .order_by(WatchRow.ran_at.is_not(None), WatchRow.ran_at, WatchRow.id)
            .limit(1)
        )
        mine = {"worker": worker, "alive_at": now}
        taken = take_turn(self._engine, self._writer, due, WatchRow, **mine)
        return None if taken is None else WatchRecord(**taken)

    def is_mine(self, watch: int, worker: str, *, now: datetime) -> bool:
        """Say that a worker is alive; False when the watch was taken over or has ended."""
        with self._writer.begin() as connection:
            alive = update(WatchRow).where(*_mine(watch, worker)).values(alive_at=now)
            return bool(connection.execute(alive).rowcount)

    def let_go(
        self, watch: int, worker: str, *, at: datetime, seen: str | None = None, trouble: str | None = None
    ) -> None:
        """Give a watch back without a result; with ``seen``, nothing of that state is left to compare."""
        values: dict[str, object] = {"worker": None, "ran_at": at, "trouble": trouble}
        if seen is not None:
            values["seen"] = seen
        with self._writer.begin() as connection:
            connection.execute(update(WatchRow).where(*_mine(watch, worker)).values(**values))

    def finish_run(  # noqa: PLR0913 - all that one transaction writes, each by its name
        self,
        watch: WatchRecord,
        worker: str,
        *,
        organisation: int,
        marks: Sequence[Mark],
        searches: Sequence[tuple[dict[str, object], Sequence[dict[str, object]]]],
        seen: str,
        trouble: str | None,
        at: datetime,
    ) -> tuple[InboxRecord, ...] | None:
        """Write a run: its searches with their candidates, the new ones into the inbox, and the marks.

        All or nothing. None, and nothing is written, where the watch has ended or was taken over, its case is
        closed, its person is cut off, or another run has moved a mark.
        """
        try:
            with self._writer.begin() as connection:
                if not connection.execute(select(WatchRow.id).where(*_mine(watch.id, worker))).first():
                    raise _OvertakenError
                if not _still_allowed(connection, watch):
                    raise _OvertakenError
                for mark in marks:
                    _move(connection, watch.id, mark)
                known = _known_faces(connection, watch.case_id)
                arrived = [
                    row
                    for search, candidates in searches
                    for row in _add_search(connection, search, candidates, known)
                ]
                common = {"organisation_id": organisation, "case_id": watch.case_id, "watch_id": watch.id}
                items = [{**common, **row, "arrived_at": at} for row in arrived]
                added = []
                for item in items:
                    made = connection.execute(
                        insert(InboxItemRow).values(**item).returning(InboxItemRow.__table__)
                    )
                    added.append(InboxRecord(**made.mappings().one()))
                values = {"worker": None, "ran_at": at, "seen": seen, "trouble": trouble}
                connection.execute(update(WatchRow).where(WatchRow.id == watch.id).values(**values))
                return tuple(added)
        except _OvertakenError:
            return None

    # Inbox

    def inbox(
        self, organisation: int, *, after: int, limit: int, seen_too: bool
    ) -> tuple[tuple[InboxRecord, CandidateRecord], ...]:
        """Return what waits for an organisation, oldest first, with its candidates."""
        where: list[ColumnElement[bool]] = [
            InboxItemRow.organisation_id == organisation,
            InboxItemRow.id > after,
        ]
        if not seen_too:
            where.append(InboxItemRow.seen_at.is_(None))
        query = select(InboxItemRow.__table__).where(*where).order_by(InboxItemRow.id).limit(limit)
        with self._engine.connect() as connection:
            items = [InboxRecord(**row) for row in connection.execute(query).mappings()]
            wanted = [item.candidate_id for item in items]
            rows = connection.execute(select(CandidateRow.__table__).where(CandidateRow.id.in_(wanted)))
            candidates = {row["id"]: CandidateRecord(**row) for row in rows.mappings()}
        return tuple((item, candidates[item.candidate_id]) for item in items)

    def waiting(self, organisation: int) -> int:
        """Count what waits for an organisation."""
        query = select(func.count()).where(
            InboxItemRow.organisation_id == organisation, InboxItemRow.seen_at.is_(None)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def item(self, id_: int) -> InboxRecord | None:
        """Return an item, if there is one of this number."""
        with self._engine.connect() as connection:
            query = select(InboxItemRow.__table__).where(InboxItemRow.id == id_)
            row = connection.execute(query).mappings().first()
            return None if row is None else InboxRecord(**row)

    def see(self, id_: int, *, person: int, at: datetime) -> bool:
        """Take an item out of the inbox; False when somebody did before."""
        with self._writer.begin() as connection:
            mine = (InboxItemRow.id == id_, InboxItemRow.seen_at.is_(None))
            seen = update(InboxItemRow).where(*mine).values(seen_by=person, seen_at=at)
            return bool(connection.execute(seen).rowcount)


def _mine(watch: int, worker: str) -> tuple[ColumnElement[bool], ...]:
    return (WatchRow.id == watch, WatchRow.worker == worker, WatchRow.ended_at.is_(None))


def _still_allowed(connection: Connection, watch: WatchRecord) -> bool:
    person = (
        select(PersonRow.id)
        .join(OrganisationRow, OrganisationRow.id == PersonRow.organisation_id)
        .where(
            PersonRow.id == watch.person_id,
            PersonRow.disabled_at.is_(None),
            PersonRow.approved_at.is_not(None),
            OrganisationRow.disabled_at.is_(None),
        )
    )
    case = select(CaseRow.id).where(CaseRow.id == watch.case_id, CaseRow.closed_at.is_(None))
    return all(connection.execute(query).first() is not None for query in (person, case))


def _move(connection: Connection, watch: int, mark: Mark) -> None:
    if mark.before is None:
        there = select(WatchMarkRow.id).where(*_place(watch, mark))
        if connection.execute(there).first() is not None:
            raise _OvertakenError
        connection.execute(insert(WatchMarkRow).values(**_mark_row(watch, mark)))
        return
    moved = update(WatchMarkRow).where(*_place(watch, mark), WatchMarkRow.reference == mark.before)
    if connection.execute(moved.values(reference=mark.now)).rowcount != 1:
        raise _OvertakenError


def _place(watch: int, mark: Mark) -> tuple[ColumnElement[bool], ...]:
    return (
        WatchMarkRow.watch_id == watch,
        WatchMarkRow.collection_id == mark.collection_id,
        WatchMarkRow.model == mark.model,
    )


def _mark_row(watch: int, mark: Mark) -> dict[str, object]:
    place = {"watch_id": watch, "collection_id": mark.collection_id, "model": mark.model}
    return {**place, "reference": mark.now}


def _known_faces(connection: Connection, case: int) -> set[tuple[str, int]]:
    """Return the faces of photos that were candidates of a case before, or wait in its inbox."""
    query = (
        select(CandidateRow.photo, CandidateRow.face)
        .join(CaseSearchRow, CaseSearchRow.id == CandidateRow.search_id)
        .where(CaseSearchRow.case_id == case)
    )
    return {(photo, face) for photo, face in connection.execute(query)}


def _add_search(
    connection: Connection,
    search: dict[str, object],
    candidates: Sequence[dict[str, object]],
    known: set[tuple[str, int]],
) -> list[dict[str, object]]:
    """Add a search; return those of its candidates that are new, and count them as known from now on."""
    number = connection.execute(
        insert(CaseSearchRow).values(**search).returning(CaseSearchRow.id)
    ).scalar_one()
    new = []
    for candidate in candidates:
        row = insert(CandidateRow).values(**candidate, search_id=number).returning(CandidateRow.id)
        added = connection.execute(row).scalar_one()
        face = (str(candidate["photo"]), int(str(candidate["face"])))
        if face not in known:
            known.add(face)
            new.append({"candidate_id": added, "photo": face[0], "face": face[1]})
    return new
