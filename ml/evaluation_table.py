"""The figures of an evaluation as lines a person can read: value, interval, and chance beside each."""

from collections.abc import Mapping, Sequence
from typing import Any

LINES = (
    ("AUC per step", "auc"),
    ("AP per step", "ap"),
    ("calibration error", "calibration_error"),
    *(
        (f"event {words} at tIoU 0.{at[0]}", f"event_{name}_{at}")
        for at in ("30", "50", "70")
        for words, name in (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))
    ),
    *((f"hint recall at {k}", f"hint_recall_{k}") for k in (1, 3, 5, 12)),
    *((f"... of hints shown, at {k}", f"shown_hint_recall_{k}") for k in (5, 12)),
    *(
        (f"{side} {words}, s (median)", f"{side}_{name}_s")
        for side in ("start", "end")
        for words, name in (("off by", "error"), ("late by", "shift"))
    ),
)
ANNOTATOR_LINES = (
    ("own curve, AUC (mean)", "own_auc"),
    ("consensus, AUC (mean)", "consensus_auc"),
    ("gain", "gain"),
)
NAME, CELL = 28, 24


def as_table(figures: Mapping[str, Any]) -> str:
    """All classes below each other; of the annotators the means, and those with the most labels."""
    lines = [
        f"{figures['bundle']} ({figures['tier']}): {figures['videos']} videos in {figures['groups']} groups"
        f" ({', '.join(f'{count} {split}' for split, count in figures['splits'].items())})",
        *([flattery(figures["splits"])] if flattery(figures["splits"]) else []),
        "In brackets: 95 % interval over split groups. Chance: random curves, or a constant for calibration.",
    ]
    classes = {"any violation": figures["any_violation"]} | dict(figures["violations"])
    for name, row in classes.items():
        lines += ["", *_class(name, row)]
    return "\n".join([*lines, "", *_annotators(figures["annotators"]), *_unknown(figures["unknown_types"])])


def flattery(splits: Mapping[str, int]) -> str:
    """A warning when videos a model may have learned from are among those measured, else nothing."""
    count = splits.get("train", 0)
    return (
        f"{count} of them are training videos: training videos flatter, use --split holdout." if count else ""
    )


def _class(name: str, row: Mapping[str, Any]) -> list[str]:
    steps = f"{row['n_positive_steps']} of {row['n_steps']} steps"
    return [
        f"{name}: {row['n_events']} events, {row['n_hints']} hints, {steps}",
        *(_line(words, key, row, row["chance"]) for words, key in LINES),
        *_reasons(row["undefined"], LINES),
    ]


def _line(words: str, key: str, row: Mapping[str, Any], chance: Mapping[str, Any]) -> str:
    return f"  {words:{NAME}} {_cell(row, key):{CELL}} chance {_cell(chance, key)}".rstrip()


def _cell(row: Mapping[str, Any], key: str) -> str:
    value, interval = row[key], row.get(f"{key}_interval")
    if value is None:
        return "–"
    return f"{value:.3f}" if interval is None else f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"


def _reasons(undefined: Mapping[str, str], named: Sequence[tuple[str, str]]) -> list[str]:
    """Each reason once, with the lines it leaves empty."""
    lines: dict[str, list[str]] = {}
    for words, key in named:
        if key in undefined:
            lines.setdefault(undefined[key], []).append(words)
    return [f"  –: {reason} ({', '.join(words)})" for reason, words in lines.items()]


def _annotators(row: Mapping[str, Any]) -> list[str]:
    lines = [f"annotators: {row['n_annotators']}, of them {row['n_met']} known to the bundle"]
    lines += [_line(words, key, row, row["chance"]) for words, key in ANNOTATOR_LINES]
    lines += _reasons(row["undefined"], ANNOTATOR_LINES)
    for each in row["each"]:
        own, agreed = (_cell(each, key) for key in ("own_auc", "consensus_auc"))
        new = "" if each["met"] else "  (never met: the consensus)"
        lines.append(f"    {each['annotator']:{NAME - 2}} {own:{CELL}} consensus {agreed}{new}".rstrip())
    return lines + ([f"    and {row['not_listed']} more"] if row["not_listed"] else [])


def _unknown(types: Mapping[str, int]) -> list[str]:
    if not types:
        return []
    named = ", ".join(f"{slug} ({count})" for slug, count in sorted(types.items()))
    return ["", f"Labels passed over, of types it does not know: {named}"]
