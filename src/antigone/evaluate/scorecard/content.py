"""What stands on a scorecard, before anyone decides how it looks."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as they are printed; the first column is text, the others figures unless ``words`` says not."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: bool = False  # every column is text
    shares: tuple[float, ...] = ()  # how wide each column is on paper, in parts of the page; () as it comes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plot:
    """A curve as PNG, and what it shows in words."""

    title: str
    says: str
    png: bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FacePair:
    """Two photos to be looked at side by side; one alone where the second has no name."""

    heading: str
    names: tuple[str, str]
    faces: tuple[Image.Image | None, Image.Image | None]  # None where the photo cannot be shown


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """One part of a scorecard."""

    title: str
    text: tuple[str, ...] = ()  # paragraphs
    points: tuple[str, ...] = ()  # a list below them
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    faces: tuple[FacePair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scorecard:
    """A page of measured error rates that can be handed on."""

    title: str
    facts: tuple[tuple[str, str], ...]  # label and value: the head of the page
    notice: str
    sections: tuple[Section, ...]
