"""One measurement of `bench-analyse` in a process of its own.

    python -m bench.analyse_child KIND FILE [WEIGHTS]

KIND: ffmpeg (its command), reference (the same work through PyAV), embedded, pretrained, and embedded-parts
or pretrained-parts (the same with a stopwatch on each part). Prints one JSON object: CPU seconds, user and
system, from opening the file to the result, imports excluded, and the peak of this process's memory.
"""

from __future__ import annotations

import importlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av

from bench.stopwatch import Stopwatch


def main(arguments: list[str]) -> int:
    """Measure and print."""
    kind, path, weights = arguments[0], Path(arguments[1]), [Path(a) for a in arguments[2:]]
    if kind == "reference":
        found: dict[str, Any] = _timed(lambda: reference(path))
    elif kind == "ffmpeg":
        found = _timed(lambda: _ffmpeg(path))
    else:
        found = _extraction(path, weights[0] if weights else None, stopwatch=kind.endswith("-parts"))
    print(json.dumps({**found, "peak_mb": peak_mb()}))
    return 0


def _extraction(path: Path, weights: Path | None, *, stopwatch: bool) -> dict[str, Any]:
    import numpy as np

    from ml.features import extract, sound
    from ml.media.probe import probe

    sound.describe_chunk(np.zeros(2 * sound.STEP, np.float32))  # imports torch
    watch = Stopwatch()
    if stopwatch:
        _watch(watch)
    found = _timed(lambda: extract(path, facts=probe(path), weights=weights))
    return {**found, **({"parts": watch.seconds} if stopwatch else {})}


def _timed(work: Callable[[], Any]) -> dict[str, float]:
    wall, before = time.perf_counter(), _cpu_s()
    work()
    return {"cpu_s": _cpu_s() - before, "wall_s": time.perf_counter() - wall}


def _cpu_s() -> float:
    """Return user and system seconds of this process and its children (ffmpeg is one)."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def reference(path: Path) -> int:
    """Do what ffmpeg's command does, through the same libraries; return how many pictures came out."""
    with av.open(str(path)) as container:
        streams = [container.streams.video[0], *container.streams.audio[:1]]
        for stream in streams:
            stream.codec_context.thread_count = 1
        graph = _graph(container.streams.video[0])
        resampler = av.AudioResampler(format="s16")  # ffmpeg's null muxer is given 16-bit sound
        count = 0
        for packet in container.demux(streams):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    graph.push(frame)
                    count += sum(1 for _ in _pulled(graph))
                elif isinstance(frame, av.AudioFrame):
                    resampler.resample(frame)
    return count


def _graph(stream: Any) -> Any:
    graph = av.filter.Graph()
    nodes = [
        graph.add_buffer(template=stream),
        graph.add("fps", "4"),
        graph.add("scale", "160:-2"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    return graph


def _pulled(graph: Any) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _ffmpeg(path: Path) -> None:
    before, after = (
        ["-nostdin", "-v", "error", "-threads", "1"],
        ["-vf", "fps=4,scale=160:-2", "-f", "null", "-"],
    )
    subprocess.run(["ffmpeg", *before, "-i", str(path), *after], check=True)


def peak_mb() -> float:
    """Return the most memory this process ever held, in MB (10^6 bytes)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


def _watch(watch: Stopwatch) -> None:
    """Give each part of the extraction a name and measure it."""
    from ml.features import listening, motion, networks, picture, sound, watching

    # The package gives its function the module's name.
    extract: Any = importlib.import_module("ml.features.extract")
    watch.iterator(extract, "pictures_in", "picture: decoding")
    watch.iterator(extract, "audio_blocks_at", "sound: decoding and resampling")
    for name in ("grey", "grid_cells", "histogram"):
        watch.function(picture, name, "picture: reducing frames")
    watch.function(picture._Light, "add", "light and flashes")
    watch.function(picture._Light, "finish", "light and flashes")
    watch.function(picture, "_completed", "light and flashes")
    watch.function(picture._Pairs, "_until", "edges and differences")
    watch.function(picture._Pairs, "_flow", "optical flow")
    watch.function(motion, "describe_acceleration", "optical flow")
    watch.function(sound, "describe_chunk", "sound: describing")
    watch.function(sound, "_add_recent_level", "sound: describing")
    # The pretrained tier's.
    watch.function(watching.PictureEmbedding, "_look", "motion images")
    watch.function(listening, "log_mel", "sound: the tagger's front end")
    watch.function(networks.Network, "run", "networks")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
