"""Training views before a training: stretches of training videos seen eleven ways, made in the cage, kept.

Only of videos that teach (split train), around what was marked and as much of what was watched and is clean,
within a budget of video seconds a run. Which videos depends on the labels alone, not on what lies in the
cache, so that a run begun again learns from the same. Whatever goes wrong here, the training goes on without.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.conf import settings

from ml.errors import SpotterMLError
from ml.intervals import merged
from ml.types import Example
from review.media import media_path, video_folder
from review.models import FeatureTier, Video
from worker.cage import ChildBroke, Event, child_events, limits
from worker.weights import WeightsHere, weights_here

AROUND_S = 0.5  # on each side of a mark: what lies nearer to its edge teaches nothing anyway
CLEAR_S = 1.5  # so far from every mark something watched counts as clean
CLEAN_S = 8.0  # of clean film where nothing is marked
MOST_S = 60.0  # of one video

Region = tuple[float, float]
Tell = Callable[[float, str], None]  # share done, stage

logger = logging.getLogger(__name__)


class NoViews(Exception):
    """Why there are none of a video, or of any, in a sentence."""


@dataclass
class Seen:
    """What came of it, for the run's message and the bundle's figures."""

    videos: int = 0
    seconds: float = 0.0
    without: list[str] = field(default_factory=list)  # hashes of videos whose views could not be made
    why: str = ""

    def words(self) -> str:
        """What went wrong, in a sentence; empty when nothing did."""
        if not self.why:
            return ""
        if not self.without:
            return f"Trained without training views: {self.why}"
        return f"{len(self.without)} of {self.videos + len(self.without)} videos have no views: {self.why}"


def with_views(examples: Sequence[Example], tell: Tell) -> tuple[list[Example], Seen]:
    """The examples with views beside those that teach. Raises only what `tell` raises."""
    seen, result = Seen(), {example.video: example for example in examples}
    wanted = _wanted(examples, 60.0 * settings.SPOTTER_VIEWS_MINUTES)
    if not wanted:
        return list(examples), seen
    try:
        here = _networks(examples)
    except NoViews as refusal:
        seen.why = str(refusal)
        return list(examples), seen
    sources = _sources([example.video for example, _ in wanted])
    for number, (example, regions) in enumerate(wanted):
        stage = f"looking at training videos in other ways ({number + 1} of {len(wanted)})"

        def share(done: float, number: int = number, stage: str = stage) -> None:
            tell((number + done) / len(wanted), stage)

        share(0.0)
        try:
            path = _made(example.video, sources, regions, here, share)
        except NoViews as refusal:
            logger.warning("no training views of %s: %s", example.video[:12], refusal)
            seen.without.append(example.video)
            seen.why = seen.why or str(refusal)
            continue
        result[example.video] = replace(example, views_path=path)
        seen.videos, seen.seconds = seen.videos + 1, seen.seconds + _length(regions)
    return list(result.values()), seen


# --- What to look at ---------------------------------------------------------------------------------------


def _wanted(examples: Sequence[Example], budget_s: float) -> list[tuple[Example, list[Region]]]:
    """Videos and their regions, those with marks first, until the budget is used up."""
    wanted: list[tuple[Example, list[Region]]] = []
    for example in sorted(examples, key=lambda each: (not _marks(each), each.video)):
        regions = regions_of(example) if example.split == "train" else []
        if regions and _length(regions) <= budget_s + 1e-6:
            budget_s -= _length(regions)
            wanted.append((example, regions))
    return wanted


def regions_of(example: Example) -> list[Region]:
    """Around the marks, and as long of what was watched and is clear of them, MOST_S in all."""
    marks = _marks(example)
    around = merged((max(0.0, a - AROUND_S), b + AROUND_S) for a, b in marks)
    near = merged((a - CLEAR_S, b + CLEAR_S) for a, b in marks)
    watched = merged(part for annotation in example.annotations for part in annotation.watched)
    around = _shortened(around, MOST_S / 2)
    clean = _shortened(_without(watched, near), max(_length(around), CLEAN_S))
    return sorted([*around, *clean])


def _marks(example: Example) -> list[Region]:
    return [(mark.start_s, mark.end_s) for annotation in example.annotations for mark in annotation.marks]


def _without(parts: Sequence[Region], holes: Sequence[Region]) -> list[Region]:
    """What of parts (apart, in order) lies in no hole (likewise)."""
    left: list[Region] = []
    for start, end in parts:
        for hole_start, hole_end in holes:
            if hole_end > start and hole_start < end:
                left.append((start, hole_start))
                start = max(start, hole_end)
        left.append((start, end))
    return [(start, end) for start, end in left if end - start >= 1.0]


def _shortened(parts: list[Region], most_s: float) -> list[Region]:
    """The same share of each, from its middle: at most `most_s` in all."""
    share = min(1.0, most_s / max(_length(parts), 1e-9))
    return [
        (round((a + b - share * (b - a)) / 2, 3), round((a + b + share * (b - a)) / 2, 3)) for a, b in parts
    ]


def _length(regions: Sequence[Region]) -> float:
    return sum(end - start for start, end in regions)


# --- Made in the cage --------------------------------------------------------------------------------------


def _networks(examples: Sequence[Example]) -> WeightsHere:
    """What must look at the videos so that the views belong to the features the training reads."""
    from ml.tiers import training_tier

    here, tier = weights_here(), training_tier(examples, None)
    if tier.tier == "embedded":
        return replace(here, files={})
    if set(tier.examples) != {"pretrained"} or set(tier.versions) != {here.version}:
        raise NoViews("the networks that made the features are not here any more.")
    return here


def _sources(hashes: Sequence[str]) -> dict[str, str]:
    rows = Video.objects.filter(sha256__in=hashes, has_picture=True)
    return dict(rows.values_list("sha256", "path"))


def _made(
    sha256: str,
    sources: dict[str, str],
    regions: list[Region],
    here: WeightsHere,
    tell: Callable[[float], None],
) -> Path:
    """The file of views of one video, from the cache where it is there. Raises NoViews."""
    if sha256 not in sources:
        raise NoViews("the video has no picture.")
    folder = media_path(video_folder(sha256)) / "views"  # records of its own: an analysis may be under way
    request: Event = {
        "source": str(media_path(sources[sha256])),
        "out_dir": str(folder),
        "stages": ["views"],
        "limits": limits(),
        "max_duration_s": settings.VIDEO_MAX_SECONDS,
        "weights": str(here.folder) if here.tier == FeatureTier.PRETRAINED else None,
        "views": {"regions": regions, "budget_s": _length(regions) + len(regions)},
    }
    name = ""
    try:
        for event in _heard(request):
            if event.get("event") == "progress":
                tell(float(event["done"]))
            elif event.get("event") == "stage_done":
                name = str(event["result"]["path"])
        return _checked(folder / name, here)
    except (ChildBroke, SpotterMLError, OSError) as error:
        raise NoViews(getattr(error, "sentence", f"{error}.")) from error


def _heard(request: Event) -> Iterator[Event]:
    with closing(child_events(request)) as events:
        for event in events:
            if event.get("event") in ("refused", "failed"):
                raise SpotterMLError(str(event["code"]), str(event["sentence"]))
            yield event


def _checked(path: Path, here: WeightsHere) -> Path:
    """A file that could not be read would fail the training."""
    from ml.features.views import load_views

    if load_views(path).version != here.version:
        raise NoViews("the networks changed meanwhile.")
    return path
