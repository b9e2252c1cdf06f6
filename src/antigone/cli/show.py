"""`antigone show`: where a photo comes from, and whether its original is still what was received."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.materials import material_lines
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.custody import ExaminedSource, Held, PhotoHistory
    from antigone.provenance import Appearance
    from antigone.records.photos import FaceRecord

Line = tuple[int, str, str]
"""How far it is moved in, a label, and what stands there."""

MOST_FACES = 50  # shown as text
MOST_COPIES = 20
MOST_PAGES = 10  # of one source
_LABELS = 16  # columns


def show(
    photo: Annotated[
        str,
        typer.Argument(
            metavar="PHOTO",
            help="SHA-256 of the photo, at least 8 digits of it, or a path or address it came from.",
        ),
    ],
    collections: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="NAME", help="Collection to look into, repeatable; all without it."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show where a photo comes from.

    All that is on record: sources with who received it and when, pages, metadata, faces, and by what right
    it is kept. Every original is read again and compared with its recorded hash. Leaves an audit entry.

    Exit code 1: an original is gone, cannot be read, or has changed.
    """
    with open_workspace(home) as workspace:
        history = workspace.show(photo, collections=collections or (), by=workspace.office.principal)
    if as_json:
        from antigone.custody.documents import history_document

        output.print_json(history_document(history))
    else:
        _print(history)
    if not all(source.original.sound for held in history.held for source in held.sources):
        raise typer.Exit(1)


def _print(history: PhotoHistory) -> None:
    output.say(f"Photo {history.sha256}")
    for held in history.held:
        output.say()
        for depth, label, text in _lines(held):
            output.say(f"{'  ' * depth}{printable(label):<{_LABELS}}{printable(text)}".rstrip())
    output.say()
    copies = history.near_duplicates
    output.say(f"Copies with other bytes: {len(copies):,}")
    for copy in copies[:MOST_COPIES]:
        where = f"{printable(copy.reference.collection)}, {printable(copy.reference.source)}"
        output.say(f"  {copy.reference.photo}  face {copy.face} scores {copy.score:.3f}, {where}")
    if len(copies) > MOST_COPIES:
        output.say(f"  and {len(copies) - MOST_COPIES:,} more; --json lists all")
    entries = ", ".join(f"{entry.seq} {entry.kind}" for entry in history.entries[-20:])
    output.say(f"Audit entries about it: {entries or 'none'}")
    output.say(f"Audit entry {history.audit}")


def _lines(held: Held) -> Iterator[Line]:
    info, photo = held.collection, held.photo
    yield 0, "Collection", info.name
    yield 1, "owner", info.owner
    yield 1, "source", info.source
    yield 1, "purpose", info.purpose
    yield 1, "legal basis", info.basis
    yield 1, "jurisdiction", info.jurisdiction or "not stated"
    yield 1, "retain until", str(info.retain_until)
    yield 0, "Photo", f"{photo.width} x {photo.height} {photo.format}, {photo.byte_size:,} bytes"
    if held.derived:
        yield 1, "DERIVED", "made from the original, which is a video; the hash is that of the frame's pixels"
    if photo.captured_at is not None:
        yield 1, "taken", f"{photo.captured_at.isoformat(sep=' ')} (by its EXIF)"
    for block, said in photo.evidence.items():
        yield 1, f"{block} says", ""
        for name, value in said.items():
            yield 2, name.replace("_", " "), _plain(value)
    yield 0, "Sources", f"{held.sources_in_all:,}"
    for number, source in enumerate(held.sources, 1):
        yield from _source(number, source)
    if held.sources_in_all > len(held.sources):
        yield 1, "", f"and {held.sources_in_all - len(held.sources):,} more"
    yield 0, "Faces", f"{len(held.faces):,}" + ("" if held.faces else ": none was found")
    for face in held.faces[:MOST_FACES]:
        yield 1, f"{face.number}", _face(face)
    if len(held.faces) > MOST_FACES:
        yield 1, "", f"and {len(held.faces) - MOST_FACES:,} more; --json lists all"


def _source(number: int, source: ExaminedSource) -> Iterator[Line]:
    record, said = source.record, source.record.provenance
    yield 1, f"{number}", record.location
    if record.place.stored_at != record.location:
        inside = "".join(
            f", {label} {value}"
            for label, value in (("member", record.place.member), ("byte", record.place.position))
            if value is not None and record.place.seconds is None
        )
        yield 2, "lies in", f"{record.place.stored_at}{inside}"
    if record.place.seconds is not None:
        yield 2, "shown at", f"{record.place.seconds:.3f} s"
    by = f" by {record.collector}" if record.collector else ""
    tool = f", antigone {record.tool_version}" if record.tool_version else ""
    yield 2, "received", f"{record.received_at:%Y-%m-%d %H:%M:%S} UTC{by}{tool}, import {record.import_id}"
    yield 2, "original", f"{source.original.standing.value.upper()}: {source.original.message}"
    for label, value in (
        ("published at", said.source_url),
        ("taken", said.captured_at and f"{said.captured_at.isoformat(sep=' ')} (the source says)"),
        ("collected", said.collected_at and f"{said.collected_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("licence", said.licence),
        ("said to show", said.subject_id),
    ):
        if value:
            yield 2, label, value
    for name, value in said.attributes.items():
        yield 2, name, value
    for page in said.appearances[:MOST_PAGES]:
        yield from _page(page)
    if len(said.appearances) > MOST_PAGES:
        yield 2, "", f"and {len(said.appearances) - MOST_PAGES:,} more pages; --json lists all"
    if record.material is not None:
        for line in material_lines([record.material]):
            yield 2, "material" if not line.startswith(" ") else "", line.strip()


def _page(page: Appearance) -> Iterator[Line]:
    yield 2, "page", page.page_url
    for label, value in (
        ("title", page.page_title),
        ("caption", page.caption),
        ("text", page.text),
        ("author", " ".join(filter(None, (page.author, page.author_url)))),
        ("language", page.language),
        ("by", page.how),
    ):
        if value:
            yield 3, label, value


def _face(face: FaceRecord) -> str:
    box = face.box
    seen = ""
    if face.track is not None:
        seen = (
            f", track {face.track.number} from {face.track.begins / 1e6:.1f} to {face.track.ends / 1e6:.1f} s"
        )
    return (
        f"{box.w:.0f} x {box.h:.0f} pixels at {box.x:.0f}, {box.y:.0f}, quality {face.quality.score:.0f}, "
        f"{face.model}{seen}"
    )


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
