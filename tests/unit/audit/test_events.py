"""What may enter the log."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antigone.audit import AuditEvent, events
from antigone.audit.events import (
    CheckpointTimestamped,
    Erased,
    Event,
    Exported,
    FaceOfPhoto,
    ImportResumed,
    PhotoShown,
    Searched,
)

DIGEST = "ab" * 32
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@settings(max_examples=50, deadline=None)
@given(body=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values))
def test_a_body_is_kept_as_it_is_and_written_in_one_way(body: dict[str, object]) -> None:
    event = AuditEvent(kind="test", body=body)
    assert json.loads(event.canonical()) == body
    turned = dict(reversed(body.items()))
    assert AuditEvent(kind="test", body=turned).canonical() == event.canonical()
    assert event.canonical().isascii()


@pytest.mark.parametrize(
    "value",
    [
        np.zeros(3, np.float32),
        np.float32(0.5),
        b"bytes",
        Path("file"),
        datetime.now(UTC),
        {1: "a key that is no text"},
        {"deep": [{"er": b"bytes"}]},
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_template_and_no_picture_gets_in(value: object) -> None:
    with pytest.raises(TypeError, match="body"):
        AuditEvent(kind="search", body={"value": value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\udce9", "x" * 70_000])
def test_what_cannot_be_kept_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"body|surrogates"):
        AuditEvent(kind="search", body={"value": value})


@pytest.mark.parametrize("kind", ["", "two\nlines", "x" * 65])
def test_a_kind_is_a_short_word(kind: str) -> None:
    with pytest.raises(ValueError, match="short word"):
        AuditEvent(kind=kind, body={})


def test_the_fields_of_a_kind_are_its_body() -> None:
    searched = Searched(
        case="C-000001",
        by=7,
        probe=[FaceOfPhoto(photo=DIGEST, box=[1.0, 2.0, 3.0, 4.0])],
        collections=("people",),
        references=10,
        model="m-1",
        exact=True,
        top=20,
        candidates=[(4, 0.5)],
    ).event()
    assert searched.kind == "search"
    assert json.loads(searched.canonical()) == {
        "case": "C-000001",
        "by": 7,
        "probe": [{"photo": DIGEST, "box": [1.0, 2.0, 3.0, 4.0]}],
        "collections": ["people"],
        "references": 10,
        "model": "m-1",
        "exact": True,
        "top": 20,
        "candidates": [[4, 0.5]],
        "duplicates": [],
        "others": [],
        "filters": None,
    }
    resumed = ImportResumed(import_=1, collection="people", model="m-1", request="ab").event()
    assert (resumed.kind, resumed.body["import"]) == ("import-resumed", 1)


def every_kind() -> list[type[Event]]:
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)]
    return [kind for kind in kinds if kind is not Event]


def test_every_kind_has_a_name_of_its_own_and_says_what_it_is() -> None:
    kinds = every_kind()
    assert len(kinds) > 15
    assert len({kind.kind for kind in kinds}) == len(kinds)
    assert all(kind.__doc__ for kind in kinds)


def test_no_kind_has_room_for_names_paths_or_free_text() -> None:
    words = {
        "name",
        "email",
        "address",
        "path",
        "file",
        "note",
        "text",
        "title",
        "picture",
        "vector",
        "template",
    }
    names = {(kind.kind, field.name) for kind in every_kind() for field in fields(kind)}
    assert not {(kind, name) for kind, name in names if name.strip("_") in words}


@pytest.mark.parametrize("digest", ["", "ab", "AB" * 32, "/photos/somebody.jpg", DIGEST + "\n"])
def test_where_a_hash_belongs_nothing_else_gets_in(digest: str) -> None:
    for make in (
        lambda: FaceOfPhoto(photo=digest, box=[]),
        lambda: PhotoShown(by=1, collection="c", photo=digest),
        lambda: Exported(what="case", of=None, items=1, sha256=digest),
        lambda: Erased(by=1, collection="c", photos=[digest], count=1, basis="request"),
        lambda: CheckpointTimestamped(size=1, root="", time="", response=digest),
    ):
        with pytest.raises(ValueError, match="SHA-256"):
            make()
