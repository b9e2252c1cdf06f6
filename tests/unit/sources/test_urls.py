"""Which addresses may be read and kept, and that no secret in one is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.errors import PhotoError
from antigone.settings import Settings
from antigone.sources.urls import Reach, allowed, is_url, name_of, reach_of, without_secrets
from antigone.types import FailureCode

SETTINGS = Settings()
WITH_HTTP = Settings(allow_http=True)


@pytest.mark.parametrize(
    "path", ["/a/b.jpg", "a.jpg", "./s3:/a", "C:\\a.jpg", "/x/s3://b", ":// ", "", "mailto:x"]
)
def test_a_path_is_no_url_and_stays_as_it_is(path: str) -> None:
    assert not is_url(path)
    assert allowed(path, SETTINGS) == path
    assert reach_of(path) is Reach.MACHINE


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("file:///a%20b/%C3%BC.jpg", "/a b/ü.jpg"),
        ("FILE://localhost/a.jpg", "/a.jpg"),
        ("file:///%FF.jpg", "/\udcff.jpg"),
        ("s3://bucket/a b?c#d@e.jpg", "s3://bucket/a b?c#d@e.jpg"),
        ("S3://bucket", "s3://bucket"),
        ("memory://a/b", "memory://a/b"),
        ("HTTPS://x.org/a.jpg?w=1#part", "https://x.org/a.jpg?w=1"),
        ("http://x.org:8080/a", "http://x.org:8080/a"),
    ],
)
def test_allowed_urls_have_one_form(url: str, kept: str) -> None:
    assert allowed(url, WITH_HTTP) == kept
    assert allowed(kept, WITH_HTTP) == kept


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.org/a.jpg",
        "github://a:b@c/d",
        "zip://a.zip",
        "file://other/a.jpg",
        "file://",
        "s3://",
        "s3:///key",
        "s3://key:secret@bucket/a.jpg",
        "http://user@x.org/a.jpg",
        "https://user:pass@x.org/a.jpg",
        "https://x.org/a.jpg?X-Amz-Signature=1",
        "https://x.org/a.jpg?a=1&sig=2",
        "https://x.org/a.jpg?access_token=2",
        "http:///a.jpg",
        "http://x.org:99999/a",
        "http://[::1/a",
    ],
)
def test_what_may_not_be_read_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(PhotoError) as refused:
        allowed(url, WITH_HTTP)
    assert refused.value.failure.code is FailureCode.NOT_ALLOWED
    assert not {"secret", "user", "pass", "X-Amz"} & set(refused.value.message.replace(":", " ").split())


def test_web_addresses_need_to_be_allowed() -> None:
    with pytest.raises(PhotoError, match="ANTIGONE_ALLOW_HTTP"):
        allowed("https://x.org/a.jpg", SETTINGS)


def test_the_name_of_a_file_is_without_the_query_of_a_web_address() -> None:
    assert name_of("https://x.org/a.warc.gz?download=1#x") == "https://x.org/a.warc.gz"
    assert name_of("s3://b/a?b#c") == "s3://b/a?b#c"
    assert name_of("/a?b#c") == "/a?b#c"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://x.org/a?w=1&w=2#p", "https://x.org/a?w=1&w=2#p"),
        ("https://u:p@x.org:8080/a", "https://x.org:8080/a"),
        ("https://x.org/a?b=%20c&token=1&d=", "https://x.org/a?b=+c&token=removed&d="),
        ("https://u@x.org/@name?api_key=1", "https://x.org/@name?api_key=removed"),
        ("https://x.org/@name", "https://x.org/@name"),
        ("no url @ all", "no url @ all"),
    ],
)
def test_urls_that_are_kept_lose_their_secrets_and_nothing_else(url: str, kept: str) -> None:
    assert without_secrets(url) == kept


@given(st.text(), st.sampled_from(["", "https://", "s3://", "file://", "http://a@"]))
def test_any_text_is_allowed_or_refused(text: str, scheme: str) -> None:
    address = scheme + text
    without_secrets(address)
    try:
        kept = allowed(address, WITH_HTTP)
    except PhotoError as error:
        refused = error.failure.code
    else:
        refused = FailureCode.NOT_ALLOWED
        assert reach_of(kept) is Reach.MACHINE or allowed(kept, WITH_HTTP) == kept
    assert refused is FailureCode.NOT_ALLOWED
