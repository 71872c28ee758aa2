"""Snapshots: the immutable manifest of what a bundle is trained on.

It names people by pseudonym, videos by hash, and holds nothing that depends on when it was written: the same
labels give the same file. Golden tasks and planted hints never enter; neither do reviews that gave no answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Prefetch

from review.models import (
    Arm,
    HintOutcome,
    Outcome,
    PersonKind,
    Policy,
    Review,
    ReviewState,
    Segment,
    Settlement,
    Snapshot,
    Verdict,
    Video,
)
from review.services.policies import types_in_use

FORMAT = 3  # 3: where reviewers overruled hints; 2: the weights of features, and videos that have none
Manifest = dict[str, Any]
OVERRULED = (Outcome.REJECTED, Outcome.ADJUSTED, Outcome.RELABELLED)


def snapshot_create(*, now: datetime) -> Snapshot:
    """Write down every label that may be learned from; an identical snapshot is used again."""
    manifest = snapshot_manifest(until=now)
    text = json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    relative = f"{sha256[:2]}/{sha256}.json"
    _write_once(Path(settings.SNAPSHOTS_ROOT) / relative, text)
    snapshot, _ = Snapshot.objects.get_or_create(
        sha256=sha256, defaults={"path": relative, "counts": _counts(manifest), "created_at": now}
    )
    return snapshot


def snapshot_read(snapshot: Snapshot) -> Manifest:
    """The manifest, refused when the file is not the one that was hashed."""
    data = (Path(settings.SNAPSHOTS_ROOT) / snapshot.path).read_bytes()
    if hashlib.sha256(data).hexdigest() != snapshot.sha256:
        raise ValueError(f"The snapshot {snapshot.path} was altered. Start a new training run.")
    manifest: Manifest = json.loads(data)
    return manifest


def _write_once(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(name, 0o440)
    os.replace(name, path)


# --- What it says -----------------------------------------------------------------------------------------


def snapshot_manifest(*, until: datetime) -> Manifest:
    """All videos with cached features and at least one review to learn from.

    A review submitted while this reads is left out: the snapshot's time tells which reviews may be reopened.
    """
    reviews = _reviews_by_video(until)
    videos = Video.objects.filter(pk__in=reviews).select_related("split_group").order_by("sha256")
    return {
        "format": FORMAT,
        "violation_types": _violation_types(),
        "videos": [_video(video, reviews[video.pk]) for video in videos if video.features_path],
        "without_features": [video.sha256 for video in videos if not video.features_path],
    }


def _violation_types() -> list[Manifest]:
    versions = {policy.pk: policy.versions.all()[0] for policy in Policy.objects.prefetch_related("versions")}
    return [
        {
            "slug": kind.slug,
            "modality": kind.modality,
            "severity": versions[kind.policy_id].severity,
            "policy_version": versions[kind.policy_id].number,
        }
        for kind in types_in_use().order_by("slug")
        if kind.policy_id in versions
    ]


def _reviews_by_video(until: datetime) -> dict[int, list[Review]]:
    # A planted hint is wrong on purpose, so what came of one, even merged with others, teaches nothing.
    segments = Segment.objects.select_related("violation_type", "policy_version").exclude(
        hints__is_planted=True
    )
    overruled = HintOutcome.objects.select_related("hint__violation_type").filter(
        outcome__in=OVERRULED, hint__is_planted=False
    )
    settlements = Settlement.objects.filter(withdrawn_at__isnull=True)
    reviews = (
        Review.objects.filter(
            state=ReviewState.SUBMITTED,
            submitted_at__lte=until,
            task__is_golden=False,
            verdict__in=[Verdict.VIOLATING, Verdict.CLEAN],
        )
        .select_related("reviewer", "task__submission")
        .prefetch_related(
            Prefetch("segments", segments),
            Prefetch("outcomes", overruled.order_by("hint__rank")),
            "watched_ranges",
            "covered_types",
            Prefetch("task__settlements", settlements),
        )
    )
    by_video: dict[int, list[Review]] = defaultdict(list)
    for review in reviews.order_by("pk"):
        by_video[review.task.submission.video_id].append(review)
    return by_video


def _video(video: Video, reviews: list[Review]) -> Manifest:
    return {
        "sha256": video.sha256,
        "split": video.split_group.split,
        "split_group": video.split_group.key,
        "duration_ms": video.duration_ms,
        "features": {
            "path": video.features_path,
            "version": video.extractor_version,
            "tier": video.feature_tier,
            "weights": video.feature_weights,
        },
        "reviews": [_review(review) for review in reviews],
    }


def _review(review: Review) -> Manifest:
    return {
        "id": review.pk,
        "annotator": str(review.reviewer.pseudonym),
        "arm": review.arm,
        "unhinted": is_unhinted(review),
        "settled": any(s.deciding_review_id == review.pk for s in review.task.settlements.all()),
        "verdict": review.verdict,
        "covers": sorted(kind.slug for kind in review.covered_types.all()),
        "watched": [
            [watched.start_ms, watched.end_ms, watched.speed, watched.muted]
            for watched in review.watched_ranges.all()
        ],
        "segments": [
            {
                "violation_type": segment.violation_type.slug,
                "start_ms": segment.start_ms,
                "end_ms": segment.end_ms,
                "policy_version": segment.policy_version.number,
                "origin": segment.origin,
            }
            for segment in review.segments.all()
        ],
        "overruled": [_overruled(outcome) for outcome in review.outcomes.all()],
    }


def _overruled(row: HintOutcome) -> Manifest:
    """Where the person knew better than the model: the hint, and how far its bounds were moved."""
    hint = row.hint
    return {
        "violation_type": hint.violation_type.slug,
        "outcome": row.outcome,
        "start_ms": hint.start_ms,
        "end_ms": hint.end_ms,
        "start_shift_ms": row.start_shift_ms or 0,
        "end_shift_ms": row.end_shift_ms or 0,
    }


def is_unhinted(review: Review) -> bool:
    """Whether the review saw nothing of a model: only such labels may measure one."""
    is_import = review.reviewer.kind == PersonKind.IMPORT
    return is_import or review.arm == Arm.BLIND or bool(review.hintless_reason)


def _counts(manifest: Manifest) -> dict[str, Any]:
    reviews = [review for video in manifest["videos"] for review in video["reviews"]]
    splits: dict[str, int] = defaultdict(int)
    for video in manifest["videos"]:
        splits[video["split"]] += 1
    hashes = [video["sha256"] for video in manifest["videos"]]
    real = Video.objects.filter(sha256__in=hashes, submissions__is_demo=False).distinct()
    return {
        "videos": len(manifest["videos"]),
        "videos_without_features": len(manifest["without_features"]),
        "demo_videos": len(hashes) - real.count(),
        "reviews": len(reviews),
        "segments": sum(len(review["segments"]) for review in reviews),
        "annotators": len({review["annotator"] for review in reviews}),
        "splits": dict(splits),
    }
