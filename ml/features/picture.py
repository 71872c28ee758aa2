"""The picture's 169 descriptors, one row a step, from a stream of decoded frames in bounded memory.

Step i is described by the frame on screen at its middle and the one about 83 ms before; flashes and spikes
by every decoded frame. At most two decoded frames are held. Grey pictures are 160 x 120, flow 96 x 72.

Columns, how many, what:
- edge_ (19): Sobel strength on a 4 x 4 grid, its spread, the share of strong edges (%), log Laplacian
  variance.
- flow_ (61): DIS flow less its median (the camera's), in % of the width a second. The camera's speed; mean,
  spread, four quantiles, maximum, share of fast pixels (%), coherence, divergence, curl, entropy of
  directions (13 in all). Speed towards eight directions, as it is and as shares (16). 4 x 4 grid, in place
  and sorted (32).
- acceleration_ (20): change of that flow since the step before: mean, spread, 90 % quantile, maximum; grid.
- difference_ (25): grey levels between the two frames: mean, spread, three quantiles, three shares (%),
  concentration; grid. difference_250_ (25): the same since the step before.
- light_ and red_mean (7): luminance 0..1: mean, spread over cells, flicker and range in time, cells' range;
  red.
- spike_ and dip_ (4): short bursts of light: the strongest, the top cells, their area; the deepest dip.
- flashes_ and red_flashes_ (8): flashes a second by WCAG's count: largest, top quarter, whole picture;
  areas with more than three.

A step in which a shot begins (`cuts`) has the motion of the step after it. Rows without a picture are zero;
`picture_mask` tells them from black. A number that is not finite becomes 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.features import flashes, motion
from ml.features.cuts import find_cuts
from ml.features.light import CELLS, grey, grid_cells, grid_light, histogram
from ml.features.store import STEP_S, make_finite

PAIR_S = 0.083  # the distance of a motion pair where the frame rate allows it
HELD_S = 0.5  # a frame on screen for longer is a still: no motion
MAX_DT_S = 1.0
LOOK_AHEAD_S = flashes.SPIKE_S
LOOK_EVERY_S = (
    1 / 64
)  # light is followed at no more than this: films of 60 pictures a second, not of thousands
LIGHT_NAMES = (
    "light_mean",
    "light_spread",
    "light_flicker",
    "light_range",
    "light_cell_range_mean",
    "light_cell_range_max",
    "red_mean",
)
NAMES = (
    *motion.EDGE_NAMES,
    *motion.FLOW_NAMES,
    *motion.ACCELERATION_NAMES,
    *motion.DIFFERENCE_NAMES,
    *motion.DIFFERENCE_250_NAMES,
    *LIGHT_NAMES,
    *flashes.SPIKE_NAMES,
    *flashes.FLASH_NAMES,
)
_MOTION = slice(len(motion.EDGE_NAMES), NAMES.index("light_mean"))
_LIGHT = slice(NAMES.index("light_mean"), NAMES.index("flashes_max"))
_FLASH = slice(NAMES.index("flashes_max"), len(NAMES))
MAX_FLASHES_AT_CUT = 1.5
CHUNK = 1024  # steps described at once after the pass


@dataclass
class PictureRows:
    """What the pass fills in, allocated once for the whole video: memory is known from its length."""

    rows: NDArray[np.float32]  # (T, len(NAMES))
    mask: NDArray[np.bool_]  # (T,)
    histograms: NDArray[np.float16]  # (T, 128)
    swings: NDArray[np.uint8]  # (T, CELLS)
    red_swings: NDArray[np.uint8]  # (T, CELLS)
    whole: NDArray[np.uint8]  # (T,) swings of the mean luminance

    @staticmethod
    def empty(steps: int) -> PictureRows:
        return PictureRows(
            rows=np.zeros((steps, len(NAMES)), np.float32),
            mask=np.zeros(steps, np.bool_),
            histograms=np.zeros((steps, 128), np.float16),
            swings=np.zeros((steps, CELLS), np.uint8),
            red_swings=np.zeros((steps, CELLS), np.uint8),
            whole=np.zeros(steps, np.uint8),
        )


def describe_picture(
    timed_frames: Iterable[tuple[float, Any]], *, steps: int, on_time: Callable[[float], None] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return (rows (T, len(NAMES)), mask (T,), cuts (T,)) of frames (time_s, frame) in rising time."""
    describer = PictureDescriber(steps)
    for time_s, frame in timed_frames:
        describer.add(time_s, frame)
        if on_time:
            on_time(time_s)
    return describer.finish(on_time)


class PictureDescriber:
    """Takes frames in rising time, one by one, and describes the steps they are in."""

    def __init__(self, steps: int) -> None:
        self.out = PictureRows.empty(steps)
        self.pairs, self.light = _Pairs(self.out), _Light(self.out)
        self.last_s = -1.0

    def add(self, time_s: float, frame: Any) -> None:
        """Take a frame that is on screen from time_s on."""
        self.pairs.add(time_s, frame)
        self.light.add(time_s, frame)
        self.last_s = time_s

    def finish(
        self, on_time: Callable[[float], None] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return (rows (T, len(NAMES)), mask (T,), cuts (T,)); on_time hears that it still lives."""
        self.pairs.finish(self.last_s)
        self.light.finish()
        return _completed(self.out, lambda: on_time(self.last_s) if on_time else None)


def _completed(
    out: PictureRows, still_alive: Callable[[], None]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Fill in what needs the steps around: flashes, cuts, and motion at cuts."""
    steps = len(out.mask)
    for start in range(0, steps, CHUNK):
        # Two steps of context on each side, for the one-second window.
        low, high = max(0, start - 2), min(steps, start + CHUNK + 2)
        numbers = flashes.describe_flashes(
            out.swings[low:high], out.red_swings[low:high], out.whole[low:high]
        )
        out.rows[start : start + CHUNK, _FLASH] = numbers[start - low :][:CHUNK]
        still_alive()
    # Colours that come and go more than once a second are lights, not shots.
    flashing = out.rows[:, NAMES.index("flashes_whole_picture")] > MAX_FLASHES_AT_CUT
    cuts = find_cuts(out.histograms, out.mask) & ~flashing
    _borrow_motion(out.rows, cuts)
    out.rows[~out.mask] = 0.0
    make_finite(out.rows)
    return out.rows, out.mask, cuts


def _borrow_motion(rows: NDArray[np.float32], cuts: NDArray[np.bool_]) -> None:
    """Give a cut's step the motion of the step after it: its own compares two different places."""
    for i in np.flatnonzero(cuts):
        following = i + 1
        if following < len(rows) and not cuts[following]:
            rows[i, _MOTION] = rows[following, _MOTION]
        else:
            rows[i, _MOTION] = 0.0


@dataclass
class _Shown:
    """A frame on screen from time_s on, and its grey picture once somebody asked for it."""

    time_s: float
    frame: Any
    _grey: motion.Grey | None = field(default=None, repr=False)

    def grey(self) -> motion.Grey:
        if self._grey is None:
            self._grey = grey(self.frame)
        return self._grey


class _Pairs:
    """Chooses each step's motion pair and describes it."""

    def __init__(self, out: PictureRows) -> None:
        self.out = out
        self.step = 0
        self.shown: _Shown | None = None
        self.before: _Shown | None = None  # the frame just before `shown`
        self.earlier: _Shown | None = None  # on screen PAIR_S before the step's middle
        self.last_grey: motion.Grey | None = None  # the step before's
        self.last_flow: motion.Flow | None = None
        self.estimator = motion.make_flow()

    def add(self, time_s: float, frame: Any) -> None:
        self._until(time_s)
        if self.shown is not None:
            self.before = self.shown
        self.shown = _Shown(time_s, frame)

    def finish(self, last_s: float) -> None:
        """Describe the steps up to the one the last frame is in."""
        last_step = int(last_s / STEP_S)
        self._until((last_step + 0.5) * STEP_S + 1e-6)

    def _until(self, time_s: float) -> None:
        """Describe the steps whose middle lies before time_s, when the next frame comes."""
        while self.step < len(self.out.mask):
            middle = (self.step + 0.5) * STEP_S
            if time_s > middle - PAIR_S and self.earlier is None:
                self.earlier = self.shown
                if self.earlier is not None:
                    self.earlier.grey()
            if time_s <= middle:
                return
            if self.shown is not None:
                self._describe(middle)
            self.step, self.earlier = self.step + 1, None

    def _describe(self, middle: float) -> None:
        assert self.shown is not None
        now, before = self.shown, self.earlier
        if before is None or before is now:
            before = self.before or now
        held = middle - now.time_s > HELD_S
        before = now if held else before
        i, out = self.step, self.out
        out.mask[i] = True
        out.histograms[i] = out.histograms[i - 1] if held and i and out.mask[i - 1] else histogram(now.frame)
        flow, numbers = self._flow(before, now)
        past_grey = self.last_grey if self.last_grey is not None else now.grey()
        past_flow = self.last_flow if self.last_flow is not None else flow
        out.rows[i, : _MOTION.stop] = np.concatenate(
            [
                motion.edges(now.grey()),
                numbers,
                motion.describe_acceleration(past_flow, flow),
                motion.describe_difference(before.grey(), now.grey()),
                motion.describe_difference(past_grey, now.grey()),
            ]
        )
        self.last_grey, self.last_flow = now.grey(), flow

    def _flow(self, before: _Shown, now: _Shown) -> tuple[motion.Flow, motion.Numbers]:
        """Return the camera-free flow from `before` to `now` and its description."""
        if before is now:
            still = np.zeros(motion.FLOW_SHAPE, np.float32)
            return still, motion.describe_flow(still, 0.0)
        dt_s = min(MAX_DT_S, now.time_s - before.time_s)
        flow, camera = motion.without_camera(
            motion.flow_between(self.estimator, before.grey(), now.grey(), dt_s)
        )
        return flow, motion.describe_flow(flow, camera)


class _Light:
    """Follows luminance through every decoded frame: swings as they happen, spikes with a short delay."""

    def __init__(self, out: PictureRows) -> None:
        self.out = out
        self.counter = flashes.SwingCounter(2 * CELLS + 1)
        self.waiting: list[tuple[float, NDArray[np.float32]]] = []  # frames of the step now coming in
        self.times = np.zeros(0)
        self.light = np.zeros((0, CELLS), np.float32)
        self.red_mean = 0.0
        self.step = 0
        self.looked_s = float("-inf")

    def add(self, time_s: float, frame: Any) -> None:
        if time_s - self.looked_s < LOOK_EVERY_S or self.step == len(self.out.mask):
            return
        self.looked_s = time_s
        if self.waiting and self._step_of(time_s) != self._step_of(self.waiting[0][0]):
            self._take_waiting()
        self.waiting.append((max(0.0, time_s), grid_cells(frame)))
        while self.step < len(self.out.mask) and time_s >= (self.step + 1) * STEP_S + LOOK_AHEAD_S:
            self._take_waiting()
            self._close()

    def finish(self) -> None:
        self._take_waiting()
        while self.step < len(self.out.mask) and len(self.times):
            self._close()

    def _step_of(self, time_s: float) -> int:
        return min(int(max(0.0, time_s) / STEP_S), len(self.out.mask) - 1)

    def _take_waiting(self) -> None:
        """Convert the waiting frames, all of one step, at once, and count their swings."""
        if not self.waiting:
            return
        at = self._step_of(self.waiting[0][0])
        luminance, red = grid_light(np.stack([cells for _, cells in self.waiting]))
        whole = luminance.mean(axis=1, keepdims=True)
        swung = self.counter.count(np.concatenate([luminance, red, whole], axis=1))
        self.out.swings[at] += swung[:CELLS]
        self.out.red_swings[at] += swung[CELLS:-1]
        self.out.whole[at] += swung[-1]
        self.red_mean = float(red.mean())
        self.times = np.concatenate([self.times, [time_s for time_s, _ in self.waiting]])
        self.light = np.concatenate([self.light, luminance])
        self.waiting = []

    def _close(self) -> None:
        """Describe the step's frames, with their neighbours, and forget those nobody needs any more."""
        start, end = self.step * STEP_S, (self.step + 1) * STEP_S
        inside = slice(int(np.searchsorted(self.times, start)), int(np.searchsorted(self.times, end)))
        # Without a frame of its own a step shows the last one: no flicker, no spike.
        seen = (
            self.light[inside] if inside.stop > inside.start else self.light[max(0, inside.start - 1)][None]
        )
        level, reach = seen.mean(axis=1), np.ptp(seen, axis=0)
        self.out.rows[self.step, _LIGHT] = [
            level.mean(),
            seen.mean(axis=0).std(),
            level.std(),
            np.ptp(level),
            reach.mean(),
            reach.max(),
            self.red_mean,
            *flashes.describe_spikes(self.times, self.light, inside),
        ]
        keep = max(0, min(int(np.searchsorted(self.times, end - LOOK_AHEAD_S)), len(self.times) - 2))
        self.times, self.light = self.times[keep:], self.light[keep:]
        self.step += 1
