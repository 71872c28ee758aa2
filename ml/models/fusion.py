"""Several heads -> one probability per type: 1 - (1 - p_picture)(1 - p_sound), and what joins them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ml.calibrate import Platt, fit_platt, flat_platt, log_odds, sigmoid
from ml.evidence import clearly_less
from ml.folds import grouped_folds
from ml.models.blend import choose_blend, log_losses
from ml.types import BoolArray, FloatArray, IntArray, Modality

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # how far the joint head may replace the fused pair
JOINT_AT = 1.0  # standard errors by which the joint head must improve on the pair before it counts


@dataclass(frozen=True)
class TypeFusion:
    """How one violation type's heads combine. A head of None is switched off and contributes 0.

    `blend` holds the factors with which the heads of one modality (descriptors, embedding) are summed before
    calibration; without them the descriptors speak alone. `joint` looks at both modalities together and, with
    `joint_share`, is mixed in log-odds with the fused pair; it only speaks where there is both.
    """

    modality: Modality
    picture: Platt | None = None
    sound: Platt | None = None
    joint: Platt | None = None
    joint_share: float = 0.0
    final: Platt | None = None
    blend: Mapping[str, float] = field(default_factory=dict)


Logits = Mapping[str, FloatArray | None]  # by head: any shape that broadcasts with the masks


def fuse(fusion: TypeFusion, logits: Logits, picture_ok: BoolArray, sound_ok: BoolArray) -> FloatArray:
    """Logits of one type by head -> probability in [0, 1].

    A silent or missing modality contributes 0, not the score of an empty vector.
    """
    picture, sound = blended(fusion.blend, logits, "picture"), blended(fusion.blend, logits, "sound")
    pair = noisy_or(
        contribution(fusion.picture, picture, picture_ok), contribution(fusion.sound, sound, sound_ok)
    )
    pair = np.broadcast_to(pair, np.broadcast_shapes(pair.shape, picture_ok.shape)).astype(np.float32)
    joint = logits.get("both")
    if fusion.final is None:
        return pair
    mixed = log_odds(pair)
    if fusion.joint is not None and joint is not None:
        mixed = (1 - fusion.joint_share) * mixed + fusion.joint_share * fusion.joint.log_odds(joint)
    return np.where(picture_ok & sound_ok, sigmoid(fusion.final.log_odds(mixed)), pair).astype(np.float32)


def blended(blend: Mapping[str, float], logits: Logits, modality: str) -> FloatArray | None:
    """Weighted sum of the logits of a modality's heads."""
    own, learned = logits.get(modality), logits.get(f"{modality}_embedding")
    if own is None or learned is None or modality not in blend:
        return own
    return np.asarray(blend[modality] * own + blend[f"{modality}_embedding"] * learned, dtype=np.float32)


def contribution(platt: Platt | None, logit: FloatArray | None, ok: BoolArray) -> FloatArray:
    """Probability of one head, 0 where its modality is absent or the head is switched off."""
    if platt is None or logit is None:
        return np.zeros((), dtype=np.float32)
    return np.where(ok, platt(logit), np.float32(0)).astype(np.float32)


def noisy_or(one: FloatArray, other: FloatArray) -> FloatArray:
    """Probability that at least one of two independent signs is real."""
    return np.asarray(1 - (1 - one) * (1 - other), dtype=np.float32)


def _fit_blends(
    logits: Mapping[str, FloatArray],
    label: FloatArray,
    weight: FloatArray,
    ok: Mapping[str, BoolArray],
    group: IntArray,
) -> dict[str, float]:
    blend: dict[str, float] = {}
    for modality in ("picture", "sound"):
        learned = f"{modality}_embedding"
        if modality in logits and learned in logits:
            factors = choose_blend(logits[modality], logits[learned], label, weight * ok[modality], group)
            blend |= dict(zip((modality, learned), factors, strict=True))
    return blend


def fit_fusion(
    modality: Modality,
    by_head: Mapping[str, FloatArray],  # (N,) held-out logits by head, NaN where there are none
    label: FloatArray,
    weight: FloatArray,
    picture_ok: BoolArray,
    sound_ok: BoolArray,
    group: IntArray,  # (N,) number of the split group
) -> TypeFusion:
    """Blend the heads of each modality on held-out logits, calibrate, then weigh the joint head."""
    ok = {"picture": picture_ok, "sound": sound_ok, "both": picture_ok & sound_ok}
    blend = _fit_blends(by_head, label, weight, ok, group)
    apart = {name: blended(blend, by_head, name) for name in ("picture", "sound", "both")}
    logits = {name: z for name, z in apart.items() if z is not None}
    lines = {name: _line(logits[name], label, weight * ok[name]) for name in logits}
    if modality != "both":
        only = lines[modality] or flat_platt(label, weight * ok[modality])
        picture, sound = (only, None) if modality == "picture" else (None, only)
        return TypeFusion(modality, picture, sound, blend=blend)
    pair = TypeFusion("both", lines["picture"], lines["sound"], lines["both"], blend=blend)
    if pair.picture is None and pair.sound is None:
        flat = [
            flat_platt(label, weight * there) if (weight * there).any() else None
            for there in (picture_ok, sound_ok)
        ]
        pair = replace(pair, picture=flat[0], sound=flat[1])
    return _with_joint(pair, by_head, label, weight * ok["both"], group)


def _line(logit: FloatArray, label: FloatArray, weight: FloatArray) -> Platt | None:
    rows = ~np.isnan(logit) & (weight > 0)
    return fit_platt(logit[rows], label[rows], weight[rows])


def _with_joint(
    pair: TypeFusion, logits: Mapping[str, FloatArray], label: FloatArray, weight: FloatArray, group: IntArray
) -> TypeFusion:
    """Calibrate the pair where there is both, and mix in the joint head as far as it clearly helps."""
    rows = (weight > 0) & ~np.any([np.isnan(z) for z in logits.values()], axis=0)
    label, weight = label[rows], weight[rows]
    everywhere = np.ones(int(rows.sum()), dtype=np.bool_)
    alone = {name: z[rows] for name, z in logits.items() if name != "both"}
    apart = log_odds(fuse(pair, alone, everywhere, everywhere))
    together = apart if pair.joint is None else pair.joint.log_odds(logits["both"][rows])
    mixes = {}
    for share in SHARES if pair.joint is not None else (0.0,):
        mixed = (1 - share) * apart + share * together
        final = fit_platt(mixed, label, weight)
        if final is not None:
            mixes[share] = log_losses(final(mixed), label, weight), final
    if not mixes:
        return pair
    best = min(mixes, key=lambda share: float(mixes[share][0].sum()))
    if 0.0 in mixes and not clearly_less(mixes[best][0], mixes[0.0][0], group[rows], JOINT_AT):
        best = 0.0
    return replace(pair, joint_share=best, final=mixes[best][1])


def cross_fitted(
    modality: Modality,
    by_head: Mapping[str, FloatArray],
    label: FloatArray,
    weight: FloatArray,
    picture_ok: BoolArray,
    sound_ok: BoolArray,
    group: IntArray,
    *,
    seed: int,
) -> FloatArray | None:
    """(N,) probabilities of `fit_fusion` where it had not seen the row's split group.

    What a calibration is worth cannot be read off the rows that it was fitted on. None where fewer than two
    split groups show the type: then nothing can be held out.
    """
    judged = ~np.all([np.isnan(z) for z in by_head.values()], axis=0)
    positive = judged & (weight > 0) & (label >= 0.5)
    if len(np.unique(group[positive])) < 2:
        return None
    fold = grouped_folds(positive, group, seed=seed)
    p = np.zeros(len(label), dtype=np.float32)
    for number in np.unique(fold):
        away, masks = fold == number, (picture_ok, sound_ok)
        fusion = fit_fusion(modality, by_head, label, weight * ~away, *masks, group)
        heads = {name: np.nan_to_num(z[away]) for name, z in by_head.items()}
        p[away] = fuse(fusion, heads, picture_ok[away], sound_ok[away])
    return p
