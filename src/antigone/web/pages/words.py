"""The words of the pages in the reader's language: gettext catalogues, read from their sources.

A catalogue is a folder of ``.po`` files, one a subject, so that nothing is compiled or shipped twice.
"""

from __future__ import annotations

import gettext
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fastapi import Request

FOLDER = Path(__file__).parents[1] / "locale"
COOKIE = "antigone-language"
SOURCE = "en"  # the language that the templates are written in
LANGUAGES = {"en": "English", "uk": "Українська"}
_MOST_ACCEPTED = 20


def mark(words: str) -> str:
    """Mark words for translation, which happens when they are shown."""
    return words


def language_of(request: Request) -> str:
    """Return the language that the reader chose, else the best one that their browser asks for."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    wanted = [
        part.partition(";")[0].strip().lower()
        for part in request.headers.get("Accept-Language", "").split(",")[:_MOST_ACCEPTED]
    ]
    found = negotiate_locale([name for name in wanted if name], list(LANGUAGES), sep="-")
    return found or SOURCE


@lru_cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the words of a language; those of the templates for `SOURCE`."""
    files = sorted((FOLDER / language).glob("*.po"))
    if not files:
        return gettext.NullTranslations()
    whole = Catalog(locale=language)
    for file in files:
        with file.open("rb") as opened:
            for message in read_po(opened, locale=language):
                if message.id and message.string:
                    whole[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
