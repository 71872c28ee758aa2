"""Simulated reviewers by what they do, over enough films to tell the profiles apart."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean

import pytest

from simulation.catalogue import MODALITIES
from simulation.films import Event
from simulation.reviewers import PROFILES, ReviewActs, Reviewer, ShownHint

LENGTH_S = 60.0
TRUTH = (
    Event("physical-fight", 5.0, 12.0),
    Event("gunfire", 20.0, 26.0),
    Event("distress-sound", 32.0, 38.0),
    Event("photosensitive-flashing", 45.0, 47.5),
)
FILMS = [f"film-{i}" for i in range(60)]


def hint(number: int, violation: str, start: float, end: float) -> ShownHint:
    return ShownHint(number, violation, start, end, 0.8)


GOOD = (
    hint(1, "physical-fight", 5.0, 12.1),
    hint(2, "gunfire", 20.0, 26.0),
    hint(3, "distress-sound", 32.0, 38.1),
)


def judge(
    person: Reviewer,
    video: str,
    *,
    arm: str = "blind",
    hints: tuple[ShownHint, ...] = (),
    truth: tuple[Event, ...] = TRUTH,
    modalities: Mapping[str, str] = MODALITIES,
) -> ReviewActs:
    return person.review(
        truth=truth, duration_s=LENGTH_S, hints=hints, arm=arm, modalities=modalities, video=video
    )


def meets(mark: Event, real: Event) -> bool:
    return mark.violation == real.violation and mark.start_s < real.end_s and mark.end_s > real.start_s


def marks_on(acts: list[ReviewActs], violation: str) -> list[Event]:
    """All marks of a type that meet the truth."""
    real = next(e for e in TRUTH if e.violation == violation)
    return [e for a in acts for e in a.additions if meets(e, real)]


def reviews(
    profile: str, *, arm: str = "blind", hints: tuple[ShownHint, ...] = (), truth: tuple[Event, ...] = TRUTH
) -> list[ReviewActs]:
    return [judge(Reviewer(profile, seed=1), video, arm=arm, hints=hints, truth=truth) for video in FILMS]


def found(acts: list[ReviewActs], violation: str) -> float:
    """Share of reviews with a mark of that type that meets the truth."""
    return len(marks_on(acts, violation)) / len(acts)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("arm", ["blind", "level1", "level2"])
def test_the_same_person_judges_the_same_video_the_same_way(profile: str, arm: str) -> None:
    assert reviews(profile, arm=arm, hints=GOOD) == reviews(profile, arm=arm, hints=GOOD)


@pytest.mark.parametrize("profile", PROFILES)
def test_another_seed_is_another_person(profile: str) -> None:
    assert [judge(Reviewer(profile, seed=2), video) for video in FILMS] != reviews(profile)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("arm", ["blind", "level1", "level2"])
def test_every_act_is_lawful(profile: str, arm: str) -> None:
    """Bounds lie in the film, a hint has one outcome at most, and the verdict follows from the marks."""
    for acts in reviews(profile, arm=arm, hints=GOOD):
        marks = [(e.start_s, e.end_s) for e in acts.additions] + [(a, b) for _, a, b in acts.adjusts]
        assert all(0 <= a < b <= LENGTH_S for a, b in marks)
        touched = [
            *acts.accepts,
            *acts.rejects,
            *(a[0] for a in acts.adjusts),
            *(r[0] for r in acts.relabels),
        ]
        assert len(touched) == len(set(touched))
        assert set(touched) <= ({1, 2, 3} if arm == "level2" else set())
        kept = bool(acts.additions or acts.accepts or acts.adjusts or acts.relabels)
        assert acts.verdict == ("violating" if kept else "clean")
        assert all(0 <= a < b <= LENGTH_S for a, b, _, _ in acts.watched)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("arm", ["blind", "level2"])
def test_no_violation_is_marked_twice(profile: str, arm: str) -> None:
    by_hint = {h.id: h.violation for h in GOOD}
    for acts in reviews(profile, arm=arm, hints=GOOD):
        marked = [e.violation for e in acts.additions if any(meets(e, real) for real in TRUTH)]
        marked += [by_hint[i] for i in (*acts.accepts, *(a[0] for a in acts.adjusts))]
        assert len(marked) == len(set(marked))


@pytest.mark.parametrize("profile", ["strict", "lenient", "late_bounds", "careless"])
def test_a_blind_review_watches_the_whole_film(profile: str) -> None:
    for acts in reviews(profile):
        assert sum(b - a for a, b, _, _ in acts.watched) == pytest.approx(LENGTH_S, abs=0.01)


def test_strict_finds_nearly_everything_with_close_bounds() -> None:
    acts = reviews("strict")
    assert all(found(acts, e.violation) > 0.9 for e in TRUTH)
    assert mean(abs(e.start_s - 5.0) for e in marks_on(acts, "physical-fight")) < 0.3
    assert not any(muted for a in acts for *_, muted in a.watched)


def test_lenient_lets_short_violations_pass_and_accepts_loose_hints() -> None:
    assert found(reviews("lenient"), "photosensitive-flashing") == 0.0
    loose = (hint(1, "physical-fight", 6.5, 14.0),)
    lenient = mean(1 in a.accepts for a in reviews("lenient", arm="level2", hints=loose))
    strict = mean(1 in a.accepts for a in reviews("strict", arm="level2", hints=loose))
    assert lenient > 0.7 > 0.3 > strict


def test_late_bounds_come_late_at_both_ends() -> None:
    fights = marks_on(reviews("late_bounds"), "physical-fight")
    assert 0.6 < mean(e.start_s - 5.0 for e in fights) < 1.2
    assert 0.4 < mean(e.end_s - 12.0 for e in fights) < 1.0


def test_misses_sound_mutes_part_of_the_film_and_misses_what_is_heard() -> None:
    acts = reviews("misses_sound")
    muted = mean(sum(b - a for a, b, _, off in r.watched if off) / LENGTH_S for r in acts)
    assert muted == pytest.approx(0.6, abs=0.02)
    assert found(acts, "physical-fight") > 0.85
    assert found(acts, "distress-sound") < 0.5


def test_careless_trusts_unplayed_hints_watches_less_and_raises_false_alarms() -> None:
    wrong = (hint(9, "gunfire", 52.0, 55.0),)
    careless, strict = (reviews(p, arm="level2", hints=wrong, truth=()) for p in ("careless", "strict"))
    assert mean(9 in a.accepts for a in careless) > 0.4
    assert mean(9 in a.accepts for a in strict) == 0.0
    assert any(9 in a.accepts and 9 not in a.played for a in careless)
    assert mean(a.active_s for a in careless) < 0.6 * mean(a.active_s for a in strict)
    assert mean(len(a.additions) for a in careless) > mean(len(a.additions) for a in strict)


def test_a_close_hint_is_accepted_a_loose_one_adjusted_a_wrong_one_rejected() -> None:
    hints = (GOOD[0], hint(2, "gunfire", 18.0, 24.0), hint(3, "distress-sound", 52.0, 56.0))
    acts = reviews("strict", arm="level2", hints=hints)
    assert mean(1 in a.accepts for a in acts) > 0.9
    assert mean(any(adjust[0] == 2 for adjust in a.adjusts) for a in acts) > 0.9
    assert all(3 in a.rejects for a in acts)


def test_a_hint_of_the_wrong_type_is_relabelled_with_the_bounds_seen() -> None:
    acts = reviews("strict", arm="level2", hints=(hint(1, "physical-fight", 20.0, 26.0),))
    relabels = [r for a in acts for r in a.relabels]
    assert len(relabels) > 50
    assert all(r[:2] == (1, "gunfire") and abs(r[2] - 20.0) < 1.0 for r in relabels)


def test_of_two_hints_on_one_violation_the_closer_is_kept() -> None:
    both = (hint(1, "gunfire", 20.0, 23.5), hint(2, "gunfire", 20.0, 26.0))
    acts = reviews("strict", arm="level2", hints=both)
    assert mean(2 in a.accepts and 1 in a.rejects for a in acts) > 0.9


def test_pointing_helps_somebody_who_would_miss_it() -> None:
    hinted = mean(3 not in a.rejects for a in reviews("misses_sound", arm="level2", hints=GOOD))
    assert hinted > found(reviews("misses_sound"), "distress-sound") + 0.05


def test_hints_are_not_shown_below_level2() -> None:
    for arm in ("blind", "level1"):
        for acts in reviews("strict", arm=arm, hints=GOOD):
            assert [*acts.accepts, *acts.rejects, *acts.adjusts, *acts.relabels, *acts.played] == []


def test_a_type_outside_the_queue_is_never_marked() -> None:
    for video in FILMS:
        acts = judge(Reviewer("careless", seed=3), video, modalities={"gunfire": "both"})
        assert {e.violation for e in acts.additions} <= {"gunfire"}


def test_hints_save_a_reviewer_time() -> None:
    hinted, blind = reviews("late_bounds", arm="level2", hints=GOOD), reviews("late_bounds")
    assert mean(a.active_s for a in hinted) < mean(a.active_s for a in blind)


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(ValueError, match="'sloppy'"):
        Reviewer("sloppy")
