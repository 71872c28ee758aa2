"""Several heads -> one probability per type: 1 - (1 - p_picture)(1 - p_sound), and what joins them."""

from dataclasses import dataclass, replace

import numpy as np

from ml.calibrate import Platt, fit_platt, flat_platt, log_odds, sigmoid
from ml.types import BoolArray, FloatArray, Modality

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # how far the joint head may replace the fused pair


@dataclass(frozen=True)
class TypeFusion:
    """How one violation type's heads combine. A head of None is switched off and contributes 0.

    `joint` looks at both modalities together and, with `joint_share`, is mixed in log-odds with the
    fused pair; it only speaks where there is both picture and sound.
    """

    modality: Modality
    picture: Platt | None = None
    sound: Platt | None = None
    joint: Platt | None = None
    joint_share: float = 0.0
    final: Platt | None = None


def fuse(
    fusion: TypeFusion,
    picture: FloatArray | None,
    sound: FloatArray | None,
    joint: FloatArray | None,
    picture_ok: BoolArray,
    sound_ok: BoolArray,
) -> FloatArray:
    """Logits of one type by head (any shape that broadcasts with the masks) -> probability in [0, 1].

    A silent or missing modality contributes 0, not the score of an empty vector.
    """
    pair = noisy_or(
        contribution(fusion.picture, picture, picture_ok), contribution(fusion.sound, sound, sound_ok)
    )
    pair = np.broadcast_to(pair, np.broadcast_shapes(pair.shape, picture_ok.shape)).astype(np.float32)
    if fusion.final is None:
        return pair
    mixed = log_odds(pair)
    if fusion.joint is not None and joint is not None:
        mixed = (1 - fusion.joint_share) * mixed + fusion.joint_share * fusion.joint.log_odds(joint)
    return np.where(picture_ok & sound_ok, sigmoid(fusion.final.log_odds(mixed)), pair).astype(np.float32)


def contribution(platt: Platt | None, logit: FloatArray | None, ok: BoolArray) -> FloatArray:
    """Probability of one head, 0 where its modality is absent or the head is switched off."""
    if platt is None or logit is None:
        return np.zeros((), dtype=np.float32)
    return np.where(ok, platt(logit), np.float32(0)).astype(np.float32)


def noisy_or(one: FloatArray, other: FloatArray) -> FloatArray:
    """Probability that at least one of two independent signs is real."""
    return np.asarray(1 - (1 - one) * (1 - other), dtype=np.float32)


def fit_fusion(
    modality: Modality,
    logits: dict[str, FloatArray],  # (N,) held-out logits by head, NaN where there are none
    label: FloatArray,
    weight: FloatArray,
    picture_ok: BoolArray,
    sound_ok: BoolArray,
) -> TypeFusion:
    """Calibrate every head of one type on held-out logits, then learn how far to trust the joint one."""
    ok = {"picture": picture_ok, "sound": sound_ok, "both": picture_ok & sound_ok}
    lines = {name: _line(logits[name], label, weight * ok[name]) for name in logits}
    if modality != "both":
        only = lines[modality] or flat_platt(label, weight * ok[modality])
        picture, sound = (only, None) if modality == "picture" else (None, only)
        return TypeFusion(modality, picture, sound)
    pair = TypeFusion("both", lines["picture"], lines["sound"], lines["both"])
    if pair.picture is None and pair.sound is None:
        flat = [
            flat_platt(label, weight * there) if (weight * there).any() else None
            for there in (picture_ok, sound_ok)
        ]
        pair = replace(pair, picture=flat[0], sound=flat[1])
    return _with_joint(pair, logits, label, weight * ok["both"])


def _line(logit: FloatArray, label: FloatArray, weight: FloatArray) -> Platt | None:
    rows = ~np.isnan(logit) & (weight > 0)
    return fit_platt(logit[rows], label[rows], weight[rows])


def _with_joint(
    pair: TypeFusion, logits: dict[str, FloatArray], label: FloatArray, weight: FloatArray
) -> TypeFusion:
    rows = (weight > 0) & ~np.any([np.isnan(z) for z in logits.values()], axis=0)
    label, weight = label[rows], weight[rows]
    everywhere = np.ones(int(rows.sum()), dtype=np.bool_)
    apart = log_odds(fuse(pair, logits["picture"][rows], logits["sound"][rows], None, everywhere, everywhere))
    together = apart if pair.joint is None else pair.joint.log_odds(logits["both"][rows])
    best, least = pair, np.inf
    for share in SHARES if pair.joint is not None else (0.0,):
        mixed = (1 - share) * apart + share * together
        final = fit_platt(mixed, label, weight)
        loss = np.inf if final is None else _log_loss(final(mixed), label, weight)
        if loss < least:
            best, least = replace(pair, joint_share=share, final=final), loss
    return best


def _log_loss(p: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    safe = np.clip(p.astype(np.float64), 1e-6, 1 - 1e-6)
    return float(-(weight * (label * np.log(safe) + (1 - label) * np.log(1 - safe))).sum() / weight.sum())
