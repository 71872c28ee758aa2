"""Halves and parts of the spliced films share no clip source, no sound and no second of ordinary film."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pytest

from bench.common import data_folder
from bench.localise import FILM_SEED, PARTS, TEACH_FILMS, TEST_FILMS, positive_share
from bench.splicing import Piece, SplicedFilm, plan_films

DATA = data_folder(".")
pytestmark = pytest.mark.skipif(DATA is None, reason="the real clips are not on this machine")


@pytest.fixture(scope="module")
def folds() -> dict[str, list[SplicedFilm]]:
    """The films of each part of the teaching half, and those of the test half."""
    assert DATA is not None
    by_fold: dict[str, list[SplicedFilm]] = defaultdict(list)
    for film in plan_films(DATA, "teach", films=TEACH_FILMS, seed=FILM_SEED, parts=PARTS):
        by_fold[f"part {film.part}"].append(film)
    by_fold["test"] = plan_films(DATA, "test", films=TEST_FILMS, seed=FILM_SEED)
    return by_fold


def clip_sources(films: list[SplicedFilm], data: Path) -> set[str]:
    """Where the fight clips, violent or not, come from."""
    rows = json.loads((data / "fights" / "labels.json").read_text())
    source_of = {data / "fights" / row["file"]: row["source"] for row in rows}
    return {source_of[piece.path] for film in films for piece in clips(film)}


def clips(film: SplicedFilm) -> list[Piece]:
    """The fight clips in a film, violent or not."""
    return [piece for piece in film.pieces if "fights" in piece.path.parts]


def sounds(films: list[SplicedFilm]) -> set[str]:
    """Names of the sounds mixed in."""
    return {overlay.path.name for film in films for overlay in film.overlays}


def stretches(films: list[SplicedFilm]) -> dict[str, tuple[float, float]]:
    """Of each ordinary film the seconds from the first to the last that are used."""
    used: dict[str, tuple[float, float]] = {}
    for film in films:
        for piece in film.pieces:
            if "ordinary" in piece.path.parts:
                start, end = used.get(piece.path.name, (piece.start_s, 0.0))
                last = max(end, piece.start_s + piece.length_s)
                used[piece.path.name] = (min(start, piece.start_s), last)
    return used


def test_there_are_as_many_parts_as_asked_for_and_each_has_films(folds: dict[str, list[SplicedFilm]]) -> None:
    assert len(folds) == PARTS + 1
    assert all(len(films) == TEACH_FILMS // PARTS for name, films in folds.items() if name != "test")
    assert len(folds["test"]) == TEST_FILMS


def test_no_clip_source_is_in_two_of_them(folds: dict[str, list[SplicedFilm]]) -> None:
    assert DATA is not None
    sources = {name: clip_sources(films, DATA) for name, films in folds.items()}
    assert all(sources.values())
    assert not [pair for pair in combinations(sources, 2) if sources[pair[0]] & sources[pair[1]]]


def test_no_sound_is_in_two_of_them(folds: dict[str, list[SplicedFilm]]) -> None:
    heard = {name: sounds(films) for name, films in folds.items()}
    assert all(heard.values())
    assert not [pair for pair in combinations(heard, 2) if heard[pair[0]] & heard[pair[1]]]


def test_no_second_of_ordinary_film_is_in_two_of_them(folds: dict[str, list[SplicedFilm]]) -> None:
    used = {name: stretches(films) for name, films in folds.items()}
    for one, other in combinations(used.values(), 2):
        for name in set(one) & set(other):
            assert one[name][1] <= other[name][0] or other[name][1] <= one[name][0]


def test_marks_are_where_the_violent_inserts_are(folds: dict[str, list[SplicedFilm]]) -> None:
    for film in (film for films in folds.values() for film in films):
        clock, cuts = 0.0, {}
        for piece in film.pieces:
            cuts[round(clock, 6)] = piece
            clock += piece.length_s
        for mark in film.marks:
            assert 0 <= mark.start_s < mark.end_s <= film.length_s() + 1e-6
            if mark.violation == "fight":
                piece = cuts[round(mark.start_s, 6)]
                assert piece in clips(film)
                assert mark.end_s == pytest.approx(mark.start_s + piece.length_s)


def test_every_film_has_hard_negatives_to_offer(folds: dict[str, list[SplicedFilm]]) -> None:
    """Harmless clips and sounds are as many as violent ones, roughly, in every part."""
    for films in folds.values():
        seen = [piece for film in films for piece in clips(film)]
        violent = [mark for film in films for mark in film.marks if mark.violation == "fight"]
        overlays = [overlay for film in films for overlay in film.overlays]
        loud = [mark for film in films for mark in film.marks if mark.violation != "fight"]
        assert 0.25 < 1 - len(violent) / len(seen) < 0.75
        assert 0.25 < 1 - len(loud) / len(overlays) < 0.75


def test_about_a_tenth_of_the_seconds_violates(folds: dict[str, list[SplicedFilm]]) -> None:
    teach = [film for name, films in folds.items() if name != "test" for film in films]
    assert 0.08 <= positive_share(folds["test"]) <= 0.12
    assert 0.08 <= positive_share(teach) <= 0.12
