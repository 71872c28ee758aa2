"""Made-up features of the real widths, with labels by several people: for benches of speed, not of accuracy.

What film and sound do is drawn from a few things that change with the shot and drift inside it; descriptors
and embeddings are mixtures of those, heavy-tailed and correlated as real ones are, so that fitting takes the
steps it takes on real ones. Violations raise a mixture of their own, and so do, less, the near-misses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.features import (
    EMBEDDING_EVERY,
    PICTURE_NAMES,
    SOUND_NAMES,
    STEP_S,
    Features,
    extractor_version,
    save_features,
)
from ml.types import Annotation, Example, FloatArray, Mark, Split, ViolationSpec

SPECS = (
    ViolationSpec("brawl", "picture", 2.0),
    ViolationSpec("weapon", "picture", 3.0),
    ViolationSpec("siren", "sound", 1.0),
    ViolationSpec("explosion", "both", 3.0),
)
SLUGS = tuple(spec.slug for spec in SPECS)
WEIGHTS = {"made-up-picture": "1" * 64, "made-up-sound": "2" * 64}
EMBEDDINGS = {"picture": 1280, "sound": 384}
THINGS = 32  # that change from shot to shot
SHOT_STEPS = 16.0
EVENTS = 1.2  # of each type in ten minutes, and as many near-misses; about 9 % of all steps in all
JITTER_S, MISSED = 0.4, 0.1  # how loosely people mark, and how often not at all
PEOPLE, REVIEWS = 12, 2  # in all, and of each video

Events = list[tuple[str, float, float]]
Rng = np.random.Generator


@dataclass(frozen=True)
class Job:
    """One film to make: `path`, which number of which seed, and how long."""

    path: Path
    seed: int
    number: int
    minutes: float


def make(job: Job) -> Path:
    """Write the features of one film, unless they are there."""
    if not job.path.exists():
        job.path.parent.mkdir(parents=True, exist_ok=True)
        save_features(features_of(job), job.path)
    return job.path


def events_of(job: Job) -> tuple[Events, Events]:
    """What truly happens in the film, and its near-misses."""
    rng = np.random.default_rng([job.seed, job.number, 1])
    length_s = 60 * job.minutes
    found: tuple[Events, Events] = ([], [])
    for events in found:
        for slug in SLUGS:
            for _ in range(rng.poisson(EVENTS * job.minutes / 10)):
                start = rng.uniform(0, length_s - 25)
                events.append((slug, start, start + rng.uniform(3, 20)))
    return found


def features_of(job: Job) -> Features:
    """Features of both kinds; the same job gives the same numbers."""
    rng, world = np.random.default_rng([job.seed, job.number, 2]), np.random.default_rng(job.seed)
    steps = round(60 * job.minutes / STEP_S)
    cuts = rng.random(steps) < 1 / SHOT_STEPS
    raised = _raised(*events_of(job), steps)
    arrays: dict[str, npt.NDArray[np.float32]] = {}
    for modality, names in (("picture", PICTURE_NAMES), ("sound", SOUND_NAMES)):
        perceived = raised * [spec.modality in (modality, "both") for spec in SPECS]
        things = np.concatenate([_things(rng, cuts), perceived], axis=1).astype(np.float32)
        tails = world.lognormal(0.0, 1.0, len(names)).astype(np.float32)
        arrays[modality] = np.exp(0.5 * _mixed(rng, world, things, len(names))) * tails
        arrays[f"{modality}_embedding"] = _mixed(rng, world, things, EMBEDDINGS[modality]).clip(0, 6)
    arrays["sound"][:, SOUND_NAMES.index("silent_share")] = 0.0
    everywhere = np.ones(steps, np.bool_)
    return Features(
        version=extractor_version(WEIGHTS),
        tier="pretrained",
        step_s=STEP_S,
        duration_s=steps * STEP_S,
        picture=arrays["picture"],
        sound=arrays["sound"],
        picture_mask=everywhere,
        sound_mask=everywhere,
        cuts=cuts,
        picture_embedding=arrays["picture_embedding"][::EMBEDDING_EVERY].astype(np.float16),
        sound_embedding=arrays["sound_embedding"].astype(np.float16),
        speech=np.zeros(steps, np.float32),
        weights=WEIGHTS,
    )


def _raised(events: Events, near_misses: Events, steps: int) -> FloatArray:
    """(T, K) how much of each type's own mixture is on screen."""
    raised = np.zeros((steps, len(SLUGS)), np.float32)
    for strength, parts in ((1.2, near_misses), (2.5, events)):
        for slug, start, end in parts:
            raised[int(start / STEP_S) : int(end / STEP_S) + 1, SLUGS.index(slug)] = strength
    return raised


def _things(rng: Rng, cuts: npt.NDArray[np.bool_]) -> FloatArray:
    """(T, THINGS) drifting inside a shot around what the shot is like."""
    shot = np.cumsum(cuts)
    like = rng.standard_normal((shot[-1] + 1, THINGS), dtype=np.float32)[shot]
    drift = 0.3 * rng.standard_normal((len(cuts), THINGS), dtype=np.float32)
    for step in range(1, len(drift)):
        drift[step] += 0.8 * drift[step - 1]
    return np.asarray(like + drift, dtype=np.float32)


def _mixed(rng: Rng, world: Rng, things: FloatArray, width: int) -> FloatArray:
    """(T, width) mixtures of the things, fainter and fainter ones, and noise."""
    fading = (1.0 / (1 + np.arange(things.shape[1])) ** 0.5)[:, None]
    fading[THINGS:] = 0.25  # no violation is the strongest thing on screen
    mixture = (fading * world.standard_normal((things.shape[1], width))).astype(np.float32)
    noise = rng.standard_normal((len(things), width), dtype=np.float32)
    return np.asarray(things @ mixture + 0.7 * noise, dtype=np.float32)


def example_of(job: Job, split: Split) -> Example:
    """The film as REVIEWS of PEOPLE saw it; the first review is blind and decides."""
    rng = np.random.default_rng([job.seed, job.number, 3])
    people = rng.choice(PEOPLE, REVIEWS, replace=False)
    events, near_misses = events_of(job)
    whole = ((0.0, 60 * job.minutes),)
    annotations = []
    for place, person in enumerate(people):
        # Every third person takes near-misses of the first type for the real thing.
        taken = [event for event in near_misses if person % 3 == 0 and event[0] == SLUGS[0]]
        marks = _marked(rng, [*events, *taken], 60 * job.minutes)
        annotations.append(
            Annotation(f"person-{person:02d}", marks, whole, whole, SLUGS, place == 0, place == 0)
        )
    name = f"film-{job.number:03d}"
    return Example(name, job.path, name, split, tuple(annotations))


def _marked(rng: Rng, events: Sequence[tuple[str, float, float]], length_s: float) -> tuple[Mark, ...]:
    marks = []
    for slug, start, end in events:
        if rng.random() >= MISSED:
            begin, until = start + rng.normal(0, JITTER_S), end + rng.normal(0, JITTER_S)
            marks.append(Mark(slug, max(0.0, begin), min(length_s, max(until, begin + 0.5))))
    return tuple(marks)
