"""Pure: from a draft to what was done with each hint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from review.models import Hint, Outcome
from review.services.drafts import Draft, DraftSegment


@dataclass(frozen=True)
class OutcomeOfHint:
    """The shifts say by how much the reviewer moved the bounds; None where nothing was kept, or merged."""

    hint: Hint
    outcome: Outcome
    played: bool
    start_shift_ms: int | None = None
    end_shift_ms: int | None = None


def outcomes_of(draft: Draft, hints: Iterable[Hint]) -> list[OutcomeOfHint]:
    """One outcome for every hint of the analysis."""
    # Looked up, not searched for: five hundred hints and two thousand segments are a million pairs.
    kept: defaultdict[int, list[DraftSegment]] = defaultdict(list)
    for segment in draft.segments:
        for hint_id in segment.hint_ids:
            kept[hint_id].append(segment)
    told = _Told(set(draft.rejected), set(draft.shown), set(draft.played))
    return [_outcome_of(hint, kept.get(hint.pk, []), told) for hint in hints]


@dataclass(frozen=True)
class _Told:
    """Ids of hints by what the draft says of them."""

    rejected: set[int]
    shown: set[int]
    played: set[int]


def _outcome_of(hint: Hint, kept: Sequence[DraftSegment], told: _Told) -> OutcomeOfHint:
    played = hint.pk in told.played
    if kept:
        return _kept(hint, kept, played=played)
    if hint.pk in told.rejected:
        return OutcomeOfHint(hint, Outcome.REJECTED, played)
    # Who played a hint saw it, whatever the browser managed to say about the shown set.
    was_shown = hint.pk in told.shown or played
    return OutcomeOfHint(hint, Outcome.UNTOUCHED if was_shown else Outcome.UNSEEN, played)


def _kept(hint: Hint, kept: Sequence[DraftSegment], *, played: bool) -> OutcomeOfHint:
    """A hint may be split into several segments: it is relabelled only if none of them keeps its type."""
    same_type = [segment for segment in kept if segment.violation_type == hint.violation_type.slug]
    shifts = _shifts(hint, same_type or kept)
    if not same_type:
        outcome = Outcome.RELABELLED
    elif len(kept) == 1 and shifts == (0, 0):
        outcome = Outcome.ACCEPTED
    else:
        outcome = Outcome.ADJUSTED
    return OutcomeOfHint(hint, outcome, played, *shifts)


def _shifts(hint: Hint, of: Sequence[DraftSegment]) -> tuple[int, int] | tuple[None, None]:
    # The bounds of a merged segment are those of several hints, so they tell of none of them.
    if any(segment.hint_ids != [hint.pk] for segment in of):
        return None, None
    start_ms, end_ms = min(segment.start_ms for segment in of), max(segment.end_ms for segment in of)
    return start_ms - hint.start_ms, end_ms - hint.end_ms
