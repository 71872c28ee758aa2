"""A bundle's card: what it is, what it learned from, how good it is, and where not to trust it."""

from collections.abc import Mapping
from typing import Any

from ml.weights import PRETRAINED_TIER


def card(described: Mapping[str, Any]) -> str:
    """Markdown from the same values that `bundle.json` holds."""
    return "\n".join(
        [
            *_head(described),
            *_types(described),
            *_left_out(described),
            *_data(described),
            *_limits(described),
            "",
        ]
    )


def _head(d: Mapping[str, Any]) -> list[str]:
    extractor = d["extractor"]
    return [
        f"# {_plain(d['name'])}",
        "",
        f"Made {d['created_at'] or 'at an unrecorded time'} by code {d['code_version'] or 'unrecorded'}, "
        f"seed {d['seed']}, from data {d['data_hash'] or 'unrecorded'}.",
        f'Reads features {extractor["version"]}, tier "{extractor["tier"]}", '
        f"every {extractor['step_s']:g} s.",
        "",
        *_networks(extractor["weights"]),
        "",
    ]


_OWN = "not a published file: the licence is in the network's sidecar"


def _networks(weights: Mapping[str, str]) -> list[str]:
    """What made the features: a bundle is only as free to use as the networks it needs."""
    if not weights:
        return ["Embedded features: basic. No pretrained network is needed."]
    licences = {entry.sha256: entry.licence for entry in PRETRAINED_TIER}
    rows = [
        f"| {_plain(name)} | {licences.get(digest, _OWN)} | {digest} |"
        for name, digest in sorted(weights.items())
    ]
    return ["Pretrained features, made by:", "", "| file | licence | SHA-256 |", "|---|---|---|", *rows]


def _types(d: Mapping[str, Any]) -> list[str]:
    rows = [
        "## Violation types it knows",
        "",
        "AUC and AP are per step on videos the scoring model had not seen, unless the last column says so.",
        "",
        "| type | modality | AUC | AP | base rate | calibration error | threshold | measured on |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for violation in d["violations"]:
        slug = violation["slug"]
        m = d["metrics"].get("violations", {}).get(slug, {})
        figures = (m.get("auc"), m.get("ap"), m.get("base_rate"), m.get("calibration_error"))
        cells = [slug, violation["modality"], *map(_number, figures), _number(d["thresholds"].get(slug))]
        rows.append(f"| {' | '.join(cells)} | {m.get('held_out_by', 'not measured')} |")
    notes = [
        f"- {slug}: {n}" for slug, m in d["metrics"].get("violations", {}).items() for n in m.get("notes", ())
    ]
    return [*rows, "", *notes, *([""] if notes else [])]


def _left_out(d: Mapping[str, Any]) -> list[str]:
    if not d["left_out"]:
        return []
    return ["## Left out", "", *(f"- {slug}: {reason}" for slug, reason in sorted(d["left_out"].items())), ""]


def _data(d: Mapping[str, Any]) -> list[str]:
    m = d["metrics"]
    return [
        "## Learned from",
        "",
        f"{m.get('videos', 0)} videos in {m.get('groups', 0)} split groups, {m.get('steps', 0)} steps, "
        f"{len(d['annotators'])} annotators. Holdout videos were not opened.",
        "",
    ]


def _limits(d: Mapping[str, Any]) -> list[str]:
    return [
        "## Limits",
        "",
        "- It proposes where to look. It does not decide: a person does.",
        "- Scores are calibrated to the base rates of the videos it learned from; elsewhere they drift.",
        "- The band shows where the annotators of its panel lean apart. It follows real disagreement only "
        "where that is systematic, and says little about plain carelessness.",
        *(["- Fewer than two annotators: there is no band."] if len(d["annotators"]) < 2 else []),
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _plain(text: str) -> str:
    return " ".join(str(text).split())
