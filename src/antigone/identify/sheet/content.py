"""What stands on a sheet, before anyone decides how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from antigone.faces.images import ImageLimits
from antigone.identify.filters import filters_sentence
from antigone.identify.probe import ProbeInput
from antigone.identify.sheet.pictures import (
    Picture,
    picture_of_face,
    picture_of_photo,
    picture_of_reference,
    pixels_of,
)
from antigone.printable import printable
from antigone.provenance import clock
from antigone.types import Analysis, Candidate, CandidateList, ProbePhoto

if TYPE_CHECKING:
    from antigone.settings import Settings

NOTICE = (
    "A comparison score says how alike two faces look to a model. It is not an identity: "
    "a person must compare the photos before anyone acts on them. "
    "Every picture here is derived: cut out of an original and scaled, with a box drawn in."
)
CROWDED_OUT = "thousands of copies of these photos stand before any other reference"
COPY_SIDE = 200  # pixels of the picture of a copy
READERS = 4  # photos decoded at once for the thumbnails; decoding holds whole photos in memory


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Card:
    """One face (or one photo) of a sheet with what is known of it."""

    heading: str  # "1", "Probe", "Face 3"
    score: float | None
    picture: Picture
    facts: tuple[str, ...]  # short facts, shown in one line as far as they fit
    source: str  # path or URL, shown wrapped and never cut in HTML
    page_title: str = ""
    page_url: str = ""
    copies: tuple[Card, ...] = ()  # of the same photo
    more_copies: int = 0  # found beyond those

    @property
    def copies_said(self) -> str:
        """How many copies there are, as a short fact; empty where there are none."""
        count = len(self.copies) + self.more_copies
        return f"+{count:,} {'copy' if count == 1 else 'copies'}" if count else ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """A page of faces to compare by eye."""

    title: str
    facts: tuple[tuple[str, str], ...]  # label and value, the head of the page
    notice: str
    subjects_title: str
    subjects: tuple[Card, ...]  # the probe beside the candidates, or the photos above their faces
    subjects_above: bool
    cards_title: str
    cards: tuple[Card, ...]


def candidate_sheet(result: CandidateList, photos: Sequence[ProbeInput], settings: Settings) -> Sheet:
    """Lay the probe beside its candidates. ``photos`` are the probe's, in its order."""
    limits = ImageLimits.of(settings)
    agreement = result.probe.agreement
    fused = () if agreement is None else (("Least alike probe photos", f"score {agreement:.3f}"),)
    with ThreadPoolExecutor(READERS) as pool:
        candidates = tuple(
            pool.map(lambda candidate: _candidate_card(candidate, settings), result.candidates)
        )
    return Sheet(
        title="Candidate list",
        facts=(
            ("References searched", f"{result.references:,}"),
            ("Collections", ", ".join(map(printable, result.collections))),
            ("Model", result.model),
            ("Search", "exact" if result.exact else "compressed scan, shortlist scored exactly"),
            ("Searched at", _utc(result.searched_at)),
            ("Audit entry", str(result.audit)),
            *fused,
            *_filtered(result),
            *((("Shorter than asked for", CROWDED_OUT),) if result.crowded_out else ()),
            *_worth(result),
        ),
        notice=" ".join((*(f"{one[:1].upper()}{one[1:]}" for one in result.notices), NOTICE)),
        subjects_title="Probe" if len(photos) == 1 else f"Probe, {len(photos)} photos",
        subjects=tuple(
            _probe_card(number, shown, photo, limits)
            for number, (shown, photo) in enumerate(zip(result.probe.photos, photos, strict=True), 1)
        ),
        subjects_above=False,
        cards_title=f"{len(candidates)} candidates, most alike first",
        cards=candidates,
    )


def _filtered(result: CandidateList) -> tuple[tuple[str, str], ...]:
    if result.filters is None:
        return ()
    sentence = filters_sentence(result.filters, result.looked_at, result.references)
    return (("Filters", printable(sentence.removeprefix("Filtered: "))),)


def _worth(result: CandidateList) -> tuple[tuple[str, str], ...]:
    """Say what the best candidate's score is worth, and what is not known of it."""
    if not result.candidates:
        return ()
    strength = result.candidates[0].strength
    chance = "not known" if strength.expected is None else f"{strength.expected.short()} unrelated people"
    ratio = "not calibrated" if strength.ratio is None else strength.ratio.short()
    return (("Expected by chance at candidate 1", chance), ("Likelihood ratio of candidate 1", ratio))


def faces_sheet(undecided: Sequence[tuple[int, ProbeInput, Analysis]], limits: ImageLimits) -> Sheet:
    """Show the faces of undecided probe photos with their numbers, for someone to choose."""
    subjects: list[Card] = []
    cards: list[Card] = []
    several = len(undecided) > 1
    for number, photo, analysis in undecided:
        pixels = pixels_of(photo.content, limits)
        name = f"Photo {number}"
        boxes = [face.box for face in analysis.faces]
        subjects.append(
            Card(
                heading=name,
                score=None,
                picture=picture_of_photo(pixels, boxes),
                facts=(f"{len(boxes)} faces",),
                source=printable(photo.source),
            )
        )
        for place, face in enumerate(analysis.faces, 1):
            cards.append(
                Card(
                    heading=f"{number}:{place}" if several else str(place),
                    score=None,
                    picture=picture_of_face(pixels, face.box, with_whole=False),
                    facts=(
                        f"{face.box.w:.0f} x {face.box.h:.0f} pixels",
                        f"quality {face.quality.score:.0f}",
                    ),
                    source=f"--face {number}:{place}" if several else f"--face {place}",
                )
            )
    return Sheet(
        title="Choose a face",
        facts=(("Photos", str(len(undecided))), ("Faces", str(len(cards)))),
        notice="A search is for one person. Search again with the number of the face that is meant.",
        subjects_title="Photos" if several else "Photo",
        subjects=tuple(subjects),
        subjects_above=True,
        cards_title="Faces, largest first",
        cards=tuple(cards),
    )


def _candidate_card(candidate: Candidate, settings: Settings) -> Card:
    return replace(
        _card_of(candidate, settings),
        copies=tuple(_copy_card(copy, settings) for copy in candidate.duplicates),
        more_copies=candidate.more_duplicates,
    )


def _copy_card(copy: Candidate, settings: Settings) -> Card:
    card = _card_of(copy, settings)
    if card.picture.face is None:
        return card
    return replace(card, picture=Picture(face=card.picture.face.resize((COPY_SIDE, COPY_SIDE))))


def _card_of(candidate: Candidate, settings: Settings) -> Card:
    facts = [
        printable(candidate.collection),
        f"face {candidate.face}",
        f"quality {candidate.quality:.0f}",
    ]
    if candidate.strength.expected is not None:
        facts.append(f"{candidate.strength.expected.short()} by chance")
    if candidate.strength.ratio is not None:
        facts.append(f"LR {candidate.strength.ratio.short()}")
    if candidate.place.seconds is not None:
        facts.append(f"at {clock(candidate.place.seconds)}")
    if candidate.person is not None:
        facts.append(f"cluster {candidate.person.cluster} of {candidate.person.faces:,} faces")
    if candidate.captured_at is not None:
        # An archive knows when it fetched a photo, not when the photo was taken.
        when = "archived" if candidate.captured_by == "archive" else "taken"
        facts.append(f"{when} {candidate.captured_at:%Y-%m-%d}")
    return Card(
        heading=str(candidate.rank),
        score=candidate.score,
        picture=picture_of_reference(candidate, settings),
        facts=tuple(facts),
        source=printable(candidate.source),
        page_title=printable(candidate.page_title or ""),
        page_url=printable(candidate.page_url or ""),
    )


def _probe_card(number: int, shown: ProbePhoto, photo: ProbeInput, limits: ImageLimits) -> Card:
    face = "face drawn by hand" if shown.number is None else f"face {shown.number} of {max(shown.faces, 1)}"
    return Card(
        heading=f"P{number}",
        score=None,
        picture=picture_of_face(pixels_of(photo.content, limits), shown.face.box),
        facts=(face, f"quality {shown.face.quality.score:.0f}"),
        source=printable(shown.source),
    )


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
