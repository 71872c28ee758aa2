"""Two senses make one probability, and a missing one adds nothing."""

import numpy as np
import pytest

from ml.calibrate import Platt
from ml.evidence import clearly_less
from ml.metrics import roc_auc
from ml.models.blend import fit_blend
from ml.models.fusion import TypeFusion, cross_fitted, fit_fusion, fuse
from ml.types import BoolArray, FloatArray

LINE = Platt(1.0, 0.0)
GROUPS = np.arange(8000) // 100


def floats(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float32)


def flags(*values: bool) -> BoolArray:
    return np.array(values)


def test_two_senses_are_fused_as_independent_signs() -> None:
    fusion = TypeFusion("both", LINE, LINE)
    p = fuse(fusion, {"picture": floats(0.0), "sound": floats(0.0)}, flags(True), flags(True))
    assert p.tolist() == pytest.approx([0.75])


def test_silence_contributes_nothing_whatever_its_logit() -> None:
    fusion = TypeFusion("both", LINE, LINE)
    logits = {"picture": floats(0.0, 0.0), "sound": floats(9.0, 9.0)}
    p = fuse(fusion, logits, flags(True, True), flags(False, True))
    assert p[0] == pytest.approx(0.5)
    assert p[1] > 0.99


def test_a_sound_only_type_scores_zero_without_sound() -> None:
    fusion = TypeFusion("sound", sound=LINE)
    assert fuse(fusion, {"sound": floats(5.0)}, flags(True), flags(False)).tolist() == [0.0]


def test_the_joint_head_learns_that_neither_sense_suffices_alone() -> None:
    rng = np.random.default_rng(0)
    picture, sound = rng.choice([-2.0, 2.0], (2, 4000)).astype(np.float32)
    label = ((picture > 0) & (sound > 0)).astype(np.float32)
    everywhere = np.ones(4000, dtype=np.bool_)
    logits = {"picture": picture, "sound": sound, "both": picture + sound - 2}
    fusion = fit_fusion(
        "both", logits, label, np.ones(4000, dtype=np.float32), everywhere, everywhere, GROUPS[:4000]
    )
    p = fuse(fusion, logits, everywhere, everywhere)
    assert fusion.joint_share > 0
    assert p[label == 1].min() > 0.9
    assert p[label == 0].max() < 0.1


def test_a_head_that_learned_nothing_is_switched_off() -> None:
    rng = np.random.default_rng(0)
    label = (rng.random(2000) < 0.3).astype(np.float32)
    good, bad = (label * 2 - 1).astype(np.float32), -(label * 2 - 1).astype(np.float32)
    everywhere = np.ones(2000, dtype=np.bool_)
    logits = {"picture": good, "sound": bad, "both": good}
    fusion = fit_fusion(
        "both", logits, label, np.ones(2000, dtype=np.float32), everywhere, everywhere, GROUPS[:2000]
    )
    assert fusion.picture is not None
    assert fusion.sound is None


def spoken(label: FloatArray, clarity: float, seed: int) -> FloatArray:
    noise = np.random.default_rng(seed).standard_normal(len(label))
    return (clarity * (label * 2 - 1) + noise).astype(np.float32)


def share_of_first(count: int, clarity: float, other: float) -> float:
    """How much of the blend the first head gets, in units of each head's spread."""
    label = (np.arange(count) % 3 == 0).astype(np.float32)
    one, two = spoken(label, clarity, 1), 10 * spoken(label, other, 2)
    first, second = fit_blend(one, two, label, np.ones(count, dtype=np.float32), GROUPS[:count])
    first, second = first * float(one.std()), second * float(two.std())
    return first / (first + second)


def test_two_heads_of_a_modality_count_alike_until_there_is_evidence() -> None:
    assert share_of_first(40, 1.0, 0.0) == pytest.approx(0.5, abs=0.15)
    assert share_of_first(4000, 1.0, 1.0) == pytest.approx(0.5, abs=0.1)


def test_with_evidence_a_head_that_knows_nothing_is_left_out() -> None:
    assert share_of_first(8000, 2.0, 0.0) > 0.9
    assert share_of_first(8000, 0.0, 2.0) < 0.1


def test_the_blend_separates_better_than_either_head() -> None:
    label = (np.arange(4000) % 2).astype(np.float32)
    everywhere, weight = np.ones(4000, dtype=np.bool_), np.ones(4000, dtype=np.float32)
    logits = {"picture": spoken(label, 0.8, 1), "picture_embedding": spoken(label, 0.8, 2)}
    fusion = fit_fusion("picture", logits, label, weight, everywhere, everywhere, GROUPS[:4000])
    together = roc_auc(label > 0, fuse(fusion, logits, everywhere, everywhere)) or 0.0
    assert together > max(roc_auc(label > 0, z) or 0.0 for z in logits.values()) + 0.03


def test_no_blend_is_learned_for_a_single_head() -> None:
    label = (np.arange(100) % 2).astype(np.float32)
    everywhere = np.ones(100, dtype=np.bool_)
    logits = {"picture": spoken(label, 1.0, 1)}
    fusion = fit_fusion("picture", logits, label, label * 0 + 1, everywhere, everywhere, GROUPS[:100])
    assert fusion.blend == {}


@pytest.mark.parametrize("count", [600, 1200, 4000])
def test_a_head_that_does_not_earn_its_place_costs_the_blend_nothing(count: int) -> None:
    label = (np.arange(count) % 3 == 0).astype(np.float32)
    everywhere, weight = np.ones(count, dtype=np.bool_), np.ones(count, dtype=np.float32)
    logits = {"picture": spoken(label, 1.0, 1), "picture_embedding": spoken(label, 0.0, 2)}
    fusion = fit_fusion("picture", logits, label, weight, everywhere, everywhere, GROUPS[:count])
    together = roc_auc(label > 0, fuse(fusion, logits, everywhere, everywhere)) or 0.0
    assert together > (roc_auc(label > 0, logits["picture"]) or 0.0) - 0.003


def test_less_loss_in_one_split_group_alone_is_no_evidence() -> None:
    than, group = np.ones(1000), np.arange(1000) // 100
    everywhere_less, once_less = than - 0.01, than.copy()
    once_less[:100] -= 0.9
    assert clearly_less(everywhere_less, than, group, 1.0)
    assert not clearly_less(once_less, than, group, 1.0)
    assert not clearly_less(everywhere_less, than, group * 0, 1.0)


def test_a_calibration_is_judged_on_split_groups_that_it_has_not_seen() -> None:
    label = (np.arange(2000) % 3 == 0).astype(np.float32)
    everywhere, weight = np.ones(2000, dtype=np.bool_), np.ones(2000, dtype=np.float32)
    logits, group = {"picture": spoken(label, 1.0, 1)}, GROUPS[:2000]

    def judged(label: FloatArray) -> FloatArray:
        p = cross_fitted("picture", logits, label, weight, everywhere, everywhere, group, seed=0)
        assert p is not None
        return p

    own = group == 7
    other = np.where(own, 1 - label, label).astype(np.float32)
    assert np.array_equal(judged(label)[own], judged(other)[own])
    assert not np.array_equal(judged(label)[~own], judged(other)[~own])


def test_with_one_split_group_that_shows_the_type_no_calibration_can_be_cross_fitted() -> None:
    label = (np.arange(200) < 50).astype(np.float32)
    everywhere, weight = np.ones(200, dtype=np.bool_), np.ones(200, dtype=np.float32)
    logits = {"sound": spoken(label, 1.0, 1)}
    assert cross_fitted("sound", logits, label, weight, everywhere, everywhere, GROUPS[:200], seed=0) is None
