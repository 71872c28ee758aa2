"""Bundles and training runs, as the bundles pages and the learning API show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from review.models import (
    Bundle,
    BundleState,
    FeatureTier,
    Promotion,
    TrainingRun,
    Video,
    ViolationType,
    WeightsReport,
    WeightsState,
)
from review.services.training import OPEN, reviews_settled_since_last_run


def bundles_list() -> QuerySet[Bundle]:
    """Every bundle, newest first, with the run that made it."""
    return Bundle.objects.select_related("snapshot", "training_run")


def bundle_live() -> Bundle | None:
    """The bundle that hints come from now."""
    return Bundle.objects.filter(state=BundleState.LIVE).first()


def bundle_promotions(bundle: Bundle) -> QuerySet[Promotion]:
    """When this bundle went live, by whom and why; newest first."""
    return bundle.promotions.select_related("promoted_by", "previous").order_by("-promoted_at")


def training_runs_list() -> QuerySet[TrainingRun]:
    """Training runs, newest first."""
    return TrainingRun.objects.select_related("requested_by", "bundle", "snapshot")


@dataclass(frozen=True)
class NextTraining:
    """How far the count of newly settled reviews is from starting a run by itself."""

    settled: int
    needed: int
    automatic: bool


def training_next() -> NextTraining:
    """What the trigger of the next run counts, and what it waits for."""
    is_first = not Bundle.objects.exists()
    needed = settings.FIRST_BUNDLE_AFTER_REVIEWS if is_first else settings.RETRAIN_AFTER_REVIEWS
    return NextTraining(reviews_settled_since_last_run(), needed, settings.TRAINING_AUTOMATIC)


@dataclass(frozen=True)
class MeanAuc:
    """The mean AUC over a bundle's types, and which videos it was measured on; None where there is none."""

    value: float | None
    measured_on: str


@dataclass(frozen=True)
class BundleLine:
    """One bundle in the list."""

    bundle: Bundle
    auc: MeanAuc
    is_part_demo: bool


@dataclass(frozen=True)
class FeaturesOverview:
    """How many of the videos with features have those that are extracted now.

    `tier` is None until a worker has looked into the weights folder; `problem` says what an administrator
    should do about it.
    """

    tier: FeatureTier | None
    current: int
    videos: int
    problem: str


@dataclass(frozen=True)
class BundlesOverview:
    """What the bundles page shows."""

    lines: list[BundleLine]
    live: Bundle | None
    runs: list[TrainingRun]
    open_run: TrainingRun | None
    next: NextTraining
    features: FeaturesOverview


def bundles_overview() -> BundlesOverview:
    """All bundles, the latest runs, and what the next run waits for."""
    bundles = list(bundles_list())
    runs = list(training_runs_list()[:10])
    live = next((bundle for bundle in bundles if bundle.state == BundleState.LIVE), None)
    open_run = next((run for run in runs if run.state in OPEN), None)
    lines = [BundleLine(bundle, _mean_auc(bundle), is_part_demo(bundle)) for bundle in bundles]
    return BundlesOverview(lines, live, runs, open_run, training_next(), features_overview(live))


def features_overview(live: Bundle | None) -> FeaturesOverview:
    """Which features are extracted now, for how many videos, and whether the live bundle can go on."""
    report = WeightsReport.objects.first()
    is_pretrained = report is not None and report.state == WeightsState.PRESENT
    with_features = Video.objects.exclude(features_path="")
    current = (
        Q(extractor_version=report.extractor_version)
        if report is not None and is_pretrained
        else Q(feature_tier=FeatureTier.PRETRAINED)
    )
    counts = with_features.aggregate(videos=Count("pk"), current=Count("pk", filter=current))
    tier = None if report is None else FeatureTier.PRETRAINED if is_pretrained else FeatureTier.EMBEDDED
    return FeaturesOverview(tier, counts["current"], counts["videos"], _weights_problem(report, live))


def _weights_problem(report: WeightsReport | None, live: Bundle | None) -> str:
    """What is wrong with the networks, as far as anybody needs them."""
    if report is None:
        return ""
    needs = live is not None and live.feature_tier == FeatureTier.PRETRAINED
    if not needs or (live is not None and report.extractor_version == live.extractor_version):
        return report.sentence
    without = "The live bundle reads pretrained features: new videos are reviewed without hints."
    return f"{without} {_why_without(report, others=': train a new bundle.')}"


def promotion_warning(bundle: Bundle) -> str:
    """What would be missing if this bundle went live now; empty when nothing is known to be."""
    report = WeightsReport.objects.first()
    needs = bundle.feature_tier == FeatureTier.PRETRAINED
    if report is None or not needs or report.extractor_version == bundle.extractor_version:
        return ""
    without = "This bundle reads pretrained features: once live, new videos are reviewed without hints."
    return f"{without} {_why_without(report, others='.')}"


def _why_without(report: WeightsReport, *, others: str) -> str:
    """Why a pretrained bundle lacks its networks. `others` ends the sentence about other networks."""
    if report.state == WeightsState.MISSING:
        return "Its networks are not in the weights folder: manage.py weights fetch brings them back."
    if report.state == WeightsState.ALTERED:
        return report.sentence
    return f"Other networks lie in the weights folder than it was trained with{others}"


@dataclass(frozen=True)
class ViolationFigures:
    """What a bundle's metrics say of one violation type; None where a figure is undefined."""

    slug: str
    name: str
    figures: dict[str, Any]
    threshold: float | None
    live: dict[str, Any]


@dataclass(frozen=True)
class BandLine:
    """Whether the workbench shows a type's band, and why."""

    name: str
    shown: bool
    reason: str


@dataclass(frozen=True)
class BundleDetail:
    """What one bundle's page shows; `live` is the bundle it is compared with.

    `lacks_holdout`: the gate could not tell, for want of videos to measure on. `is_part_demo`: demo films
    taught it, though not they alone. `warning`: what would be missing if it went live now.
    """

    violations: list[ViolationFigures]
    bands: list[BandLine]
    live: Bundle | None
    promotions: list[Promotion]
    learned_from: dict[str, Any]
    lacks_holdout: bool
    is_part_demo: bool
    warning: str


def bundle_detail(bundle: Bundle) -> BundleDetail:
    """The bundle's figures per violation type, beside those of the live bundle."""
    live = None if bundle.state == BundleState.LIVE else bundle_live()
    names = dict(ViolationType.objects.values_list("slug", "name"))
    ours, theirs = _violations(bundle), _violations(live)
    rows = [
        ViolationFigures(
            slug, names.get(slug, slug), ours.get(slug, {}), bundle.thresholds.get(slug), theirs.get(slug, {})
        )
        for slug in bundle.violation_slugs
    ]
    anything = _anything(bundle)
    if anything:
        rows.append(ViolationFigures("", "Any of them", anything, None, _anything(live)))
    return BundleDetail(
        violations=rows,
        bands=[
            BandLine(names.get(slug, slug), bool(band.get("shown")), str(band.get("reason", "")))
            for slug, band in sorted(_section(bundle, "bands").items())
        ],
        live=live,
        promotions=list(bundle_promotions(bundle)),
        learned_from=_section(bundle, "training"),
        lacks_holdout="not_enough_holdout"
        in (bundle.gate.get("verdict"), bundle.gate.get("measured_verdict")),
        is_part_demo=is_part_demo(bundle),
        warning="" if bundle.state == BundleState.LIVE else promotion_warning(bundle),
    )


def is_part_demo(bundle: Bundle) -> bool:
    """Whether demo films were among what it learned from, but not all of it."""
    counts = bundle.snapshot.counts if bundle.snapshot else {}
    return not bundle.is_demo and bool(counts.get("demo_videos"))


def _violations(bundle: Bundle | None) -> dict[str, Any]:
    """What each type scored on blind holdout, or, where holdout says nothing of it, while training."""
    holdout, training = _section(bundle, "holdout"), _section(bundle, "training")
    found = {
        slug: {**figures, "notes_from": figures.get("held_out_by", "")}
        for slug, figures in training.get("violations", {}).items()
    }
    for slug, figures in holdout.get("violations", {}).items():
        if figures.get("auc") is not None:
            kept = {name: found.get(slug, {}).get(name) for name in ("notes", "notes_from", "floors_reached")}
            found[slug] = {**figures, "held_out_by": "blind holdout", **kept}
    return found


def _anything(bundle: Bundle | None) -> dict[str, Any]:
    """All types as one class, on blind holdout; empty where that was not measured."""
    figures = _section(bundle, "holdout").get("any_violation")
    if not isinstance(figures, dict) or figures.get("auc") is None:
        return {}
    return {**figures, "held_out_by": "blind holdout"}


def _mean_auc(bundle: Bundle) -> MeanAuc:
    """The mean over types on blind holdout, or while training when there is no holdout to say it."""
    for section, words in (("holdout", "blind holdout"), ("training", "videos held out while training")):
        auc = _section(bundle, section).get("macro_auc")
        if auc is not None:
            return MeanAuc(float(auc), words)
    return MeanAuc(None, "")


def _section(bundle: Bundle | None, name: str) -> dict[str, Any]:
    """A bundle of another version of the code may say other things: what is missing is shown as a dash."""
    found = bundle.metrics.get(name) if bundle else None
    return found if isinstance(found, dict) else {}
