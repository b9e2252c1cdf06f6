"""The audit log in the database: entries, tree and checkpoints are added together or not at all.

What the hashes and signatures mean is not known here; see `antigone.audit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Select,
    Text,
    cast,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute

from antigone.records.audit_tables import AuditCheckpointRow, AuditNodeRow
from antigone.records.results import AuditRecord
from antigone.records.tables import AuditRow

Place = tuple[int, int]
"""Level and position of a subtree, see `audit_tables.AuditNodeRow`."""

_PAGE = 1_000
_ACTORS = ("by", "person")  # fields of a body that name who did it, or to whom it was done
_PLACES_AT_ONCE = 200
_LAST_POSITION = 2**62
# Asked before every entry, hence put together once and in one question.
_END = (
    select(
        AuditCheckpointRow.size,
        AuditCheckpointRow.note,
        select(func.max(AuditRow.seq)).scalar_subquery().label("last"),
    )
    .order_by(AuditCheckpointRow.size.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are wanted. What is not given does not matter."""

    after: int = 0  # entries numbered above it
    before: int | None = None  # entries numbered below it
    kinds: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None  # not that moment itself
    people: frozenset[int] | None = None  # done by one of them, or to one of them; None: by anybody
    mentions: str = ""  # what stands somewhere in the body, such as a hash; found by looking through them


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry byte for byte as the database holds it, also where somebody put nonsense there."""

    seq: int
    at: bytes  # such as 2026-01-01T00:00:00.000000Z
    kind: bytes
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """A signed checkpoint as stored, believed or not."""

    size: int
    note: bytes


class AuditView:
    """The log as it was at one moment; to be used within the block that gave it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def size(self) -> int:
        """Return the number of the last entry, 0 where there is none."""
        return self._connection.execute(select(func.max(AuditRow.seq))).scalar() or 0

    def records(
        self, wanted: AuditFilter, *, limit: int, newest_first: bool = False
    ) -> tuple[AuditRecord, ...]:
        """Return at most ``limit`` entries, oldest first or newest first."""
        order = AuditRow.seq.desc() if newest_first else AuditRow.seq
        query = select(AuditRow.__table__).where(*_conditions(wanted)).order_by(order).limit(limit)
        return tuple(AuditRecord(**row) for row in self._connection.execute(query).mappings())

    def kinds(self) -> tuple[str, ...]:
        """Return every kind of entry that there is, by name."""
        return tuple(
            self._connection.execute(select(AuditRow.kind).distinct().order_by(AuditRow.kind)).scalars()
        )

    def count(self, wanted: AuditFilter) -> int:
        """Count the entries that are wanted."""
        return self._connection.execute(select(func.count()).where(*_conditions(wanted))).scalar_one()

    def stored(self, first: int | None = None, last: int | None = None) -> Iterator[StoredEntry]:
        """Yield the entries as they are stored, or those numbered ``first`` to ``last``, in that order."""
        columns = (self._raw(AuditRow.at), self._raw(AuditRow.kind), self._raw(AuditRow.body))
        wanted = select(AuditRow.seq, *columns).order_by(AuditRow.seq).limit(_PAGE)
        if first is not None:
            wanted = wanted.where(AuditRow.seq >= first)
        if last is not None:
            wanted = wanted.where(AuditRow.seq <= last)
        seq: int | None = None
        while True:
            query = wanted if seq is None else wanted.where(AuditRow.seq > seq)
            page = self._connection.execute(query).all()
            if not page:
                return
            for seq, at, kind, body in page:
                yield StoredEntry(seq=seq, at=_time(at), kind=_encoded(kind), body=_encoded(body))

    def checkpoint(self, *, covering: int | None = None) -> StoredCheckpoint | None:
        """Return the newest checkpoint, or the first over at least ``covering`` entries."""
        query = self._checkpoints().limit(1)
        if covering is None:
            query = query.order_by(AuditCheckpointRow.size.desc())
        else:
            query = query.where(AuditCheckpointRow.size >= covering).order_by(AuditCheckpointRow.size)
        row = self._connection.execute(query).first()
        return None if row is None else StoredCheckpoint(size=row[0], note=_encoded(row[1]))

    def checkpoints(self) -> Iterator[StoredCheckpoint]:
        """Yield every checkpoint, that over the fewest entries first."""
        after = -1
        while True:
            query = self._checkpoints().where(AuditCheckpointRow.size > after)
            page = self._connection.execute(query.order_by(AuditCheckpointRow.size).limit(_PAGE)).all()
            if not page:
                return
            for after, note in page:
                yield StoredCheckpoint(size=after, note=_encoded(note))

    def nodes(self, places: Sequence[Place]) -> dict[Place, bytes]:
        """Return the hashes of those of the subtrees that are stored."""
        found: dict[Place, bytes] = {}
        place = tuple_(AuditNodeRow.level, AuditNodeRow.position)
        for begin in range(0, len(places), _PLACES_AT_ONCE):
            query = select(AuditNodeRow.level, AuditNodeRow.position, self._raw(AuditNodeRow.hash))
            query = query.where(place.in_(places[begin : begin + _PLACES_AT_ONCE]))
            found |= {(level, position): hash_ for level, position, hash_ in self._connection.execute(query)}
        return found

    def level(self, level: int) -> Iterator[tuple[int, bytes]]:
        """Yield position and hash of every stored subtree of one level, from left to right."""
        after = -1
        while True:
            query = select(AuditNodeRow.position, self._raw(AuditNodeRow.hash)).where(
                AuditNodeRow.level == level, AuditNodeRow.position.between(after + 1, _LAST_POSITION)
            )
            page = self._connection.execute(query.order_by(AuditNodeRow.position).limit(_PAGE)).all()
            if not page:
                return
            for after, hash_ in page:
                yield after, _encoded(hash_)

    def _checkpoints(self) -> Select[Any]:
        return select(AuditCheckpointRow.size, self._raw(AuditCheckpointRow.note))

    def _raw(self, column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[Any]:
        """Take a column as bytes where the database may hold something else than its type says.

        SQLite keeps what it is given; what somebody wrote past this program must end as a finding.
        """
        return cast(column, LargeBinary) if self._connection.dialect.name == "sqlite" else column.expression


class AuditTail(AuditView):
    """The end of the log, to which its holder alone may add until the block ends."""

    def end(self) -> tuple[int, StoredCheckpoint | None]:
        """Return the number of the last entry, 0 where there is none, and the newest checkpoint."""
        row = self._connection.execute(_END).first()
        if row is None:
            return self.size(), None
        return row.last or 0, StoredCheckpoint(size=row.size, note=row.note.encode())

    def add(
        self,
        entries: Sequence[AuditRecord],
        nodes: Sequence[tuple[int, int, bytes]],
        checkpoint: StoredCheckpoint,
    ) -> None:
        """Add entries, the subtrees (level, position, hash) that they complete, and what was signed."""
        if entries:
            rows = [{"seq": new.seq, "at": new.at, "kind": new.kind, "body": new.body} for new in entries]
            self._connection.execute(insert(AuditRow), rows)
        if nodes:
            hashes = [
                {"level": level, "position": position, "hash": hash_} for level, position, hash_ in nodes
            ]
            self._connection.execute(insert(AuditNodeRow), hashes)
        new = {"size": checkpoint.size, "note": checkpoint.note.decode()}
        self._connection.execute(insert(AuditCheckpointRow), new)


class AuditStore:
    """The audit log of one database. Safe to share between threads; several processes may hold one each."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    @contextmanager
    def appending(self) -> Iterator[AuditTail]:
        """Hold the end of the log; what was added is on disk when the block has ended without an error."""
        with self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":  # SQLite's writer is alone from the beginning
                connection.execute(text("LOCK TABLE audit_entries IN EXCLUSIVE MODE"))
            yield AuditTail(connection)

    @contextmanager
    def reading(self) -> Iterator[AuditView]:
        """See the log as it is now, whatever is added meanwhile."""
        with self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":  # SQLite's readers see one moment anyway
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
            yield AuditView(connection)


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [AuditRow.seq > wanted.after]
    if wanted.before is not None:
        conditions.append(AuditRow.seq < wanted.before)
    if wanted.kinds:
        conditions.append(AuditRow.kind.in_(wanted.kinds))
    if wanted.since is not None:
        conditions.append(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditRow.at < wanted.until)
    if wanted.people is not None:
        conditions.append(or_(*(_number_in_body(name).in_(sorted(wanted.people)) for name in _ACTORS)))
    if wanted.mentions:
        conditions.append(AuditRow.body.contains(wanted.mentions, autoescape=True))
    return conditions


def _number_in_body(name: str) -> ColumnElement[int]:
    body = cast(AuditRow.body, JSON().with_variant(Text(), "sqlite"))
    number: ColumnElement[int] = type_coerce(body, JSON)[name].as_integer()
    return number


def _encoded(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def _time(value: datetime | bytes | None) -> bytes:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
    return (value or b"").replace(b" ", b"T", 1) + b"Z"
