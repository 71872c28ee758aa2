"""A video is scored the same whole or in stretches, and the command line needs no Django."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ml.scoring
from ml.analyse import analyse, as_json, main
from ml.bundle import Bundle
from ml.hints import HintKnobs
from ml.types import Mark
from tests.ml.making import FLASHING, GUNFIRE, SCREAM, SLUGS, make_features

MARKS = (Mark(FLASHING.slug, 4.0, 8.0), Mark(SCREAM.slug, 14.0, 18.0))


def test_hints_fall_on_the_violations(bundle: Bundle) -> None:
    result = analyse(make_features(MARKS, seed=500, strength=3.0), bundle)
    assert set(result.curves) == set(SLUGS)
    for mark in MARKS:
        assert any(
            hint.violation == mark.violation and hint.start_s < mark.end_s and hint.end_s > mark.start_s
            for hint in result.hints
        )


def test_a_long_video_in_stretches_scores_like_a_whole_one(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = make_features(MARKS, seed=500)
    whole = analyse(features, bundle)
    monkeypatch.setattr(ml.scoring, "STRETCH", 7)
    in_stretches = analyse(features, bundle)
    for slug in SLUGS:
        assert in_stretches.curves[slug] == pytest.approx(whole.curves[slug], abs=1e-6)


def test_without_sound_a_sound_type_scores_zero_and_the_others_still_speak(bundle: Bundle) -> None:
    features = make_features(MARKS, seed=500)
    mute = replace(
        features, sound=np.zeros_like(features.sound), sound_mask=np.zeros_like(features.sound_mask)
    )
    result = analyse(mute, bundle)
    assert not result.curves[SCREAM.slug].any()
    assert result.curves[FLASHING.slug].any()
    assert result.curves[GUNFIRE.slug].any()


def test_a_higher_precision_floor_asks_more_of_a_hint_and_none_asks_what_was_trained(bundle: Bundle) -> None:
    features = make_features(MARKS, seed=500, strength=1.0)
    by_floor = [analyse(features, bundle, precision_floor=floor) for floor in (0.5, 0.7, 0.9)]
    for slug in SLUGS:
        at = [result.thresholds[slug] for result in by_floor]
        assert at == sorted(at)
        assert at[0] < at[2]
    usual = analyse(features, bundle)
    assert usual.thresholds == by_floor[1].thresholds == dict(bundle.thresholds)
    assert len(by_floor[2].hints) <= len(by_floor[0].hints)
    assert analyse(features, bundle, thresholds={FLASHING.slug: 0.01}).thresholds[FLASHING.slug] == 0.01


def test_the_command_line_refuses_a_floor_nobody_can_mean(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["film.mp4", "--bundle", "b", "--precision-floor", "70"])
    assert "such as 0.7" in capsys.readouterr().err


def test_severities_and_knobs_of_the_caller_override_the_bundles(bundle: Bundle) -> None:
    features = make_features(MARKS, seed=500, strength=3.0)
    first = analyse(features, bundle, severities={FLASHING.slug: 1000.0}).hints[0]
    assert first.violation == FLASHING.slug
    capped = analyse(features, bundle, knobs=HintKnobs(max_per_video=1)).hints
    assert sum(not hint.capped for hint in capped) == 1


def test_a_video_of_one_step_is_scored(bundle: Bundle) -> None:
    result = analyse(make_features(steps=1), bundle)
    assert all(len(curve) == 1 for curve in result.curves.values())


def test_the_json_names_the_bundle(bundle: Bundle) -> None:
    content = json.loads(as_json(analyse(make_features(), bundle), bundle))
    assert content["bundle"]["digest"] == bundle.digest
    assert set(content["curves"]) == set(SLUGS)


def test_the_command_line_refuses_in_one_sentence_without_django(bundle_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_text("not a video")
    code = (
        "import sys; from ml.analyse import main; "
        f"status = main([{str(tmp_path / 'no.mp4')!r}, '--bundle', {str(bundle_folder)!r}, '--json']); "
        "assert 'django' not in sys.modules and 'celery' not in sys.modules; sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().endswith(".")
