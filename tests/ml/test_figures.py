"""Figures of judged videos, worked by hand; what is undefined says why; chance stands beside."""

from typing import Any

import numpy as np
import pytest

from ml.figures import Groups, annotator_figures, figures_of, groups_of
from ml.judging import Hints, Judged, Opinion
from ml.metrics import Interval


def judged(
    group: str,
    truth: str,
    scores: list[float],
    *,
    events: tuple[Interval, ...] = (),
    hints: tuple[Interval, ...] = (),
    more: tuple[Interval, ...] = (),
    chance: tuple[tuple[Interval, ...], ...] = ((),),
) -> Judged:
    """A video whose truth is written with one letter a step, x where it violates."""
    labels = np.array([letter == "x" for letter in truth], dtype=np.bool_)
    return Judged(
        group,
        labels,
        np.array(scores, dtype=np.float32),
        events,
        Hints(hints, more),
        tuple(map(Hints, chance)),
    )


def figures(videos: list[Judged]) -> dict[str, Any]:
    return figures_of(videos, groups_of([v.group for v in videos], seed=0, rounds=200))


TWO = [
    judged(
        "a",
        "xx..",
        [0.9, 0.8, 0.3, 0.1],
        events=((0.0, 10.0), (20.0, 30.0)),
        hints=((1.0, 11.0), (50.0, 60.0), (23.0, 30.0)),
    ),
    judged("b", "x...", [0.2, 0.3, 0.1, 0.1], events=((0.0, 10.0),), hints=((4.0, 10.0),)),
]


def test_figures_per_step_of_a_worked_example() -> None:
    row = figures(TWO)
    # Of 3 x 5 pairs .9 and .8 win all ten; .2 wins over three of five.
    assert row["auc"] == pytest.approx(13 / 15)
    assert (row["n_steps"], row["n_positive_steps"], row["base_rate"]) == (8, 3, 3 / 8)
    assert row["chance"]["auc"] == 0.5
    assert row["chance"]["ap"] == pytest.approx(3 / 8)


def test_figures_per_event_of_a_worked_example() -> None:
    row = figures(TWO)
    # tIoU: 9/11 = .82 and 7/10 = .7 in the first video, 6/10 = .6 in the second; one hint of four is false.
    assert row["event_precision_50"] == pytest.approx(3 / 4)
    assert row["event_recall_50"] == 1
    assert row["event_f1_50"] == pytest.approx(6 / 7)
    assert row["event_f1_70"] == pytest.approx(4 / 7)
    assert row["hint_recall_1"] == pytest.approx(2 / 3)
    assert row["hint_recall_3"] == 1


def test_hints_behind_show_more_are_recalled_last_and_are_no_mistakes() -> None:
    events = ((0.0, 10.0), (20.0, 30.0))
    row = figures(
        [judged("a", "x.", [0.9, 0.1], events=events, hints=events[:1], more=((50.0, 60.0), events[1]))]
    )
    assert (row["event_precision_50"], row["event_recall_50"], row["n_hints"]) == (1, 0.5, 1)
    assert (row["hint_recall_1"], row["hint_recall_3"]) == (0.5, 1)
    assert row["shown_hint_recall_3"] == 0.5


def test_bounds_of_a_worked_example() -> None:
    row = figures(TWO)
    # Starts are 1, 3 and 4 s late, ends 1, 0 and 0 s.
    assert row["n_matched"] == 3
    assert (row["start_error_s"], row["start_shift_s"]) == (3.0, 3.0)
    assert (row["end_error_s"], row["end_shift_s"]) == (0.0, 0.0)


def test_an_early_hint_has_a_negative_shift_and_a_positive_error() -> None:
    row = figures([judged("a", "x", [1.0], events=((10.0, 20.0),), hints=((8.0, 19.0),))])
    assert (row["start_error_s"], row["start_shift_s"]) == (2.0, -2.0)
    assert (row["end_error_s"], row["end_shift_s"]) == (1.0, -1.0)


def test_chance_hints_are_figures_over_all_draws() -> None:
    hit, miss = ((0.0, 10.0),), ((50.0, 60.0),)
    video = judged("a", "x.", [0.6, 0.4], events=((0.0, 10.0),), hints=hit, chance=(hit, miss, miss, miss))
    row = figures([video, judged("b", "..", [0.2, 0.2], chance=((), (), (), ()))])
    assert row["event_recall_50"] == 1
    assert row["chance"]["event_recall_50"] == pytest.approx(1 / 4)
    assert row["chance"]["hint_recall_5"] == pytest.approx(1 / 4)
    assert row["chance"]["hint_draws"] == 4


def test_the_constant_of_calibration_is_what_the_other_groups_say() -> None:
    row = figures([judged("a", "x.", [0.5, 0.5]), judged("b", "....", [0.5] * 4)])
    # For a the other group's rate is 0, half of its two steps are off; for b it is 1/2, and all of its four.
    assert row["chance"]["calibration_error"] == pytest.approx((1 + 2) / 6)


def test_every_undefined_figure_is_null_with_a_reason() -> None:
    for videos in ([], [judged("a", "..", [0.1, 0.2])], [judged("a", "xx", [0.1, 0.2])]):
        for row in (figures(videos), figures(videos)["chance"]):
            nulls = {name for name, value in row.items() if value is None and not name.endswith("_interval")}
            assert nulls - {"base_rate"} == set(row["undefined"])
            assert all(reason.endswith(".") for reason in row["undefined"].values())
    assert figures([judged("a", "..", [0.1, 0.2])])["undefined"]["auc"] == "No known step shows it."


def test_every_figure_has_an_interval_that_holds_it() -> None:
    videos = [
        *TWO,
        *(judged("c" + v.group, "x..", [0.9, 0.2, 0.1], events=v.events, hints=v.hints.shown) for v in TWO),
    ]
    row = figures(videos)
    for name, interval in row.items():
        if name.endswith("_interval"):
            low, high = interval
            assert low <= row[name.removesuffix("_interval")] <= high


def test_one_group_has_intervals_without_width() -> None:
    row = figures(TWO[:1])
    assert row["auc_interval"] == (row["auc"], row["auc"])
    assert row["chance"]["undefined"]["calibration_error"].startswith(
        "All known steps are of one split group"
    )


def opinion(annotator: str, own: list[float], *, group: str = "a", violation: str = "fight") -> Opinion:
    """Says x.x. of four steps of which the consensus believes xx.. ."""
    truth = np.array([True, False, True, False])
    agreed = np.array([0.9, 0.8, 0.2, 0.1], dtype=np.float32)
    return Opinion(annotator, violation, group, truth, np.array(own, dtype=np.float32), agreed)


def groups(*names: str) -> Groups:
    return groups_of(names, seed=0, rounds=100)


def test_annotators_are_ranked_by_their_own_curve_and_by_the_consensus() -> None:
    opinions = [opinion("ann", [0.9, 0.1, 0.8, 0.2]), opinion("bob", [0.9, 0.8, 0.2, 0.1], group="b")]
    row = annotator_figures(opinions, ["ann", "bob"], groups("a", "b"))
    # The consensus ranks three of four pairs rightly; Ann's own curve all, Bob's no more than the consensus.
    assert row["consensus_auc"] == pytest.approx(3 / 4)
    assert row["own_auc"] == pytest.approx((1 + 3 / 4) / 2)
    assert row["gain"] == pytest.approx(1 / 8)
    assert [(each["annotator"], each["own_auc"]) for each in row["each"]] == [("ann", 1.0), ("bob", 0.75)]


def test_an_annotator_the_bundle_never_met_is_listed_but_enters_no_mean() -> None:
    opinions = [opinion("ann", [0.9, 0.1, 0.8, 0.2]), opinion("new", [0.9, 0.8, 0.2, 0.1])]
    row = annotator_figures(opinions, ["ann"], groups("a"))
    assert (row["n_annotators"], row["n_met"], row["own_auc"]) == (2, 1, 1.0)
    assert [each["met"] for each in row["each"]] == [True, False]


def test_an_annotators_auc_is_the_mean_over_types() -> None:
    opinions = [
        opinion("ann", [0.9, 0.1, 0.8, 0.2]),
        opinion("ann", [0.9, 0.8, 0.2, 0.1], violation="siren"),
    ]
    assert annotator_figures(opinions, ["ann"], groups("a"))["own_auc"] == pytest.approx((1 + 3 / 4) / 2)


def test_many_annotators_are_counted_and_few_listed() -> None:
    opinions = [opinion(f"person-{n}", [0.9, 0.1, 0.8, 0.2]) for n in range(60)]
    row = annotator_figures(opinions, [], groups("a"))
    assert (row["n_annotators"], len(row["each"]), row["not_listed"]) == (60, 50, 10)
    assert row["own_auc"] is None
    assert "own_auc" in row["undefined"]
