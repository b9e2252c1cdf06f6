"""A scorecard says the same as HTML and PDF, needs no other host, and shows names as text."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from antigone.evaluate import metrics
from antigone.evaluate.identification import identify
from antigone.evaluate.scorecard import FacePair, Origin, Scorecard, identification_card, verification_card
from antigone.evaluate.scorecard.html import render as html
from antigone.evaluate.scorecard.pdf import render as pdf
from antigone.evaluate.scorecard.words import in_a_hundred, limits
from antigone.evaluate.verification import Wishes, verify
from labelled import pairs, searches

ORIGIN = Origin(
    made_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    version="1.2.3",
    model="made-up-1",
    material_sha256="ab" * 32,
    audit=7,
)


@pytest.fixture(scope="module")
def card() -> Scorecard:
    trial, found = searches(noise=1.1, count=60)
    result = identify(replace(trial, name="<b>Прапор</b>"), found, "made-up-1", Wishes(group_by=["camera"]))
    face = Image.new("RGB", (40, 40), (200, 100, 50))
    doubted = FacePair(heading="0.900 Look", names=("<i>anna</i>.jpg", "中文.jpg"), faces=(face, None))
    return identification_card(result, ORIGIN, [doubted])


def pdf_text(content: bytes) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def test_html_stands_alone_and_holds_names_as_text(card: Scorecard) -> None:
    page = html(card)
    assert "&lt;b&gt;Прапор&lt;/b&gt;" in page
    assert "<i>" not in page
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!data:image/(?:png|jpeg);base64,)', page)
    for expected in ("In plain words", "made-up-1", "By camera", "the photo cannot be shown", "ab" * 8):
        assert expected in page


def test_pdf_says_what_html_says(card: Scorecard) -> None:
    text = pdf_text(pdf(card))
    assert "<b>Прапор</b>" in text
    assert r"\u4e2d\u6587.jpg" in text  # what the packaged letters lack is not left out
    flat = " ".join(text.split())
    for section in card.sections:
        assert section.title in text
        for point in section.points:
            assert " ".join(point.split()) in flat


def test_the_same_result_gives_the_same_pdf(card: Scorecard) -> None:
    assert pdf(card) == pdf(card)


def test_verification_has_a_card_of_its_own() -> None:
    trial, found = pairs(noise=0.9)
    shown = verification_card(verify(trial, found, "made-up-1"), ORIGIN)
    titles = [section.title for section in shown.sections]
    assert titles[:3] == ["In plain words", "Figures", "Curves"]
    assert titles[-1] == "What this cannot show"
    assert "FNMR" in html(shown)


def test_rates_in_words() -> None:
    def rate(errors: int, trials: int) -> metrics.ErrorRate:
        return metrics.rate_by_people(np.arange(trials) < errors, np.arange(trials))

    assert in_a_hundred(rate(70, 1000), "are missed") == "about 7 of 100 are missed"
    assert in_a_hundred(rate(40, 10_000), "are missed") == "about 4 of 1,000 are missed"
    assert in_a_hundred(rate(0, 300), "are missed") == "at most 1 of 100 are missed"


def test_a_few_people_are_told_what_they_cannot_show() -> None:
    few, many = limits(30, 96, 96), limits(3000, 9000, 9000)
    assert "With 30 people, no rate below 9.5 % can be shown" in few[0]
    assert len(few) == len(many) + 1
    assert "nor whether groups of people fare differently" in few[-1]
