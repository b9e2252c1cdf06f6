"""Web pages: every way in which they name a picture, and what they say beside it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.sources.pages import decoded, is_json, read_json, read_page
from antigone.sources.pages_reader import HOWS, MAX_EMBEDS, MAX_TEXT, Embed, Page

URL = "https://site.example/people/index.html"
HERE = "https://site.example/people/"


def page(html: str, url: str = URL, language: str | None = None) -> Page:
    return read_page(html, url=url, language=language)


def embeds(html: str, url: str = URL) -> dict[str, Embed]:
    return {embed.url: embed for embed in page(html, url).embeds}


@pytest.mark.parametrize(
    ("html", "how"),
    [
        ("<img src=a.jpg>", "img"),
        ("<IMG SRC='a.jpg'>", "img"),
        ("<p><img alt=x src=' a.jpg\n'>", "img"),
        ("<noscript><img src=a.jpg></noscript>", "img"),
        ("<svg><image xlink:href=a.jpg></svg>", "img"),
        ("<amp-img src=a.jpg></amp-img>", "img"),
        ("<object data=a.jpg></object>", "img"),
        ("<img srcset='a.jpg 2x'>", "srcset"),
        ("<picture><source srcset='a.jpg 1x, b.jpg 2x'><img></picture>", "picture"),
        ("<img data-src=a.jpg src=data:image/gif;base64,AAAA>", "lazy"),
        ("<img data-original=a.jpg>", "lazy"),
        ("<img data-srcset='a.jpg 100w'>", "lazy"),
        ("<div data-bg=a.jpg></div>", "lazy"),
        ("<div data-something-else=a.jpg?w=1></div><img src=a.jpg?w=1 data-x='a.jpg'>", "lazy"),
        ("<a data-full-url=a.jpg>", "lazy"),
        ("<video poster=a.jpg></video>", "poster"),
        ("<div style='background: url(a.jpg)'></div>", "css"),
        ("<style>.x { background-image: url('a.jpg') }</style>", "css"),
        ("<td background=a.jpg>", "css"),
        ("<meta property=og:image content=a.jpg>", "og:image"),
        ("<meta property='og:image:secure_url' content=a.jpg>", "og:image"),
        ("<meta name=twitter:image content=a.jpg>", "twitter:image"),
        ("<meta itemprop=image content=a.jpg>", "meta"),
        ("<link rel=image_src href=a.jpg>", "meta"),
        ('<script type="application/ld+json">{"@type":"Person","image":"a.jpg"}</script>', "json-ld"),
        ('<script type="application/ld+json">[{"image":{"url":"a.jpg"}}]</script>', "json-ld"),
        ("<a href=a.jpg>enlarge</a>", "link"),
        ("<link rel='shortcut icon' href=a.jpg>", "icon"),
    ],
)
def test_every_way_to_name_a_picture_is_found(html: str, how: str) -> None:
    assert embeds(html)[f"{HERE}a.jpg"].how == how
    assert how in HOWS


@pytest.mark.parametrize(
    "html",
    [
        "<a href=page.html>",
        "<!-- <img src=a.jpg> -->",
        "<script>var x = '<img src=a.jpg>'</script>",
        "<img src='#'><img src=''><img>",
        "<img src=javascript:alert(1)>",
        "<img src='http://[broken'>",
        "<div data-count=5 data-id=abc>",
        "<object data=film.swf>",
        "",
        "plain text",
        "\0\0\0",
    ],
)
def test_what_is_no_picture_is_not_found(html: str) -> None:
    assert embeds(html) == {}


def test_a_picture_that_is_named_twice_is_one_with_what_says_most() -> None:
    found = embeds("<meta property=og:image content=a.jpg><img src=a.jpg alt=Her><a href=a.jpg title=x></a>")
    assert len(found) == 1
    assert (found[f"{HERE}a.jpg"].how, found[f"{HERE}a.jpg"].caption) == ("img", "Her")


def test_the_base_of_a_page_counts_and_only_its_first() -> None:
    found = embeds("<base href='/files/'><base href='/other/'><img src=a.jpg>")
    assert list(found) == ["https://site.example/files/a.jpg"]


def test_a_caption_is_that_of_the_figure_then_what_the_picture_says() -> None:
    html = """
    <figure><a href=x><img src=1.jpg alt="an alt"></a><figcaption>Ivan, <b>left</b></figcaption></figure>
    <div class="wp-caption alignleft"><img src=2.jpg><p class="wp-caption-text">Olha</p></div>
    <img src=3.jpg alt="Only   an
     alt"><img src=4.jpg title="Only a title"><img src=5.jpg>
    """
    captions = [embed.caption for embed in embeds(html).values()]
    assert captions == ["Ivan, left", "Olha", "Only an alt", "Only a title", None]


def test_the_text_around_a_picture_is_that_of_its_own_post() -> None:
    post = "<li><div><img src={0}.jpg></div><p>Post number {0}, with a good many words of its own.</p></li>"
    found = embeds(f"<body><h1>News</h1><ul>{''.join(post.format(number) for number in range(3))}</ul>")
    for number in range(3):
        assert (
            found[f"{HERE}{number}.jpg"].text == f"Post number {number}, with a good many words of its own."
        )


def test_the_text_around_a_picture_is_bounded_and_near_it() -> None:
    before, after = "before " * 400, "after " * 400
    text = embeds(f"<body>{before} closely<img src=a.jpg>thereafter {after}")[f"{HERE}a.jpg"].text
    assert text is not None
    assert len(text) <= MAX_TEXT
    assert "before closely thereafter after" in text


def test_scripts_and_styles_are_no_text() -> None:
    unseen = "<script>no()</script><style>p{}</style><template>hidden</template>"
    html = f"<p>Words{unseen} and more<img src=a.jpg></p>"
    assert embeds(html)[f"{HERE}a.jpg"].text == "Words and more"


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title> A  title\n</title>", "A title"),
        ("<title>First</title><title>Second</title>", "First"),
        ("<meta property=og:title content='Told to others'>", "Told to others"),
        ("<title></title><meta property=og:title content=Told>", "Told"),
        ("<title>&Auml;&#x20ac;</title>", "Ä€"),
        ("", None),
    ],
)
def test_the_title_of_a_page(head: str, title: str | None) -> None:
    assert page(f"<head>{head}</head><p>text").title == title


@pytest.mark.parametrize(
    ("html", "author", "profile"),
    [
        ("<meta name=author content='Olha K.'>", "Olha K.", None),
        (
            "<meta property=article:author content='https://social.example/olha'>",
            None,
            "https://social.example/olha",
        ),
        ("<a rel=author href=/by/olha>Olha K.</a>", "Olha K.", "https://site.example/by/olha"),
        ("<link rel=author href=/by/olha>", None, "https://site.example/by/olha"),
        ("<span itemprop=author>by <a href=/o>Olha</a></span>", "by Olha", "https://site.example/o"),
        ("<meta name=twitter:creator content=@olha>", "@olha", "https://twitter.com/olha"),
        (
            '<script type="application/ld+json">{"author":{"name":"Olha","url":"/o"}}</script>',
            "Olha",
            "https://site.example/o",
        ),
        ('<script type="application/ld+json">{"@graph":[{"author":["Olha","Ivan"]}]}</script>', "Olha", None),
        ("<p>by nobody</p>", None, None),
    ],
)
def test_the_author_of_a_page(html: str, author: str | None, profile: str | None) -> None:
    found = embeds(f"{html}<img src=a.jpg>")[f"{HERE}a.jpg"]
    assert (found.author, found.author_url) == (author, profile)


def test_on_pages_of_twitter_each_post_has_its_own_author() -> None:
    html = """<meta name=author content=Twitter>
    <div class=tweet data-screen-name=one data-name="The One"><img src=/1.jpg></div>
    <div class=tweet data-screen-name=two><img src=/2.jpg></div><img src=/3.jpg>"""
    found = list(embeds(html, "https://twitter.com/somebody").values())
    assert [(embed.author, embed.author_url) for embed in found] == [
        ("The One", "https://twitter.com/one"),
        ("@two", "https://twitter.com/two"),
        ("Twitter", None),
    ]
    assert [embed.author for embed in embeds(html).values()] == ["Twitter"] * 3  # elsewhere it means nothing


@pytest.mark.parametrize(
    ("html", "told", "language"),
    [
        ("<html lang=uk>", None, "uk"),
        ("<html lang=' en_US '>", "de", "en-US"),
        ("<html xml:lang=fr>", None, "fr"),
        ("<meta http-equiv=Content-Language content=pl>", None, "pl"),
        ("<meta property=og:locale content=hr_HR>", None, "hr-HR"),
        ("<p>", "cs", "cs"),
        ("<html lang='<script>'>", None, None),
        ("<p>", "cs, sk", None),
    ],
)
def test_the_language_of_a_page(html: str, told: str | None, language: str | None) -> None:
    assert page(f"{html}<p>x", language=told).language == language


def test_pictures_within_the_page_itself_are_counted() -> None:
    large = "data:image/jpeg;base64," + "A" * 5000
    html = f"<img src={large}><img src=data:image/gif;base64,AAAA><div style='background:url({large})'></div>"
    assert page(html).inline == 1
    assert page(html).embeds == ()


# ---- text ----


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("Привіт".encode(), None, "Привіт"),
        ("Привіт".encode("cp1251"), "windows-1251", "Привіт"),
        ("<meta charset=koi8-u>Привіт".encode("koi8-u"), None, "<meta charset=koi8-u>Привіт"),
        ("<meta http-equiv=x content='text/html; charset=utf-8'>é".encode(), None, "é"),
        ("Привіт".encode("utf-16"), "utf-8", "Привіт"),
        (b"\xef\xbb\xbfx", "latin1", "x"),
        ("“x”".encode("cp1252"), "iso-8859-1", "“x”"),
        ("café au lait".encode("latin-1"), None, "café au lait"),
        ("é".encode(), "base64", "é"),
        ("é".encode(), "unicode_escape", "é"),
        ("é".encode(), "no-such-charset", "é"),
        ("日本".encode("shift_jis"), "Shift_JIS", "日本"),
        ("Привіт".encode()[:-1], None, "Приві\ufffd"),
    ],
)
def test_text_is_decoded_as_browsers_do(data: bytes, charset: str | None, text: str) -> None:
    assert decoded(data, charset).endswith(text)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_are_some_text(data: bytes, charset: str) -> None:
    assert isinstance(decoded(data, charset), str)


# ---- JSON ----


def test_html_in_json_is_read_with_its_title() -> None:
    document = {
        "title": "A post",
        "n": 1,
        "parts": [{"html": "<p><img src=/1.jpg alt=One>"}, "<img src=/2.jpg>"],
    }
    for text in (
        json.dumps(document),
        f"/**/call.back({json.dumps(document)});",
        f"\n{json.dumps(document)}",
    ):
        assert is_json(text.encode())
        found = read_json(text, url=URL)
        assert found is not None
        assert found.title == "A post"
        assert [(embed.url, embed.caption) for embed in found.embeds] == [
            ("https://site.example/1.jpg", "One"),
            ("https://site.example/2.jpg", None),
        ]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"a": "text"}', "[" * 100_000, "var x = 1", "f(", "{'a': '<img>'}"]
)
def test_json_without_html_gives_no_page(text: str) -> None:
    assert read_json(text, url=URL) is None


def test_halves_of_characters_in_json_do_no_harm() -> None:
    half = '"\\ud800 <p><img src=/1.jpg alt=x\\udfff><img src=/\\ud800.jpg>"'
    found = read_json(f'{{"title": {half}, "html": {half}}}', url=URL)
    assert found is not None
    texts = [found.title, *(embed.url for embed in found.embeds), *(embed.caption for embed in found.embeds)]
    for text in texts:
        (text or "").encode("utf-8")
    linked = f'<script type="application/ld+json">{{"author": {half}, "image": "/\\ud800.jpg"}}</script>'
    for embed in page(linked + "<img src=a.jpg>").embeds:
        f"{embed.url}{embed.author}".encode()


def test_scripts_are_no_json() -> None:
    assert not is_json(b"!function(){}()")
    assert not is_json(b"<html>")
    assert not is_json(b"")


# ---- hostile pages ----


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 150_000 + "<img src=a.jpg>", id="deep"),
        pytest.param("<b><p>" * 100_000 + "<img src=a.jpg>", id="crossed"),
        pytest.param("<select><option><table>" * 30_000 + "<img src=a.jpg>", id="tables"),
        pytest.param(
            "<p " + "".join(f"a{n}=1 " for n in range(100_000)) + "><img src=a.jpg>", id="attributes"
        ),
        pytest.param("<figure>" * 100_000 + "<img src=a.jpg>", id="figures"),
        pytest.param("<a rel=author href=x>" * 50_000 + "<img src=a.jpg>", id="authors"),
        pytest.param("<i>word</i>" * 100_000 + "<img src=a.jpg>", id="words"),
        pytest.param("<!--" * 100_000 + "--><img src=a.jpg>", id="comments"),
        pytest.param("&amp;" * 200_000 + "<img src=a.jpg>", id="entities"),
        pytest.param("<style>" + "url(" * 100_000 + "</style><img src=a.jpg>", id="styles"),
        pytest.param("<div data-screen-name=a>" * 50_000 + "<img src=a.jpg>", id="posts"),
        pytest.param(f"<img src=a.jpg><img srcset='{'b 1x,' * 400_000}'>", id="choices"),
        pytest.param("<img src=a.jpg>" + "<img src=b.jpg>" * 100_000, id="pictures"),
        pytest.param(
            "<figure>" + "".join(f"<img src={n}.jpg>" for n in range(4_000)) + "<img src=a.jpg>"
            "<figcaption>" * 30_000,
            id="captions",
        ),
        pytest.param(
            f"<figure>{'word ' * 200_000}<figcaption>{'word ' * 200_000}<img src=a.jpg>"
            + "".join(f"<img src={n}.jpg>" for n in range(4_000)),
            id="long caption",
        ),
    ],
)
def test_a_page_made_to_be_slow_is_not(html: str) -> None:
    assert f"{HERE}a.jpg" in embeds(html)


def test_of_too_many_pictures_the_first_are_noted() -> None:
    found = list(embeds("".join(f"<img src={number}.jpg>" for number in range(MAX_EMBEDS + 100))))
    assert len(found) == MAX_EMBEDS
    assert found[0] == f"{HERE}0.jpg"


PIECES = st.sampled_from(
    (
        *(
            "<",
            ">",
            '"',
            "'",
            " ",
            "a.jpg",
            "<img src=",
            "<figure>",
            "</figure>",
            "<figcaption>",
            "<li>",
            "</p>",
        ),
        *(
            "<a rel=author>",
            "</a>",
            "<base href=",
            "<script type=application/ld+json>",
            "{",
            "</script>",
            "<title>",
        ),
        *(
            "&amp;",
            "\0",
            "\ud800",
            "é",
            "<!--",
            "-->",
            "]]>",
            "<![CDATA[",
            "<meta property=og:image content=",
        ),
    )
)


@given(st.lists(PIECES, max_size=40))
def test_any_page_is_read(pieces: list[str]) -> None:
    found = page("".join(pieces))
    assert all(embed.how in HOWS for embed in found.embeds)
