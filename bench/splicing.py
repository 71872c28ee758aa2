"""Films with violations at known times, made from real material through a real encoder.

Fight clips, gunshots, explosions and sirens are put into ordinary films, harmless clips and sounds too, so
that neither a splice nor a strange sound means anything by itself. Two halves share no clip source, no sound
and no second of the ordinary films: what one teaches, the other may measure. All follows from the seed.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np

from bench.common import CACHE, code_hash, in_parallel
from ml.features import extract, save_features
from ml.media.audio import audio_blocks
from ml.media.frames import timed_pictures, upright_rgb
from ml.media.probe import probe
from ml.types import Annotation, Example, FloatArray, Mark, Split, ViolationSpec

Half = Literal["teach", "test"]
VIOLENT_SOUNDS = ("gunshot", "explosion", "siren")
SPECS = (ViolationSpec("fight", "picture"), *(ViolationSpec(kind, "sound") for kind in VIOLENT_SOUNDS))
SIZE, FPS, SOUND_HZ = (640, 360), 25, 48000
SOUND_FRAME = 1024
FILM_S = 120.0
PIECE_S = (4.0, 14.0)  # of ordinary film between two cuts
SOUND_S = 4.0  # at most this much of a sound: its loudest part
SOUND_PEAK = (0.25, 0.7)
# Share of pieces followed by an insert of each kind: about 9 % of the film's seconds violate.
INSERTS = (("fight", 0.18), ("harmless clip", 0.18), ("violent sound", 0.18), ("harmless sound", 0.18))
# Nothing in the key frames tells of a cut: what the film is made of must be found in its pictures.
ENCODING = {"preset": "veryfast", "crf": "23", "x264-params": "scenecut=0:keyint=250"}


@dataclass(frozen=True)
class Piece:
    """`length_s` of a file from `start_s` on: pictures, and its sound where it has one."""

    path: Path
    start_s: float
    length_s: float


@dataclass(frozen=True)
class Overlay:
    """A sound mixed into the film at a moment."""

    path: Path
    at_s: float
    length_s: float
    peak: float


@dataclass(frozen=True)
class SplicedFilm:
    """What a film is made of, and where it violates what."""

    name: str
    pieces: tuple[Piece, ...]
    overlays: tuple[Overlay, ...]
    marks: tuple[Mark, ...]
    part: int = 0  # of its half: films of one part share sources

    def length_s(self) -> float:
        """Seconds of the whole film."""
        return sum(piece.length_s for piece in self.pieces)


def plan_films(
    data: Path, half: Half, *, films: int, seed: int, clean: bool = False, parts: int = 1
) -> list[SplicedFilm]:
    """Plan so many films of one half; `clean` ones are ordinary film and nothing else.

    With several `parts` the films are dealt to parts of the half that share nothing either, so that what is
    held out within the half is as new to a model as the other half will be.
    """
    material = _Material.of(data, half)
    rng = np.random.default_rng([seed, half == "test", clean])
    kind = "clean" if clean else "film"
    return [
        _plan_film(
            f"{half}-{kind}-{seed}-{n:02}", material.part(n % parts, parts), rng, clean=clean, part=n % parts
        )
        for n in range(films)
    ]


@dataclass(frozen=True)
class _Material:
    ordinary: tuple[tuple[Path, float, float], ...]  # file, from, to
    clips: dict[bool, list[tuple[Path, float, str]]]  # violent? -> (file, length, source)
    sounds: dict[str, list[Path]]

    def part(self, number: int, parts: int) -> "_Material":
        """One of several parts that have no clip source, sound or second of film in common."""
        if parts == 1:
            return self
        ordinary = tuple(
            (path, a + (b - a) * number / parts, a + (b - a) * (number + 1) / parts)
            for path, a, b in self.ordinary
        )
        sources = sorted({source for own in self.clips.values() for _, _, source in own})[number::parts]
        clips = {violent: [clip for clip in own if clip[2] in sources] for violent, own in self.clips.items()}
        sounds = {
            kind: files[number * len(files) // parts : (number + 1) * len(files) // parts]
            for kind, files in self.sounds.items()
        }
        return _Material(ordinary, clips, sounds)

    @staticmethod
    def of(data: Path, half: Half) -> "_Material":
        second = half == "test"
        ordinary = []
        for path in sorted((data / "ordinary").glob("*.mp4")):
            middle, end = probe(path).duration_ms / 2000, probe(path).duration_ms / 1000 - 0.5
            ordinary.append((path, middle, end) if second else (path, 0.0, middle))
        rows = json.loads((data / "fights" / "labels.json").read_text())
        sources = sorted({row["source"] for row in rows})[second::2]
        clips: dict[bool, list[tuple[Path, float, str]]] = {True: [], False: []}
        for row in rows:
            if row["source"] in sources:
                path = data / "fights" / row["file"]
                clips[row["fight"]].append((path, probe(path).duration_ms / 1000, row["source"]))
        # Sounds numbered next to each other may be of one recording: the halves are runs of numbers.
        sounds: dict[str, list[Path]] = {}
        for row in sorted(json.loads((data / "sounds" / "labels.json").read_text()), key=lambda r: r["file"]):
            sounds.setdefault(row["kind"], []).append(data / "sounds" / row["file"])
        for kind, files in sounds.items():
            sounds[kind] = files[len(files) // 2 :] if second else files[: len(files) // 2]
        return _Material(tuple(ordinary), clips, sounds)


def _plan_film(
    name: str, material: _Material, rng: np.random.Generator, *, clean: bool, part: int
) -> SplicedFilm:
    pieces: list[Piece] = []
    overlays: list[Overlay] = []
    marks: list[Mark] = []
    clock = 0.0
    while clock < FILM_S:
        pieces.append(_ordinary(material, rng))
        began, clock = clock, clock + pieces[-1].length_s
        kind = _drawn_insert(rng)
        if clean:
            continue
        if kind in ("fight", "harmless clip"):
            clips = material.clips[kind == "fight"]
            path, length, _ = clips[int(rng.integers(len(clips)))]
            pieces.append(Piece(path, 0.0, _on_grid(length)))
            if kind == "fight":
                marks.append(Mark("fight", clock, clock + pieces[-1].length_s))
            clock += pieces[-1].length_s
        elif kind is not None:
            label = "casual" if kind == "harmless sound" else VIOLENT_SOUNDS[rng.integers(3)]
            overlay = _overlay(material.sounds[label], began, clock, rng)
            overlays.append(overlay)
            if label != "casual":
                marks.append(Mark(label, overlay.at_s, overlay.at_s + overlay.length_s))
    return SplicedFilm(name, tuple(pieces), tuple(overlays), tuple(marks), part)


def _ordinary(material: _Material, rng: np.random.Generator) -> Piece:
    """A piece of ordinary film; longer films come more often."""
    spans = np.array([end - start for _, start, end in material.ordinary])
    path, start, end = material.ordinary[rng.choice(len(spans), p=spans / spans.sum())]
    length = _on_grid(min(rng.uniform(*PIECE_S), end - start))
    return Piece(path, float(rng.uniform(start, end - length)), length)


def _drawn_insert(rng: np.random.Generator) -> str | None:
    drawn, below = rng.uniform(), 0.0
    for kind, share in INSERTS:
        below += share
        if drawn < below:
            return kind
    return None


def _overlay(files: Sequence[Path], began: float, ended: float, rng: np.random.Generator) -> Overlay:
    path = files[int(rng.integers(len(files)))]
    length = min(SOUND_S, probe(path).duration_ms / 1000, ended - began)
    return Overlay(path, float(rng.uniform(began, ended - length)), length, float(rng.uniform(*SOUND_PEAK)))


def _on_grid(seconds: float) -> float:
    """Whole frames, so that picture and sound stay together over many pieces."""
    return int(seconds * FPS) / FPS


def render(
    film: SplicedFilm, path: Path, *, size: tuple[int, int] = SIZE, encoding: dict[str, str] = ENCODING
) -> None:
    """Write the film, `size` (width, height), as MP4 (H.264, AAC), whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.{os.getpid()}.tmp.mp4")
    try:
        with av.open(str(draft), "w", format="mp4") as container:
            picture: Any = container.add_stream("libx264", rate=FPS, options=dict(encoding))
            picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
            sound: Any = container.add_stream("aac", rate=SOUND_HZ, layout="mono")
            track = _soundtrack(film)
            heard = 0
            for number, image in enumerate(_images(film, size)):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, FPS)
                container.mux(picture.encode(frame))
                while heard < min(len(track), (number + 1) * SOUND_HZ // FPS):
                    container.mux(sound.encode(_sound_frame(track, heard)))
                    heard += SOUND_FRAME
            container.mux(picture.encode(None))
            container.mux(sound.encode(None))
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _images(film: SplicedFilm, size: tuple[int, int]) -> Iterator[Any]:
    """Every frame of the film, RGB: of each piece the frame on screen at each tick."""
    for piece in film.pieces:
        ticks = [piece.start_s + n / FPS for n in range(round(piece.length_s * FPS))]
        yield from _shown(piece, ticks, size)


def _shown(piece: Piece, ticks: Sequence[float], size: tuple[int, int]) -> Iterator[Any]:
    image, coming = None, 0
    for (_, frame), following in pairwise([*_pictures(piece), (float("inf"), None)]):
        fresh = True
        while coming < len(ticks) and ticks[coming] < following[0]:
            image = upright_rgb(frame, *size) if fresh else image
            fresh, coming = False, coming + 1
            yield image


def _pictures(piece: Piece) -> list[tuple[float, Any]]:
    # One piece is a few hundred frames: the whole list is less than 150 MB.
    return list(timed_pictures(piece.path, start_s=piece.start_s, end_s=piece.start_s + piece.length_s))


def _soundtrack(film: SplicedFilm) -> FloatArray:
    track = np.zeros(round(film.length_s() * SOUND_HZ), np.float32)
    clock = 0.0
    for piece in film.pieces:
        heard = _heard(piece.path, piece.start_s, piece.length_s)
        first = round(clock * SOUND_HZ)
        track[first : first + len(heard)] += heard[: len(track) - first]
        clock += piece.length_s
    for overlay in film.overlays:
        heard = _loudest(_heard(overlay.path, 0.0, 1e9), overlay.length_s)
        heard = heard * (overlay.peak / max(float(np.abs(heard).max(initial=0.0)), 1e-4))
        first = round(overlay.at_s * SOUND_HZ)
        track[first : first + len(heard)] += heard[: len(track) - first]
    return np.clip(track, -1.0, 1.0)


def _heard(path: Path, start_s: float, length_s: float) -> FloatArray:
    end_s, rate = start_s + length_s, SOUND_HZ
    parts = [np.zeros(0, np.float32)]
    for at_s, block in audio_blocks(path, rate_hz=rate):
        if at_s >= end_s:
            break
        first, last = round((start_s - at_s) * rate), round((end_s - at_s) * rate)
        if last > 0 and first < len(block):
            parts.append(block[max(0, first) : last])
    return np.concatenate(parts)


def _loudest(sound: FloatArray, length_s: float) -> FloatArray:
    """The stretch of so many seconds with the most energy."""
    count = round(length_s * SOUND_HZ)
    if len(sound) <= count:
        return sound
    energy = np.cumsum(np.square(sound, dtype=np.float64))
    best = int(np.argmax(energy[count:] - energy[:-count]))
    return sound[best : best + count]


def _sound_frame(track: FloatArray, first: int) -> Any:
    samples = np.ascontiguousarray(track[None, first : first + SOUND_FRAME])
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = SOUND_HZ, Fraction(1, SOUND_HZ), first
    return frame


@dataclass(frozen=True)
class _Job:
    film: SplicedFilm
    path: Path
    size: tuple[int, int]
    weights: Path | None


def prepared(
    films: Sequence[SplicedFilm], *, weights: Path | None, size: tuple[int, int] = SIZE
) -> list[tuple[Path, Path]]:
    """Render and extract the films, unless the cache has them: (film, features) of each."""
    jobs = [_Job(film, _film_path(film, size), size, weights) for film in films]
    return list(zip((job.path for job in jobs), in_parallel(_prepare, jobs), strict=True))


def _prepare(job: _Job) -> Path:
    if not job.path.exists():
        render(job.film, job.path, size=job.size)
    tier = "embedded" if job.weights is None else "pretrained"
    code = code_hash("ml/features", "ml/media")
    features = job.path.with_name(f"{job.path.stem}-{tier}-{code}.safetensors")
    if not features.exists():
        save_features(extract(job.path, weights=job.weights), features)
    return features


def _film_path(film: SplicedFilm, size: tuple[int, int]) -> Path:
    """A path that tells what the film is made of and how: another plan is another film."""
    # Files by their place in the data alone, so that films are found again whatever folder holds the data.
    recipe = json.dumps([asdict(film), ENCODING, size, FPS], default=lambda path: "/".join(path.parts[-2:]))
    return CACHE / "spliced" / f"{film.name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.mp4"


def example_of(film: SplicedFilm, features: Path, split: Split = "train") -> Example:
    """The film as one annotator who knows where everything was put would label it."""
    whole = ((0.0, film.length_s()),)
    slugs = tuple(spec.slug for spec in SPECS)
    truth = Annotation("truth", film.marks, whole, whole, slugs, blind=True)
    return Example(film.name, features, film.name, split, (truth,))
