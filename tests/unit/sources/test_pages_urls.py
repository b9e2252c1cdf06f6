"""Addresses in pages: when two are one, and where they hide in attributes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.sources.pages_urls import (
    MAX_URL,
    absolute,
    in_css,
    in_srcset,
    key_of,
    looks_like_picture,
    normal,
)

SAME = [
    ("http://a.example/b.jpg", "https://a.example/b.jpg"),
    ("https://A.Example:443/b.jpg", "https://a.example/b.jpg#top"),
    ("http://a.example:80", "https://a.example./"),
    ("https://a.example/%7Eme/b%2fc.jpg", "https://a.example/~me/b%2Fc.jpg"),
    ("https://a.example/фото.jpg", "https://a.example/%d1%84%D0%BE%D1%82%D0%BE.jpg"),
    ("https://приклад.example/b", "https://xn--80aikifvh.example/b"),
    ("https://a.example/a b.jpg", "https://a.example/a%20b.jpg"),
    ("https://a.example/x/../b.jpg", "https://a.example/./b.jpg"),
    ("https://a.example/b.jpg?w=3&_=1717171717171", "https://a.example/b.jpg?w=3"),
    ("https://a.example/b.jpg?_=1717171717171&w=3", "https://a.example/b.jpg?w=3"),
    ("https://a.example/b.jpg?", "https://a.example/b.jpg"),
    ("https://a.example/b\n.jpg", "https://a.example/b.jpg"),
]
DIFFERENT = [
    ("https://a.example/b.jpg", "https://a.example/B.jpg"),
    ("https://a.example/b.jpg?w=3", "https://a.example/b.jpg?w=4"),
    ("https://a.example/b.jpg?v=1717171717171", "https://a.example/b.jpg"),  # may well be another version
    ("https://a.example/b.jpg?_=17", "https://a.example/b.jpg"),
    ("https://a.example/b%2Fc.jpg", "https://a.example/b/c.jpg"),
    ("https://a.example:8080/b.jpg", "https://a.example/b.jpg"),
    ("https://a.example/b.jpg?a=1&b=2", "https://a.example/b.jpg?b=2&a=1"),
    ("https://a.example/b?x=%2B", "https://a.example/b?x=+"),
    ("screenshot:http://a/", "http://a/"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_addresses_that_every_server_understands_alike_are_one(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_addresses_that_may_mean_different_things_are_two(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


@given(st.text(max_size=60))
def test_a_normal_address_stays_as_it_is(path: str) -> None:
    once = normal(f"https://a.example/{path}")
    assert normal(f"https:{once}") == once or not once.startswith("//")


@given(st.text(max_size=80))
def test_any_text_has_a_key_and_is_an_address_or_none(text: str) -> None:
    assert len(key_of(text)) == 16
    found = absolute("https://a.example/b/", text)
    assert found is None or found.lower().startswith(("http:", "https:"))
    list(in_css(text))
    list(in_srcset(text))


def test_relative_addresses_become_absolute() -> None:
    base = "https://a.example/b/c.html"
    assert absolute(base, " d.jpg\n") == "https://a.example/b/d.jpg"
    assert absolute(base, "//e.example/f") == "https://e.example/f"
    assert absolute(base, "/g?h#i") == "https://a.example/g?h#i"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "  ",
        "#top",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "mailto:a@b",
        "http://[::1",
        "x" * 9999,
    ],
)
def test_what_is_no_web_address_is_none(address: str) -> None:
    assert absolute("https://a.example/", address) is None


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("a.jpg", ["a.jpg"]),
        ("a.jpg, b.jpg 2x", ["a.jpg", "b.jpg"]),
        (" a.jpg 100w,\n b.jpg 200w ,c.jpg", ["a.jpg", "b.jpg", "c.jpg"]),
        (
            "https://i/resize,w_100/a.jpg 1x, https://i/resize,w_200/a.jpg 2x",
            ["https://i/resize,w_100/a.jpg", "https://i/resize,w_200/a.jpg"],
        ),
        ("a.jpg,, b.jpg", ["a.jpg", "b.jpg"]),
        ("a.jpg calc(1px, 2px), b.jpg", ["a.jpg", "b.jpg"]),
        ("", []),
        (" , ", []),
    ],
)
def test_choices_of_a_picture_are_taken_apart(value: str, addresses: list[str]) -> None:
    assert [address for address in in_srcset(value) if address] == addresses


@pytest.mark.parametrize(
    ("style", "addresses"),
    [
        ("background:url(a.jpg)", ["a.jpg"]),
        ("background-image: URL( 'b (1).jpg' ), url(\"c.jpg\")", ["b (1).jpg", "c.jpg"]),
        ("src: url(data:font/woff2;base64,AAAA) format('x'), url(d.woff2)", ["d.woff2"]),
        ("url(", []),
        ("url()", []),
        ("url('unclosed", []),
    ],
)
def test_addresses_in_styles_are_found(style: str, addresses: list[str]) -> None:
    assert list(in_css(style)) == addresses


def test_a_hostile_style_takes_no_more_than_one_pass() -> None:
    assert len(list(in_css("url(" * 500_000 + ")"))) == 1
    assert list(in_css("url(" * 500_000)) == []
    assert list(in_css("url(" + " " * 2_000_000)) == []
    assert all(len(address) <= MAX_URL for address in in_css("url(" + "a" * 5000 + ") url(b.jpg)"))


def test_names_of_picture_files_are_known() -> None:
    for address in ("a.jpg", "a.JPEG?x=1", "https://b/c.png:large", "/d.webp#e", "f.gif!thumb"):
        assert looks_like_picture(address)
    for address in ("a.html", "jpg", "a.jpg/b", "x" * (MAX_URL + 1) + ".jpg"):
        assert not looks_like_picture(address)
