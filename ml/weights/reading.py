"""Read the arrays of a published weight file, whatever format its publisher chose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.errors import WeightsRefused


def read_state(path: Path | str) -> dict[str, NDArray[np.float32]]:
    """Return layer name -> float32 array of a `.pt` file. Nothing in it is executed.

    Raises WeightsRefused(altered_weights) when it is no such file.
    """
    import pickle

    import torch

    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        return {name: np.asarray(value, np.float32) for name, value in state.items() if value.ndim}
    except (pickle.UnpicklingError, RuntimeError, EOFError, AttributeError, ValueError) as error:
        raise WeightsRefused(
            "altered_weights", f"{Path(path).name} is not a file of weights: fetch it again."
        ) from error
