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


_VIDEO_ENDINGS = (
    ".mp4 .m4v .mov .qt .mkv .webm .avi .wmv .asf .flv .ogv .3gp .3g2 "
    ".mpg .mpeg .m2v .vob .ts .mts .m2ts .mxf .h264 .hevc"
)
_ENDINGS = {
    Kind.MANIFEST: (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".parquet"),
    Kind.WEB_ARCHIVE: (".warc", ".warc.gz", ".wacz"),
    Kind.VIDEO: tuple(_VIDEO_ENDINGS.split()),
}


def kind_of(name: str) -> Kind:
    """Tell the kind of a file by its name, path or URL; whatever is nothing else counts as a photo."""
    lower = name_of(name).lower()
    for kind, endings in _ENDINGS.items():
        if lower.endswith(endings):
            return kind
    return Kind.PHOTO
