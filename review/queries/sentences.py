"""Sentences that several pages say alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review.models import HintlessReason

_HINTLESS = {
    HintlessReason.NO_BUNDLE: (
        "There is no model yet. Review this video without hints: your labels teach the first one."
    ),
    HintlessReason.NOT_ANALYSED: "This video is not analysed yet, so there are no hints. Review it as it is.",
    HintlessReason.REFUSED: (
        "The file could not be analysed, so there are no hints. "
        "Review it, or choose unreviewable if it does not play."
    ),
    HintlessReason.FAILED: "The analysis failed, so there are no hints. Review the video as it is.",
}


def hintless_sentence(reason: str) -> str:
    """Why a review has no hints and what to do, for its reviewer."""
    return _HINTLESS[HintlessReason(reason)]


def damage_sentence(found: Mapping[str, Any] | None) -> str:
    """What the features stage could not read of a file, from its result; empty when it read everything."""
    counts = found or {}
    broken, skewed = _count(counts, "broken_packets"), _count(counts, "untimed_frames", "backward_frames")
    odd = _count(counts, "non_finite")
    told = [
        f"The file is damaged: {_many(broken, 'packet')} could not be decoded. "
        "What is missing is not in the picture, sound or hints."
        if broken
        else "",
        f"{_many(skewed, 'picture')} with missing or backward times {_were(skewed)} left out."
        if skewed
        else "",
        f"{_many(odd, 'value')} {_were(odd)} not finite and counted as 0." if odd else "",
    ]
    return " ".join(part for part in told if part)


def _count(counts: Mapping[str, Any], *names: str) -> int:
    return sum(int(counts.get(name) or 0) for name in names)


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def proxy_sentence(made: Mapping[str, Any] | None) -> str:
    """Why a browser plays a copy instead of the file, from the proxy stage's result; empty without a copy."""
    reason = (made or {}).get("reason")
    return f"What plays here is a copy of the file, because {reason}." if reason else ""
