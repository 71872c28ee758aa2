"""Simulated reviewers: one behaviour model for the demo, the tests and every bench.

A review goes: watch (in a hinted arm the hints first, then the rest) -> notice violations where it was
watched, and heard where they need sound -> act on each shown hint -> add what no hint covered -> verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from simulation.profiles import PROFILES, Profile
from simulation.story import Event

__all__ = ["PROFILES", "Profile", "ReviewActs", "Reviewer", "ShownHint"]

Watched = tuple[float, float, float, bool]  # start_s, end_s, speed, muted
MARGIN_S = 1.0  # played before and after a hint
SHORTEST_S = 0.5


@dataclass(frozen=True)
class ShownHint:
    """A hint as it stands on the reviewer's screen; the id is whatever the caller uses."""

    id: int
    violation: str
    start_s: float
    end_s: float
    score: float


@dataclass(frozen=True)
class ReviewActs:
    """Everything one review did."""

    accepts: tuple[int, ...]
    adjusts: tuple[tuple[int, float, float], ...]
    relabels: tuple[tuple[int, str, float, float], ...]
    rejects: tuple[int, ...]
    additions: tuple[Event, ...]
    verdict: str
    watched: tuple[Watched, ...]
    active_s: float
    played: tuple[int, ...]


@dataclass(frozen=True)
class _Act:
    """What becomes of one hint; `event` is the noticed violation that it was about."""

    kind: str
    hint: ShownHint
    event: Event | None = None


class Reviewer:
    """One simulated person: a profile and a seed. The same video is always judged the same way."""

    def __init__(self, profile: str | Profile, seed: int = 0) -> None:
        if isinstance(profile, str):
            if profile not in PROFILES:
                raise ValueError(f"No profile {profile!r}; choose one of {', '.join(PROFILES)}.")
            profile = PROFILES[profile]
        self.profile, self.seed = profile, seed

    def review(
        self,
        *,
        truth: Sequence[Event],
        duration_s: float,
        hints: Sequence[ShownHint],
        arm: str,
        modalities: Mapping[str, str],
        video: str = "",
    ) -> ReviewActs:
        """Review one film; `video` is its key, `modalities` maps the queue's types to what they need."""
        shown = list(hints) if arm == "level2" else []
        taste, hand = self._luck(video, "taste"), self._luck(video, arm)
        played = [hint for hint in shown if hand.random() < self.profile.plays_hint]
        watched = self._watch(duration_s, played, arm, hand)
        noticed = self._notice(truth, duration_s, watched, shown, modalities, taste)
        acts = [act for hint in shown for act in self._act_on(hint, noticed, hint in played, hand)]
        acts = _once_per_event(acts)
        claimed = [act.event for act in acts if act.event is not None]
        alarms = (
            self._false_alarms(duration_s, [*noticed, *truth], modalities, watched, hand) if watched else []
        )
        additions = tuple(sorted([e for e in noticed if e not in claimed] + alarms, key=lambda e: e.start_s))
        return self._report(acts, additions, watched, played)

    def _luck(self, video: str, purpose: str) -> np.random.Generator:
        """Randomness of a person, a video and a purpose: hints do not change what one is able to see."""
        keys = [crc32(text.encode()) for text in (self.profile.name, video, purpose)]
        return np.random.default_rng([self.seed, *keys])

    def _watch(
        self, duration_s: float, played: list[ShownHint], arm: str, hand: np.random.Generator
    ) -> tuple[Watched, ...]:
        """Hints first with a margin, then the rest; in arms without hints all of the film."""
        person = self.profile
        quiet = _muted_stretch(duration_s, person.muted_share, hand)
        if arm != "level2":
            speed = person.watch_speed if arm == "blind" else min(person.scan_speed, 1.25)
            return _split_muted([(0.0, duration_s, speed)], quiet)
        around = [(max(0.0, h.start_s - MARGIN_S), min(duration_s, h.end_s + MARGIN_S)) for h in played]
        passes = [(a, b, person.watch_speed) for a, b in around]
        skipped = duration_s * (1.0 - person.scan_share)
        gap_start = float(hand.uniform(0.0, duration_s - skipped)) if skipped > 0 else duration_s
        barred = [*around, (gap_start, gap_start + skipped)]
        passes += [(a, b, person.scan_speed) for a, b in _without([(0.0, duration_s)], barred)]
        return _split_muted(passes, quiet)

    def _notice(
        self,
        truth: Sequence[Event],
        duration_s: float,
        watched: Sequence[Watched],
        hints: Sequence[ShownHint],
        modalities: Mapping[str, str],
        taste: np.random.Generator,
    ) -> list[Event]:
        """The violations this person perceives, with the bounds this person gives them."""
        noticed = []
        for event in truth:
            luck, shift = float(taste.random()), taste.normal(0.0, self.profile.jitter_s, 2)
            modality = modalities.get(event.violation)
            if modality is None or event.end_s - event.start_s < self.profile.ignores_below_s:
                continue
            pointed = any(h.violation == event.violation and _iou(h, event) > 0.1 for h in hints)
            if _perceived_share(event, watched, modality) < 0.3 or luck > self._chance(modality, pointed):
                continue
            noticed.append(self._own_bounds(event, duration_s, float(shift[0]), float(shift[1])))
        return noticed

    def _chance(self, modality: str, pointed: bool) -> float:
        """Being pointed at something is a second chance to notice it."""
        person = self.profile
        chance = {"picture": person.spots_picture, "sound": person.spots_sound}.get(
            modality, person.spots_both
        )
        return 1.0 - (1.0 - chance) ** 2 if pointed else chance

    def _own_bounds(self, event: Event, duration_s: float, first: float, last: float) -> Event:
        start = min(max(0.0, event.start_s + self.profile.start_bias_s + first), duration_s - SHORTEST_S)
        end = min(max(start + SHORTEST_S, event.end_s + self.profile.end_bias_s + last), duration_s)
        return Event(event.violation, round(start, 3), round(end, 3))

    def _act_on(
        self, hint: ShownHint, noticed: Sequence[Event], played: bool, hand: np.random.Generator
    ) -> list[_Act]:
        """Accept, adjust, relabel, reject, or leave: at most one act a hint."""
        leaves, waves_through, trusts = (float(v) for v in hand.random(3))
        if leaves < self.profile.leaves_hint:
            return []
        same = max(
            (e for e in noticed if e.violation == hint.violation), key=lambda e: _iou(hint, e), default=None
        )
        if not played and trusts < self.profile.trusts_unplayed:
            return [_Act("accept", hint, same if same is not None and _overlap(hint, same) > 0 else None)]
        if same is not None and _iou(hint, same) >= self.profile.adjust_iou:
            kind = "accept" if _iou(hint, same) >= self.profile.accept_iou else "adjust"
            return [_Act(kind, hint, same)]
        other = max(
            (e for e in noticed if e.violation != hint.violation), key=lambda e: _iou(hint, e), default=None
        )
        if other is not None and _iou(hint, other) >= max(0.3, self.profile.adjust_iou):
            return [_Act("relabel", hint, other)]
        return [_Act("accept" if waves_through < self.profile.accepts_wrong else "reject", hint)]

    def _false_alarms(
        self,
        duration_s: float,
        taken: Sequence[Event],
        modalities: Mapping[str, str],
        watched: Sequence[Watched],
        hand: np.random.Generator,
    ) -> list[Event]:
        """Marks where nothing is: in a watched stretch, and for heard types an unmuted one."""
        alarms: list[Event] = []
        for _ in range(int(hand.poisson(self.profile.false_alarms_per_minute * duration_s / 60))):
            violation = str(hand.choice(sorted(modalities)))
            start, length = float(hand.uniform(0.0, duration_s - 2.0)), float(hand.uniform(1.5, 4.0))
            alarm = Event(violation, round(start, 3), round(min(duration_s, start + length), 3))
            clashes = any(e.violation == violation and _overlap(e, alarm) > 0 for e in [*taken, *alarms])
            if not clashes and _perceived_share(alarm, watched, modalities[violation]) >= 0.99:
                alarms.append(alarm)
        return alarms

    def _report(
        self,
        acts: Sequence[_Act],
        additions: tuple[Event, ...],
        watched: tuple[Watched, ...],
        played: Sequence[ShownHint],
    ) -> ReviewActs:
        costs = self.profile.costs
        prices = {
            "accept": costs.accept,
            "adjust": costs.adjust,
            "relabel": costs.relabel,
            "reject": costs.reject,
        }
        seconds = sum((end - start) / speed for start, end, speed, _ in watched)
        seconds += sum(prices[act.kind] for act in acts) + costs.add * len(additions) + costs.verdict
        moved = [(act, act.event) for act in acts if act.event is not None]
        violating = bool(additions) or any(act.kind != "reject" for act in acts)
        return ReviewActs(
            accepts=tuple(act.hint.id for act in acts if act.kind == "accept"),
            adjusts=tuple((a.hint.id, e.start_s, e.end_s) for a, e in moved if a.kind == "adjust"),
            relabels=tuple(
                (a.hint.id, e.violation, e.start_s, e.end_s) for a, e in moved if a.kind == "relabel"
            ),
            rejects=tuple(act.hint.id for act in acts if act.kind == "reject"),
            additions=additions,
            verdict="violating" if violating else "clean",
            watched=watched,
            active_s=round(seconds, 3),
            played=tuple(hint.id for hint in played),
        )


def _once_per_event(acts: Sequence[_Act]) -> list[_Act]:
    """Of several hints about one violation the closest is kept, and the others are rejected as repeats."""
    best: dict[Event, _Act] = {}
    for act in acts:
        if act.event is not None:
            rival = best.get(act.event)
            if rival is None or _closeness(act) > _closeness(rival):
                best[act.event] = act
    return [act if act.event is None or best[act.event] is act else _Act("reject", act.hint) for act in acts]


def _closeness(act: _Act) -> tuple[bool, float]:
    """A hint of the right type comes before one to relabel; then the larger overlap wins."""
    return act.kind != "relabel", 0.0 if act.event is None else _iou(act.hint, act.event)


def _overlap(a: Event | ShownHint, b: Event | ShownHint) -> float:
    return max(0.0, min(a.end_s, b.end_s) - max(a.start_s, b.start_s))


def _iou(a: Event | ShownHint, b: Event | ShownHint) -> float:
    shared = _overlap(a, b)
    return shared / max(1e-9, (a.end_s - a.start_s) + (b.end_s - b.start_s) - shared)


def _perceived_share(event: Event, watched: Sequence[Watched], modality: str) -> float:
    """How much of an event could be perceived: watched at all, and with sound where it needs sound."""
    seen = [(a, b) for a, b, _, muted in watched if modality == "picture" or not muted]
    missed = _without([(event.start_s, event.end_s)], seen)
    return 1.0 - sum(b - a for a, b in missed) / (event.end_s - event.start_s)


def _without(
    spans: list[tuple[float, float]], holes: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Spans with holes cut out of them."""
    for low, high in holes:
        pieces = [piece for a, b in spans for piece in ((a, min(b, low)), (max(a, high), b))]
        spans = sorted({(a, b) for a, b in pieces if b - a > 1e-6})
    return spans


def _muted_stretch(duration_s: float, share: float, hand: np.random.Generator) -> tuple[float, float]:
    """One stretch of the film that is watched without sound."""
    start = float(hand.uniform(0.0, duration_s * (1.0 - share)))
    return start, start + duration_s * share


def _split_muted(
    passes: Sequence[tuple[float, float, float]], quiet: tuple[float, float]
) -> tuple[Watched, ...]:
    """Each pass cut where the sound goes off and on again."""
    watched: list[Watched] = []
    for start, end, speed in passes:
        muted = [(max(start, quiet[0]), min(end, quiet[1]))]
        parts = [(a, b, False) for a, b in _without([(start, end)], [quiet] if quiet[1] > quiet[0] else [])]
        parts += [(a, b, True) for a, b in muted if b - a > 1e-6]
        watched += [(round(a, 3), round(b, 3), speed, off) for a, b, off in sorted(parts)]
    return tuple(watched)
