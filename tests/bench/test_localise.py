"""The localisation bench's own sums: means over seeds, bars, and what a wrong hint is put down to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.localise import BARRED, BARS, against_bars, averaged, positive_share
from bench.localise_errors import box_of, inserts_of, why_missed
from bench.splicing import Overlay, Piece, SplicedFilm
from ml.analyse import AnalysisResult
from ml.hints import ProposedHint
from ml.types import Mark

FILM = SplicedFilm(
    "film",
    pieces=(
        Piece(Path("ordinary/a.mp4"), 0.0, 10.0),
        Piece(Path("fights/clips/hit.mp4"), 0.0, 5.0),
        Piece(Path("ordinary/a.mp4"), 20.0, 10.0),
        Piece(Path("fights/clips/hug.mp4"), 0.0, 5.0),
        Piece(Path("ordinary/a.mp4"), 40.0, 10.0),
    ),
    overlays=(Overlay(Path("siren.wav"), 17.0, 4.0, 0.5), Overlay(Path("cough.wav"), 35.0, 4.0, 0.5)),
    marks=(Mark("fight", 10.0, 15.0), Mark("siren", 17.0, 21.0)),
)


def hint(violation: str, start_s: float, end_s: float, *, capped: bool = False) -> ProposedHint:
    return ProposedHint(violation, start_s, end_s, 0.9, 1, 1, capped)


def test_everything_put_into_a_film_is_known_by_its_kind() -> None:
    assert sorted(inserts_of(FILM)) == [
        ("fight", 10.0, 15.0),
        ("harmless clip", 25.0, 30.0),
        ("harmless sound", 35.0, 39.0),
        ("siren", 17.0, 21.0),
    ]


@pytest.mark.parametrize(
    ("proposed", "box"),
    [
        (hint("fight", 10.5, 15.0), "found"),
        (hint("fight", 14.0, 25.0), "bounds off"),
        (hint("fight", 17.0, 21.0), "another type"),
        (hint("fight", 24.0, 30.0), "harmless clip"),
        (hint("siren", 34.0, 38.0), "harmless sound"),
        (hint("siren", 1.0, 5.0), "ordinary film"),
    ],
)
def test_a_hint_is_put_down_to_what_it_covers(proposed: ProposedHint, box: str) -> None:
    assert box_of(proposed, FILM) == box


@pytest.mark.parametrize(
    ("hints", "peak", "why"),
    [
        ([hint("fight", 14.0, 30.0)], 0.9, "bounds off"),
        ([hint("fight", 10.0, 15.0, capped=True)], 0.9, 'behind "show more"'),
        ([hint("siren", 10.0, 15.0)], 0.3, "score near the threshold"),
        ([], 0.1, "score far below"),
    ],
)
def test_an_event_is_missed_for_a_reason(hints: list[ProposedHint], peak: float, why: str) -> None:
    curve = np.zeros(160, dtype=np.float32)
    curve[44:56] = peak
    result = AnalysisResult(0.25, {"fight": curve}, {}, hints, {"fight": 0.4})
    assert why_missed(FILM.marks[0], result) == why


def test_the_share_of_violating_seconds() -> None:
    assert positive_share([FILM]) == pytest.approx(9 / 40)


def test_means_over_seeds_are_taken_number_by_number_and_end_by_end() -> None:
    rows: list[dict[str, Any]] = [
        {"auc": 0.8, "auc_interval": (0.7, 0.9), "chance": {"ap": 0.1}, "ap": 0.5, "undefined": {}},
        {
            "auc": 0.9,
            "auc_interval": (0.8, 1.0),
            "chance": {"ap": 0.3},
            "ap": None,
            "undefined": {"ap": "No."},
        },
    ]
    expected = {"auc": 0.85, "auc_interval": [0.75, 0.95], "chance": {"ap": 0.2}, "ap": None}
    assert averaged(rows) == expected


def test_a_bar_is_met_by_its_own_value_and_not_below() -> None:
    bars = BARS["pretrained"]
    row: dict[str, Any] = dict(zip(BARRED, bars, strict=True)) | {"auc": bars[0] - 0.0001}
    row |= {f"{name}_interval": None for name in BARRED} | {"chance": dict.fromkeys(BARRED, 0.1)}
    met = {name: figure["met"] for name, figure in against_bars({"any violation": row}, bars).items()}
    assert met == dict(zip(BARRED, (False, True, True, True), strict=True))
