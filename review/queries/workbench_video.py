"""What the workbench knows of the file under review: the same in every arm, nothing here is the model's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from review.models import AnalysisStage, StageName, StageState, Video
from review.queries.sentences import damage_sentence


@dataclass(frozen=True)
class WorkbenchThumbnails:
    """One sprite sheet: tile n shows the time n x interval_ms, row by row."""

    url: str
    columns: int
    rows: int
    tile_width: int
    tile_height: int
    interval_ms: int
    count: int


@dataclass(frozen=True)
class WorkbenchWaveform:
    """`count` bytes, one peak a step."""

    url: str
    step_ms: int
    count: int


@dataclass(frozen=True)
class WorkbenchFrames:
    """The times of all frames, packed: `count` of them (the format: ml/media/frame_index.py)."""

    url: str
    count: int


@dataclass(frozen=True)
class WorkbenchCuts:
    """When shots begin: `count` little-endian uint32 milliseconds. Of the file, so every arm gets them."""

    url: str
    count: int


@dataclass(frozen=True)
class WorkbenchVideo:
    """`damage` says in a sentence what of the file could not be read; empty for a whole file."""

    sha256: str
    duration_ms: int | None
    width: int | None
    height: int | None
    average_fps: float | None
    has_picture: bool
    has_sound: bool
    media_url: str
    thumbnails: WorkbenchThumbnails | None
    waveform: WorkbenchWaveform | None
    frames: WorkbenchFrames | None
    cuts: WorkbenchCuts | None
    damage: str


def workbench_video(review_id: int, video: Video) -> WorkbenchVideo:
    """The video of a review, with the addresses under which its holder gets it."""
    media = f"/media/reviews/{review_id}"
    return WorkbenchVideo(
        sha256=video.sha256,
        duration_ms=video.duration_ms,
        width=video.width,
        height=video.height,
        average_fps=video.average_fps,
        has_picture=video.has_picture,
        has_sound=video.has_sound,
        media_url=f"{media}/video",
        thumbnails=_thumbnails(f"{media}/thumbnails", video.thumbnails),
        waveform=_waveform(f"{media}/waveform", video.waveform),
        frames=_frames(f"{media}/frames", video.frames_played),
        cuts=_cuts(f"{media}/cuts", video.cuts),
        damage=_damage(video),
    )


def _damage(video: Video) -> str:
    """Told in every arm: it is about the file, not the model. The newest decoding is asked."""
    decoded = AnalysisStage.objects.filter(
        analysis__video=video, name=StageName.FEATURES, state=StageState.DONE
    )
    newest = decoded.order_by("-analysis").first()
    return damage_sentence(newest.result if newest else None)


def _thumbnails(url: str, grid: dict[str, Any] | None) -> WorkbenchThumbnails | None:
    if not grid:
        return None
    names = ("columns", "rows", "tile_width", "tile_height", "interval_ms", "count")
    return WorkbenchThumbnails(url, *(int(grid[name]) for name in names))


def _waveform(url: str, peaks: dict[str, Any] | None) -> WorkbenchWaveform | None:
    return WorkbenchWaveform(url, int(peaks["step_ms"]), int(peaks["count"])) if peaks else None


def _frames(url: str, layout: dict[str, Any] | None) -> WorkbenchFrames | None:
    return WorkbenchFrames(url, int(layout["count"])) if layout else None


def _cuts(url: str, layout: dict[str, Any] | None) -> WorkbenchCuts | None:
    return WorkbenchCuts(url, int(layout["count"])) if layout else None
