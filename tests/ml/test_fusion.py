"""Two senses make one probability, and a missing one adds nothing."""

import numpy as np
import pytest

from ml.calibrate import Platt
from ml.models.fusion import TypeFusion, fit_fusion, fuse
from ml.types import BoolArray, FloatArray

LINE = Platt(1.0, 0.0)


def floats(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float32)


def flags(*values: bool) -> BoolArray:
    return np.array(values)


def test_two_senses_are_fused_as_independent_signs() -> None:
    fusion = TypeFusion("both", LINE, LINE)
    p = fuse(fusion, floats(0.0), floats(0.0), None, flags(True), flags(True))
    assert p.tolist() == pytest.approx([0.75])


def test_silence_contributes_nothing_whatever_its_logit() -> None:
    fusion = TypeFusion("both", LINE, LINE)
    p = fuse(fusion, floats(0.0, 0.0), floats(9.0, 9.0), None, flags(True, True), flags(False, True))
    assert p[0] == pytest.approx(0.5)
    assert p[1] > 0.99


def test_a_sound_only_type_scores_zero_without_sound() -> None:
    fusion = TypeFusion("sound", sound=LINE)
    assert fuse(fusion, None, floats(5.0), None, flags(True), flags(False)).tolist() == [0.0]


def test_the_joint_head_learns_that_neither_sense_suffices_alone() -> None:
    rng = np.random.default_rng(0)
    picture, sound = rng.choice([-2.0, 2.0], (2, 4000)).astype(np.float32)
    label = ((picture > 0) & (sound > 0)).astype(np.float32)
    everywhere = np.ones(4000, dtype=np.bool_)
    logits = {"picture": picture, "sound": sound, "both": picture + sound - 2}
    fusion = fit_fusion("both", logits, label, np.ones(4000, dtype=np.float32), everywhere, everywhere)
    p = fuse(fusion, picture, sound, logits["both"], everywhere, everywhere)
    assert fusion.joint_share > 0
    assert p[label == 1].min() > 0.9
    assert p[label == 0].max() < 0.1


def test_a_head_that_learned_nothing_is_switched_off() -> None:
    rng = np.random.default_rng(0)
    label = (rng.random(2000) < 0.3).astype(np.float32)
    good, bad = (label * 2 - 1).astype(np.float32), -(label * 2 - 1).astype(np.float32)
    everywhere = np.ones(2000, dtype=np.bool_)
    logits = {"picture": good, "sound": bad, "both": good}
    fusion = fit_fusion("both", logits, label, np.ones(2000, dtype=np.float32), everywhere, everywhere)
    assert fusion.picture is not None
    assert fusion.sound is None
