"""What kind of material a file is, by the ending of its name."""

from __future__ import annotations

from enum import StrEnum

from antigone.sources.urls import name_of


class Kind(StrEnum):
    """A kind of material that an import takes."""

    PHOTO = "photo"
    MANIFEST = "manifest"
    WEB_ARCHIVE = "web-archive"
    VIDEO = "video"


_ENDINGS = {
    Kind.MANIFEST: (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".parquet"),
    Kind.WEB_ARCHIVE: (".warc", ".warc.gz", ".wacz"),
    Kind.VIDEO: (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".wmv", ".mpg", ".mpeg", ".3gp", ".mts"),
}


def kind_of(name: str) -> Kind:
    """Tell the kind of a file by its name, path or URL; whatever is nothing else counts as a photo."""
    lower = name_of(name).lower()
    for kind, endings in _ENDINGS.items():
        if lower.endswith(endings):
            return kind
    return Kind.PHOTO
