"""The gate: may a candidate replace the live bundle? Judged on blind annotations of holdout videos alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml.bundle import Bundle
from ml.errors import FeatureMismatch
from ml.figures import Groups, groups_of
from ml.judging import Judged, judged_videos, truth_tellers
from ml.metrics import calibration_error, recall_at, roc_auc
from ml.resampling import auc_draws, rank_counts, ratio
from ml.types import DoubleArray, Example

MARGIN = 0.02  # macro AUC a candidate may lose
MIN_GROUPS = 5  # split groups with a blind review below which a bootstrap means nothing
TYPE_MARGIN = 0.05  # AUC a single type may lose, however much the others gain
CALIBRATION_MARGIN = 0.05
BETTER_THAN_CHANCE = 0.5
RECALL_K = 5
ROUNDS = 400


@dataclass
class _Ruling:
    """Collects what speaks against a promotion, and what cannot be known yet."""

    against: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    in_favour: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)

    def result(self) -> dict[str, Any]:
        verdict = "refuse" if self.against else "not_enough_holdout" if self.unknown else "promote"
        reasons = self.against or self.unknown or self.in_favour
        return {"verdict": verdict, "reasons": reasons, "numbers": self.numbers}


def compare_bundles(
    candidate: Bundle,
    live: Bundle | None,
    examples: Sequence[Example],
    *,
    margin: float = MARGIN,
    seed: int = 0,
    floors: Mapping[str, float] | None = None,
    min_groups: int = MIN_GROUPS,
) -> dict[str, Any]:
    """Verdict `promote`, `refuse` or `not_enough_holdout`, the reasons as sentences, and the numbers.

    - Overall: the mean AUC over the types both know; resampling split groups, its loss must stay within
      `margin` with 95 % confidence. If only the confidence is lacking, more blind videos are asked for.
    - No single type may clearly lose more than TYPE_MARGIN, whatever the others gain.
    - A type the candidate lost is a refusal; a type it gained must beat chance where it can be measured.
    - `floors`: the least hint recall per type, where holdout shows that type at all.
    - Without a live bundle (`None`) the candidate only has to beat chance and keep the floors.
    """
    ruling = _Ruling()
    holdout = [e for e in examples if e.split == "holdout" and truth_tellers(e, blind_only=True)]
    groups = len({example.group for example in holdout})
    ruling.numbers |= {"videos": len(holdout), "groups": groups, "margin": margin}
    _lost_types(candidate, live, ruling)
    if groups < min_groups:
        ruling.unknown.append(_more_videos(groups, min_groups - groups))
        return ruling.result()
    ours = _judged(candidate, holdout, seed)
    theirs = None if live is None else _judged_live(live, holdout, seed, ruling)
    if theirs is None:
        _against_chance(candidate.slugs(), ours, ruling)
    else:
        shared = [slug for slug in candidate.slugs() if slug in theirs]
        _not_worse(shared, ours, theirs, margin, seed, ruling)
        _no_type_lost(shared, ours, theirs, seed, ruling)
        _calibrated(shared, ours, theirs, ruling)
        _against_chance([slug for slug in candidate.slugs() if slug not in theirs], ours, ruling)
    _floors(floors or {}, ours, ruling)
    return ruling.result()


def _more_videos(groups: int, lacking: int) -> str:
    return (
        f"Only {groups} holdout {'video has' if groups == 1 else 'videos have'} a blind review from a source "
        f"of its own; about {lacking} more {'is' if lacking == 1 else 'are'} needed."
    )


def _lost_types(candidate: Bundle, live: Bundle | None, ruling: _Ruling) -> None:
    for slug in live.slugs() if live is not None else ():
        if slug not in candidate.slugs():
            why = candidate.left_out.get(slug, "It was not asked to learn it.")
            ruling.against.append(f"The candidate no longer knows {slug}, which the live bundle does. {why}")


def _judged(bundle: Bundle, holdout: Sequence[Example], seed: int) -> dict[str, list[Judged]]:
    videos = list(judged_videos(bundle, holdout, blind_only=True, seed=seed, chance_draws=0))
    return {slug: [video.types[slug] for video in videos] for slug in bundle.slugs()}


def _judged_live(
    live: Bundle, holdout: Sequence[Example], seed: int, ruling: _Ruling
) -> dict[str, list[Judged]] | None:
    try:
        return _judged(live, holdout, seed)
    except FeatureMismatch:
        ruling.in_favour.append(
            "The live bundle reads features of another extractor, so the candidate was measured alone."
        )
        return None


def _not_worse(
    slugs: Sequence[str],
    ours: Mapping[str, list[Judged]],
    theirs: Mapping[str, list[Judged]],
    margin: float,
    seed: int,
    ruling: _Ruling,
) -> None:
    """Paired bootstrap by split group of the difference in macro AUC."""
    measured = [s for s in slugs if _auc(ours[s]) is not None]
    if not measured:
        ruling.unknown.append("No holdout video shows a violation type both bundles know; more are needed.")
        return
    own, other = _macro(measured, ours), _macro(measured, theirs)
    draws = _difference_draws(measured, ours, theirs, seed)
    low, high = (float(x) for x in np.percentile(draws, [5, 95])) if len(draws) else (-1.0, 1.0)
    change = own - other
    ruling.numbers |= {
        "candidate_macro_auc": own,
        "live_macro_auc": other,
        "difference": change,
        "difference_interval": [low, high],
        "per_violation": {s: {"candidate": _auc(ours[s]), "live": _auc(theirs[s])} for s in measured},
    }
    figures = f"mean AUC {own:.3f} against {other:.3f} of the live bundle on {len(measured)} violation types"
    if change < -margin:
        ruling.against.append(f"The candidate is worse: {figures}, and at most {margin:g} may be lost.")
    elif low < -margin:
        lacking = _lacking(ruling.numbers["groups"], change, low, margin)
        ruling.unknown.append(
            f"The candidate looks no worse ({figures}), but chance alone could hide a loss of {-low:.3f}. "
            + _more_videos(ruling.numbers["groups"], lacking)
        )
    else:
        ruling.in_favour.append(f"The candidate is not worse: {figures}, at most {margin:g} may be lost.")


def _no_type_lost(
    slugs: Sequence[str],
    ours: Mapping[str, list[Judged]],
    theirs: Mapping[str, list[Judged]],
    seed: int,
    ruling: _Ruling,
) -> None:
    """A mean hides one type that went blind; a loss counts when chance hardly explains it."""
    for slug in slugs:
        own, other = _auc(ours[slug]), _auc(theirs[slug])
        if own is None or other is None or own >= other - TYPE_MARGIN:
            continue
        draws = _difference_draws([slug], ours, theirs, seed)
        if len(draws) and float(np.percentile(draws, 95)) < 0:
            ruling.against.append(
                f"The candidate is worse on {slug}: AUC {own:.3f} against {other:.3f} of the live bundle."
            )


def _lacking(groups: int, change: float, low: float, margin: float) -> int:
    """Further groups until the lower bound clears the margin: an interval shrinks with the root of n."""
    ratio = (change - low) / max(change + margin, 0.25 * margin, 1e-6)
    return max(1, math.ceil(groups * (ratio**2 - 1)))


def _difference_draws(
    slugs: Sequence[str], ours: Mapping[str, list[Judged]], theirs: Mapping[str, list[Judged]], seed: int
) -> DoubleArray:
    """Draws of split groups, the same for both bundles: mean difference in AUC of the types both show."""
    groups = groups_of([video.group for video in ours[slugs[0]]], seed=seed, rounds=ROUNDS)
    changes = np.stack([_auc_draws(ours[s], groups) - _auc_draws(theirs[s], groups) for s in slugs])[:, 1:]
    defined = ~np.isnan(changes)
    means = ratio(np.where(defined, changes, 0).sum(axis=0), defined.sum(axis=0).astype(np.float64))
    return means[~np.isnan(means)]


def _auc_draws(videos: Sequence[Judged], groups: Groups) -> DoubleArray:
    group = np.repeat([groups.number[video.group] for video in videos], [len(v.truth) for v in videos])
    truth, score = np.concatenate([v.truth for v in videos]), np.concatenate([v.score for v in videos])
    return auc_draws(rank_counts(truth, score, group, len(groups.number)), groups.weights)


def _auc(videos: Sequence[Judged]) -> float | None:
    if not videos:
        return None
    return roc_auc(np.concatenate([v.truth for v in videos]), np.concatenate([v.score for v in videos]))


def _macro(slugs: Sequence[str], judged: Mapping[str, list[Judged]]) -> float:
    return float(np.mean([value for slug in slugs if (value := _auc(judged[slug])) is not None]))


def _calibrated(
    slugs: Sequence[str],
    ours: Mapping[str, list[Judged]],
    theirs: Mapping[str, list[Judged]],
    ruling: _Ruling,
) -> None:
    for slug in slugs:
        own, other = _calibration_error(ours[slug]), _calibration_error(theirs[slug])
        if own is not None and other is not None and own > other + CALIBRATION_MARGIN:
            ruling.against.append(
                f"Scores of {slug} mean less than before: calibration error {own:.3f} against {other:.3f}."
            )


def _calibration_error(videos: Sequence[Judged]) -> float | None:
    return calibration_error(
        np.concatenate([v.truth for v in videos]), np.concatenate([v.score for v in videos])
    )


def _against_chance(slugs: Sequence[str], ours: Mapping[str, list[Judged]], ruling: _Ruling) -> None:
    """Types without a live model to compare with: better than guessing, where it can be measured."""
    for slug in slugs:
        own = _auc(ours[slug])
        ruling.numbers.setdefault("new_violations", {})[slug] = own
        if own is None:
            ruling.in_favour.append(f"{slug} is new and holdout does not show it yet, so it is unmeasured.")
        elif own <= BETTER_THAN_CHANCE:
            ruling.against.append(f"The candidate is no better than chance on {slug} (AUC {own:.3f}).")
        else:
            ruling.in_favour.append(f"{slug} is new: the live bundle has no score for it. AUC {own:.3f}.")


def _floors(floors: Mapping[str, float], ours: Mapping[str, list[Judged]], ruling: _Ruling) -> None:
    for slug, floor in floors.items():
        videos = ours.get(slug, [])
        events = sum(len(video.events) for video in videos)
        if events == 0:
            continue
        recall = sum(recall_at(v.events, v.hints.shown, k=RECALL_K) for v in videos) / events
        ruling.numbers.setdefault("hint_recall", {})[slug] = recall
        if recall < floor:
            ruling.against.append(f"Hint recall of {slug} is {recall:.2f}, below its floor of {floor:.2f}.")
