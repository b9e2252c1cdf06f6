from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from antigone.printable import printable


def test_plain_text_stays() -> None:
    assert printable("/фото/Ærø 1.jpg") == "/фото/Ærø 1.jpg"


def test_what_would_repaint_a_terminal_or_turn_a_name_is_escaped() -> None:
    assert printable("a\x1b[31m\n\u202eb") == r"a\x1b[31m\x0a\u202eb"


def test_a_byte_that_is_no_text_is_shown_as_that_byte() -> None:
    assert printable(b"caf\xe9".decode("utf-8", "surrogateescape")) == r"caf\xe9"


@given(st.text(st.characters(codec=None)))
def test_the_result_is_always_printable_and_encodable(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    shown.encode()
