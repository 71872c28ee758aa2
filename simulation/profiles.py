"""What makes simulated reviewers differ: every number of the behaviour model, one frozen profile each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Costs:
    """Seconds that an act takes, beyond watching."""

    accept: float = 1.2
    adjust: float = 6.0
    relabel: float = 4.0
    reject: float = 1.5
    add: float = 9.0
    verdict: float = 3.0


@dataclass(frozen=True)
class Profile:
    """One way of reviewing. Shares and probabilities lie in [0, 1]; times are seconds."""

    name: str
    spots_picture: float  # probability of noticing a violation that is seen
    spots_sound: float  # ... that is heard
    spots_both: float  # ... that needs both
    start_bias_s: float  # own marks begin this much after the truth
    end_bias_s: float
    jitter_s: float  # spread of either bound
    ignores_below_s: float  # violations shorter than this are let pass
    accept_iou: float  # a hint at least this close to what is seen is taken as it is
    adjust_iou: float  # closer than this it is worth moving; below, it is rejected
    accepts_wrong: float  # probability of waving a wrong hint through
    leaves_hint: float  # probability of not acting on a hint
    plays_hint: float  # probability of playing a hint before acting on it
    trusts_unplayed: float  # probability of accepting a hint that was not played
    false_alarms_per_minute: float
    muted_share: float  # share of the film watched without sound
    scan_share: float  # share of the film looked at beyond the hints, when there are hints
    watch_speed: float  # blind, and around hints
    scan_speed: float
    costs: Costs = Costs()


STRICT = Profile(
    name="strict",
    spots_picture=0.98,
    spots_sound=0.97,
    spots_both=0.97,
    start_bias_s=0.05,
    end_bias_s=0.05,
    jitter_s=0.15,
    ignores_below_s=0.0,
    accept_iou=0.75,
    adjust_iou=0.15,
    accepts_wrong=0.0,
    leaves_hint=0.0,
    plays_hint=1.0,
    trusts_unplayed=0.0,
    false_alarms_per_minute=0.05,
    muted_share=0.0,
    scan_share=1.0,
    watch_speed=1.0,
    scan_speed=1.25,
)
LENIENT = Profile(
    name="lenient",
    spots_picture=0.85,
    spots_sound=0.8,
    spots_both=0.85,
    start_bias_s=0.15,
    end_bias_s=-0.1,
    jitter_s=0.3,
    ignores_below_s=3.0,
    accept_iou=0.45,
    adjust_iou=0.2,
    accepts_wrong=0.05,
    leaves_hint=0.1,
    plays_hint=0.9,
    trusts_unplayed=0.5,
    false_alarms_per_minute=0.0,
    muted_share=0.0,
    scan_share=0.8,
    watch_speed=1.0,
    scan_speed=1.5,
)
LATE_BOUNDS = Profile(
    name="late_bounds",
    spots_picture=0.95,
    spots_sound=0.93,
    spots_both=0.94,
    start_bias_s=0.9,
    end_bias_s=0.7,
    jitter_s=0.25,
    ignores_below_s=0.0,
    accept_iou=0.6,
    adjust_iou=0.15,
    accepts_wrong=0.03,
    leaves_hint=0.02,
    plays_hint=0.95,
    trusts_unplayed=0.2,
    false_alarms_per_minute=0.05,
    muted_share=0.0,
    scan_share=0.9,
    watch_speed=1.0,
    scan_speed=1.5,
)
MISSES_SOUND = Profile(
    name="misses_sound",
    spots_picture=0.95,
    spots_sound=0.55,
    spots_both=0.6,
    start_bias_s=0.1,
    end_bias_s=0.1,
    jitter_s=0.25,
    ignores_below_s=0.0,
    accept_iou=0.6,
    adjust_iou=0.15,
    accepts_wrong=0.03,
    leaves_hint=0.02,
    plays_hint=0.95,
    trusts_unplayed=0.2,
    false_alarms_per_minute=0.05,
    muted_share=0.6,
    scan_share=0.9,
    watch_speed=1.0,
    scan_speed=1.5,
)
CARELESS = Profile(
    name="careless",
    spots_picture=0.75,
    spots_sound=0.7,
    spots_both=0.7,
    start_bias_s=0.3,
    end_bias_s=0.2,
    jitter_s=0.6,
    ignores_below_s=1.0,
    accept_iou=0.25,
    adjust_iou=0.1,
    accepts_wrong=0.3,
    leaves_hint=0.15,
    plays_hint=0.45,
    trusts_unplayed=0.8,
    false_alarms_per_minute=0.3,
    muted_share=0.1,
    scan_share=0.35,
    watch_speed=1.5,
    scan_speed=2.0,
    costs=Costs(accept=0.8, adjust=4.0, relabel=3.0, reject=0.9, add=6.0, verdict=1.5),
)
PROFILES: dict[str, Profile] = {p.name: p for p in (STRICT, LENIENT, LATE_BOUNDS, MISSES_SOUND, CARELESS)}
