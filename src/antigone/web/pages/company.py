"""Who appears beside a person, laid out as a drawing: the person in the middle, companions in two rings."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from antigone.dossier import Dossier
from antigone.dossier.content import Companion

WIDTH = 800.0  # of the drawing, in its own units
_RINGS = ((12, 205.0, 44.0), (22, 342.0, 34.0))  # how many, how far out, how large


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A companion in the drawing."""

    companion: Companion
    x: float
    y: float
    radius: float
    width: float  # of the line to the person


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Two companions who appear together."""

    a: str
    b: str
    x1: float
    y1: float
    x2: float
    y2: float
    photos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The drawing, and what a table beside it says."""

    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]
    view: str  # the part of the plane that is shown, as SVG's viewBox
    told: tuple[Companion, ...]  # all that can be told from others; the drawing holds the first of them
    poor: int  # faces that are too poor to be told from others
    most: int  # largest number of photos together
    together: Mapping[str, tuple[tuple[str, int], ...]]  # companion -> others beside them, on how many photos


def draw(dossier: Dossier) -> Drawing:
    """Lay the companions of a dossier out, the most frequent ones nearest."""
    told = tuple(one for one in dossier.companions if not one.poor)
    dots: dict[str, Dot] = {}
    rest = list(told)
    for room, out, radius in _RINGS:
        ring, rest = rest[:room], rest[room:]
        for place, companion in enumerate(ring):
            angle = 2 * math.pi * (place + (0.5 if out > _RINGS[0][1] else 0)) / len(ring) - math.pi / 2
            dots[companion.name] = Dot(
                companion=companion,
                x=round(WIDTH / 2 + out * math.cos(angle), 1),
                y=round(WIDTH / 2 + out * math.sin(angle), 1),
                radius=radius,
                width=round(1.5 + 2 * math.log2(len(companion.photos)), 1),
            )
    beside: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for pair in dossier.together:
        beside[pair.a].append((pair.b, len(pair.photos)))
        beside[pair.b].append((pair.a, len(pair.photos)))
    return Drawing(
        dots=tuple(dots.values()),
        lines=tuple(
            Line(
                a=pair.a,
                b=pair.b,
                x1=dots[pair.a].x,
                y1=dots[pair.a].y,
                x2=dots[pair.b].x,
                y2=dots[pair.b].y,
                photos=len(pair.photos),
            )
            for pair in dossier.together
            if pair.a in dots and pair.b in dots
        ),
        view="110 110 580 580" if len(dots) <= _RINGS[0][0] else "0 0 800 800",
        told=told,
        poor=len(dossier.companions) - len(told),
        most=max((len(one.photos) for one in told), default=1),
        together={name: tuple(others) for name, others in beside.items()},
    )
