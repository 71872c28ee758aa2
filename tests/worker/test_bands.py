"""What a worker stores of a band: its bytes where it was shown to follow real disagreement, else none."""

import numpy as np

from ml.analyse import AnalysisResult
from worker.analysis import _curve


def test_a_curve_without_a_band_that_tells_is_stored_without_one() -> None:
    half = np.full(4, 0.5, np.float32)
    result = AnalysisResult(
        step_s=0.25,
        curves={"fight": half, "gunfire": half},
        bands={"fight": (half - 0.5, half + 0.5)},
        hints=[],
        thresholds={"fight": 0.4, "gunfire": 0.4},
    )
    fight, gunfire = _curve("fight", result), _curve("gunfire", result)
    assert (fight.band_low, fight.band_high) == (bytes(4), bytes([255]) * 4)
    assert (gunfire.band_low, gunfire.band_high) == (b"", b"")
    assert len(gunfire.scores) == 4
