"""Media: where files lie, what an upload must look like, and serving a file by byte ranges.

Everything here takes plain values. Who may see a file is decided before, in access.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from review.problems import Problem
from review.services.texts import text_storable

# A player that asks for "everything from here on" gets this much at a time, so that a seek away from a long
# video does not leave a web process pouring gigabytes into a closed socket.
RANGE_REPLY_BYTES = 2 * 1024 * 1024
BLOCK_BYTES = 64 * 1024
# A file that a stranger sent is data, whatever it claims to be: nothing in it may run in our origin.
MEDIA_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE | re.ASCII)
_SPACES = re.compile(r"\s+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class UnableToAcceptUpload(Problem):
    """Refused before it is stored."""

    status = 422
    code = "upload_refused"
    title = "The upload was refused"


class UploadTooLarge(UnableToAcceptUpload):
    status = 413
    code = "upload_too_large"


# --- Where files lie ----------------------------------------------------------------------------------------


def video_folder(sha256: str) -> Path:
    """The folder of one video's files, relative to MEDIA_ROOT: `videos/<first two digits>/<sha256>`."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError("A video's folder is named by its SHA-256: 64 hexadecimal digits.")
    return Path("videos") / sha256[:2] / sha256


def media_path(relative: str | Path) -> Path:
    """The file on disk for a path kept in the database. One that would leave MEDIA_ROOT is our own error."""
    root = Path(settings.MEDIA_ROOT).resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root):
        raise ValueError(f"{relative} lies outside the media folder.")
    return path


# --- Uploads ------------------------------------------------------------------------------------------------


def label_clean(text: str, *, most: int, fallback: str = "") -> str:
    """A name from outside as one line: newlines, control and direction-changing characters become spaces.

    Quotes, emoji and every script stay as they are: a label is shown escaped and is never a path.
    """
    line = _SPACES.sub(" ", _CONTROLS.sub(" ", text_storable(text))).strip()
    return line[:most].strip() or fallback


def upload_check(*, size_bytes: int | None) -> None:
    """Refuse what can be refused without reading it. What is inside is looked at in the caged child."""
    if size_bytes == 0:
        raise UnableToAcceptUpload("The file is empty. Choose the video file itself and send it again.")
    if size_bytes is not None and size_bytes > settings.UPLOAD_MAX_BYTES:
        most = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
        raise UploadTooLarge(
            f"The file is larger than the {most} MB allowed here. Send a smaller one or raise UPLOAD_MAX_MB."
        )


class UploadLimitHandler(FileUploadHandler):
    """Refuses a body by its declared length before any of it is written to the temporary folder."""

    # The other fields of the form and the boundaries between them.
    SLACK_BYTES = 1024 * 1024

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        upload_check(size_bytes=max(1, content_length - self.SLACK_BYTES))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


# --- What a file is -----------------------------------------------------------------------------------------

_WEBM_CODECS = {"vp8", "vp9", "av1", "opus", "vorbis"}
_CONTAINER_TYPES = {
    "avi": "video/x-msvideo",
    "flac": "audio/flac",
    "flv": "video/x-flv",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mov": "video/mp4",
    "mpeg": "video/mpeg",
    "mpegts": "video/mp2t",
    "matroska": "video/x-matroska",
    "ogg": "video/ogg",
    "wav": "audio/wav",
}


def content_type_of(probe: dict[str, Any]) -> str:
    """The media type that decoding found, never the one a file name claims."""
    name = str(probe.get("container", "")).split(",")[0].strip().lower()
    codecs = {probe[key] for key in ("video_codec", "audio_codec") if probe.get(key)}
    content_type = _CONTAINER_TYPES.get(name, "application/octet-stream")
    if name in {"matroska", "webm"} and codecs and codecs <= _WEBM_CODECS:
        content_type = "video/webm"
    if content_type.startswith("video/") and probe.get("has_picture") is False:
        content_type = content_type.replace("video/", "audio/", 1)
    return content_type


# --- Serving ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ByteRange:
    """Bytes [start, end) of a file."""

    start: int
    end: int


class RangeNotSatisfiable(Exception):
    """The header is well formed but asks for nothing that exists: the answer is 416."""


def parse_range(header: str, size: int) -> ByteRange | None:
    """The single range asked for, capped; None when the header counts for nothing and the whole file is sent.

    Ignored (RFC 9110): other units, several ranges, malformed numbers, an end before its start.
    """
    match = _RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = (_position(text) for text in match.groups())
    if first is None:
        return _suffix(last or 0, size)
    if last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable
    end = size if last is None else min(size, last + 1)
    return ByteRange(first, min(end, first + RANGE_REPLY_BYTES))


def _position(digits: str) -> int | None:
    # Python refuses to read thousands of digits; beyond 20 they are past the end of any file anyway.
    return int(digits.lstrip("0")[:20] or "0") if digits else None


def _suffix(length: int, size: int) -> ByteRange:
    if length == 0 or size == 0:
        raise RangeNotSatisfiable
    start = max(0, size - length)
    return ByteRange(start, min(size, start + RANGE_REPLY_BYTES))


def file_response(request: HttpRequest, *, relative: str, content_type: str, etag: str) -> HttpResponseBase:
    """Answer a GET or HEAD with the file under MEDIA_ROOT. `etag` must change when the bytes do."""
    tag = f'"{etag}"'
    if request.headers.get("If-None-Match", "") == tag:
        response: HttpResponseBase = HttpResponse(status=304)
    elif settings.MEDIA_ACCEL_PREFIX:
        response = _handed_to_proxy(relative)
    else:
        response = _from_disk(request, media_path(relative), tag)
    response.headers["Content-Type"] = content_type
    response.headers["ETag"] = tag
    response.headers["Accept-Ranges"] = "bytes"
    # Private and asked again each time: a cached copy must not outlive the right to see it.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = MEDIA_POLICY
    return response


def _handed_to_proxy(relative: str) -> HttpResponse:
    response = HttpResponse()
    response.headers["X-Accel-Redirect"] = settings.MEDIA_ACCEL_PREFIX + quote(relative)
    return response


def _from_disk(request: HttpRequest, path: Path, tag: str) -> HttpResponseBase:
    size = path.stat().st_size
    try:
        wanted = parse_range(_range_header(request, tag), size)
    except RangeNotSatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    part = wanted or ByteRange(0, size)
    response = _body(request, path, part)
    response.headers["Content-Length"] = str(part.end - part.start)
    if wanted:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    return response


def _range_header(request: HttpRequest, tag: str) -> str:
    """The Range header, or nothing where it does not count: not a GET, or `If-Range` names other bytes."""
    if request.method != "GET" or request.headers.get("If-Range", tag) != tag:
        return ""
    return request.headers.get("Range", "")


def _body(request: HttpRequest, path: Path, part: ByteRange) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse()
    return StreamingHttpResponse(_blocks(path, part))


def _blocks(path: Path, part: ByteRange) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(part.start)
        left = part.end - part.start
        while left > 0 and (block := file.read(min(BLOCK_BYTES, left))):
            left -= len(block)
            yield block
