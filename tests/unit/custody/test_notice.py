"""The notice says the same on the page and at the command line."""

from __future__ import annotations

import hashlib
from pathlib import Path

from antigone.custody import SCRAPING_NOTICE, notice_digest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "custody.md"


def test_the_page_repeats_the_notice_word_for_word() -> None:
    quoted = [
        line.removeprefix(">") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == ">"
    ]
    assert " ".join(" ".join(quoted).split()) == " ".join(SCRAPING_NOTICE.split())


def test_the_log_can_tell_which_wording_was_shown() -> None:
    assert notice_digest() == hashlib.sha256(SCRAPING_NOTICE.encode()).hexdigest()
