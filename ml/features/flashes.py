"""Count flashes as WCAG 2.3.1 does, and find short bright bursts. Pure apart from the counter's state.

A flash is a pair of opposing changes in relative luminance of 0.1 or more where the darker side is below 0.8;
a red flash is the same for saturated red. More than three in any second over a large enough area can cause
seizures. Luminance is followed at the full decoded rate, on a grid of cells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.features.light import CELLS, GRID

Cells = NDArray[np.float32]

SWING = 0.1
DARKER_BELOW = 0.8
LIMIT = 3.0  # flashes a second
WINDOW = np.array([0.5, 1, 1, 1, 0.5], np.float32)  # steps of 250 ms around a step: one second
BLOCK = (GRID[0] // 3, GRID[1] // 3)  # WCAG's ten degrees of the visual field: a third of each side
SPIKE_S = 0.15  # a burst is over within this time
FLASH_NAMES = (
    "flashes_max",
    "flashes_top_quarter",
    "flashes_area_over_limit",
    "flashes_block_over_limit",
    "flashes_whole_picture",
    "red_flashes_max",
    "red_flashes_area_over_limit",
    "red_flashes_block_over_limit",
)
SPIKE_NAMES = ("spike_max", "spike_top_cells", "spike_area", "dip_max")


class SwingCounter:
    """Finds opposing luminance swings of many signals at once, sample by sample, whatever the sampling."""

    def __init__(self, count: int) -> None:
        self.direction = np.zeros(count, np.int8)
        self.low = np.full(count, np.inf, np.float32)
        self.high = np.full(count, -np.inf, np.float32)

    def update(self, values: Cells) -> NDArray[np.bool_]:
        """Take the next value of each signal; return which of them just completed a swing."""
        np.minimum(self.low, values, out=self.low)
        np.maximum(self.high, values, out=self.high)
        fell = (values <= self.high - SWING) & (self.direction >= 0) & (values < DARKER_BELOW)
        rose = (values >= self.low + SWING) & (self.direction <= 0) & (self.low < DARKER_BELOW)
        rose &= ~fell
        self.direction[fell], self.direction[rose] = -1, 1
        # From here the opposite extreme is sought anew.
        self.low[fell] = values[fell]
        self.high[rose] = values[rose]
        return fell | rose

    def count(self, values: Cells) -> NDArray[np.uint8]:
        """Take the next values (N, count) of each signal; return how many swings each completed, (count,)."""
        low = np.minimum(self.low, values.min(axis=0))
        high = np.maximum(self.high, values.max(axis=0))
        if bool(np.all(high - low < SWING)):  # most steps of quiet film: nothing can have swung
            self.low, self.high = low, high
            return np.zeros(len(low), np.uint8)
        swings = np.zeros(len(low), np.uint8)
        for row in values:
            swings += self.update(row)
        return swings


def describe_flashes(
    swings: NDArray[np.uint8], red_swings: NDArray[np.uint8], whole: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Return FLASH_NAMES, (T, 8): flashes a second in the second around each step, areas in 0..1.

    swings, red_swings: (T, CELLS) and whole: (T,) completed swings in each step.
    """
    rates, red_rates = per_second(swings), per_second(red_swings)
    top = np.sort(rates, axis=1)[:, -CELLS // 4 :].mean(axis=1)
    over, red_over = rates > LIMIT, red_rates > LIMIT
    columns = [
        rates.max(axis=1),
        top,
        over.mean(axis=1),
        _fullest_block(over),
        per_second(whole[:, None])[:, 0],
        red_rates.max(axis=1),
        red_over.mean(axis=1),
        _fullest_block(red_over),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def per_second(swings: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return flashes (two swings each) in the second around each step, (T, n)."""
    padded = np.pad(swings.astype(np.float32), ((2, 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(WINDOW), axis=0)  # (T, n, 5)
    return np.asarray(windows @ (WINDOW / 2), np.float32)


def _fullest_block(over: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the largest share of any BLOCK of cells that is over the limit, (T,)."""
    grid = over.reshape(-1, *GRID).astype(np.float32)
    blocks = np.lib.stride_tricks.sliding_window_view(grid, BLOCK, axis=(1, 2))[:, ::2, ::2]
    return np.asarray(blocks.mean(axis=(3, 4)).max(axis=(1, 2)), np.float32)


def describe_spikes(times: NDArray[np.float64], light: Cells, inside: slice) -> Cells:
    """Return SPIKE_NAMES for the frames `inside` a step.

    times: (N,) seconds and light: (N, CELLS) of the step's frames and their neighbours. A spike rises above
    the darkest moment within SPIKE_S both before and after it; a dip is the opposite.
    """
    at = np.arange(max(1, inside.start), min(inside.stop, len(times) - 1))
    if len(at) == 0:
        return np.zeros(len(SPIKE_NAMES), np.float32)
    starts = np.minimum(at - 1, np.searchsorted(times, times[at] - SPIKE_S))
    ends = np.maximum(at + 2, np.searchsorted(times, times[at] + SPIKE_S))
    reach = np.arange(max(1, int((at - starts).max()), int((ends - at).max()) - 1))
    before = light[np.maximum(at[:, None] - 1 - reach, starts[:, None])]  # (n, reach, CELLS)
    after = light[np.minimum(at[:, None] + 1 + reach, ends[:, None] - 1)]
    rises = light[at] - np.maximum(before.min(axis=1), after.min(axis=1))
    rise = np.maximum(rises.max(axis=0), 0)
    dip = float((np.minimum(before.max(axis=1), after.max(axis=1)) - light[at]).max())
    top = np.partition(rise, -CELLS // 16)[-CELLS // 16 :].mean()
    return np.array([rise.max(), top, (rise > SWING).mean(), max(0.0, dip)], np.float32)
