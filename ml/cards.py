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
            *_fits(described),
            *_floors(described),
            *_bands(described),
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
        "AUC and AP are per step on videos the scoring model had not seen, unless the last column says so. "
        "The calibration error is that of calibrations that had not seen them either.",
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


def _fits(d: Mapping[str, Any]) -> list[str]:
    """How each head of each type was fitted, and how they are put together."""
    rows = [
        "## How they were fitted",
        "",
        "Each head is straight; a small residual network beside it is kept only where it lowers the loss on "
        "split groups it has not seen by more than chance would (none: it never did, or too few show the "
        "type). Weights are those of the heads of one modality in their sum; with 0 a head is left out.",
        "",
        "| type | head | L2 | converged | residual network: fall of the loss | weight |",
        "|---|---|---|---|---|---|",
    ]
    for slug, m in _by_type(d):
        fusion = d["calibration"][slug]
        for head, note in sorted(m.get("fit", {}).items()):
            weight = fusion["joint_share"] if head == "both" else _weight(fusion, head)
            straight = "yes" if note["converged"] else f"no: a slope of {note['gradient']:.0e} is left"
            cells = [slug, head, f"{note['l2']:g}", straight, _residual(note["residual"]), _number(weight)]
            rows.append(f"| {' | '.join(cells)} |")
    return [*rows, ""]


def _by_type(d: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Figures of each type, in the bundle's order."""
    slugs = [violation["slug"] for violation in d["violations"]]
    return [(slug, d["metrics"].get("violations", {}).get(slug, {})) for slug in slugs]


def _weight(fusion: Mapping[str, Any], head: str) -> float:
    """1 for a head that speaks alone, 0 for one that is switched off."""
    modality = head.removesuffix("_embedding")
    return 0.0 if fusion[modality] is None else float(fusion["blend"].get(head, 1.0))


def _residual(note: Mapping[str, Any]) -> str:
    if not note["batches"]:
        return "none"
    fall = f"{note['gain']:.3f} ± {note['standard_error']:.3f}"
    return f"kept: {fall}" if note["kept"] else f"contributes 0: {fall} is no evidence"


def _floors(d: Mapping[str, Any]) -> list[str]:
    floors = sorted({floor for own in d["floors"].values() for floor in own}, key=float)
    if not floors:
        return []
    rows = [
        "## Thresholds by precision floor",
        "",
        "A floor is the share of hints that should be right. On videos the scoring model had not seen, the "
        "hints of a type kept it up to the last column; above, its threshold is high, for few hints rather "
        "than noise, and more of them may be wrong than the floor allows.",
        "",
        f"| type | {' | '.join(floors)} | kept up to |",
        f"|---|{'---|' * len(floors)}---|",
    ]
    metrics = dict(_by_type(d))
    for slug, own in sorted(d["floors"].items()):
        cells = [_number(own.get(floor)) for floor in floors]
        rows.append(f"| {' | '.join([slug, *cells, _kept(metrics.get(slug, {}))])} |")
    return [*rows, ""]


def _kept(m: Mapping[str, Any]) -> str:
    """The strictest floor that a threshold kept in training."""
    if "floors_reached" not in m:
        return "not measured"
    return f"{max(m['floors_reached']):g}" if m["floors_reached"] else "none"


def _bands(d: Mapping[str, Any]) -> list[str]:
    rows = [
        f"- {slug}: {'shown' if band['shown'] else 'not shown'}. {_plain(band['reason'])}"
        for slug, band in sorted(d["bands"].items())
    ]
    return ["## Bands", "", *rows, ""] if rows else []


def _left_out(d: Mapping[str, Any]) -> list[str]:
    if not d["left_out"]:
        return []
    return ["## Left out", "", *(f"- {slug}: {reason}" for slug, reason in sorted(d["left_out"].items())), ""]


def _data(d: Mapping[str, Any]) -> list[str]:
    m = d["metrics"]
    rows = [
        "## Learned from",
        "",
        f"{m.get('videos', 0)} videos in {m.get('groups', 0)} split groups, {m.get('steps', 0)} steps, "
        f"{len(d['annotators'])} annotators ({d['config']['annotators_by']}). "
        "Holdout videos were not opened.",
        "",
        *_beginning(m),
        "| type | steps | that show it | split groups | disputed | unknown |",
        "|---|---|---|---|---|---|",
    ]
    counts = (
        "taught_steps",
        "taught_positive_steps",
        "positive_groups",
        "disputed_steps",
        "unknown_steps",
    )
    for slug, own in _by_type(d):
        rows.append(f"| {' | '.join([slug, *(str(own.get(name, '–')) for name in counts)])} |")
    return [*rows, ""]


def _beginning(m: Mapping[str, Any]) -> list[str]:
    """Where fitting began, if an older bundle was named: the bytes depend on it."""
    if m.get("began_afresh"):
        return [_plain(m["began_afresh"]), ""]
    warm = m.get("warm_from")
    return [f'Fitting began from the bundle "{_plain(warm["name"])}" ({warm["digest"]}).', ""] if warm else []


def _limits(d: Mapping[str, Any]) -> list[str]:
    return [
        "## Limits",
        "",
        "- It proposes where to look. It does not decide: a person does.",
        "- Scores are calibrated to the base rates of the videos it learned from; elsewhere they drift.",
        "- The figures above are of videos like those it learned from. Of other films, cameras and sounds "
        "they promise nothing; look at what it says of yours before trusting it.",
        "- Where a modality is missing or silent it claims nothing from it: a type that needs sound is not "
        "hinted in a silent film.",
        "- A band shows where the annotators of its panel lean apart, by taste and threshold, not by error. "
        "It is drawn only for the types named as shown above.",
        *(["- Fewer than two annotators: there is no band."] if len(d["annotators"]) < 2 else []),
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _plain(text: str) -> str:
    return " ".join(str(text).split())
