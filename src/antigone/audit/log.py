"""The log of who did what: append-only, durable, and free of pictures, templates and names of people.

Minimal for now: numbered entries in the records, which a database trigger refuses to change or delete.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from antigone.records import Records

_LONGEST_BODY = 65_536
_LONGEST_KIND = 64
_PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Something that must be answerable later.

    ``body`` holds JSON values only: hashes, reference numbers, names of collections and models, counts and
    scores. Anything else, such as an array or bytes, raises `TypeError`, so that no template or picture
    gets in.
    """

    kind: str  # a short word such as "search"
    body: Mapping[str, object]

    def __post_init__(self) -> None:
        if not self.kind or len(self.kind) > _LONGEST_KIND or not self.kind.isprintable():
            raise ValueError(f"the kind of an audit event is a short word, got {self.kind!r}")
        _check(self.body, "body")
        if len(self.canonical()) > _LONGEST_BODY:
            raise ValueError(f"the body of an audit event has at most {_LONGEST_BODY:,} characters")

    def canonical(self) -> str:
        """Return the body as JSON that is the same for the same content: sorted, compact, ASCII."""
        return json.dumps(self.body, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One event as the log keeps it."""

    seq: int  # 1 is the first entry; grows by one
    at: datetime  # UTC
    kind: str
    body: Mapping[str, object]


class AuditLog:
    """The log of one workspace."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def append(self, event: AuditEvent) -> int:
        """Write one entry and return its number; it is on disk when this returns.

        Raises `WorkspaceError` or `StorageFullError`; then nothing may be answered.
        """
        return self._records.append_audit(at=datetime.now(UTC), kind=event.kind, body=event.canonical())

    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        """Yield the entries numbered above ``after``, oldest first."""
        while page := self._records.audit_entries(after=after, limit=_PAGE):
            for record in page:
                yield AuditEntry(seq=record.seq, at=record.at, kind=record.kind, body=json.loads(record.body))
            after = page[-1].seq


def _check(value: object, where: str) -> None:
    match value:
        case None | bool() | int():
            return
        case str():
            value.encode()  # an undecodable file name has no place here: UnicodeEncodeError is a ValueError
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{where} is {value}")
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"{where} has the key {key!r}, which is no text")
                _check(item, f"{where}.{key}")
        case list() | tuple():
            for number, item in enumerate(value):
                _check(item, f"{where}[{number}]")
        case _:
            raise TypeError(
                f"{where} is a {type(value).__name__}, and the audit log takes hashes and references only"
            )
