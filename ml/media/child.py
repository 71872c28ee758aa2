"""The caged child: `python -m ml.media.child [--probe-many] REQUEST.json`.

Decoding strangers' files happens only here, in a process that limits itself first and talks by one JSON
object a line on stdout. A refused file is an answer (exit 0); any other end is a crash.

REQUEST.json: {"source", "out_dir", "stages": [...], "limits": {"cpu_s", "memory_mb", "file_mb"},
"max_duration_s", "weights", "views"} (weights: the folder of the published networks, or null for the embedded
tier; views: {"regions": [[start_s, end_s], ...], "budget_s"}, only for the stage "views")
or, with --probe-many: {"sources": [...], "limits": {...}}.
Events: stage_started, progress (done 0..1, at most two a second), stage_done (ms, result, skipped), refused
(code, sentence: the file's fault), failed (code, sentence: ours, as weights that are not there), done; probed
(result or refused) for --probe-many.
"""

from __future__ import annotations

import errno
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.errors import FeatureMismatch, MediaRefused, WeightsRefused
from ml.media import cage

if TYPE_CHECKING:
    from ml.media.stages import Stages

STAGES = ("probe", "frames", "proxy", "thumbnails", "waveform", "features", "views")
PROGRESS_EVERY_S = 0.5


def main(arguments: list[str]) -> int:
    """Run the request in the file named last in `arguments`; return the exit status."""
    if not arguments or len(arguments) > 2 or arguments[:-1] not in ([], ["--probe-many"]):
        print("usage: python -m ml.media.child [--probe-many] REQUEST.json", file=sys.stderr)
        return 2
    request = json.loads(Path(arguments[-1]).read_text())
    cage.lock(request.get("limits", {}))
    if len(arguments) == 2:
        _probe_many(request["sources"])
    else:
        _run(request)
    return 0


def _run(request: dict[str, Any]) -> None:
    unknown = sorted(set(request["stages"]) - set(STAGES))
    if unknown:
        raise SystemExit(f"Unknown stages: {', '.join(unknown)}. Known are {', '.join(STAGES)}.")
    if "views" in request["stages"] and not (request.get("views") or {}).get("regions"):
        raise SystemExit("The stage views needs regions: views.regions, a list of [start_s, end_s].")
    out_dir = Path(request["out_dir"])
    with cage.private_folder(out_dir) as work_dir:
        from ml.media.stages import Stages  # imports the decoders: only now, inside the cage

        stages = Stages(
            Path(request["source"]),
            out_dir,
            work_dir,
            max_duration_s=request.get("max_duration_s"),
            weights=Path(request["weights"]) if request.get("weights") else None,
            views=request.get("views"),
        )
        for stage in request["stages"]:
            if not _run_stage(stages, stage):
                return
        for stage in request["stages"]:  # what a later stage found out may ask for an earlier one again
            if not stages.stored(stage)[0] and not _run_stage(stages, stage):
                return
    _tell(event="done")


def _run_stage(stages: Stages, stage: str) -> bool:
    """Run one stage and tell of it; return whether the file was accepted."""
    _tell(event="stage_started", stage=stage)
    began = time.monotonic()
    try:
        stages.facts()  # refuses what is too long, whichever stages were asked for or are finished
        skipped, result = stages.stored(stage)
        if not skipped:
            result = stages.run(stage, _progress(stage))
    except (WeightsRefused, FeatureMismatch) as error:
        _tell(event="failed", stage=stage, code=error.code, sentence=error.sentence)
        return False
    except (MediaRefused, MemoryError, OSError) as error:
        _tell(event="refused", stage=stage, **_refusal(error))
        return False
    ms = round((time.monotonic() - began) * 1000)
    _tell(event="stage_done", stage=stage, ms=ms, result=result, skipped=skipped)
    return True


def _refusal(error: Exception) -> dict[str, str]:
    """Return code and sentence of what is the file's fault; raise what is the machine's."""
    if isinstance(error, MediaRefused):
        return {"code": error.code, "sentence": error.sentence}
    if isinstance(error, MemoryError) or getattr(error, "errno", None) in (errno.ENOMEM, errno.EFBIG):
        return {
            "code": "too_large",
            "sentence": "The file needs more memory or disk than one analysis is allowed.",
        }
    raise error


def _progress(stage: str) -> Callable[[float], None]:
    """Return a callback that tells of progress, but not more often than every PROGRESS_EVERY_S."""
    last = time.monotonic()

    def progress(done: float) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_EVERY_S:
            last = time.monotonic()
            _tell(event="progress", stage=stage, done=round(done, 4))

    return progress


def _probe_many(sources: list[str]) -> None:
    from ml.media.probe import probe  # imports the decoders: only now, inside the cage

    for source in sources:
        try:
            _tell(event="probed", source=source, result=asdict(probe(source)))
        except (MediaRefused, MemoryError, OSError) as error:
            _tell(event="probed", source=source, refused=_refusal(error))


def _tell(**event: Any) -> None:
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
