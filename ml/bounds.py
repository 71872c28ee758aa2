"""Where an event may well begin or end: at a cut of the picture, where sound sets in or dies away. Pure.

A curve is blurred by the windows it was made of, and people place bounds on what they see and hear: so a
bound near such a place is moved there, if the curve itself steps up or down at it.
"""

from dataclasses import dataclass

import numpy as np

from ml.features import SOUND_NAMES, Features
from ml.metrics import Interval
from ml.types import BoolArray, DoubleArray, FloatArray, Modality

RISE_DB = (
    6.0  # louder or quieter by this within half a second: on the teaching films 12 of 13 sounds' beginnings
)
CORE = 0.8  # of the span's peak: what scores so much belongs to the event, and no bound moves past it
SIDE_STEPS = 2  # ... comparing the mean of so many steps on either side
_EPSILON = 1e-6
_LOUDNESS = SOUND_NAMES.index("level_max_db")


@dataclass(frozen=True)
class Places:
    """Times in seconds, rising, at which something begins or ends."""

    cuts: DoubleArray
    onsets: DoubleArray
    decays: DoubleArray

    def starts(self, modality: Modality) -> DoubleArray:
        """Where an event of this modality may begin."""
        return self._of(modality, self.onsets)

    def ends(self, modality: Modality) -> DoubleArray:
        """Where an event of this modality may end."""
        return self._of(modality, self.decays)

    def _of(self, modality: Modality, sounds: DoubleArray) -> DoubleArray:
        parts = {"picture": [self.cuts], "sound": [sounds], "both": [self.cuts, sounds]}[modality]
        return np.unique(np.concatenate(parts))


NOWHERE = Places(*(np.zeros(0, np.float64) for _ in range(3)))


def places_of(features: Features) -> Places:
    """Cuts of the picture, and where its sound rises or falls; none of what the features do not hold."""
    onsets, decays = sound_edges(_loudness(features), features.sound_mask)
    flags = (features.cuts, onsets, decays)
    return Places(*(np.asarray(np.flatnonzero(f) * features.step_s, np.float64) for f in flags))


def _loudness(features: Features) -> FloatArray:
    if features.sound.shape[1] != len(SOUND_NAMES):
        return np.zeros(len(features.sound), np.float32)
    return np.asarray(features.sound[:, _LOUDNESS], np.float32)


def sound_edges(level_db: FloatArray, mask: BoolArray) -> tuple[BoolArray, BoolArray]:
    """(T,) loudness and where there is sound -> (T,) steps before which sound sets in, and has died away.

    Where the track itself begins or stops, nothing is heard to happen: no edge.
    """
    change = _change(level_db, mask)
    return _peaks(change, RISE_DB), _peaks(-change, RISE_DB)


def _change(level_db: FloatArray, mask: BoolArray) -> DoubleArray:
    """(T,) mean level of SIDE_STEPS from each step on less that of those before it; 0 across a gap."""
    steps = np.arange(len(level_db))
    first, last = np.maximum(steps - SIDE_STEPS, 0), np.minimum(steps + SIDE_STEPS, len(level_db))
    total = np.concatenate([[0.0], np.cumsum(np.where(mask, level_db, 0.0), dtype=np.float64)])
    heard = np.concatenate([[0], np.cumsum(mask)])
    before = (total[steps] - total[first]) / np.maximum(steps - first, 1)
    after = (total[last] - total[steps]) / np.maximum(last - steps, 1)
    whole = (heard[last] - heard[first] == last - first) & (steps > 0)
    return np.where(whole, after - before, 0.0)


def _peaks(change: DoubleArray, least: float) -> BoolArray:
    """(T,) local maxima of at least so much; of a flat one its last step."""
    left, right = np.append(-np.inf, change[:-1]), np.append(change[1:], -np.inf)
    return np.asarray((change >= least) & (change >= left) & (change > right), np.bool_)


def moved(
    span: Interval,
    curve: FloatArray,
    starts: DoubleArray,
    ends: DoubleArray,
    *,
    step_s: float,
    reach_s: float,
) -> Interval:
    """The span (seconds) with each bound at the place in reach where the curve (T,) rises, or falls, most.

    starts, ends: places in rising order. A bound stays where no place is near, where the curve follows none
    of them, and where it lies on one already; so moving again changes nothing.
    """
    core = CORE * float(curve[int(span[0] / step_s) : int(np.ceil(span[1] / step_s))].max(initial=0.0))
    for _ in range(2):  # where one bound went can give the other room, once
        start = _nearby(span[0], starts, span[1] - step_s, curve, 1.0, step_s, reach_s, core)
        end = -_nearby(-span[1], -ends[::-1], -start - step_s, curve, -1.0, step_s, reach_s, core)
        span = (start, end)
    return span


def _nearby(
    bound: float,
    places: DoubleArray,
    before: float,
    curve: FloatArray,
    sign: float,
    step_s: float,
    reach_s: float,
    core: float,
) -> float:
    """Of the places up to `before`, the best within reach of `bound`. An end is a start of mirrored time."""
    low, high = np.searchsorted(places, [bound - reach_s, min(bound + reach_s, before) + _EPSILON])
    near = [place for place in places[low:high] if not _passes(bound, place, curve, sign, step_s, core)]
    if len(near) == 0 or min(abs(place - bound) for place in near) < step_s / 2:
        return bound
    rises = [sign * _rise_at(curve, round(sign * float(place) / step_s)) for place in near]
    best = int(np.argmax(rises))
    return float(near[best]) if rises[best] > 0 else bound


def _passes(bound: float, place: float, curve: FloatArray, sign: float, step_s: float, core: float) -> bool:
    """Whether moving the bound inward, to a later place, would leave steps of the event's core outside."""
    one, other = sorted((round(sign * bound / step_s), round(sign * place / step_s)))
    return place > bound and float(curve[max(one, 0) : other].max(initial=0.0)) >= core


def _rise_at(curve: FloatArray, step: int) -> float:
    """How much higher the curve is from `step` on than before it."""
    before, after = curve[max(step - SIDE_STEPS, 0) : max(step, 0)], curve[step : step + SIDE_STEPS]
    return float(after.mean() - before.mean()) if len(before) and len(after) else 0.0
