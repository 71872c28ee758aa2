"""What the planner promises, over many films."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest

from simulation.films import (
    DEFAULT,
    OTHER_SETTINGS,
    FilmPlan,
    FilmSettings,
    plan_films,
    truth_from_dict,
    truth_to_dict,
)
from simulation.story import VIOLATIONS

MANY = [
    (settings, plan)
    for settings in (DEFAULT, OTHER_SETTINGS)
    for seed in range(4)
    for plan in plan_films(seed=seed, count=24, settings=settings)
]
FILMS = [plan for _, plan in MANY]


def test_the_same_seed_gives_the_same_plans_and_another_seed_others() -> None:
    assert plan_films(seed=5, count=6) == plan_films(seed=5, count=6)
    assert plan_films(seed=5, count=6) != plan_films(seed=6, count=6)


def test_a_longer_list_begins_with_the_shorter_one() -> None:
    assert plan_films(seed=5, count=12)[:7] == plan_films(seed=5, count=7)


def test_every_film_lasts_as_long_as_the_settings_say() -> None:
    assert all(settings.min_s <= plan.duration_s <= settings.max_s for settings, plan in MANY)
    assert 26 <= sum(plan.duration_s for plan in FILMS) / len(FILMS) <= 36


def test_incidents_lie_inside_the_film_and_violations_last_two_to_twelve_seconds() -> None:
    for plan in FILMS:
        for incident in plan.incidents():
            assert 0 <= incident.start_s < incident.end_s <= plan.duration_s
        assert all(1.99 <= e.end_s - e.start_s <= 12.01 for e in plan.events)
        assert len(plan.events) <= 3


def test_no_two_events_of_one_type_overlap() -> None:
    for plan in FILMS:
        for violation in VIOLATIONS:
            same = [e for e in plan.events if e.violation == violation]
            assert all(a.end_s <= b.start_s for a, b in pairwise(same))


def test_near_misses_never_overlap_violations() -> None:
    for plan in FILMS:
        for miss in plan.near_misses:
            assert all(miss.end_s <= e.start_s or e.end_s <= miss.start_s for e in plan.events)


def test_shots_follow_each_other_without_gap() -> None:
    for plan in FILMS:
        assert plan.shots[0].start_s == 0.0
        assert plan.shots[-1].end_s == plan.duration_s
        assert all(a.end_s == b.start_s for a, b in pairwise(plan.shots))


def test_half_of_the_films_hold_violations_and_any_dozen_holds_every_type_twice() -> None:
    for seed in range(6):
        plans = plan_films(seed=seed, count=24)
        assert sum(bool(p.events) for p in plans) == 12
        for dozen in (plans[:12], plans[12:]):
            counts = Counter(e.violation for p in dozen for e in p.events)
            assert min(counts[v] for v in VIOLATIONS) >= 2


def test_names_are_unique_and_sources_are_shared() -> None:
    plans = plan_films(seed=1, count=24)
    assert len({p.name for p in plans}) == 24
    assert 4 <= len({p.source for p in plans}) < 24


def test_some_titles_are_long_and_some_are_not_ascii() -> None:
    titles = [p.title for p in FILMS]
    assert any(len(t) > 150 for t in titles)
    assert any(not t.isascii() for t in titles)


def test_a_plan_survives_its_sidecar() -> None:
    plan = next(p for p in FILMS if p.events and p.near_misses)
    assert truth_from_dict(json.loads(json.dumps(truth_to_dict(plan)))) == plan


def test_a_sidecar_of_another_format_is_refused() -> None:
    data = truth_to_dict(FILMS[0]) | {"format": 99}
    with pytest.raises(ValueError, match="format 99"):
        truth_from_dict(data)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_share_of_violating_films_is_kept(share: float) -> None:
    plans: list[FilmPlan] = plan_films(seed=2, count=8, settings=FilmSettings(violating_share=share))
    assert all(bool(p.events) == bool(share) for p in plans)


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ({"width": 641}, "width"),
        ({"fps": 5}, "fps"),
        ({"min_s": 5.0}, "min_s"),
        ({"violating_share": 2.0}, "violating_share"),
        ({"scenes": ("moon",)}, "scenes"),
        ({"palettes": ()}, "palettes"),
    ],
)
def test_a_nonsense_setting_fails_with_its_name(setting: dict[str, object], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        FilmSettings(**setting)  # type: ignore[arg-type]
