"""Every word of the pages stands in every language, and no catalogue holds a word that nothing shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from antigone.access import Role
from antigone.errors import AntigoneError
from antigone.web.pages import terms, words
from served import Served

WEB = words.FOLDER.parent
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("pages/**.py", "python"), ("templates/**.j2", "jinja2")]
OPTIONS = {"templates/**.j2": {"trimmed": "true"}}
OTHERS = sorted(set(words.LANGUAGES) - {words.SOURCE})
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def shown() -> set[str]:
    found = extract_from_dir(WEB, METHODS, OPTIONS, keywords=KEYWORDS)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def kept(language: str) -> Iterator[tuple[Path, Message]]:
    for file in sorted((words.FOLDER / language).glob("*.po")):
        with file.open("rb") as opened:
            yield from ((file, message) for message in read_po(opened, locale=language) if message.id)


def first(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else text[0]


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_untranslated_and_nothing_is_left_over(language: str) -> None:
    translated = {first(message.id) for _, message in kept(language) if all(strings(message))}
    assert sorted(shown() - translated) == []
    assert sorted(translated - shown()) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_message_stands_in_one_catalogue_and_keeps_its_placeholders(language: str) -> None:
    places: dict[str, Path] = {}
    for file, message in kept(language):
        name = first(message.id)
        assert name not in places, f"{name!r} is in {places.get(name)} and in {file}"
        places[name] = file
        wanted = set(_PLACEHOLDER.findall(name if isinstance(message.id, str) else message.id[1]))
        for text in strings(message):
            assert set(_PLACEHOLDER.findall(text)) <= wanted, text
        assert wanted <= set(_PLACEHOLDER.findall(strings(message)[-1])), name


def test_words_come_in_the_language_asked_for() -> None:
    assert words.translations("uk").gettext("Sign in") == "Увійти"
    assert words.translations("en").gettext("Sign in") == "Sign in"


def codes(kind: type[AntigoneError]) -> set[str]:
    return {kind.code}.union(*(codes(closer) for closer in kind.__subclasses__()))


def test_every_error_has_a_plain_sentence() -> None:
    named = {*codes(AntigoneError), "invalid-request", "method-not-allowed", "http-error", "defect"}
    assert named == set(terms.PROBLEMS)
    assert terms.plain_sentence("probe", "face-not-detected") == "no face was found"
    assert terms.plain_sentence("probe") == terms.PROBLEMS["probe"]


def test_an_error_is_told_in_the_readers_language_and_its_details_as_they_are(served: Served) -> None:
    mine = served.as_(Role.EXAMINER)
    path = "/api/v1/cases/C-999999"
    answer = served.client.get(path, headers={**mine, "Accept-Language": "uk"}).json()
    own = words.translations("uk").gettext(terms.PROBLEMS["not-found"])
    assert answer["title"] == own != terms.PROBLEMS["not-found"]
    assert answer["detail"] == served.client.get(path, headers=mine).json()["detail"]
    page = served.client.get("/nowhere", headers={"Accept": "text/html", "Accept-Language": "uk"}).text
    assert f"<strong>{own}.</strong>" in page
    assert '<p lang="en"><strong>There is no such page.</strong></p>' in page
