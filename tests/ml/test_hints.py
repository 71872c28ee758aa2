"""Hints are bounded, disjoint, ranked, capped and grouped, whatever the curve."""

import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.hints import HintKnobs, ProposedHint, intervals_above, propose_hints, smoothed
from ml.intervals import merged
from ml.types import FloatArray, Modality

STEP_S = 0.25
CURVES = st.dictionaries(
    st.sampled_from(["fight", "gunfire", "flashing", "scream"]),
    arrays(np.float32, st.integers(0, 240), elements=st.floats(0, 1, width=32)),
    min_size=1,
)
PLACES = st.lists(st.integers(0, 240), max_size=30, unique=True).map(
    lambda at: [STEP_S * n for n in sorted(at)]
)
BOUNDS = st.fixed_dictionaries({"cuts": PLACES, "onsets": PLACES, "decays": PLACES})
MODALITIES: dict[str, Modality] = {"fight": "picture", "gunfire": "sound", "flashing": "picture"}
KNOBS = st.builds(
    HintKnobs,
    smooth_steps=st.integers(1, 9),
    hold_ratio=st.floats(0.1, 1),
    merge_share=st.floats(0, 0.2),
    bounds_reach_s=st.floats(0, 3),
    min_s=st.floats(0, 3),
    more_share=st.floats(0, 1),
    max_more=st.integers(0, 12),
    max_per_violation=st.integers(1, 6),
    max_per_video=st.integers(1, 12),
)


def propose(
    curves: dict[str, FloatArray],
    knobs: HintKnobs | None = None,
    severities: dict[str, float] | None = None,
    bounds: dict[str, list[float]] | None = None,
) -> list[ProposedHint]:
    steps = max(len(curve) for curve in curves.values())
    return propose_hints(
        curves,
        step_s=STEP_S,
        duration_s=steps * STEP_S,
        thresholds=dict.fromkeys(curves, 0.5),
        severities=severities or {},
        knobs=knobs,
        modalities=MODALITIES,
        **(bounds or {}),
    )


def bumps(steps: int, *spans: tuple[int, int, float]) -> FloatArray:
    curve = np.zeros(steps, dtype=np.float32)
    for start, end, height in spans:
        curve[start:end] = height
    return curve


@given(CURVES, KNOBS, BOUNDS)
def test_every_hint_lies_in_the_video_and_reaches_its_threshold(
    curves: dict[str, FloatArray], knobs: HintKnobs, bounds: dict[str, list[float]]
) -> None:
    duration = max(len(curve) for curve in curves.values()) * STEP_S
    for hint in propose(curves, knobs, bounds=bounds):
        assert 0 <= hint.start_s < hint.end_s <= duration + 1e-9
        assert (0.5 if not hint.capped else 0.5 * knobs.more_share) - 1e-6 <= hint.score <= 1
        assert hint.end_s - hint.start_s >= min(knobs.min_s, duration) - 1e-9


@given(CURVES, KNOBS, BOUNDS)
def test_hints_of_one_type_never_overlap_and_gaps_below_the_limit_are_closed(
    curves: dict[str, FloatArray], knobs: HintKnobs, bounds: dict[str, list[float]]
) -> None:
    limit = knobs.merge_share * max(len(curve) for curve in curves.values()) * STEP_S
    hints = propose(curves, knobs, bounds=bounds)
    for slug in curves:
        spans = sorted((h.start_s, h.end_s) for h in hints if h.violation == slug)
        assert all(b[0] > a[1] for a, b in pairwise(spans))
        assert all(b[0] - a[1] >= min(limit, knobs.merge_max_s) - 1e-9 for a, b in pairwise(spans))


@given(CURVES, KNOBS, BOUNDS)
def test_each_rank_is_worth_most_of_those_that_are_left(
    curves: dict[str, FloatArray], knobs: HintKnobs, bounds: dict[str, list[float]]
) -> None:
    left = propose(curves, replace(knobs, max_more=0), {"fight": 3.0, "scream": 0.5}, bounds)
    covered: list[tuple[float, float]] = []
    while left:
        values = [worth(hint, covered) for hint in left]
        assert values[0] >= max(values) - 1e-6
        best = left.pop(0)
        covered = merged([*covered, (best.start_s, best.end_s)])


def worth(hint: ProposedHint, covered: list[tuple[float, float]]) -> float:
    hidden = sum(max(0.0, min(hint.end_s, b) - max(hint.start_s, a)) for a, b in covered)
    severity = {"fight": 3.0, "scream": 0.5}.get(hint.violation, 1.0)
    return hint.score * severity * (hint.end_s - hint.start_s - hidden)


@given(CURVES, KNOBS, BOUNDS)
def test_bounds_that_move_bring_no_hint_and_take_none_away_but_by_merging(
    curves: dict[str, FloatArray], knobs: HintKnobs, bounds: dict[str, list[float]]
) -> None:
    knobs = replace(knobs, max_more=0)
    still = propose(curves, replace(knobs, bounds_reach_s=0.0), bounds=bounds)
    moved = propose(curves, knobs, bounds=bounds)
    assert {hint.violation for hint in moved} == {hint.violation for hint in still}
    assert max((h.score for h in moved), default=0) == max((h.score for h in still), default=0)


@given(CURVES, KNOBS, BOUNDS)
def test_weaker_hints_change_no_other_come_last_and_are_few(
    curves: dict[str, FloatArray], knobs: HintKnobs, bounds: dict[str, list[float]]
) -> None:
    every = propose(curves, knobs, bounds=bounds)
    alone = propose(curves, replace(knobs, max_more=0), bounds=bounds)
    assert [replace(hint, group=0) for hint in every[: len(alone)]] == [
        replace(hint, group=0) for hint in alone
    ]
    assert len(every) - len(alone) <= knobs.max_more
    assert all(hint.capped for hint in every[len(alone) :])


@given(CURVES, st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_a_higher_threshold_hints_at_nothing_of_which_a_lower_one_says_nothing(
    curves: dict[str, FloatArray], one: float, other: float
) -> None:
    knobs = HintKnobs(hold_ratio=1.0, bound_ratio=0.0, merge_share=0.0, min_s=0.0)
    low, high = (
        {
            slug: intervals_above(c, step_s=STEP_S, duration_s=60, threshold=at, knobs=knobs)
            for slug, c in curves.items()
        }
        for at in sorted([one, other])
    )
    for slug, spans in high.items():
        assert all(any(a <= start and end <= b for a, b, _ in low[slug]) for start, end, _ in spans)


@given(CURVES, KNOBS)
def test_ranks_count_from_one_and_caps_hold(curves: dict[str, FloatArray], knobs: HintKnobs) -> None:
    hints = propose(curves, knobs)
    assert [hint.rank for hint in hints] == list(range(1, len(hints) + 1))
    shown = Counter(hint.violation for hint in hints if not hint.capped)
    assert shown.total() <= knobs.max_per_video
    assert all(count <= knobs.max_per_violation for count in shown.values())


@given(CURVES, KNOBS)
def test_a_group_holds_each_type_once_and_only_coinciding_hints(
    curves: dict[str, FloatArray], knobs: HintKnobs
) -> None:
    groups: dict[int, list[ProposedHint]] = {}
    for hint in propose(curves, knobs):
        groups.setdefault(hint.group, []).append(hint)
    for members in groups.values():
        assert len({hint.violation for hint in members}) == len(members)
        leader = members[0]
        assert all(h.start_s < leader.end_s and h.end_s > leader.start_s for h in members)


@given(CURVES, KNOBS, BOUNDS)
def test_the_same_curves_in_another_order_give_the_same_hints(
    curves: dict[str, FloatArray], knobs: HintKnobs, bounds: dict[str, list[float]]
) -> None:
    other_way = dict(reversed(curves.items()))
    assert propose(curves, knobs, bounds=bounds) == propose(other_way, knobs, bounds=bounds)


def test_what_is_not_a_number_counts_as_nothing() -> None:
    curve = bumps(100, (20, 40, 0.9))
    broken = np.where(curve > 0, curve, np.float32(np.nan))
    assert propose({"fight": broken}) == propose({"fight": curve})
    assert propose({"fight": np.full(10, np.nan, np.float32)}) == []


def test_a_single_step_above_the_threshold_is_a_hint_of_the_least_length() -> None:
    (hint,) = propose({"fight": np.ones(1, np.float32)}, HintKnobs(min_s=3.0, merge_share=0))
    assert (hint.start_s, hint.end_s, hint.score) == (0.0, 0.25, 1.0)


def test_a_curve_longer_than_the_video_is_cut_off_with_it() -> None:
    spans = intervals_above(
        bumps(100, (80, 100, 0.9)),
        step_s=STEP_S,
        duration_s=20.1,
        threshold=0.4,
        knobs=HintKnobs(smooth_steps=1, min_s=0),
    )
    assert [(start, end) for start, end, _ in spans] == [(20.0, 20.1)]


def test_a_bound_moves_to_a_cut_for_what_is_seen_and_to_an_onset_for_what_is_heard() -> None:
    curve = np.interp(np.arange(100), [17, 25, 36, 44], [0, 0.9, 0.9, 0]).astype(np.float32)
    bounds = {"cuts": [5.0, 10.25], "onsets": [5.75], "decays": [9.5]}
    hints = propose({"fight": curve, "gunfire": curve}, bounds=bounds)
    spans = {hint.violation: (hint.start_s, hint.end_s) for hint in hints}
    assert spans == {"fight": (5.0, 10.25), "gunfire": (5.75, 9.5)}


def test_ten_hours_of_bursts_between_many_cuts_are_bounded_within_seconds() -> None:
    steps = 144_000
    curve = bumps(steps, *((a, a + 3, 0.9) for a in range(0, steps - 3, 44)))
    cuts = [STEP_S * n for n in range(0, steps, 11)]
    started = time.monotonic()
    hints = propose({"fight": curve}, HintKnobs(merge_max_s=1.0), bounds={"cuts": cuts})
    assert len(hints) > 3_000
    assert time.monotonic() - started < 15


@given(arrays(np.float32, st.integers(1, 60), elements=st.floats(0, 1, width=32)), st.integers(1, 99))
def test_smoothing_keeps_length_and_range(curve: FloatArray, steps: int) -> None:
    smooth = smoothed(curve, steps)
    assert smooth.shape == curve.shape
    assert curve.min() - 1e-6 <= smooth.min() <= smooth.max() <= curve.max() + 1e-6


def test_smoothing_does_not_move_a_peak() -> None:
    curve = bumps(21, (10, 11, 1.0))
    assert smoothed(curve, 3).tolist() == pytest.approx(bumps(21, (9, 12, 1 / 3)).tolist())


def test_gaps_below_three_per_cent_of_the_video_are_merged_and_others_are_not() -> None:
    # 400 steps are 100 s: gaps below 3 s close. The first gap is 2.5 s, the second 3.5 s.
    curve = bumps(400, (40, 80, 0.9), (90, 130, 0.9), (144, 180, 0.9))
    spans = intervals_above(
        curve, step_s=STEP_S, duration_s=100.0, threshold=0.5, knobs=HintKnobs(smooth_steps=1)
    )
    assert [(start, end) for start, end, _ in spans] == [(10.0, 32.5), (36.0, 45.0)]


def test_a_hint_opens_at_the_threshold_and_holds_below_it() -> None:
    knobs = HintKnobs(smooth_steps=1, hold_ratio=0.6, merge_share=0)
    curve = bumps(100, (20, 40, 0.35), (28, 30, 0.6), (60, 70, 0.45))
    spans = intervals_above(curve, step_s=STEP_S, duration_s=25.0, threshold=0.5, knobs=knobs)
    assert [(start, end) for start, end, _ in spans] == [(5.0, 10.0)]


def test_the_skirts_of_a_window_are_cut_off() -> None:
    curve = np.interp(np.arange(100), [16, 24, 40, 48], [0, 1, 1, 0]).astype(np.float32)
    spans = intervals_above(
        curve, step_s=STEP_S, duration_s=25.0, threshold=0.2, knobs=HintKnobs(smooth_steps=1, merge_share=0)
    )
    assert [(start, end) for start, end, _ in spans] == [(5.0, 11.25)]


def test_ten_hours_of_bursts_are_ranked_within_seconds() -> None:
    steps = 144_000
    curves = {
        f"type-{n}": bumps(steps, *((a, a + 3, 0.9 - a / 1e6) for a in range(0, steps - 3, 44 + n)))
        for n in range(4)
    }
    started = time.monotonic()
    hints = propose(curves)
    assert len(hints) > 10_000
    assert time.monotonic() - started < 15


def test_severe_violations_rank_above_likelier_mild_ones() -> None:
    curves = {"flashing": bumps(100, (10, 20, 0.9)), "gunfire": bumps(100, (50, 60, 0.6))}
    hints = propose(curves, severities={"flashing": 1.0, "gunfire": 3.0})
    assert [hint.violation for hint in hints] == ["gunfire", "flashing"]


def test_seconds_a_better_hint_covers_already_count_for_nothing() -> None:
    curves = {"fight": bumps(100, (10, 50, 0.9)), "scream": bumps(100, (12, 48, 0.8), (70, 80, 0.6))}
    hints = propose(curves)
    assert [(h.violation, h.start_s) for h in hints] == [("fight", 2.5), ("scream", 17.5), ("scream", 3.0)]


def test_coinciding_hints_of_two_types_share_a_group() -> None:
    hints = propose({"fight": bumps(100, (10, 30, 0.9)), "scream": bumps(100, (12, 30, 0.8))})
    assert [hint.group for hint in hints] == [1, 1]


def test_hints_past_the_cap_wait_behind_show_more() -> None:
    curve = bumps(2000, *((n * 200, n * 200 + 20, 0.9) for n in range(8)))
    hints = propose({"fight": curve})
    assert [hint.capped for hint in hints] == [False] * 5 + [True] * 3


def test_what_misses_the_threshold_waits_behind_show_more_unless_it_is_next_to_a_hint() -> None:
    curve = bumps(2000, (200, 240, 0.9), (250, 260, 0.3), (800, 840, 0.3), (1400, 1440, 0.05))
    hints = propose({"fight": curve}, HintKnobs(smooth_steps=1))
    assert [(h.start_s, h.capped) for h in hints] == [(50.0, False), (200.0, True)]


def test_a_type_without_a_threshold_and_an_empty_curve_propose_nothing() -> None:
    empty = np.zeros(0, dtype=np.float32)
    assert propose({"fight": empty}) == []
    high = bumps(10, (0, 10, 1.0))
    assert propose_hints({"x": high}, step_s=1, duration_s=10, thresholds={}, severities={}) == []


def test_a_nonsense_knob_fails_with_its_name() -> None:
    with pytest.raises(ValueError, match="hold_ratio"):
        HintKnobs(hold_ratio=1.5)
    with pytest.raises(ValueError, match="max_per_video"):
        HintKnobs(max_per_video=0)
