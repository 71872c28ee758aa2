"""Range requests: exact bytes, exact headers, nothing surprising for headers that make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from review import media
from review.media import ByteRange, RangeNotSatisfiable, parse_range

BYTES = bytes(range(256)) * 4


@pytest.fixture
def stored(settings: Settings, tmp_path: Path) -> str:
    settings.MEDIA_ROOT = tmp_path
    settings.MEDIA_ACCEL_PREFIX = ""
    (tmp_path / "film.mp4").write_bytes(BYTES)
    return "film.mp4"


def ask(stored: str, *, method: str = "GET", **headers: str) -> HttpResponseBase:
    request = RequestFactory().generic(
        method, "/media", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    return media.file_response(request, relative=stored, content_type="video/mp4", etag="abc")


def body(response: HttpResponseBase) -> bytes:
    if isinstance(response, StreamingHttpResponse):
        return b"".join(response)
    assert isinstance(response, HttpResponse)
    return response.content


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=1000-", 1000, 1024),
        ("bytes=1023-5000", 1023, 1024),
        ("bytes=-24", 1000, 1024),
        ("bytes=-99999", 0, 1024),
        ("BYTES=5-9", 5, 10),
        (" bytes = 5 - 9 ", 5, 10),
        ("bytes=0000000000000000000000000007-8", 7, 9),
        ("bytes=0-" + "9" * 5000, 0, 1024),
    ],
)
def test_a_range_is_answered_with_exactly_its_bytes(stored: str, header: str, start: int, end: int) -> None:
    response = ask(stored, Range=header)
    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/1024"
    assert response.headers["Content-Length"] == str(end - start)
    assert body(response) == BYTES[start:end]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=0-1,5-6",
        "items=0-5",
        "bytes=--5",
        "bytes=１-２",
    ],
)
def test_a_header_that_makes_no_sense_is_ignored_and_the_whole_file_sent(stored: str, header: str) -> None:
    response = ask(stored, Range=header) if header else ask(stored)
    assert response.status_code == 200
    assert "Content-Range" not in response.headers
    assert body(response) == BYTES


@pytest.mark.parametrize(
    "header", ["bytes=1024-", "bytes=5000-6000", "bytes=-0", "bytes=" + "9" * 5000 + "-"]
)
def test_a_range_beyond_the_end_is_refused_with_the_size(stored: str, header: str) -> None:
    response = ask(stored, Range=header)
    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */1024"


def test_an_open_range_is_capped_so_that_a_seek_wastes_little() -> None:
    assert parse_range("bytes=10-", 10**12) == ByteRange(10, 10 + media.RANGE_REPLY_BYTES)
    assert parse_range(f"bytes=-{10**11}", 10**12) == ByteRange(
        10**12 - 10**11, 10**12 - 10**11 + media.RANGE_REPLY_BYTES
    )


def test_an_empty_file_satisfies_no_range() -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range("bytes=0-", 0)


def test_head_tells_the_size_and_ignores_the_range(stored: str) -> None:
    response = ask(stored, method="HEAD", Range="bytes=0-5")
    assert response.status_code == 200
    assert response.headers["Content-Length"] == "1024"
    assert response.headers["Accept-Ranges"] == "bytes"
    assert body(response) == b""


def test_if_range_with_other_bytes_sends_the_whole_new_file(stored: str) -> None:
    assert ask(stored, Range="bytes=0-5", If_Range='"other"').status_code == 200
    assert ask(stored, Range="bytes=0-5", If_Range='W/"abc"').status_code == 200
    assert ask(stored, Range="bytes=0-5", If_Range='"abc"').status_code == 206


def test_an_unchanged_file_is_not_sent_again(stored: str) -> None:
    response = ask(stored, If_None_Match='"abc"')
    assert response.status_code == 304
    assert body(response) == b""


def test_every_answer_is_private_and_never_sniffed(stored: str) -> None:
    response = ask(stored)
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Type"] == "video/mp4"
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_behind_nginx_the_path_is_handed_over_escaped(stored: str, settings: Settings) -> None:
    settings.MEDIA_ACCEL_PREFIX = "/protected/"
    response = ask("videos/a b.mp4", Range="bytes=0-5")
    assert response.headers["X-Accel-Redirect"] == "/protected/videos/a%20b.mp4"
    assert body(response) == b""


@given(st.text(alphabet="bytes=0123456789-, ", max_size=30), st.integers(min_value=0, max_value=10**7))
def test_no_header_leads_outside_the_file(header: str, size: int) -> None:
    try:
        part = parse_range(header, size)
    except RangeNotSatisfiable:
        return
    assert part is None or 0 <= part.start < part.end <= size
