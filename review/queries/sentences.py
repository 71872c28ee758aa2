"""Sentences that several pages say alike."""

from __future__ import annotations

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
