"""Dossiers are at hand for their maker, for a while; the drawing shows who appears beside the person."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from antigone.dossier import Dossier
from antigone.dossier.content import Companion, Together
from antigone.web.pages.company import WIDTH, draw
from antigone.web.pages.shelf import LASTS, MOST, Shelf


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def dossier(audit: int = 1, companions: tuple[Companion, ...] = ()) -> Dossier:
    pairs = [Together(a=a.name, b=b.name, photos=("p",)) for a, b in pairwise(companions)]
    made = SimpleNamespace(audit=audit, companions=companions, together=tuple(pairs))
    return cast(Dossier, made)


def companion(number: int, photos: int, *, poor: bool = False) -> Companion:
    shown = tuple(f"{number}-{photo}" for photo in range(photos))
    return Companion(
        name=f"C{number}",
        faces=(),
        photos=shown,
        shots=photos,
        score=None,
        poor=poor,
        clusters=(),
        sources=(),
    )


def test_a_dossier_is_there_for_its_maker_in_its_case_and_not_for_ever() -> None:
    clock = Clock()
    shelf = Shelf(clock)
    shelf.keep(dossier(7), person=1, case="C-000001", candidate=3)
    assert shelf.find(7, person=1, case="C-000001") is not None
    assert shelf.find(7, person=2, case="C-000001") is None
    assert shelf.find(7, person=1, case="C-000002") is None
    clock.now = LASTS + 1
    assert shelf.find(7, person=1, case="C-000001") is None
    clock.now = 0
    assert shelf.find(7, person=1, case="C-000001") is None


def test_the_shelf_holds_so_many_and_what_was_looked_at_stays() -> None:
    shelf = Shelf(Clock())
    for audit in range(MOST):
        shelf.keep(dossier(audit), person=1, case="C", candidate=1)
    assert shelf.find(0, person=1, case="C") is not None
    shelf.keep(dossier(MOST), person=1, case="C", candidate=1)
    assert shelf.find(1, person=1, case="C") is None
    assert shelf.find(0, person=1, case="C") is not None


@given(counts=st.lists(st.integers(1, 40), max_size=60))
def test_circles_lie_within_the_drawing_and_beside_each_other(counts: list[int]) -> None:
    companions = tuple(companion(number, count) for number, count in enumerate(sorted(counts)[::-1], 1))
    drawing = draw(dossier(companions=companions))
    assert len(drawing.told) == len(counts)
    assert len(drawing.dots) == min(len(counts), 34)
    for dot in drawing.dots:
        assert dot.radius < dot.x < WIDTH - dot.radius
        assert dot.radius < dot.y < WIDTH - dot.radius
        for other in drawing.dots:
            apart = ((dot.x - other.x) ** 2 + (dot.y - other.y) ** 2) ** 0.5
            assert other is dot or apart >= dot.radius + other.radius
    names = {dot.companion.name for dot in drawing.dots}
    assert all({line.a, line.b} <= names for line in drawing.lines)


def test_faces_too_poor_to_tell_are_counted_not_drawn() -> None:
    drawing = draw(dossier(companions=(companion(1, 3), companion(2, 2), companion(3, 1, poor=True))))
    assert (len(drawing.told), drawing.poor, drawing.most) == (2, 1, 3)
    assert drawing.together["C1"] == (("C2", 1),)
