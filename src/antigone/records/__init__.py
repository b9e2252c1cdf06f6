"""The truth of a workspace: collections, imports, photos, faces, templates, failures and the audit log."""

from antigone.records.results import (
    AuditRecord,
    CollectionCounts,
    FailureRecord,
    Float16Array,
    ImportCounts,
    ImportInfo,
    NewTrack,
    Outcome,
    ReferenceRecord,
    ReferenceSummary,
    Segment,
    VideoJournal,
    Visit,
    Written,
)
from antigone.records.store import Records, open_records

__all__ = [
    "AuditRecord",
    "CollectionCounts",
    "FailureRecord",
    "Float16Array",
    "ImportCounts",
    "ImportInfo",
    "NewTrack",
    "Outcome",
    "Records",
    "ReferenceRecord",
    "ReferenceSummary",
    "Segment",
    "VideoJournal",
    "Visit",
    "Written",
    "open_records",
]
