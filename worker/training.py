"""One training run: claim, snapshot, fit, evaluate, gate, promote or refuse. Fenced and repeatable."""

from __future__ import annotations

import logging
import os
import shutil
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ml.errors import BundleRefused, SpotterMLError
from ml.types import Annotation, Example, Mark, ViolationSpec
from review.media import media_path
from review.models import Bundle, Snapshot, Submission, TrainingRun
from review.services import training
from review.services.analyses import ClaimLost
from review.services.bundles import (
    BundleFacts,
    bundle_promote,
    bundle_refuse,
    bundle_register,
    bundles_lock,
    holdout_look_log,
)
from review.services.features import features_request
from review.services.snapshots import FORMAT, Manifest, snapshot_create, snapshot_read
from worker.bundles import bundle_live, bundle_loaded
from worker.features import is_usable
from worker.progress import Heartbeat, Throttle
from worker.views import with_views
from worker.weights import own_licences, weights_here

if TYPE_CHECKING:
    from ml.bundle import Bundle as LoadedBundle

NAMED = 3  # videos named in a message; the metrics hold all
VIEWS_SHARE = 0.2  # of the progress bar: looking at training videos in other ways
FITTING_SHARE = 0.8  # ... and fitting after it; the rest is evaluation and the gate

LIVE_CHANGED = (
    "Another bundle went live while this one was judged, so the comparison no longer counts. "
    "Look at both and promote this one by hand if it is the better."
)

logger = logging.getLogger(__name__)


def run(run_id: int) -> None:
    """Carry out the training run, unless somebody else does or did."""
    row = training.training_claim(run_id=run_id, now=timezone.now())
    if row is None:
        logger.info("training run %s: nothing to claim", run_id)
        return
    with Heartbeat(lambda: training.training_heartbeat(run=row, now=timezone.now())):
        try:
            end = _carried_out(row)
        except ClaimLost:
            end = "given back or cancelled"
        finally:
            _clear(row)
    logger.info("training run %s, attempt %s: %s", row.pk, row.attempts, end)


def _carried_out(row: TrainingRun) -> str:
    try:
        return _trained(row)
    except ClaimLost:
        raise
    except SpotterMLError as error:
        training.training_fail(run=row, sentence=error.sentence, now=timezone.now())
        return f"failed ({error.code})"
    except Exception:
        logger.exception("training run %s broke", row.pk)
        sentence = "The training broke for a reason of ours, written in the worker's log. Start it again."
        training.training_fail(run=row, sentence=sentence, now=timezone.now())
        return "failed"


def _trained(row: TrainingRun) -> str:
    snapshot, manifest = _snapshot(row)
    training.training_snapshot(run=row, snapshot=snapshot, now=timezone.now())
    violations, examples, left_out = violation_specs(manifest), examples_of(manifest), left_out_of(manifest)
    _request_features(left_out)
    taught, seen = with_views(examples, _teller(row, 0.0, VIEWS_SHARE))
    told = " ".join(words for words in (_left_out_words(left_out), seen.words()) if words)
    metrics = _fit(row, snapshot, violations, taught, told)
    folder = _settled_folder(_workplace(row), metrics["digest"])
    more = {"without_features": left_out, "views": asdict(seen) | {"words": seen.words()}}
    return _judge(row, snapshot, folder, examples, metrics | more)


def _snapshot(row: TrainingRun) -> tuple[Snapshot, Manifest]:
    """What the first attempt began with, else nothing it fitted would be of use; or what there is now."""
    if row.snapshot is not None:
        manifest = snapshot_read(row.snapshot)
        if manifest["format"] == FORMAT:
            return row.snapshot, manifest
    snapshot = snapshot_create(now=timezone.now())
    return snapshot, snapshot_read(snapshot)


def _teller(row: TrainingRun, begin: float, end: float, told: str = "") -> Callable[[float, str], None]:
    """Writes progress and stage on the row, not too often, between two places of its bar."""
    throttle = Throttle()

    def tell(done: float, stage: str) -> None:
        if throttle.ready():
            message = f"{stage}. {told}" if told else stage
            place = begin + (end - begin) * done
            training.training_progress(run=row, done=place, message=message, now=timezone.now())

    return tell


def _workplace(row: TrainingRun) -> Path:
    """A folder of this claim's own: an older worker that still computes cannot write into it."""
    return Path(settings.BUNDLES_ROOT) / f".training-{row.pk}-{row.claim}"


def checkpoints_name(run_id: int) -> str:
    """The folder of what is fitted so far: the run's, not the claim's, as the next attempt goes on there."""
    return f".training-{run_id}-checkpoints"


def _clear(row: TrainingRun) -> None:
    """Remove this claim's folder, and what was fitted so far unless another attempt may go on from it."""
    shutil.rmtree(_workplace(row), ignore_errors=True)
    if not TrainingRun.objects.filter(pk=row.pk, state__in=training.OPEN).exists():
        shutil.rmtree(Path(settings.BUNDLES_ROOT) / checkpoints_name(row.pk), ignore_errors=True)


# --- Manifest -> what ml learns from ----------------------------------------------------------------------


def violation_specs(manifest: Manifest) -> list[ViolationSpec]:
    """The violation types to learn."""
    return [
        ViolationSpec(slug=kind["slug"], modality=kind["modality"], severity=kind["severity"])
        for kind in manifest["violation_types"]
    ]


def examples_of(manifest: Manifest) -> list[Example]:
    """The videos to learn from and to measure on: those whose features this code reads."""
    slugs = {kind["slug"] for kind in manifest["violation_types"]}
    return [
        Example(
            video=video["sha256"],
            features_path=media_path(video["features"]["path"]),
            group=video["split_group"],
            split=video["split"],
            annotations=tuple(_annotation(r, slugs, video["duration_ms"]) for r in video["reviews"]),
        )
        for video in manifest["videos"]
        if _has_features(video)
    ]


def left_out_of(manifest: Manifest) -> list[str]:
    """Hashes of labelled videos that have no features, or whose features are older, missing or damaged."""
    unreadable = [video["sha256"] for video in manifest["videos"] if not _has_features(video)]
    return sorted([*manifest["without_features"], *unreadable])


def _has_features(video: Manifest) -> bool:
    features = video["features"]
    return is_usable(features["path"], features["version"], features["weights"])


def _left_out_words(left_out: Sequence[str]) -> str:
    """Which videos taught nothing, for the run's message; empty when all did."""
    if not left_out:
        return ""
    names = ", ".join(sha256[:12] for sha256 in left_out[:NAMED])
    more = f" and {len(left_out) - NAMED} more" if len(left_out) > NAMED else ""
    videos = "1 labelled video has" if len(left_out) == 1 else f"{len(left_out)} labelled videos have"
    return f"{videos} no current features and taught nothing: {names}{more}. They are to be extracted."


def _request_features(left_out: Sequence[str]) -> None:
    queued = features_request(hashes=left_out, wanted=weights_here().version, now=timezone.now())
    if left_out:
        logger.info("%s %s queued.", _left_out_words(left_out), queued)


def _annotation(review: dict[str, Any], slugs: set[str], duration_ms: int) -> Annotation:
    """Seconds instead of milliseconds; a type switched off since is left out."""
    watched = [row for row in review["watched"] if row[0] < row[1]]
    return Annotation(
        annotator=review["annotator"],
        marks=tuple(
            Mark(s["violation_type"], s["start_ms"] / 1000, min(s["end_ms"], duration_ms) / 1000)
            for s in review["segments"]
            if s["violation_type"] in slugs and s["start_ms"] < duration_ms
        ),
        watched=tuple((start / 1000, end / 1000) for start, end, _speed, _muted in watched),
        unmuted=tuple((start / 1000, end / 1000) for start, end, _speed, muted in watched if not muted),
        covers=tuple(slug for slug in review["covers"] if slug in slugs),
        settled=review["settled"],
        blind=review["unhinted"],
        corrected=tuple(_corrected(row, duration_ms) for row in review["overruled"]),
    )


def _corrected(row: dict[str, Any], duration_ms: int) -> tuple[float, float]:
    """From where either the hint or what became of it begins, to where both have ended."""
    start_ms = min(row["start_ms"], row["start_ms"] + row["start_shift_ms"])
    end_ms = max(row["end_ms"], row["end_ms"] + row["end_shift_ms"])
    return max(start_ms, 0) / 1000, min(end_ms, duration_ms) / 1000


# --- Fit, judge, decide -----------------------------------------------------------------------------------


def _fit(
    row: TrainingRun,
    snapshot: Snapshot,
    violations: Sequence[ViolationSpec],
    examples: Sequence[Example],
    told: str,
) -> dict[str, Any]:
    from ml.tiers import training_tier
    from ml.train import train_bundle

    begin = VIEWS_SHARE if any(example.views_path for example in examples) else 0.0
    tell = _teller(row, begin, FITTING_SHARE, told)

    return train_bundle(
        examples,
        violations=violations,
        out_dir=_workplace(row),
        name=_name(row),
        seed=row.seed,
        on_progress=lambda done, stage, _figures: tell(done, stage),
        code_version=_code_version(),
        data_hash=snapshot.sha256,
        # Not the clock: an attempt that was killed and begun again makes the same bytes.
        created_at=row.queued_at.isoformat(),
        # Holdout counts too: what cannot be measured on it would never pass the gate.
        tier=training_tier(examples, None).tier if examples else None,
        warm_from=_live_or_none(),
        checkpoints=Path(settings.BUNDLES_ROOT) / checkpoints_name(row.pk),
    )


def _live_or_none() -> LoadedBundle | None:
    """Where fitting may begin. One that cannot be read only makes it slower; the gate says what is wrong."""
    live = bundle_live()
    try:
        return None if live is None else bundle_loaded(live)
    except BundleRefused:
        return None


def _name(row: TrainingRun) -> str:
    return f"bundle-{row.pk:04d}"


def _code_version() -> str:
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def _settled_folder(workplace: Path, digest: str) -> Path:
    """The bundle under the name of its content. The same content again is already there."""
    folder = Path(settings.BUNDLES_ROOT) / digest
    if not folder.exists():
        os.replace(workplace, folder)
    return folder


def _judge(
    row: TrainingRun,
    snapshot: Snapshot,
    folder: Path,
    examples: Sequence[Example],
    metrics: dict[str, Any],
) -> str:
    from ml.bundle import load_bundle
    from ml.evaluate import evaluate_bundle

    training.training_progress(
        run=row, done=0.85, message="measuring it on videos it has not seen", now=timezone.now()
    )
    candidate, live = load_bundle(folder, digest=metrics["digest"]), bundle_live()
    holdout = [example for example in examples if example.split == "holdout"]
    measured = evaluate_bundle(candidate, holdout, seed=row.seed)
    training.training_progress(
        run=row, done=0.95, message="comparing it with the live bundle", now=timezone.now()
    )
    gate = gate_result(candidate, live, holdout, seed=row.seed)
    bands = {slug: asdict(evidence) for slug, evidence in candidate.bands.items()}
    facts = _facts(candidate, folder, {"training": metrics, "holdout": measured, "bands": bands})
    return _decide(row, snapshot, facts, gate, live)


def gate_result(
    candidate: LoadedBundle, live: Bundle | None, holdout: Sequence[Example], *, seed: int
) -> dict[str, Any]:
    """The gate's verdict with reasons. One with nothing to be compared with goes live."""
    from ml.evaluate import compare_bundles

    loaded, why = _to_compare_with(live)
    gate = compare_bundles(candidate, loaded, holdout, seed=seed)
    if loaded is None:
        gate = {**gate, "measured_verdict": gate["verdict"], "verdict": "promote"}
        gate["reasons"] = [why, *gate["reasons"]]
    return gate


def _to_compare_with(live: Bundle | None) -> tuple[LoadedBundle | None, str]:
    """The live bundle, or why there is none: one of an older format scores nothing and holds nobody back."""
    if live is None:
        return None, "This is the first bundle: there is none to compare it with, so it goes live."
    try:
        return bundle_loaded(live), ""
    except BundleRefused as refusal:
        if refusal.code != "unknown_format":
            raise
        return None, f"The live bundle cannot be compared with, so this one goes live. {refusal.sentence}"


def _facts(candidate: LoadedBundle, folder: Path, metrics: dict[str, Any]) -> BundleFacts:
    return BundleFacts(
        name=candidate.name,
        path=folder.name,
        sha256=candidate.digest,
        extractor_version=candidate.extractor.version,
        feature_tier=candidate.extractor.tier,
        weights=_weights_named(candidate),
        violation_slugs=list(candidate.slugs()),
        thresholds=dict(candidate.thresholds),
        metrics=metrics,
    )


def _weights_named(candidate: LoadedBundle) -> list[dict[str, str]]:
    """Each file of the networks that the bundle reads, with what its publisher says of it."""
    from ml.weights import PRETRAINED_TIER

    known, own = {entry.sha256: entry for entry in PRETRAINED_TIER}, own_licences(weights_here())
    words = ("what", "licence", "url", "citation")
    return [
        {
            "name": name,
            "sha256": sha256,
            **{word: str(getattr(known.get(sha256), word, "")) for word in words},
            **({"licence": own[sha256]} if sha256 in own else {}),
        }
        for name, sha256 in sorted(candidate.extractor.weights.items())
    ]


@transaction.atomic
def _decide(
    row: TrainingRun, snapshot: Snapshot, facts: BundleFacts, gate: dict[str, Any], live: Bundle | None
) -> str:
    """Bundle, look at holdout, promotion or refusal, and the end of the run: all or nothing."""
    now = timezone.now()
    bundles_lock()
    if gate["verdict"] == "promote" and bundle_live() != live:
        gate = {**gate, "verdict": "live_changed", "reasons": [*gate["reasons"], LIVE_CHANGED]}
    bundle = bundle_register(facts=facts, snapshot=snapshot, gate=gate, is_demo=_is_demo(snapshot), now=now)
    learned = facts.metrics["training"]
    told = [_left_out_words(learned["without_features"]), learned["views"]["words"], *gate["reasons"]]
    sentence = " ".join(words for words in told if words)
    training.training_finish(run=row, bundle=bundle, sentence=sentence, now=now)
    holdout_look_log(run=row, candidate=bundle, live=live, result=gate, now=now)
    if gate["verdict"] == "promote":
        bundle_promote(bundle=bundle, reason=sentence, now=now)
    elif gate["verdict"] == "refuse":
        bundle_refuse(bundle=bundle, now=now)
    return f"{bundle.name} is {bundle.state}"


def _is_demo(snapshot: Snapshot) -> bool:
    """Whether nothing but demo films taught this bundle."""
    videos = [video["sha256"] for video in snapshot_read(snapshot)["videos"]]
    return not Submission.objects.filter(video__sha256__in=videos, is_demo=False).exists()
