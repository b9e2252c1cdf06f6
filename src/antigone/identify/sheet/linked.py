"""A sheet of faces that are taken to show one person, the one that fits worst first."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from antigone.identify.sheet.content import READERS, Card, Sheet
from antigone.identify.sheet.pictures import picture_of_reference
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.records import ReferenceRecord
    from antigone.settings import Settings

MOST_SHOWN = 300  # faces on one sheet; a PNG of more is too long for most programs
NOTICE = (
    "These faces are alike enough to be looked at as one person's. That is no identity: a person must "
    "compare them. The ones that fit worst come first. Every picture is derived: cut out of an original and "
    "scaled."
)


def linked_sheet(
    title: str,
    facts: Sequence[tuple[str, str]],
    faces: Sequence[tuple[ReferenceRecord, float | None]],
    settings: Settings,
) -> Sheet:
    """Lay out references, each with its mean score to the others, in the order given."""
    shown = faces[:MOST_SHOWN]
    with ThreadPoolExecutor(READERS) as pool:
        cards = tuple(pool.map(lambda face: _card(face[0], face[1], settings), shown))
    left = f", the first {len(shown):,} of {len(faces):,}" if len(shown) < len(faces) else ""
    return Sheet(
        title=title,
        facts=tuple(facts),
        notice=NOTICE,
        subjects_title="",
        subjects=(),
        subjects_above=True,
        cards_title=f"Faces by reference, the loosest first{left}",
        cards=cards,
    )


def _card(record: ReferenceRecord, link: float | None, settings: Settings) -> Card:
    facts = [f"face {record.face}", f"quality {record.quality:.0f}"]
    if record.captured_at is not None:
        facts.append(f"{record.captured_at:%Y-%m-%d} ({record.captured_by})")
    return Card(
        heading=str(record.reference),
        score=link,
        picture=picture_of_reference(record, settings),
        facts=tuple(facts),
        source=printable(record.source),
        page_title=printable(record.page_title or ""),
        page_url=printable(record.page_url or ""),
    )
