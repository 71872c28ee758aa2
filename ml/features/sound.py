"""The sound's 105 descriptors, one row a step, from blocks of 16 kHz mono samples in bounded memory.

Frames of 32 ms, one each 10 ms, 25 a step.

Columns, how many, what:
- mel_mean_ (40): log mel energies, 60 Hz to 8 kHz, mean over the step.
- mel_spread_, mel_peak_, mel_change_ (24): of eight groups of bands: spread, maximum, mean absolute change
  from frame to frame. mel_delta_ (8): their rise since the step before.
- flux_, onset (3): rise of the mel bands from frame to frame: mean, maximum, maximum above the median.
- band_ (8): below 300, 1000, 3000 and 8000 Hz: loudness (dB), share of the power.
- centroid_, rolloff, flatness (4): octaves above 100 Hz: mean, spread; 85 % rolloff and flatness, 0..1.
- level_mean/max/range_db, silent_share, attack_, release_, near_peak_share (8): the level of each 10 ms, in
  dB; the share below -60 dB; rises within 10 and 50 ms, fall within 50 ms; the share within 10 dB of the
  maximum.
- zero_crossings_mean, crest_db, clipped_share, roughness, tremolo (5): crossings a sample, peak over level,
  share at full scale; modulation at 30-150 and at 4-16 Hz, shares.
- harmonicity_, pitch_ (4): peak of the autocorrelation, 0..1: mean, maximum; octaves above 70 Hz: mean,
  spread.
- level_above_recent_db (1): above the last ten seconds or so.

`sound_mask` tells silence from no sound; rows without a sound are zero. A number that is not finite becomes
0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ml.features.store import STEP_S, make_finite

if TYPE_CHECKING:
    from torch import Tensor

RATE_HZ = 16000
STEP = int(RATE_HZ * STEP_S)  # samples a step
CHUNK = 120  # steps described at once: 30 s
HOP = 160  # 10 ms: 25 frames a step
WINDOW = 512
FRAMES = STEP // HOP
BEFORE = 6  # frames of the step before, for rises that begin there
MELS = 40
GROUPS = 8
FLOOR = 1e-8
FULLEST = 8.0  # float formats may hold anything
SILENT_DB = -60.0
BANDS_HZ = (0, 300, 1000, 3000, 8000)
PITCH_HZ = (70.0, 1200.0)
GOOD_PEAK = 0.9  # of the highest
LEVEL_MEMORY_S = 10.0

_BANDS = ("low", "middle", "presence", "high")
NAMES = (
    *(f"mel_mean_{k:02}" for k in range(MELS)),
    *(f"mel_spread_{k}" for k in range(GROUPS)),
    *(f"mel_peak_{k}" for k in range(GROUPS)),
    *(f"mel_change_{k}" for k in range(GROUPS)),
    "flux_mean",
    "flux_max",
    "onset",
    *(f"band_{name}_db" for name in _BANDS),
    *(f"band_{name}_share" for name in _BANDS),
    "centroid_mean",
    "centroid_spread",
    "rolloff",
    "flatness",
    "level_mean_db",
    "level_max_db",
    "level_range_db",
    "silent_share",
    "attack_10ms_db",
    "attack_50ms_db",
    "release_50ms_db",
    "near_peak_share",
    "zero_crossings_mean",
    "crest_db",
    "clipped_share",
    "roughness",
    "tremolo",
    "harmonicity_mean",
    "harmonicity_max",
    "pitch_mean",
    "pitch_spread",
    "level_above_recent_db",
    *(f"mel_delta_{k}" for k in range(GROUPS)),
)
_DELTAS = slice(NAMES.index("mel_delta_0"), NAMES.index("mel_delta_0") + GROUPS)


def describe_sound(
    blocks: Iterable[tuple[float, NDArray[np.float32]]],
    *,
    steps: int,
    on_time: Callable[[float], None] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return (rows (T, len(NAMES)), mask (T,)) of blocks (start_s, samples (N,)) in rising time.

    A step is masked in when at least half of it has samples, silent or not (of a sound shorter than that, its
    fullest step).
    """
    rows = np.zeros((steps, len(NAMES)), np.float32)
    present = np.zeros(steps, np.int64)
    for first, samples, covered in _chunks(blocks, steps):
        count = min(CHUNK, steps - first)
        rows[first : first + count] = describe_chunk(samples)[:count]
        present[first : first + count] = covered[:count]
        if on_time:
            on_time((first + count) * STEP_S)
    mask = (present > 0) & (present >= min(STEP // 2, present.max()))
    _add_recent_level(rows, mask)
    rows[:, _DELTAS] = _deltas(rows[:, :MELS], mask)
    rows[~mask] = 0.0
    make_finite(rows)
    return rows, mask


def _chunks(
    blocks: Iterable[tuple[float, NDArray[np.float32]]], steps: int
) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.int64]]]:
    """Yield (first step, samples with one step of context before, samples present in each step)."""
    size = CHUNK * STEP
    chunk, fresh, held = 0, True, np.zeros(STEP + size, np.float32)
    covered = np.zeros(CHUNK, np.int64)
    for start_s, samples in blocks:
        at = round(start_s * RATE_HZ)
        while len(samples) and chunk * CHUNK < steps:
            if at >= (chunk + 1) * size:
                if covered.any():
                    yield chunk * CHUNK, _with_context(held, fresh), covered
                adjoining = at < (chunk + 2) * size
                context = held[-STEP:].copy()
                chunk = chunk + 1 if adjoining else at // size
                held, covered = np.zeros(STEP + size, np.float32), np.zeros(CHUNK, np.int64)
                fresh = not adjoining
                held[:STEP] = 0.0 if fresh else context
            inside = at - chunk * size
            count = min(len(samples), size - inside)
            held[STEP + inside : STEP + inside + count] = np.clip(samples[:count], -FULLEST, FULLEST)
            covered += _overlaps(inside, inside + count)
            samples, at = samples[count:], at + count
    if covered.any():
        yield chunk * CHUNK, _with_context(held, fresh), covered


def _with_context(held: NDArray[np.float32], fresh: bool) -> NDArray[np.float32]:
    """Mirror the first step into the context of a sound that just began: a beginning is no bang."""
    if fresh:
        held[:STEP] = held[STEP : 2 * STEP][::-1]
    return held


def _overlaps(start: int, end: int) -> NDArray[np.int64]:
    """Return how many of samples start..end lie in each step of a chunk, (CHUNK,)."""
    edges = np.clip(np.arange(CHUNK + 1) * STEP, start, end)
    return np.diff(edges)


def _add_recent_level(rows: NDArray[np.float32], mask: NDArray[np.bool_]) -> None:
    """Fill `level_above_recent_db` in place: how much louder a step is than the seconds before it."""
    level, out = NAMES.index("level_max_db"), NAMES.index("level_above_recent_db")
    keep = np.exp(-STEP_S / LEVEL_MEMORY_S)
    recent: float | None = None
    for i in np.flatnonzero(mask):
        now = float(rows[i, level])
        recent = now if recent is None else recent
        rows[i, out] = now - recent
        recent = keep * recent + (1 - keep) * now


def _deltas(mels: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how much each group of mel bands (T, MELS) rose since the step before, (T, GROUPS).

    Where a sound begins it is 0.
    """
    width = mels.shape[1] // GROUPS
    groups = np.stack([mels[:, k * width : (k + 1) * width].mean(axis=1) for k in range(GROUPS)], axis=1)
    deltas = np.diff(groups, axis=0, prepend=groups[:1])
    deltas[~(mask & np.append(False, mask[:-1]))] = 0.0
    return np.asarray(deltas, np.float32)


@cache
def _tables() -> tuple[Tensor, Tensor, Tensor]:
    """Return (window (512,), mel filters (257, 40), frequency of each bin (257,))."""
    import torch  # slow to import: only when there is sound to describe

    from ml.torchaudio_stub import torchaudio_functional

    torch.set_num_threads(1)
    mels: Tensor = torchaudio_functional().melscale_fbanks(
        n_freqs=WINDOW // 2 + 1, f_min=60.0, f_max=RATE_HZ / 2, n_mels=MELS, sample_rate=RATE_HZ
    )
    return torch.hann_window(WINDOW), mels, torch.linspace(0, RATE_HZ / 2, WINDOW // 2 + 1)


def describe_chunk(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, len(NAMES)) of samples ((1 + n) x STEP,): one step of context, then n steps.

    `level_above_recent_db` and the deltas are left 0: they need the steps before.
    """
    import torch

    with torch.inference_mode():
        wave = torch.from_numpy(samples)
        window, mels, hertz = _tables()
        # Frames end at multiples of HOP; the first BEFORE of them end in the context.
        start = STEP - (BEFORE - 1) * HOP - WINDOW
        frames = wave[start:].unfold(0, WINDOW, HOP)
        spectrum = torch.view_as_real(torch.fft.rfft(frames * window))
        power = spectrum.square().sum(2) / WINDOW  # (BEFORE + 25 n, 257)
        # The last frame before the first step's own ends exactly at its start.
        mel = torch.log(power @ mels + FLOOR)
        parts = [
            _mel_numbers(mel),
            _spectrum_numbers(power[BEFORE:], hertz),
            _level_numbers(wave, start + WINDOW),
            _wave_numbers(wave[STEP:].reshape(-1, STEP)),
            _pitch_numbers(wave),
        ]
        rows = torch.cat([*parts, torch.zeros(len(parts[0]), 1 + GROUPS)], dim=1)
    return np.asarray(rows.numpy(), np.float32)


def _steps(values: Tensor) -> Tensor:
    """Fold frames (25 n, ...) into steps (n, 25, ...)."""
    return values.reshape(-1, FRAMES, *values.shape[1:])


def _grouped(values: Tensor) -> Tensor:
    """Average mel bands (n, 25, MELS) into GROUPS of neighbours, (n, 25, GROUPS)."""
    return values.reshape(*values.shape[:2], GROUPS, -1).mean(3)


def _mel_numbers(mel: Tensor) -> Tensor:
    """Return (n, MELS + 3 GROUPS + 3) of log mel energies (BEFORE + 25 n, MELS), BEFORE frames of context."""
    import torch

    change = mel[BEFORE:] - mel[BEFORE - 1 : -1]
    inside, groups = _steps(mel[BEFORE:]), _grouped(_steps(mel[BEFORE:]))
    flux = _steps(change.clamp(min=0).mean(1))
    return torch.cat(
        [
            inside.mean(1),
            groups.std(1),
            groups.amax(1),
            _grouped(_steps(change.abs())).mean(1),
            flux.mean(1, keepdim=True),
            flux.amax(1, keepdim=True),
            flux.amax(1, keepdim=True) - flux.median(1, keepdim=True).values,
        ],
        dim=1,
    )


def _spectrum_numbers(power: Tensor, hertz: Tensor) -> Tensor:
    """Return (n, 12): loudness and share of four bands, centroid (octaves above 100 Hz), its
    spread, rolloff, flatness.
    """
    import torch

    total = power.sum(1) + FLOOR
    edges = torch.bucketize(torch.tensor(BANDS_HZ, dtype=torch.float32), hertz)
    bands = torch.stack([power[:, a:b].sum(1) for a, b in pairwise(edges)], dim=1)
    centroid = torch.log2((power @ hertz) / total / 100 + 0.1)
    rolloff = (power.cumsum(1) < 0.85 * total[:, None]).sum(1) / len(hertz)
    flatness = (torch.log(power + FLOOR).mean(1).exp() / (power.mean(1) + FLOOR)).clamp(0, 1)
    centroids = _steps(centroid)
    return torch.cat(
        [
            10 * torch.log10(_steps(bands).mean(1) + FLOOR),
            _steps(bands / total[:, None]).mean(1),
            centroids.mean(1, keepdim=True),
            centroids.std(1, keepdim=True),
            _steps(rolloff).mean(1, keepdim=True),
            _steps(flatness).mean(1, keepdim=True),
        ],
        dim=1,
    )


def _level_numbers(wave: Tensor, first_end: int) -> Tensor:
    """Return (n, 8): level, its range, silence, attack and release, from the level of each 10 ms.

    first_end: the sample at which the first of the BEFORE context frames ends.
    """
    import torch

    pieces = wave[first_end - HOP :].unfold(0, HOP, HOP)
    level = 10 * torch.log10(pieces.square().mean(1) + FLOOR)  # dB, floor -80
    inside = _steps(level[BEFORE:])
    rise10 = _steps(level[BEFORE:] - level[BEFORE - 1 : -1])
    change50 = _steps(level[BEFORE:] - level[BEFORE - 5 : -5])
    top = inside.amax(1, keepdim=True)
    return torch.cat(
        [
            inside.mean(1, keepdim=True),
            top,
            top - inside.amin(1, keepdim=True),
            (inside < SILENT_DB).float().mean(1, keepdim=True),
            rise10.amax(1, keepdim=True),
            change50.amax(1, keepdim=True),
            (-change50).amax(1, keepdim=True),
            (inside > top - 10).float().mean(1, keepdim=True),
        ],
        dim=1,
    )


def _wave_numbers(steps: Tensor) -> Tensor:
    """Return (n, 5) of samples (n, STEP): zero crossings, crest (dB), clipping, roughness, tremolo.

    Roughness is the share of the envelope's modulation at 30-150 Hz, typical of screams; tremolo at 4-16 Hz.
    """
    import torch

    crossings = (steps[:, 1:].sign() != steps[:, :-1].sign()).float().mean(1)
    rms = steps.square().mean(1).sqrt()
    crest = 20 * torch.log10((steps.abs().amax(1) + 1e-4) / (rms + 1e-4))
    clipped = (steps.abs() > 0.99).float().mean(1)
    envelope = steps.abs().reshape(len(steps), -1, 16).mean(2)  # 1 kHz
    centred = (envelope - envelope.mean(1, keepdim=True)) * torch.hann_window(envelope.shape[1])
    modulation = torch.fft.rfft(centred).abs().square()  # bins of 4 Hz
    total = modulation[:, 1:].sum(1) + FLOOR
    rough, slow = modulation[:, 8:38].sum(1) / total, modulation[:, 1:5].sum(1) / total
    return torch.stack([crossings, crest, clipped, rough, slow], dim=1)


def _pitch_numbers(wave: Tensor) -> Tensor:
    """Return (n, 4): harmonicity (0..1, mean and max) and pitch (octaves above 70 Hz, mean and spread).

    From the normalised autocorrelation of four 64 ms windows a step.
    """
    import torch

    size, hop = 1024, STEP // 4
    frames = wave[STEP + hop - size :].unfold(0, size, hop) * torch.hann_window(size)
    spectrum = torch.view_as_real(torch.fft.rfft(frames, n=2 * size)).square().sum(2)
    correlation = torch.fft.irfft(spectrum)[:, :size]
    own = torch.fft.irfft(torch.fft.rfft(torch.hann_window(size), n=2 * size).abs().square())[:size]
    shortest, longest = int(RATE_HZ / PITCH_HZ[1]), int(RATE_HZ / PITCH_HZ[0])
    normal = correlation / (correlation[:, :1] + 1e-4) * (own[0] / own)
    likeness = normal[:, shortest - 1 : longest + 2].clamp(0, 1)
    best, inner = likeness[:, 1:-1].amax(1), likeness[:, 1:-1]
    # Every multiple of a period is as alike as the period: the first good peak is the pitch.
    peak = (inner >= likeness[:, :-2]) & (inner >= likeness[:, 2:]) & (inner >= GOOD_PEAK * best[:, None])
    period = peak.to(torch.uint8).argmax(1) + shortest
    pitch = torch.log2(RATE_HZ / period / PITCH_HZ[0]) * (peak.any(1) & (best > 0.5))
    strength, pitch = best.reshape(-1, 4), pitch.reshape(-1, 4)
    return torch.stack([strength.mean(1), strength.amax(1), pitch.mean(1), pitch.std(1)], dim=1)
