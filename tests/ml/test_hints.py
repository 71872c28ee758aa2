"""Hints are bounded, disjoint, ranked, capped and grouped, whatever the curve."""

import time
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.hints import HintKnobs, ProposedHint, intervals_above, propose_hints, smoothed
from ml.types import FloatArray

STEP_S = 0.25
CURVES = st.dictionaries(
    st.sampled_from(["fight", "gunfire", "flashing", "scream"]),
    arrays(np.float32, st.integers(0, 240), elements=st.floats(0, 1, width=32)),
    min_size=1,
)
KNOBS = st.builds(
    HintKnobs,
    smooth_steps=st.integers(1, 9),
    hold_ratio=st.floats(0.1, 1),
    merge_share=st.floats(0, 0.2),
    min_s=st.floats(0, 3),
    max_per_violation=st.integers(1, 6),
    max_per_video=st.integers(1, 12),
)


def propose(
    curves: dict[str, FloatArray], knobs: HintKnobs | None = None, severities: dict[str, float] | None = None
) -> list[ProposedHint]:
    steps = max(len(curve) for curve in curves.values())
    return propose_hints(
        curves,
        step_s=STEP_S,
        duration_s=steps * STEP_S,
        thresholds=dict.fromkeys(curves, 0.5),
        severities=severities or {},
        knobs=knobs,
    )


def bumps(steps: int, *spans: tuple[int, int, float]) -> FloatArray:
    curve = np.zeros(steps, dtype=np.float32)
    for start, end, height in spans:
        curve[start:end] = height
    return curve


@given(CURVES, KNOBS)
def test_every_hint_lies_in_the_video_and_reaches_its_threshold(
    curves: dict[str, FloatArray], knobs: HintKnobs
) -> None:
    duration = max(len(curve) for curve in curves.values()) * STEP_S
    for hint in propose(curves, knobs):
        assert 0 <= hint.start_s < hint.end_s <= duration + 1e-9
        assert 0.5 - 1e-6 <= hint.score <= 1
        assert hint.end_s - hint.start_s >= min(knobs.min_s, duration) - 1e-9


@given(CURVES, KNOBS)
def test_hints_of_one_type_never_overlap_and_gaps_below_the_limit_are_closed(
    curves: dict[str, FloatArray], knobs: HintKnobs
) -> None:
    hints = propose(curves, knobs)
    for slug in curves:
        spans = sorted((h.start_s, h.end_s) for h in hints if h.violation == slug)
        assert all(b[0] > a[1] for a, b in pairwise(spans))


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


@given(CURVES, KNOBS)
def test_the_same_curves_give_the_same_hints(curves: dict[str, FloatArray], knobs: HintKnobs) -> None:
    assert propose(curves, knobs) == propose(dict(reversed(curves.items())), knobs)


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
