"""Several heads -> one probability per type: 1 - (1 - p_picture)(1 - p_sound), and what joins them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ml.calibrate import EFFECTIVE_STEPS, Platt, fit_platt, flat_platt, log_odds, sigmoid
from ml.types import BoolArray, DoubleArray, FloatArray, IntArray, Modality

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # how far the joint head may replace the fused pair
EQUAL_PRIOR = 2.0  # how strongly two heads of a modality are held to equal weights, in units of evidence
CLEAR = 2.0  # standard errors by which one must be better before it counts for more
_ROUNDS = 30


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


def fit_blend(
    one: FloatArray, other: FloatArray, label: FloatArray, weight: FloatArray, group: IntArray
) -> tuple[float, float]:
    """Factors for the sum of two heads' held-out logits (N,), NaN where there are none.

    Each logit counts by its spread, both alike until the labels say otherwise: with z the logits in their own
    standard deviations, log-odds = m (z1 + z2) + d (z1 - z2) + b, where d is drawn towards 0, and dropped
    unless it stands clear of its uncertainty over split groups. No factor is negative.
    """
    rows = ~np.isnan(one) & ~np.isnan(other) & (weight > 0)
    z = np.stack([one[rows], other[rows]]).astype(np.float64)
    spreads = np.maximum(z.std(axis=1), 1e-6) if rows.any() else np.ones(2)
    z /= spreads[:, None]
    design = np.column_stack([z[0] + z[1], z[0] - z[1], np.ones(z.shape[1])])
    (m, d, _), variance = _fit_blend(
        design, label[rows].astype(np.float64), weight[rows].astype(np.float64) / EFFECTIVE_STEPS, group[rows]
    )
    common = m if m > 0 else 0.5
    lean = float(np.clip(d * max(0.0, 1 - CLEAR**2 * variance / max(d * d, 1e-12)), -common, common))
    return float((common + lean) / spreads[0]), float((common - lean) / spreads[1])


def _fit_blend(
    design: DoubleArray, label: DoubleArray, weight: DoubleArray, group: IntArray
) -> tuple[DoubleArray, float]:
    """(m, d, b) by Newton's method under a Gaussian prior around (1/2, 0, 0), and the variance of d."""
    prior, centre = np.array([0.1, EQUAL_PRIOR, 1e-3]), np.array([0.5, 0.0, 0.0])
    beta: DoubleArray = centre.copy()
    for _ in range(_ROUNDS):
        p = 0.5 * (1 + np.tanh(0.5 * (design @ beta)))
        gradient = design.T @ (weight * (label - p)) - prior * (beta - centre)
        curvature = design.T @ (design * (weight * p * (1 - p))[:, None]) + np.diag(prior)
        step = np.clip(np.linalg.solve(curvature, gradient), -2.0, 2.0)
        beta = np.asarray(beta + step, dtype=np.float64)
        if np.abs(step).max() < 1e-8:
            break
    # Sandwich by split group: neighbours agree with each other, whole videos need not.
    pull = design * (weight * (label - p))[:, None]
    by_group = np.stack([np.bincount(group, pull[:, i]) for i in range(3)])
    inverse = np.linalg.inv(curvature)
    return beta, float((inverse @ by_group @ by_group.T @ inverse)[1, 1])


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
            factors = fit_blend(logits[modality], logits[learned], label, weight * ok[modality], group)
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
    return _with_joint(pair, by_head, label, weight * ok["both"])


def _line(logit: FloatArray, label: FloatArray, weight: FloatArray) -> Platt | None:
    rows = ~np.isnan(logit) & (weight > 0)
    return fit_platt(logit[rows], label[rows], weight[rows])


def _with_joint(
    pair: TypeFusion, logits: Mapping[str, FloatArray], label: FloatArray, weight: FloatArray
) -> TypeFusion:
    rows = (weight > 0) & ~np.any([np.isnan(z) for z in logits.values()], axis=0)
    label, weight = label[rows], weight[rows]
    everywhere = np.ones(int(rows.sum()), dtype=np.bool_)
    alone = {name: z[rows] for name, z in logits.items() if name != "both"}
    apart = log_odds(fuse(pair, alone, everywhere, everywhere))
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
