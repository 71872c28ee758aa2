"""What a finished stage of the caged child says about a video, as the video's columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from review.media import media_path, video_folder
from review.models import StageName, Video
from worker.cuts import cuts_written
from worker.weights import WeightsHere


def video_fields(
    video: Video, stage: str, result: dict[str, Any] | None, here: WeightsHere, now: datetime
) -> dict[str, Any]:
    """What a finished stage says about the video, as its columns."""
    placed = _placed(video, result)
    match stage:
        case StageName.PROBE if result:
            return probe_fields(result, now)
        case StageName.FRAMES:
            return _frames_fields(video, placed)
        case StageName.PROXY:
            return _proxy_fields(video, placed)
        case StageName.THUMBNAILS | StageName.WAVEFORM:
            return {stage: placed}
        case StageName.FEATURES if placed:
            return {
                "features_path": placed["path"],
                "extractor_version": placed["version"],
                "feature_tier": placed["tier"],
                "feature_weights": here.files,
                "cuts": _cuts(video, placed["path"]),
            }
    return {}


def _placed(video: Video, result: dict[str, Any] | None) -> dict[str, Any] | None:
    """A result with its path relative to MEDIA_ROOT; None where the stage left no file."""
    if not result or "path" not in result:
        return None
    return {**result, "path": str(video_folder(video.sha256) / result["path"])}


def _frames_fields(video: Video, placed: dict[str, Any] | None) -> dict[str, Any]:
    """The original's frames, {} when nothing tells their times; those that a proxy shows (`shown`) stay until
    the proxy stage says so anew."""
    shown = (video.frames or {}).get("shown")
    layout = {name: placed[name] for name in ("path", "count")} if placed else {}
    video.frames = {**layout, **({"shown": shown} if shown else {})}
    is_late = video.cuts is None and video.features_path
    return {"frames": video.frames, **({"cuts": _cuts(video, video.features_path)} if is_late else {})}


def _proxy_fields(video: Video, placed: dict[str, Any] | None) -> dict[str, Any]:
    shown = _placed(video, (placed or {}).get("frames"))
    own = {name: part for name, part in (video.frames or {}).items() if name != "shown"}
    video.frames = {**own, **({"shown": shown} if shown else {})}
    return {"proxy_path": placed["path"] if placed else "", "frames": video.frames}


def _cuts(video: Video, features_path: str) -> dict[str, Any] | None:
    folder = media_path(video_folder(video.sha256))
    return _placed(video, cuts_written(folder, media_path(features_path)))


def probe_fields(probe: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The video's columns from what probing it found."""
    names = ("duration_ms", "width", "height", "average_fps", "has_picture", "has_sound")
    return {**{name: probe[name] for name in names}, "probe": probe, "probed_at": now}
