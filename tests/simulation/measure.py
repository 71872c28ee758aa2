"""Measuring a film from its file: flashes as WCAG 2.3.1 counts them, motion, loudness."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from simulation.films import Event, FilmPlan, FilmSettings, NearMiss, Shot

Values = npt.NDArray[np.float64]
SMALL = FilmSettings(width=320, height=180, min_s=18, max_s=20)
SPAN = (2.0, 6.0)


def one_incident(kind: str, *, seed: int = 3, scene: str = "street", violation: bool = False) -> FilmPlan:
    """An eight second film with one thing happening from second 2 to 6."""
    shot = Shot(scene, "dusk", "handheld", 0.0, 8.0, 100 + seed)
    events = (Event(kind, *SPAN),) if violation else ()
    near = () if violation else (NearMiss(kind, *SPAN),)
    return FilmPlan(f"one-{kind}", "t", "d", "u", "s", 8.0, seed, (shot,), events, near)


def decode_pictures(path: Path) -> tuple[list[float], Values]:
    """Presentation times and linear RGB of a 32 x 18 reduction, (T, 18, 32, 3) in 0..1."""
    times, small = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            times.append(float(frame.time or 0.0))
            picture = frame.to_ndarray(format="rgb24")
            small.append(cv2.resize(picture, (32, 18), interpolation=cv2.INTER_AREA))
    shares = np.asarray(small, dtype=np.float64) / 255
    return times, np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def decode_sound(path: Path) -> tuple[int, Values]:
    """Sample rate and mono samples."""
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].sample_rate
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return rate, np.concatenate(parts).astype(np.float64)


def most_flashes_in_a_second(path: Path, span: tuple[float, float] = SPAN) -> int:
    """The most pairs of opposing changes, over a quarter of the picture, within one second."""
    times, linear = decode_pictures(path)
    inside = [i for i, t in enumerate(times) if span[0] <= t < span[1]]
    cells = linear[inside].reshape(len(inside), 6, 3, 8, 4, 3).mean(axis=(2, 4)).reshape(len(inside), 48, 3)
    moments = [times[i] for i in inside]
    light = cells @ np.array([0.2126, 0.7152, 0.0722])
    red = np.clip(cells[..., 0] - cells[..., 1] - cells[..., 2], 0.0, None) * 320 / 20 * 0.1
    return max(_most_flashes(light, moments), _most_flashes(red, moments))


def _most_flashes(values: Values, moments: list[float]) -> int:
    changes = _changes_together(values)
    when = [moments[i] for i in changes]
    windows = [sum(1 for t in when if start <= t < start + 1.0) for start in when]
    return max(windows, default=0) // 2


def _changes_together(values: Values) -> list[int]:
    """Frames at which a quarter of the cells turn by a tenth of full range, in alternating directions."""
    lowest, highest = values[0].copy(), values[0].copy()
    changes, last = [], 0
    for index, now in enumerate(values):
        lowest, highest = np.minimum(lowest, now), np.maximum(highest, now)
        for direction, moved in ((1, now - lowest >= 0.1), (-1, highest - now >= 0.1)):
            if moved.mean() >= 0.25 and direction != last:
                changes.append(index)
                last, lowest, highest = direction, now.copy(), now.copy()
                break
    return changes


def motion(path: Path, span: tuple[float, float] = SPAN) -> float:
    """Mean change between frames inside a span."""
    times, linear = decode_pictures(path)
    inside = [i for i, t in enumerate(times) if span[0] <= t < span[1]]
    return float(np.abs(np.diff(linear[inside], axis=0)).mean())


def loudness(path: Path, span: tuple[float, float] = SPAN) -> float:
    """RMS inside a span."""
    rate, samples = decode_sound(path)
    part = samples[round(span[0] * rate) : round(span[1] * rate)]
    return float(np.sqrt(np.mean(part**2)))
