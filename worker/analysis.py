"""One analysis: claim the row, decode in the cage, score with the bundle live at that time, publish.

Features are extracted in the best tier that the weights folder allows, and kept: a bundle of the embedded
tier reads those of both. Networks that are missing or altered never stop a basic analysis.

Every step is fenced by the claim and may be repeated: outputs that exist are kept, so an attempt begins
where the one before it was killed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from ml.errors import SpotterMLError, WeightsRefused
from review.media import media_path, video_folder
from review.models import Analysis, Bundle, StageName, Video
from review.services import analyses
from review.services.analyses import ClaimLost
from review.services.publishing import CurveDraft, HintDraft, analysis_publish, severities
from worker.bundles import bundle_live, bundle_loaded
from worker.cage import ChildBroke, ChildCancelled, Event, child_events, limits
from worker.columns import video_fields
from worker.features import decoding_wanted, features_file
from worker.progress import Heartbeat, Throttle
from worker.weights import WeightsHere, weights_here

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ml.analyse import AnalysisResult

MEDIA_STAGES = (
    StageName.PROBE,
    StageName.FRAMES,
    StageName.PROXY,
    StageName.THUMBNAILS,
    StageName.WAVEFORM,
    StageName.FEATURES,
)
# What an older analysis did not leave, made without decoding anything.
LATER_STAGES = (StageName.PROBE, StageName.FRAMES)

logger = logging.getLogger(__name__)


class MediaRefusedByChild(Exception):
    """The file is the reason. `str(error)` is the sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def run(analysis_id: int) -> None:
    """Carry out the analysis, unless somebody else does or did. Never raises for what a file may do to us."""
    analysis = analyses.analysis_claim(analysis_id=analysis_id, now=timezone.now())
    if analysis is None:
        logger.info("analysis %s: nothing to claim", analysis_id)
        return
    started = time.monotonic()
    with Heartbeat(lambda: analyses.analysis_heartbeat(analysis=analysis, now=timezone.now())) as heartbeat:
        try:
            end = _carried_out(analysis, heartbeat.lost)
        except (ClaimLost, ChildCancelled):
            end = "given back"
    spent = round(1000 * (time.monotonic() - started))
    logger.info("analysis %s, attempt %s: %s in %s ms", analysis.pk, analysis.attempts, end, spent)


def _carried_out(analysis: Analysis, cancelled: Callable[[], bool]) -> str:
    try:
        here = weights_here()
        if decoding_wanted(analysis, bundle_live(), here):
            here = _extracted(analysis, here, cancelled)
        elif _lacks_frames(analysis.video):
            _complete(analysis, here, cancelled)
        _score(analysis, here)
    except MediaRefusedByChild as refusal:
        analyses.analysis_refuse(
            analysis=analysis, code=refusal.code, sentence=str(refusal), now=timezone.now()
        )
        return f"refused ({refusal.code})"
    except ChildBroke as broken:
        return analyses.analysis_stumble(
            analysis=analysis, code=broken.code, sentence=_broken(broken), now=timezone.now()
        )
    except SpotterMLError as error:
        # Not the file's fault and the same every time: a bundle, features or weights that do not fit.
        analyses.analysis_fail(
            analysis=analysis, code=error.code, sentence=error.sentence, now=timezone.now()
        )
        return f"failed ({error.code})"
    except (ClaimLost, ChildCancelled):
        raise
    except Exception:
        logger.exception("analysis %s broke", analysis.pk)
        sentence = "The analysis broke for a reason of ours, written in the worker's log. Press Retry."
        return analyses.analysis_stumble(
            analysis=analysis, code="broken", sentence=sentence, now=timezone.now()
        )
    return "done"


def _broken(broken: ChildBroke) -> str:
    return f"The analysis failed: {broken}. Press Retry, or review the video without hints."


# --- Decoding, in the cage --------------------------------------------------------------------------------


def _extracted(analysis: Analysis, here: WeightsHere, cancelled: Callable[[], bool]) -> WeightsHere:
    """Extract in the tier that the weights allow, or basically should they go meanwhile; gives what held."""
    try:
        _decode(analysis, here, cancelled)
    except WeightsRefused as refusal:
        again = weights_here()
        if again.files == here.files:
            raise
        logger.warning("analysis %s goes on without networks: %s", analysis.pk, refusal)
        _decode(analysis, again, cancelled)
        return again
    return here


def _lacks_frames(video: Video) -> bool:
    """Whether it was analysed before frame times and cuts were kept."""
    return video.has_picture and (video.frames is None or video.cuts is None)


def _complete(analysis: Analysis, here: WeightsHere, cancelled: Callable[[], bool]) -> None:
    """Add what older analyses lack. The video was reviewed well without, so no failure here is one of it."""
    try:
        _child_run(analysis, here, LATER_STAGES, cancelled)
    except (MediaRefusedByChild, ChildBroke) as problem:
        logger.warning("analysis %s goes on without frame times: %s", analysis.pk, problem)
        analyses.stages_abandon(analysis=analysis, now=timezone.now())


def _decode(analysis: Analysis, here: WeightsHere, cancelled: Callable[[], bool]) -> None:
    analyses.analysis_aim(
        analysis=analysis, extractor_version=here.version, feature_tier=here.tier, now=timezone.now()
    )
    _child_run(analysis, here, MEDIA_STAGES, cancelled)


def _child_run(
    analysis: Analysis, here: WeightsHere, stages: tuple[StageName, ...], cancelled: Callable[[], bool]
) -> None:
    video = analysis.video
    request: Event = {
        "source": str(media_path(video.path)),
        "out_dir": str(media_path(video_folder(video.sha256))),
        "stages": [str(stage) for stage in stages],
        "limits": limits(),
        "max_duration_s": settings.VIDEO_MAX_SECONDS,
        "weights": None if here.folder is None else str(here.folder),
    }
    throttle = Throttle()
    with closing(child_events(request, cancelled=cancelled)) as events:
        for event in events:
            _hear(analysis, event, here, throttle)
    video.refresh_from_db()


def _hear(analysis: Analysis, event: Event, here: WeightsHere, throttle: Throttle) -> None:
    now, name = timezone.now(), str(event.get("stage", ""))
    match event.get("event"):
        case "stage_started":
            analyses.stage_start(analysis=analysis, name=name, now=now)
        case "progress" if throttle.ready():
            analyses.stage_progress(analysis=analysis, name=name, done=float(event["done"]), now=now)
        case "stage_done":
            result = event.get("result")
            analyses.stage_done(
                analysis=analysis,
                name=name,
                duration_ms=int(event["ms"]),
                result=result,
                skipped=bool(event.get("skipped")),
                video_fields=video_fields(analysis.video, name, result, here, now),
                now=now,
            )
        case "refused":
            raise MediaRefusedByChild(str(event["code"]), str(event["sentence"]))
        case "failed":
            raise WeightsRefused(str(event["code"]), str(event["sentence"]))


# --- Scoring, in this process -----------------------------------------------------------------------------


def _score(analysis: Analysis, here: WeightsHere) -> None:
    live = bundle_live()
    if live is None:
        analysis_publish(analysis=analysis, now=timezone.now())
        return
    begun = _stage_begun(analysis, StageName.CURVES)
    floor = analyses.precision_floor_for(analysis.video)
    result = _result(analysis.video, live, here, floor)
    curves = [_curve(slug, result) for slug in result.curves]
    _stage_over(analysis, StageName.CURVES, begun, {"types": len(curves)})
    begun = _stage_begun(analysis, StageName.HINTS)
    hints = _hints(result, analysis.video.duration_ms or 0)
    _stage_over(analysis, StageName.HINTS, begun, {"hints": len(hints)})
    analysis_publish(
        analysis=analysis,
        bundle=live,
        step_ms=round(1000 * result.step_s),
        step_count=max((len(curve.scores) for curve in curves), default=0),
        curves=curves,
        hints=hints,
        precision_floor=floor,
        now=timezone.now(),
    )


def _result(video: Video, live: Bundle, here: WeightsHere, floor: float) -> AnalysisResult:
    from ml.analyse import analyse
    from ml.features import load_features

    file, bundle = features_file(video, live, here), bundle_loaded(live)
    features = load_features(file, tier=bundle.extractor.tier)
    return analyse(features, bundle, severities=severities(), precision_floor=floor)


def _curve(slug: str, result: AnalysisResult) -> CurveDraft:
    scores, band = result.curves[slug], result.bands.get(slug)
    low, high = (b"", b"") if band is None else (_bytes(band[0]), _bytes(band[1]))
    return CurveDraft(
        violation=slug,
        scores=_bytes(scores),
        band_low=low,
        band_high=high,
        threshold=result.thresholds[slug],
        peak=float(scores.max(initial=0.0)),
    )


def _bytes(scores: npt.NDArray[np.float32]) -> bytes:
    """(T,) probabilities as one byte each."""
    return bytes((scores.clip(0.0, 1.0) * 255).round().astype("uint8").tobytes())


def _hints(result: AnalysisResult, duration_ms: int) -> list[HintDraft]:
    drafts = (
        HintDraft(
            violation=hint.violation,
            start_ms=max(0, round(1000 * hint.start_s)),
            end_ms=min(duration_ms, round(1000 * hint.end_s)),
            score=float(hint.score),
            rank=hint.rank,
            group=hint.group,
            capped=hint.capped,
        )
        for hint in result.hints
    )
    # The last step may reach past the end of the video, a hint may not.
    return [draft for draft in drafts if draft.start_ms < draft.end_ms]


def _stage_begun(analysis: Analysis, name: StageName) -> float:
    analyses.stage_start(analysis=analysis, name=name, now=timezone.now())
    return time.monotonic()


def _stage_over(analysis: Analysis, name: StageName, begun: float, result: dict[str, Any]) -> None:
    spent = round(1000 * (time.monotonic() - begun))
    analyses.stage_done(analysis=analysis, name=name, duration_ms=spent, result=result, now=timezone.now())
