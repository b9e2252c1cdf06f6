"""What is said of a collection, completed or changed later, with an entry in the log that tells it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

from antigone.audit import AuditLog
from antigone.audit.events import CollectionChanged
from antigone.errors import UsageError
from antigone.records import Records
from antigone.types import CollectionInfo


def change_particulars(
    collection: CollectionInfo,
    said: Mapping[str, str | date],
    *,
    by: int | None,
    records: Records,
    audit: AuditLog,
) -> CollectionInfo:
    """Say of a collection what had not been said, or something else than before.

    The log keeps which words were changed, by their hashes: it holds no text that might name a person, and
    still proves what was said at any time to whoever has the wording. Raises `UsageError` where nothing is
    said, for an empty text and for a day that has passed.
    """
    if not said:
        raise UsageError("nothing was said of the collection", hint="give at least one option")
    changed = records.change_collection(collection.id, said)
    texts = {field: (_text(collection, field), _text(changed, field)) for field in said}
    event = CollectionChanged(
        by=by,
        collection=changed.name,
        number=changed.id,
        changed={field: [_digest(was), _digest(now)] for field, (was, now) in texts.items() if was != now},
    )
    if event.changed:
        audit.append(event.event())
    return changed


def _text(collection: CollectionInfo, field: str) -> str:
    return str(getattr(collection, field))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
