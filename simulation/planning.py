"""Deciding what happens in each film, before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from simulation.story import (
    DEFAULT,
    NEAR_MISSES,
    VIOLATIONS,
    Event,
    FilmPlan,
    FilmSettings,
    NearMiss,
    Shot,
)
from simulation.wording import SOURCES, UPLOADERS, description_for, title_for

# Incidents with people in them are played out in one shot, so that a cut never tears them apart.
UNCUT = ("gunfire", "physical-fight", "dancing", "fast_pan", "hammering", "applause")
LENGTHS_S = {
    "camera_flash": (2.0, 3.0),
    "lightning": (2.5, 4.0),
    "door_slam": (2.0, 4.0),
    "car_horn": (2.0, 4.0),
}
FAVOURITES = {
    "photosensitive-flashing": ("stage", "room"),
    "dancing": ("stage", "park", "room"),
    "hammering": ("workshop",),
    "car_horn": ("street",),
    "cheering": ("pitch", "stage"),
    "lightning": ("coast", "street", "park"),
}
MARGIN_S = 1.0


def plan_films(*, seed: int, count: int, settings: FilmSettings = DEFAULT) -> list[FilmPlan]:
    """`count` plans; violating films and their types are dealt evenly: any dozen holds all of them."""
    rng = np.random.default_rng([seed, 1])
    violations = _deal(VIOLATIONS, rng)
    harmless = _deal(NEAR_MISSES, rng)
    plans = []
    for index, violating in enumerate(_violating(seed, count, settings.violating_share)):
        wanted = int(rng.choice([1, 2, 3], p=[0.2, 0.45, 0.35])) if violating else 0
        kinds = _take(violations, wanted)
        misses = _take(harmless, int(rng.choice([0, 1, 2, 3], p=[0.25, 0.35, 0.25, 0.15])))
        plans.append(_plan_film(seed, index, kinds, misses, settings))
    return plans


def _violating(seed: int, count: int, share: float) -> list[bool]:
    """Which films hold violations: the share is kept all along, the order within each four is drawn."""
    rng = np.random.default_rng([seed, 9])
    fours = range(0, count, 4)
    marks = [[int((i + 1) * share) > int(i * share) for i in range(four, four + 4)] for four in fours]
    return [mark for four in marks for mark in rng.permutation(four).tolist()][:count]


def _deal(kinds: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    """An endless shuffled deck: every kind comes up once before any comes up again."""
    while True:
        yield from rng.permutation(kinds).tolist()


def _take(deck: Iterator[str], count: int) -> list[str]:
    return [next(deck) for _ in range(count)]


def _plan_film(
    seed: int, index: int, kinds: list[str], misses: list[str], settings: FilmSettings
) -> FilmPlan:
    film_seed = int(np.random.SeedSequence([seed, index]).generate_state(1)[0])
    rng = np.random.default_rng([film_seed, 2])
    duration = _duration(rng, settings)
    placed = _place(kinds + misses, duration, rng)
    events = sorted((Event(k, a, b) for k, a, b in placed if k in VIOLATIONS), key=lambda e: e.start_s)
    near = sorted((NearMiss(k, a, b) for k, a, b in placed if k not in VIOLATIONS), key=lambda n: n.start_s)
    events = _join_screams(events, near, duration, rng)
    shots = _shots(duration, events, near, rng, settings)
    scene = shots[0].scene
    who = int(rng.integers(len(UPLOADERS)))
    return FilmPlan(
        name=f"film-{seed}-{index:03d}",
        title=title_for(scene, rng),
        description=description_for(scene, rng),
        uploader=UPLOADERS[who],
        # several films share a source, so that split groups hold more than one film
        source=f"{SOURCES[who % len(SOURCES)]}-{int(rng.integers(1, 4))}",
        duration_s=duration,
        seed=film_seed,
        shots=tuple(shots),
        events=tuple(events),
        near_misses=tuple(near),
    )


def _duration(rng: np.random.Generator, settings: FilmSettings) -> float:
    """Mostly short: the mean lies about 30 % of the way; whole half seconds, so that frames come out even."""
    length = settings.min_s + (settings.max_s - settings.min_s) * float(rng.beta(1.3, 3.0))
    return round(length * 2) / 2


def _length(kind: str, rng: np.random.Generator) -> float:
    low, high = LENGTHS_S.get(kind, (2.0, 12.0) if kind in VIOLATIONS else (3.0, 7.0))
    return low + (high - low) * float(rng.beta(1.6, 2.2))


def _place(kinds: list[str], duration: float, rng: np.random.Generator) -> list[tuple[str, float, float]]:
    """One incident after another in shuffled order, at least a second apart.

    What does not fit is drawn again, shorter; near-misses that cannot fit are left out.
    """
    kinds = list(kinds)
    while True:
        lengths = [_length(kind, rng) for kind in kinds]
        free = duration - MARGIN_S * (len(kinds) + 1) - sum(lengths)
        if free >= 0.2 * duration:
            break
        if 2.0 * len(kinds) + MARGIN_S * (len(kinds) + 1) > 0.6 * duration:
            kinds.pop()  # near-misses stand last
    gaps = rng.dirichlet(np.ones(len(kinds) + 1)) * free + MARGIN_S
    placed: list[tuple[str, float, float]] = []
    clock = 0.0
    for position in rng.permutation(len(kinds)).tolist():
        start = clock + float(gaps[len(placed)])
        clock = start + lengths[position]
        placed.append((kinds[position], round(start, 2), round(clock, 2)))
    return placed


def _join_screams(
    events: list[Event], near: list[NearMiss], duration: float, rng: np.random.Generator
) -> list[Event]:
    """Half of the time somebody screams *during* a fight: events of two types that overlap."""
    fights = [e for e in events if e.violation == "physical-fight"]
    screams = [e for e in events if e.violation == "distress-sound"]
    if len(fights) != 1 or len(screams) != 1 or rng.random() < 0.5:
        return events
    start = round(fights[0].start_s + 0.4 * (fights[0].end_s - fights[0].start_s), 2)
    end = round(min(start + screams[0].end_s - screams[0].start_s, duration - 0.5), 2)
    others = [e for e in events if e not in (fights[0], screams[0])] + list(near)
    if end - start < 2.0 or any(o.start_s < end + 0.5 and o.end_s > start - 0.5 for o in others):
        return events
    kept = [e for e in events if e is not screams[0]]
    return sorted([*kept, Event("distress-sound", start, end)], key=lambda e: e.start_s)


def _shots(
    duration: float,
    events: list[Event],
    near: list[NearMiss],
    rng: np.random.Generator,
    settings: FilmSettings,
) -> list[Shot]:
    happenings = [(e.violation, e.start_s, e.end_s) for e in events] + [
        (n.kind, n.start_s, n.end_s) for n in near
    ]
    edges = [0.0, *_cuts(duration, happenings, rng), duration]
    home = [str(s) for s in rng.permutation(settings.scenes)[:2]]
    palette = str(rng.choice(settings.palettes))
    shots = []
    for start, end in pairwise(edges):
        inside = [kind for kind, a, b in happenings if a < end and b > start]
        scene = _scene_for(inside, home, rng, settings)
        camera = str(
            rng.choice(
                ["still", "handheld", "zoom"]
                if set(inside) & set(UNCUT)
                else ["handheld", "zoom", "pan", "pan"]
            )
        )
        shots.append(Shot(scene, palette, camera, start, end, int(rng.integers(2**31))))
    return shots


def _cuts(
    duration: float, happenings: list[tuple[str, float, float]], rng: np.random.Generator
) -> list[float]:
    """A cut every 5 to 12 seconds, never inside an incident that people play out."""
    barred = [(a - 0.4, b + 0.4) for kind, a, b in happenings if kind in UNCUT]
    cuts: list[float] = []
    clock = 0.0
    while True:
        clock = round(clock + float(rng.uniform(5.0, 12.0)), 2)
        for start, end in sorted(barred):
            if start < clock < end:
                clock = round(end, 2)
        if clock > duration - 3.0:
            return cuts
        cuts.append(clock)


def _scene_for(inside: list[str], home: list[str], rng: np.random.Generator, settings: FilmSettings) -> str:
    for kind in inside:
        fitting = [s for s in FAVOURITES.get(kind, ()) if s in settings.scenes]
        if fitting and rng.random() < 0.6:
            return str(rng.choice(fitting))
    return str(rng.choice(home))
