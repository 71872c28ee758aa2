"""Files damaged at random places: analysed as far as they go or refused, never a crash."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from ml.errors import MediaRefused
from ml.features import extract
from ml.media.probe import probe
from tests.ml.media.films import write_film

KINDS = {"mp4": {"faststart": True}, "mkv": {"codec": "mpeg4"}, "ts": {}}
MAX_MS = 3_600_000  # a damaged clock may claim days; the child refuses that by max_duration_s


@pytest.fixture(scope="module", params=sorted(KINDS))
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / f"film.{request.param}"
    return write_film(path, seconds=1.0, **KINDS[request.param])  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_film_is_analysed_or_refused(film: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(film.read_bytes())
    for _ in range(chance.choice([1, 5, 50, 300])):
        data[chance.randrange(len(data))] = chance.randrange(256)
    damaged = tmp_path / film.name
    damaged.write_bytes(data[: chance.randrange(len(data) // 2, len(data) + 1)])
    try:
        facts = probe(damaged)
        if facts.duration_ms > MAX_MS:
            return
        features = extract(damaged, facts=facts)
    except MediaRefused:
        return
    assert np.isfinite(features.picture).all()
    assert np.isfinite(features.sound).all()
