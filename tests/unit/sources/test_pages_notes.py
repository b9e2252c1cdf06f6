"""Notes on pages: which picture stands where, whatever way leads from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antigone.sources.pages_notes import MAX_APPEARANCES, PageNotes, Whereabouts
from antigone.sources.pages_reader import Embed, Page
from antigone.sources.warc_records import Spot

PICTURE = "https://cdn.example/a.jpg"


def page(url: str, *pictures: str, how: str = "img", title: str | None = "A page") -> Page:
    embeds = tuple(Embed(url=picture, how=how, caption="c", text="t", author="o") for picture in pictures)
    return Page(url=url, title=title, language="uk", embeds=embeds, inline=0)


def pages_of(notes: PageNotes, url: str, page_id: str | None = None) -> list[tuple[str, str | None]]:
    return [(found.page_url, found.how) for found in notes.appearances(url, page_id)]


@pytest.fixture
def notes() -> Iterator[PageNotes]:
    with PageNotes(1 << 26) as opened:
        yield opened


def test_a_picture_stands_on_the_pages_that_embed_it(notes: PageNotes) -> None:
    notes.add_page(page("https://a.example/link", PICTURE, how="link"))
    notes.add_page(page("https://a.example/1", "http://CDN.example/a.jpg#x", "https://cdn.example/b.jpg"))
    notes.add_page(page("https://a.example/2", PICTURE))
    notes.add_page(page("https://a.example/2", PICTURE))  # captured again
    assert pages_of(notes, PICTURE) == [
        ("https://a.example/1", "img"),
        ("https://a.example/2", "img"),
        ("https://a.example/link", "link"),
    ]
    first = notes.appearances(PICTURE, None)[0]
    assert (first.page_title, first.caption, first.text, first.author, first.language) == (
        *("A page", "c", "t", "o"),
        "uk",
    )
    assert notes.appearances("https://cdn.example/other.jpg", None) == ()


def test_a_picture_is_found_behind_redirections(notes: PageNotes) -> None:
    notes.add_page(page("https://a.example/1", "https://short.example/x"))
    notes.add_redirect("https://short.example/x", "https://short.example/y")
    notes.add_redirect("https://short.example/y", PICTURE)
    notes.add_redirect(PICTURE, "https://short.example/x")  # in a circle
    assert pages_of(notes, PICTURE) == [("https://a.example/1", "img")]


def test_a_picture_of_no_page_belongs_to_the_visit_that_loaded_it(notes: PageNotes) -> None:
    notes.add_listed("id-1", "https://a.example/app", "An app")
    notes.add_referrer(PICTURE, "https://a.example/else")
    assert pages_of(notes, PICTURE, "id-1") == [("https://a.example/app", "visit")]
    assert notes.appearances(PICTURE, "id-1")[0].page_title == "An app"
    assert pages_of(notes, PICTURE, "id-2") == []
    notes.add_page(page("https://a.example/1", PICTURE))
    assert pages_of(notes, PICTURE, "id-1") == [("https://a.example/1", "img")]


def test_a_referrer_counts_if_it_is_a_page_of_the_archive(notes: PageNotes) -> None:
    notes.add_referrer(PICTURE, "https://a.example/1")
    notes.add_referrer(PICTURE, "https://a.example/style.css")
    assert pages_of(notes, PICTURE) == []
    notes.add_page(page("https://a.example/1"))
    assert pages_of(notes, PICTURE) == [("https://a.example/1", "referrer")]


def test_a_bare_origin_is_no_page_to_another_site(notes: PageNotes) -> None:
    for url in ("https://a.example/", "https://cdn.example/"):
        notes.add_page(page(url))
        notes.add_referrer(PICTURE, url)
    assert pages_of(notes, PICTURE) == [("https://cdn.example/", "referrer")]


def test_a_page_without_a_title_has_that_of_the_list(notes: PageNotes) -> None:
    notes.add_page(page("https://a.example/1", PICTURE, title=None))
    notes.add_listed("id-1", "https://a.example/1#frag", "As listed")
    assert notes.appearances(PICTURE, None)[0].page_title == "As listed"


@pytest.mark.parametrize("start", ["urn:view:", "urn:fullPage:", "urn:thumbnail:", "screenshot:"])
def test_a_screenshot_belongs_to_its_page(notes: PageNotes, start: str) -> None:
    notes.add_page(page("https://a.example/1"))
    found = notes.appearances(f"{start}https://a.example/1", None)
    assert [(one.page_url, one.page_title, one.how) for one in found] == [
        ("https://a.example/1", "A page", "screenshot")
    ]
    assert notes.appearances(f"{start}nothing", None) == ()


def test_secrets_in_addresses_are_left_out(notes: PageNotes) -> None:
    notes.add_page(page("https://user:word@a.example/1?token=abc", PICTURE))
    assert pages_of(notes, PICTURE) == [("https://a.example/1?token=removed", "img")]


def test_of_a_picture_on_all_pages_some_are_kept(notes: PageNotes) -> None:
    for number in range(500):
        notes.add_page(page(f"https://a.example/{number}", PICTURE))
    assert pages_of(notes, PICTURE) == [
        (f"https://a.example/{number}", "img") for number in range(MAX_APPEARANCES)
    ]


def test_an_original_is_found_by_name_then_address_then_digest(notes: PageNotes) -> None:
    places = [Whereabouts(file=0, spot=Spot(at=at, inflated=at * 2 or None)) for at in range(3)]
    for number, place in enumerate(places):
        notes.add_picture(
            f"<id-{number}>", f"https://a.example/{number}", f"date-{number}", f"sha1:{number}", place
        )

    def original(
        record_id: str = "", url: str = "https://x.example/", date: str = "", digest: str = ""
    ) -> object:
        return notes.original(record_id=record_id, url=url, date=date, digest=digest)

    assert original(record_id="<id-1>", digest="sha1:2") == places[1]
    assert original(url="https://a.example/2", digest="sha1:2") == places[2]
    assert original(url="https://a.example/2", date="date-2") == places[2]
    assert original(digest="sha1:0") == places[0]
    assert original(record_id="<id-9>", digest="sha1:9") is None
    assert original() is None


def test_what_does_not_fit_is_not_noted_and_nothing_before_is_lost() -> None:
    with PageNotes(1 << 19) as notes:
        for number in range(9000):
            notes.add_page(page(f"https://a.example/{number}", f"https://cdn.example/{number}.jpg"))
        assert notes.is_full
        assert pages_of(notes, "https://cdn.example/0.jpg") == [("https://a.example/0", "img")]
        assert pages_of(notes, "https://cdn.example/8999.jpg") == []


def test_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    with PageNotes(1 << 30) as notes:
        for number in range(300):
            long = Embed(url=f"https://cdn.example/{number}.jpg", how="img", text="x" * 500_000)
            notes.add_page(
                Page(url="https://a.example/", title=None, language=None, embeds=(long,), inline=0)
            )
        assert list(tmp_path.iterdir()) == []
