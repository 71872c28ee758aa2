"""Where files lie, what names become, which media type a file gets."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from review import media


def test_a_videos_folder_is_named_by_its_hash() -> None:
    assert media.video_folder("ab" * 32).as_posix() == "videos/ab/" + "ab" * 32


@pytest.mark.parametrize("name", ["", "../../etc", "AB" * 32, "ab" * 31])
def test_nothing_but_a_hash_names_a_folder(name: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        media.video_folder(name)


@pytest.mark.parametrize("relative", ["../outside.mp4", "/etc/hostname", "videos/../../x"])
def test_a_path_never_leaves_the_media_folder(relative: str) -> None:
    with pytest.raises(ValueError, match="outside"):
        media.media_path(relative)


def test_a_label_keeps_quotes_and_emoji_and_becomes_one_line() -> None:
    assert media.label_clean('  "a"\r\nb\t\x00c \u202egpj.🎬  ', most=100) == '"a" b c gpj.🎬'


def test_a_label_has_a_length_and_a_fallback() -> None:
    assert media.label_clean("abcdef", most=3) == "abc"
    assert media.label_clean(" \n ", most=3, fallback="Untitled") == "Untitled"


def test_an_empty_or_huge_upload_is_refused_in_words(settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    with pytest.raises(media.UnableToAcceptUpload, match="empty"):
        media.upload_check(size_bytes=0)
    with pytest.raises(media.UnableToAcceptUpload, match="larger than the 1 MB"):
        media.upload_check(size_bytes=1024 * 1024 + 1)
    media.upload_check(size_bytes=None)
    media.upload_check(size_bytes=1024 * 1024)


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        ({}, "application/octet-stream"),
        ({"container": "mov,mp4,m4a,3gp,3g2,mj2", "has_picture": True}, "video/mp4"),
        ({"container": "mov,mp4,m4a,3gp,3g2,mj2", "has_picture": False}, "audio/mp4"),
        ({"container": "matroska,webm", "video_codec": "vp9", "audio_codec": "opus"}, "video/webm"),
        ({"container": "matroska,webm", "video_codec": "h264", "audio_codec": "aac"}, "video/x-matroska"),
        ({"container": "wav", "has_picture": False}, "audio/wav"),
        ({"container": "<script>"}, "application/octet-stream"),
    ],
)
def test_the_media_type_comes_from_decoding(probe: dict[str, object], expected: str) -> None:
    assert media.content_type_of(probe) == expected


def test_a_label_loses_bytes_that_are_no_text() -> None:
    on_disk = b"caf\xe9.mp4".decode("utf-8", "surrogateescape")
    assert media.label_clean(on_disk, most=20) == "caf.mp4"
