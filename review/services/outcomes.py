"""Pure: from a draft to what was done with each hint."""

from __future__ import annotations

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
    return [_outcome_of(hint, draft) for hint in hints]


def _outcome_of(hint: Hint, draft: Draft) -> OutcomeOfHint:
    played = hint.pk in draft.played
    kept = [segment for segment in draft.segments if hint.pk in segment.hint_ids]
    if kept:
        return _kept(hint, kept, played=played)
    if hint.pk in draft.rejected:
        return OutcomeOfHint(hint, Outcome.REJECTED, played)
    # Who played a hint saw it, whatever the browser managed to say about the shown set.
    was_shown = hint.pk in draft.shown or played
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
