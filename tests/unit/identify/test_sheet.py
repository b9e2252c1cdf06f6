from __future__ import annotations

import dataclasses
import html.parser
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from antigone.errors import UsageError, WorkspaceError
from antigone.identify import (
    SearchRequest,
    UndecidedFacesError,
    candidate_sheet,
    check_target,
    faces_sheet,
    read_probe,
    search,
    write_sheet,
)
from antigone.identify.sheet import Sheet
from antigone.identify.sheet import html as html_sheet
from antigone.identify.sheet.fonts import Letters, drawable, wrapped
from antigone.identify.sheet.pictures import FACE_SIDE, picture_of_face
from antigone.provenance import Place
from antigone.settings import Settings
from antigone.types import Box
from invented import LIMITS, Bench, direction, face

HOSTILE = "<script>alert(1)<script>&'\".png"


class Reader(html.parser.HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture
def sheet(bench: Bench) -> Sheet:
    photos = [
        bench.photo(name, face(direction(1, n))) for n, name in enumerate(["a.png", "Снимок.png", HOSTILE])
    ]
    bench.collection("people", *photos)
    (bench.home / "a.png").unlink()
    probe = bench.photo("probe.png", face(direction(1)))
    found = search(SearchRequest(photos=[probe]), bench.parts)
    return candidate_sheet(found, read_probe([probe], LIMITS), Settings())


def test_a_sheet_says_what_was_searched_and_what_a_score_is(sheet: Sheet) -> None:
    facts = dict(sheet.facts)
    assert facts["References searched"] == "3"
    assert facts["Collections"] == "people"
    assert facts["Search"] == "exact"
    assert facts["Audit entry"] == "1"
    assert facts["Searched at"].endswith(" UTC")
    assert "not an identity" in sheet.notice
    assert "a person must compare" in sheet.notice


def test_a_candidate_without_its_file_says_why(sheet: Sheet) -> None:
    missing, *rest = sheet.cards
    assert missing.picture.face is None
    assert missing.picture.missing == "file no longer at its place"
    assert all(card.picture.face is not None for card in rest)


@pytest.mark.parametrize(
    ("source", "content", "reason"),
    [
        ("https://example.org/a.jpg", None, "web address"),
        ("changed.png", b"other bytes", "changed since it was imported"),
        ("empty.png", b"", "empty"),
    ],
)
def test_an_original_that_cannot_be_shown_gives_its_reason(
    bench: Bench, sheet: Sheet, source: str, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (bench.home / source).write_bytes(content)
        source = str(bench.home / source)
    probe = bench.photo("p.png", face(direction(1)))
    found = search(SearchRequest(photos=[probe], top=1), bench.parts)
    (old,) = found.candidates
    place = Place.of_file(source)
    moved = dataclasses.replace(old, source=source, place=place)
    shown = type(found)(
        **{name: getattr(found, name) for name in type(found).__slots__} | {"candidates": (moved,)}
    )
    (card,) = candidate_sheet(shown, read_probe([probe], LIMITS), Settings()).cards
    assert card.picture.face is None
    assert reason in card.picture.missing


def test_html_needs_nothing_from_outside_and_runs_nothing(sheet: Sheet) -> None:
    page = html_sheet.render(sheet)
    reader = read(page)
    assert "script" not in reader.tags
    assert reader.links
    assert all(link.startswith("data:image/jpeg;base64,") for link in reader.links)
    assert "default-src 'none'" in page
    assert not re.findall(r"url\(|@import", page)


def test_html_shows_hostile_names_as_text(sheet: Sheet) -> None:
    reader = read(html_sheet.render(sheet))
    assert HOSTILE in "".join(reader.text)
    assert "script" not in reader.tags


def test_png_holds_every_card(sheet: Sheet, tmp_path: Path) -> None:
    target = tmp_path / "sheet.png"
    write_sheet(sheet, target)
    with Image.open(target) as image:
        assert image.format == "PNG"
        assert image.size[0] == 1640
        image.load()
    assert not list(tmp_path.glob(".*.part"))


def test_the_faces_of_an_undecided_photo_are_numbered(bench: Bench, tmp_path: Path) -> None:
    group = bench.photo(
        "group.png", face(direction(1), Box(2, 2, 20, 20)), face(direction(0, 1), Box(30, 5, 15, 15))
    )
    with pytest.raises(UndecidedFacesError) as caught:
        search_anything(bench, group)
    sheet = faces_sheet(caught.value.undecided, LIMITS)
    assert [card.heading for card in sheet.cards] == ["1", "2"]
    assert [card.source for card in sheet.cards] == ["--face 1", "--face 2"]
    for name in ("faces.png", "faces.html"):
        write_sheet(sheet, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1_000


def search_anything(bench: Bench, photo: Path) -> None:
    bench.collection("any", bench.photo("any.png", face(direction(1))))
    search(SearchRequest(photos=[photo]), bench.parts)


@pytest.mark.parametrize("name", ["sheet.pdf", "sheet", "missing-folder/sheet.png"])
def test_a_sheet_that_could_not_be_written_is_refused_beforehand(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        check_target(tmp_path / name)


def test_a_folder_is_no_sheet(tmp_path: Path) -> None:
    (tmp_path / "sheet.png").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        check_target(tmp_path / "sheet.png")


def test_a_sheet_that_cannot_be_written_leaves_the_old_one(
    sheet: Sheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "sheet.html"
    target.write_text("old")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(WorkspaceError, match="cannot be written"):
        write_sheet(sheet, target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize(
    "box", [Box(10, 10, 20, 20), Box(-30, -30, 50, 50), Box(50, 40, 400, 300), Box(0, 0, 60, 48)]
)
def test_a_face_picture_is_square_wherever_the_box_lies(box: Box) -> None:
    pixels = np.full((48, 60, 3), 90, np.uint8)
    picture = picture_of_face(pixels, box)
    assert picture.face is not None
    assert picture.face.size == (FACE_SIDE, FACE_SIDE)


def test_a_small_face_is_shown_with_its_whole_photo() -> None:
    pixels = np.full((400, 600, 3), 90, np.uint8)
    assert picture_of_face(pixels, Box(10, 10, 30, 30)).whole is not None
    assert picture_of_face(pixels, Box(100, 50, 300, 300)).whole is None
    assert picture_of_face(pixels, Box(10, 10, 30, 30), with_whole=False).whole is None


def test_letters_that_the_font_lacks_become_escapes() -> None:
    assert drawable("Ærø Δελφοί Снимок № 7") == "Ærø Δελφοί Снимок № 7"
    assert drawable("写.jpg") == r"\u5199.jpg"
    assert drawable("a\u202egpj.exe") == r"a\u202egpj.exe"


def test_long_paths_wrap_at_separators_and_keep_both_ends() -> None:
    letters = Letters(14)
    path = "/archive/2024/" + "a-long-folder-name/" * 12 + "portrait_0001.jpg"
    whole = wrapped(path, letters, 260, 100)
    assert "".join(whole) == path
    assert all(letters.width(line) <= 260 for line in whole)
    short = wrapped(path, letters, 260, 4)
    assert len(short) == 4
    assert short[0].startswith("/archive/")
    assert short[-1].endswith("portrait_0001.jpg")
    assert all(letters.width(line) <= 260 for line in short)


def test_a_time_is_shown_in_utc(sheet: Sheet) -> None:
    shown = datetime.strptime(dict(sheet.facts)["Searched at"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - shown).total_seconds()) < 3_600
