"""Who judges whom: whole split groups, spread so that every model has seen what it is asked about."""

import numpy as np

from ml.folds import grouped_folds, plan_folds
from ml.types import BoolArray, FloatArray, IntArray


def table(groups: int, shown_by: dict[int, tuple[int, ...]]) -> tuple[FloatArray, FloatArray, IntArray]:
    """Ten rows a group; type k is shown in the last three rows of the groups listed for it."""
    group = np.repeat(np.arange(groups), 10)
    label = np.zeros((len(group), len(shown_by)), np.float32)
    for k, showing in shown_by.items():
        for number in showing:
            label[group == number, k] = [0] * 7 + [1] * 3
    return label, np.ones_like(label), group


def nobody(group: IntArray) -> BoolArray:
    return np.zeros(len(group), np.bool_)


def test_groups_that_show_a_type_never_share_a_fold_while_there_are_enough_folds() -> None:
    # Type 1 always comes with much more of type 0: dealt by the main type alone, its groups could share one.
    label, weight, group = table(9, {0: tuple(range(9)), 1: (0, 5)})
    label[:, 0] = 1 - label[:, 1]
    for seed in range(20):
        plan = plan_folds(label, weight, group, nobody(group), seed=seed)
        assert plan.fold[group == 0, 1][0] != plan.fold[group == 5, 1][0]


def test_every_model_has_seen_its_type_from_another_group() -> None:
    label, weight, group = table(12, {0: (1, 2), 1: (2, 3, 4), 2: (0, 5, 6, 7, 8, 9, 11)})
    plan = plan_folds(label, weight, group, nobody(group), seed=3)
    for k in range(3):
        for fold in np.unique(plan.fold[:, k]):
            assert (label[plan.fold[:, k] != fold, k] > 0).any()


def test_a_group_is_never_split_between_folds() -> None:
    label, _, group = table(7, {0: (1, 4)})
    folds = grouped_folds(label[:, 0] > 0, group, seed=0)
    assert all(len(set(folds[group == number])) == 1 for number in range(7))
