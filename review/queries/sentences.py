"""Sentences that several pages say alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from review.models import HintlessReason

_HINTLESS = {
    HintlessReason.NO_BUNDLE: gettext_lazy(
        "There is no model yet. Review this video without hints: your labels teach the first one."
    ),
    HintlessReason.NOT_ANALYSED: gettext_lazy(
        "This video is not analysed yet, so there are no hints. Review it as it is."
    ),
    HintlessReason.REFUSED: gettext_lazy(
        "The file could not be analysed, so there are no hints. "
        "Review it, or choose unreviewable if it does not play."
    ),
    HintlessReason.FAILED: gettext_lazy(
        "The analysis failed, so there are no hints. Review the video as it is."
    ),
}


def hintless_sentence(reason: str) -> str:
    """Why a review has no hints and what to do, for its reviewer."""
    return str(_HINTLESS[HintlessReason(reason)])


def damage_sentence(found: Mapping[str, Any] | None) -> str:
    """What the features stage could not read of a file, from its result; empty when it read everything."""
    counts = found or {}
    broken, skewed = _count(counts, "broken_packets"), _count(counts, "untimed_frames", "backward_frames")
    odd = _count(counts, "non_finite")
    told = [_broken(broken) if broken else "", _skewed(skewed) if skewed else "", _odd(odd) if odd else ""]
    return " ".join(part for part in told if part)


def _broken(count: int) -> str:
    return ngettext(
        "The file is damaged: %(n)s packet could not be decoded. "
        "What is missing is not in the picture, sound or hints.",
        "The file is damaged: %(n)s packets could not be decoded. "
        "What is missing is not in the picture, sound or hints.",
        count,
    ) % {"n": count}


def _skewed(count: int) -> str:
    return ngettext(
        "%(n)s picture with missing or backward times was left out.",
        "%(n)s pictures with missing or backward times were left out.",
        count,
    ) % {"n": count}


def _odd(count: int) -> str:
    return ngettext(
        "%(n)s value was not finite and counted as 0.",
        "%(n)s values were not finite and counted as 0.",
        count,
    ) % {"n": count}


def _count(counts: Mapping[str, Any], *names: str) -> int:
    return sum(int(counts.get(name) or 0) for name in names)


def proxy_sentence(made: Mapping[str, Any] | None) -> str:
    """Why a browser plays a copy instead of the file, from the proxy stage's result; empty without a copy."""
    reason = (made or {}).get("reason")
    return f"What plays here is a copy of the file, because {reason}." if reason else ""
