"""Media: each request asks access.py again, then a file goes out by ranges."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from review import access
from review.media import content_type_of, file_response, media_path
from review.models import Video
from review.problems import Problem


@require_safe
def review_media(request: HttpRequest, review_id: int, kind: str) -> HttpResponseBase:
    """`kind`: video, thumbnails, waveform, frames or cuts of the review's video."""
    try:
        review = access.review_with_media(request.user, review_id, now=timezone.now())
    except Problem as problem:
        raise Http404(problem.sentence) from problem
    return _SENDERS[kind](request, review.task.submission.video)


@require_safe
def submission_video(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """The video of a submission, for seniors on its page."""
    try:
        access.senior_required(request.user)
        submission = access.submission_readable(request.user, public_id)
    except Problem as problem:
        raise Http404(problem.sentence) from problem
    return _video(request, submission.video)


def _video(request: HttpRequest, video: Video) -> HttpResponseBase:
    """The proxy where there is one: it exists because browsers cannot play the original."""
    if video.proxy_path:
        return _derived(request, video, video.proxy_path, "video/mp4")
    return _send(request, video.path, content_type_of(video.probe), video.sha256)


def _thumbnails(request: HttpRequest, video: Video) -> HttpResponseBase:
    return _derived(request, video, (video.thumbnails or {}).get("path", ""), "image/jpeg")


def _waveform(request: HttpRequest, video: Video) -> HttpResponseBase:
    return _derived(request, video, (video.waveform or {}).get("path", ""), "application/octet-stream")


def _frames(request: HttpRequest, video: Video) -> HttpResponseBase:
    return _derived(request, video, (video.frames_played or {}).get("path", ""), "application/octet-stream")


def _cuts(request: HttpRequest, video: Video) -> HttpResponseBase:
    return _derived(request, video, (video.cuts or {}).get("path", ""), "application/octet-stream")


_SENDERS = {
    "video": _video,
    "thumbnails": _thumbnails,
    "waveform": _waveform,
    "frames": _frames,
    "cuts": _cuts,
}


def _derived(request: HttpRequest, video: Video, relative: str, content_type: str) -> HttpResponseBase:
    """A file made from the video: made again it has other bytes, so its time and size are in the tag."""
    if not relative:
        raise Http404("This video has no such file.")
    try:
        facts = media_path(relative).stat()
    except FileNotFoundError as error:
        raise Http404("This file is not there yet.") from error
    tag = f"{video.sha256[:32]}-{facts.st_mtime_ns:x}-{facts.st_size:x}"
    return _send(request, relative, content_type, tag)


def _send(request: HttpRequest, relative: str, content_type: str, tag: str) -> HttpResponseBase:
    try:
        return file_response(request, relative=relative, content_type=content_type, etag=tag)
    except FileNotFoundError as error:
        raise Http404("This file is not there.") from error
