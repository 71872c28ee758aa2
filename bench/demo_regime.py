"""What the demo teaches its first bundle: a dozen films, five simulated reviewers, and a senior's word.

The labels come from the behaviour model that works through the demo, without its database: the same films,
splits, profiles and rule of agreement. So the bench can say what a newcomer sees, not only what clean labels
allow.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import django

from ml.types import Annotation, Example, Mark, Split
from review.services.agreement import AGREES_FROM, agreement_of
from simulation.catalogue import POLICIES
from simulation.films import FilmPlan
from simulation.reviewers import PROFILES, ReviewActs, Reviewer

FILMS = 24  # in the demo; the first half is reviewed
COVERED = tuple(kind.slug for policy in POLICIES for kind in policy.violation_types)


def reviewed_films(modalities: dict[str, str]) -> list[tuple[FilmPlan, Split, tuple[Annotation, ...]]]:
    """The demo's reviewed films with their splits and everybody's annotations."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from worker.demo_setup import films_plan

    films = [film for film in films_plan(FILMS) if film.is_reviewed]
    splits: dict[str, Split] = {"train": "train", "validation": "validation", "holdout": "holdout"}
    return [
        (film.plan, splits[film.split.value], annotations_of(film.plan, film.split.value, modalities))
        for film in films
    ]


def annotations_of(plan: FilmPlan, split: str, modalities: dict[str, str]) -> tuple[Annotation, ...]:
    """Five people's reviews; the first decides where they agree, else a senior is asked."""
    people = []
    for number, profile in enumerate(PROFILES):
        # Outside training the first review is blind; the others' arm would show hints, had there been any.
        arm = "blind" if number == 0 and split != "train" else "level2"
        people.append(_annotation(profile, _acts(Reviewer(profile, 0), plan, arm, modalities), plan))
    if _agree(people):
        return (replace(people[0], settled=True), *people[1:])
    senior = _acts(Reviewer("strict", 99), plan, "level2", modalities)
    return (*people, replace(_annotation("senior", senior, plan), settled=True))


def _acts(mind: Reviewer, plan: FilmPlan, arm: str, modalities: dict[str, str]) -> ReviewActs:
    return mind.review(
        truth=plan.events,
        duration_s=plan.duration_s,
        hints=[],
        arm=arm,
        modalities=modalities,
        video=plan.name,
    )


def _annotation(name: str, acts: ReviewActs, plan: FilmPlan) -> Annotation:
    marks: list[Mark] = []
    ends: dict[str, float] = {}
    for event in acts.additions:
        # Segments of one type do not overlap: a later one begins where the earlier one ends.
        start, end = max(event.start_s, ends.get(event.violation, 0.0)), min(event.end_s, plan.duration_s)
        if start < end:
            marks.append(Mark(event.violation, start, end))
            ends[event.violation] = end
    watched = [(a, min(b, plan.duration_s), muted) for a, b, _, muted in acts.watched]
    return Annotation(
        annotator=name,
        marks=tuple(marks),
        watched=tuple((a, b) for a, b, _ in watched),
        unmuted=tuple((a, b) for a, b, muted in watched if not muted),
        covers=COVERED,
        blind=True,
    )


def _agree(people: Sequence[Annotation]) -> bool:
    said = [[(m.violation, round(1000 * m.start_s), round(1000 * m.end_s)) for m in p.marks] for p in people]
    agreement = agreement_of(said)
    same_verdict = len({bool(events) for events in said}) == 1
    return same_verdict and (agreement is None or agreement >= AGREES_FROM)


def demo_examples(
    films: Sequence[tuple[FilmPlan, Split, tuple[Annotation, ...]]], paths: Sequence[Path]
) -> list[Example]:
    """As the training job sees them: each film is a split group of its own."""
    return [
        Example(plan.name, path, plan.name, split, annotations)
        for (plan, split, annotations), path in zip(films, paths, strict=True)
    ]
