"""What the columns of a manifest mean: the words that are understood, and everything else as it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from antigone.provenance import Appearance, Provenance
from antigone.sources.urls import is_url, without_secrets

PHOTO = "photo"
_URLS = frozenset({"source_url", "page_url", "author_url"})
_PAGE = frozenset({"page_url", "page_title", "text", "author", "author_url"})
_UNDERSTOOD = _URLS | _PAGE | {PHOTO, "captured_at", "collected_at", "licence", "subject_id"}
_ALSO = {"license": "licence"}


_LONGEST = 32  # characters of a name that may be a word


def column(name: str) -> str:
    """Return the word that a column's name stands for, or the name itself where it stands for none.

    Capitals, blanks and hyphens make no difference: "Page URL" is ``page_url``.
    """
    return _word(name) if len(name) <= _LONGEST else name


@lru_cache(maxsize=1_024)
def _word(name: str) -> str:
    word = name.strip().lower().replace(" ", "_").replace("-", "_")
    word = _ALSO.get(word, word)
    return word if word in _UNDERSTOOD else name


def columns(names: Iterable[str]) -> list[str]:
    """Return what each column stands for, all different: the first of several alike has the name."""
    found: dict[str, None] = {}
    for number, name in enumerate(names, start=1):
        word = column(name) if name.strip() else f"column {number}"
        if word in found:
            word = f"{name} (column {number})"
        found[word] = None
    return list(found)


def provenance_of(said: Mapping[str, object]) -> Provenance:
    """Return what a row says of its photo; ``said`` has its values by the words of `column`.

    Nothing is dropped: what has no place of its own, or does not fit there, is kept as an attribute. So is a
    time that had to be completed, as it was written. Secrets are taken out of URLs.
    """
    known: dict[str, str] = {}
    attributes: dict[str, str] = {}
    for name, value in said.items():
        if value is None or value == "" or name == PHOTO:
            continue
        text = value if isinstance(value, str) else _as_text(value)
        if name not in _UNDERSTOOD:
            attributes[name] = without_secrets(text) if is_url(text) else text
        elif isinstance(value, dict | list):
            attributes[name] = text
        else:
            known[name] = without_secrets(text) if name in _URLS else text
    appearances: tuple[Appearance, ...] = ()
    if "page_url" in known:
        appearances = (Appearance(**{name: known.pop(name) for name in _PAGE & known.keys()}),)
    else:
        attributes |= {name: known.pop(name) for name in _PAGE & known.keys()}
    return Provenance(
        source_url=known.get("source_url"),
        captured_at=_moment("captured_at", known, attributes),
        collected_at=_moment("collected_at", known, attributes),
        licence=known.get("licence"),
        subject_id=known.get("subject_id"),
        appearances=appearances,
        attributes=attributes,
    )


def _as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _moment(name: str, known: Mapping[str, str], attributes: dict[str, str]) -> datetime | None:
    """Read a time in the form of ISO 8601; keep the text too unless it says all that is kept of it."""
    text = known.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        offset = moment.utcoffset()
        if offset is not None and (offset.seconds % 60 or offset.microseconds):
            raise ValueError("no zone has such an offset")
        complete = len(text.strip()) > len("2022-02-24")
        if name == "collected_at":
            complete = complete and offset is not None
            moment = moment.replace(tzinfo=UTC) if offset is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        attributes[name] = text
        return None
    if not complete:
        attributes[name] = text
    return moment
