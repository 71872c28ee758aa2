"""The stages the caged child runs, each leaving one file; finished stages are remembered and skipped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av

from ml.errors import MediaRefused
from ml.features import extract, extractor_version, save_features, stored_version
from ml.features.pretrained import load_pretrained
from ml.features.views import extract_views, save_views, stored_views_version
from ml.media.frame_index import FrameTimes, frame_times, write_frame_times
from ml.media.opening import Tally
from ml.media.probe import Probe, probe
from ml.media.proxy import proxy_reason, write_proxy
from ml.media.reach import seek_reason
from ml.media.steady import steady_rate
from ml.media.thumbnails import write_thumbnails
from ml.media.waveform import write_waveform

Result = dict[str, Any] | None
OnProgress = Callable[[float], None]

# Raise a version when the stage would write something else for the same file. The features' version depends
# on the weights they are made with, and the views' on the regions too: files and records of several tiers lie
# side by side.
VERSIONS = {
    "probe": "probe-2",
    "frames": "frames-1",
    "proxy": "proxy-3",
    "thumbnails": "thumbnails-2",
    "waveform": "waveform-1",
}
RECORD = "stages.json"
EXTRACTED = {"features": stored_version, "views": stored_views_version}


class Stages:
    """One video's stages, run into out_dir by way of work_dir (both on one file system)."""

    def __init__(
        self,
        source: Path,
        out_dir: Path,
        work_dir: Path,
        *,
        max_duration_s: float | None = None,
        weights: Path | None = None,
        views: Mapping[str, Any] | None = None,
    ) -> None:
        """weights: the folder of the published networks, for the pretrained tier; None for the embedded.

        views: what the views stage sees, {"regions": [[start_s, end_s], ...], "budget_s"}.
        """
        self.source, self.out_dir, self.work_dir = source, out_dir, work_dir
        self.max_duration_s, self.weights, self.views = max_duration_s, weights, views or {}
        self.record = self._read_record()
        self._facts: Probe | None = None
        self._times: list[FrameTimes | None] = []  # found once; empty before

    def version(self, stage: str) -> str:
        """Return the version the stage would write. Raises WeightsRefused for weights that are not there."""
        if stage not in EXTRACTED:
            return VERSIONS[stage]
        seen = f" {_hashed(self.views)}" if stage == "views" else ""
        return self._extractor() + seen

    def _extractor(self) -> str:
        return extractor_version({} if self.weights is None else load_pretrained(self.weights).weights)

    def _key(self, stage: str) -> str:
        return f"{stage} {self._extractor()}" if stage in EXTRACTED else stage

    def stored(self, stage: str) -> tuple[bool, Result]:
        """Return (True, result) when the stage is finished, in this version and with its file in place.

        Raises WeightsRefused for weights that are not there.
        """
        entry = self.record.get(self._key(stage))
        if entry is None or entry["version"] != self.version(stage):
            return False, None
        result: Result = entry["result"]
        if not all((self.out_dir / name).is_file() for name in _files(result)):
            return False, None
        if stage in EXTRACTED and not self._is_whole(stage, result):
            return False, None  # half-written or replaced: made anew
        if stage == "proxy" and result is None and self._broken_packets():
            return False, None  # it seemed playable until a full pass met the damage
        return True, result

    def _is_whole(self, stage: str, result: Result) -> bool:
        return EXTRACTED[stage](self.out_dir / str((result or {}).get("path"))) == self._extractor()

    def run(self, stage: str, on_progress: OnProgress) -> Result:
        """Run one stage, put its file in place and remember its result.

        Raises MediaRefused, WeightsRefused.
        """
        try:
            result = getattr(self, f"_{stage}")(on_progress)
        except av.error.FFmpegError as error:
            if isinstance(error, OSError | MemoryError):  # the machine's fault, or a limit's: not the file's
                raise
            raise MediaRefused("decode_failed", "The file is too damaged to be analysed.") from error
        for name in _files(result):
            os.replace(self.work_dir / name, self.out_dir / name)
        self.record[self._key(stage)] = {"version": self.version(stage), "result": result}
        self._write_record()
        return result  # type: ignore[no-any-return]

    def facts(self) -> Probe:
        """Return the source's probe, from the record where it is there. Refuses what is too long."""
        if self._facts is None:
            done, result = self.stored("probe")
            self._facts = Probe(**result) if done and result else probe(self.source)
        limit_s = self.max_duration_s
        if limit_s is not None and self._facts.duration_ms > limit_s * 1000:
            raise MediaRefused(
                "too_long",
                f"The video is {self._facts.duration_ms / 60000:.1f} minutes long; "
                f"at most {limit_s / 60:.1f} minutes are accepted.",
            )
        return self._facts

    def _probe(self, on_progress: OnProgress) -> Result:
        return asdict(self.facts())

    def _frames(self, on_progress: OnProgress) -> Result:
        found = self._frame_times(on_progress)
        if found is None or not write_frame_times(found, self.work_dir / "frames.bin"):
            return None
        reason = seek_reason(self.source, self.facts(), found)
        return {
            "path": "frames.bin",
            "count": len(found.times_us),
            "keys": len(found.keys),
            "seek_reason": reason,
        }

    def _frame_times(self, on_progress: OnProgress | None = None) -> FrameTimes | None:
        if not self._times:
            self._times.append(frame_times(self.source, self.facts(), on_progress=on_progress))
        return self._times[0]

    def _seek_reason(self) -> str | None:
        done, result = self.stored("frames")
        if done:
            return (result or {}).get("seek_reason")
        return seek_reason(self.source, self.facts(), self._frame_times())

    def _proxy(self, on_progress: OnProgress) -> Result:
        facts = self.facts()
        reason = proxy_reason(facts, broken_packets=self._broken_packets()) or self._seek_reason()
        if reason is None:
            return None
        rate = steady_rate(self._frame_times(), facts)
        target = self.work_dir / "proxy.mp4"
        shown = write_proxy(self.source, target, on_progress=on_progress, facts=facts, rate=rate)
        result = {"path": target.name, "reason": reason}
        if shown is None or not write_frame_times(shown, self.work_dir / "proxy-frames.bin"):
            return result
        layout = {"path": "proxy-frames.bin", "count": len(shown.times_us)}
        return {**result, "rate": str(rate), "frames": layout}

    def _broken_packets(self) -> int:
        """Return how many packets the features stage could not decode, as far as it is finished."""
        done, result = self.stored("features")
        return int(result["broken_packets"]) if done and result else 0

    def _thumbnails(self, on_progress: OnProgress) -> Result:
        layout = write_thumbnails(
            self.source, self.work_dir / "thumbnails.jpg", on_progress=on_progress, facts=self.facts()
        )
        return None if layout is None else {"path": "thumbnails.jpg", **layout}

    def _waveform(self, on_progress: OnProgress) -> Result:
        layout = write_waveform(
            self.source, self.work_dir / "waveform.bin", on_progress=on_progress, facts=self.facts()
        )
        return None if layout is None else {"path": "waveform.bin", **layout}

    def _features(self, on_progress: OnProgress) -> Result:
        tally = Tally()
        features = extract(
            self.source, weights=self.weights, on_progress=on_progress, facts=self.facts(), tally=tally
        )
        name = f"features-{features.version}.safetensors"
        save_features(features, self.work_dir / name)
        return {
            "path": name,
            "version": features.version,
            "tier": features.tier,
            "steps": len(features.cuts),
            **asdict(tally),  # what was tolerated on the way, by kind
        }

    def _views(self, on_progress: OnProgress) -> Result:
        tally = Tally()
        views = extract_views(
            self.source, **self.views, weights=self.weights, on_progress=on_progress, tally=tally
        )
        name = f"views-{views.version}.safetensors"
        save_views(views, self.work_dir / name)
        return {
            "path": name,
            "version": views.version,
            "tier": views.tier,
            "views": len(views.names),
            "steps": len(views.steps),
            **asdict(tally),
        }

    def _read_record(self) -> dict[str, Any]:
        """Return what earlier runs finished for a source of this size; a damaged record counts as none."""
        try:
            record = json.loads((self.out_dir / RECORD).read_text())
            if record["source_bytes"] == self.source.stat().st_size:
                return {key: entry for key, entry in record["stages"].items() if _is_entry(entry)}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        return {}

    def _write_record(self) -> None:
        draft = self.work_dir / RECORD
        draft.write_text(
            json.dumps({"source_bytes": self.source.stat().st_size, "stages": self.record}, indent=1)
        )
        os.replace(draft, self.out_dir / RECORD)


def _files(result: Result) -> list[str]:
    """Return the names of the files a stage left, by its result."""
    parts = [result or {}, (result or {}).get("frames") or {}]
    return [str(part["path"]) for part in parts if part.get("path") is not None]


def _is_entry(entry: Any) -> bool:
    """Say whether an entry of the record is one this code could have written."""
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("version"), str)
        and isinstance(entry.get("result", 0), dict | None)
    )


def _hashed(views: Mapping[str, Any]) -> str:
    """Tell requests for views apart: other regions or another budget are other views."""
    return hashlib.sha256(json.dumps(views, sort_keys=True).encode()).hexdigest()[:12]
