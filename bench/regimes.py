"""Made-up reviewers of made-up scenes: four ways in which people differ, from a seed.

A scene holds some of each of KINDS kinds of content (a blow, a weapon, blood, ...), which the features
show dimly and mixed together. What counts as a violation is how much there is of all kinds, and something the
features do not show. The reviewers of a regime see the same scenes:

    noise       each reports the truth, but is wrong in a share of the scenes that is theirs
    threshold   each asks for more or less of it before marking
    subjective  each weighs the kinds of content by a taste of their own around the common one
    crowd       1,000 subjective reviewers, each of whom saw 2 % of the scenes

Scenes of a split group look alike (same place, same camera). The truth is what the common taste says. How
dim the features are was set once, so that majority vote reads as in the first measurements on real fights
(truth AUC .70 to .82, own labels .65 to .75), before any way of learning reviewers was tried on them.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ml.features import EMBEDDED_VERSION, STEP_S, Features
from ml.types import BoolArray, DoubleArray, IntArray

Regime = Literal["noise", "threshold", "subjective", "crowd"]
REGIMES: tuple[Regime, ...] = ("noise", "threshold", "subjective", "crowd")
TEACH, TEST = 1500, 800  # scenes
SCENES_A_GROUP = 10
KINDS = 6
STEPS = 2  # a scene's steps: its windows hold nothing else
PICTURE, SOUND = 16, 8  # numbers a step; sound shows the last half of the kinds
DIM = 1.25  # noise of the features, in units of a kind's spread
UNSEEN = 0.7  # what decides and cannot be seen
BASE_RATE = 0.4
WRONG = (0.1, 0.4)  # share of scenes about which a careless reviewer is wrong
BIAS = 0.8  # spread of thresholds
TASTE = 1.6  # spread of tastes around the common one, in units of its weights
CROWD, CROWD_SHARE = 1000, 0.02


@dataclass(frozen=True)
class Scenes:
    """N scenes: what they hold, what the features show of it, and the truth."""

    kinds: DoubleArray  # (N, KINDS)
    unseen: DoubleArray  # (N,)
    picture: DoubleArray  # (N * STEPS, PICTURE)
    sound: DoubleArray  # (N * STEPS, SOUND)
    group: IntArray  # (N,)
    truth: BoolArray  # (N,)


@dataclass(frozen=True)
class Opinions:
    """What each of A reviewers would say of every scene (A, N), and which scenes they were shown."""

    label: BoolArray
    shown: BoolArray


def make_scenes(seed: int) -> tuple[Scenes, Scenes]:
    """Scenes to learn from and scenes of other split groups to be judged by, shown by the same camera."""
    rng = np.random.default_rng([seed, 0])
    mixing = rng.standard_normal((KINDS, PICTURE)), rng.standard_normal((KINDS, SOUND))
    mixing[1][: KINDS // 2] = 0
    return _scenes(TEACH, 0, mixing, rng), _scenes(TEST, TEACH, mixing, rng)


def _scenes(
    count: int, first: int, mixing: tuple[DoubleArray, DoubleArray], rng: np.random.Generator
) -> Scenes:
    group = np.arange(count) // SCENES_A_GROUP
    place = rng.standard_normal((count // SCENES_A_GROUP, KINDS))
    kinds = 0.4 * place[group] + np.sqrt(1 - 0.4**2) * rng.standard_normal((count, KINDS))
    unseen = UNSEEN * rng.standard_normal(count)
    shown = [
        kinds @ mix + DIM * np.sqrt(KINDS) * rng.standard_normal((count, mix.shape[1])) for mix in mixing
    ]
    steps = [np.repeat(one, STEPS, axis=0) for one in shown]
    picture, sound = (one + 0.2 * rng.standard_normal(one.shape) for one in steps)
    truth = amount(kinds, np.ones(KINDS)) + unseen > THRESHOLD
    return Scenes(kinds, unseen, picture, sound, group + first, truth)


def amount(kinds: DoubleArray, taste: DoubleArray) -> DoubleArray:
    """How much of what counts a scene holds, for a taste (KINDS,): spread 1 for the common one."""
    return np.asarray(kinds @ taste / np.sqrt(KINDS), dtype=np.float64)


# The common amount and what is unseen are normal: this share of scenes lies above.
THRESHOLD = 0.2533 * float(np.sqrt(1 + UNSEEN**2))


def make_opinions(regime: Regime, scenes: Scenes, seed: int, *, people: int | None = None) -> Opinions:
    """What the reviewers of a regime say. The same seed gives the same people, whatever the scenes."""
    people = people or (CROWD if regime == "crowd" else 8)
    who = np.random.default_rng([seed, 1, REGIMES.index(regime)])
    wrong, bias = who.uniform(*WRONG, people), BIAS * who.standard_normal(people)
    taste = 1 + TASTE * who.standard_normal((people, KINDS))
    chance = np.random.default_rng([seed, 2, REGIMES.index(regime), len(scenes.truth)])
    size = (people, len(scenes.truth))
    if regime == "noise":
        label = scenes.truth ^ (chance.random(size) < wrong[:, None])
    elif regime == "threshold":
        common = amount(scenes.kinds, np.ones(KINDS)) + scenes.unseen
        label = common + 0.3 * chance.standard_normal(size) > THRESHOLD + bias[:, None]
    else:
        own = np.stack([amount(scenes.kinds, one) for one in taste]) + scenes.unseen
        label = own + 0.3 * chance.standard_normal(size) > THRESHOLD
    shown = chance.random(size) < CROWD_SHARE if regime == "crowd" else np.ones(size, dtype=np.bool_)
    return Opinions(np.asarray(label), np.asarray(shown))


def features_of(scenes: Scenes, which: IntArray) -> Features:
    """The chosen scenes one after another, each a shot of its own."""
    rows = (which[:, None] * STEPS + np.arange(STEPS)).ravel()
    seen = np.ones(len(rows), dtype=np.bool_)
    return Features(
        EMBEDDED_VERSION,
        "embedded",
        STEP_S,
        len(rows) * STEP_S,
        scenes.picture[rows].astype(np.float32),
        scenes.sound[rows].astype(np.float32),
        seen,
        seen.copy(),
        np.arange(len(rows)) % STEPS == 0,
    )
