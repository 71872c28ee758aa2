"""What `make bench-ui` puts before a reviewer: reviews made by frontend/dev/stress.ts, and real files."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench.common import CACHE, ROOT

FRONTEND = ROOT / "frontend"
SHORT_FILMS = 7
FACTS = "facts.json"


@dataclass(frozen=True)
class FilmPlan:
    """One file to encode: colours that drift, different for each number."""

    name: str
    seconds: int
    fps: int
    width: int
    height: int
    frames_a_key: int
    number: int


TEN_HOURS = FilmPlan("ten-hours", 36_000, 1, 64, 36, 4, 0)
SHORTS = tuple(FilmPlan(f"minute-{n}", 60, 25, 640, 360, 50, n) for n in range(1, SHORT_FILMS + 1))


def stress_files() -> Path:
    """The folder of generated reviews, one folder each; made anew when their generator changed."""
    sources = [FRONTEND / "dev" / name for name in ("stress.ts", "stress-write.ts")]
    version = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    folder = CACHE / "ui" / f"stress-{version}"
    if not (folder / "minute" / FACTS).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / "write.mjs"
        bundler = [str(FRONTEND / "node_modules" / ".bin" / "rolldown"), str(sources[1])]
        subprocess.run(
            [*bundler, "--file", str(program), "--platform", "node"], check=True, capture_output=True
        )
        subprocess.run(["node", str(program), str(folder)], check=True, capture_output=True)
    return folder


def facts_of(folder: Path) -> dict[str, Any]:
    """Types, hints and segments of one generated review."""
    facts: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return facts


def film_made(plan: FilmPlan) -> Path:
    """The film as a file, encoded once."""
    path = CACHE / "ui" / f"{plan.name}.mp4"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = path.with_suffix(f".{os.getpid()}.mp4")  # two benches at once must not write into one another
        _encode(plan, whole)
        whole.rename(path)
    return path


def _encode(plan: FilmPlan, path: Path) -> None:
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=plan.fps)
        stream.width, stream.height, stream.pix_fmt = plan.width, plan.height, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "30", "g": str(plan.frames_a_key)}
        for at in range(plan.seconds * plan.fps):
            container.mux(stream.encode(_picture(plan, at)))
        container.mux(stream.encode(None))


def _picture(plan: FilmPlan, at: int) -> Any:
    across = np.linspace(0, 2 * np.pi, plan.width)[None, :, None]
    down = np.linspace(0, 2 * np.pi, plan.height)[:, None, None]
    hues = np.array([0.0, 2.1, 4.2]) + plan.number + at / plan.fps / 7
    values = 128 + 90 * np.sin(across + hues) * np.cos(down + hues / 2)
    return av.VideoFrame.from_ndarray(values.astype(np.uint8), format="rgb24")
