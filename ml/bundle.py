"""A model that can travel: weights, config, labels, calibration, thresholds, metrics, hashes; one folder.

    weights.safetensors   every number of the network
    bundle.json           canonical JSON; lists the other files' SHA-256, and its own under "self"
    CARD.md               the same for people

Nothing is pickled. Every byte is checked on load, and a folder appears whole or not at all.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from ml.bands import BandEvidence
from ml.calibrate import Platt
from ml.cards import card
from ml.errors import BundleRefused, FeatureMismatch
from ml.features import Features, Tier
from ml.models.fusion import TypeFusion
from ml.models.heads import ModelConfig, ReviewModel, build_review_model
from ml.types import ViolationSpec

FORMAT_VERSION = 3
# Formats 1 and 2 learned from other window statistics: their weights mean nothing to these.
READABLE_FORMATS = (3,)
WEIGHTS, MANIFEST, CARD = "weights.safetensors", "bundle.json", "CARD.md"
_MAX_JSON = 64 * 2**20


@dataclass(frozen=True)
class Extractor:
    """Which features a bundle reads; it refuses all others."""

    version: str
    tier: Tier
    step_s: float
    picture_width: int
    sound_width: int
    picture_embedding_width: int = 0
    sound_embedding_width: int = 0
    weights: Mapping[str, str] = field(default_factory=dict)  # of the pretrained tier: file -> SHA-256


@dataclass(frozen=True)
class Bundle:
    """A model with everything needed to use and judge it. `digest` names these exact bytes."""

    name: str
    violations: tuple[ViolationSpec, ...]  # the types it knows
    left_out: Mapping[str, str]  # types it was asked to learn and could not, with the reason
    extractor: Extractor
    config: ModelConfig
    scored_by: Mapping[str, tuple[str, ...]]  # head -> slugs, in the order of its outputs
    fusions: Mapping[str, TypeFusion]
    thresholds: Mapping[str, float]
    annotators: tuple[str, ...]
    panel: tuple[int, ...]  # annotators whose spread is the band
    metrics: Mapping[str, Any]
    seed: int
    data_hash: str
    code_version: str
    created_at: str
    model: ReviewModel = field(repr=False, compare=False)
    digest: str = ""
    bands: Mapping[str, BandEvidence] = field(
        default_factory=dict
    )  # slug -> whether its band is shown, and why
    floors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # slug -> floor -> threshold

    def slugs(self) -> tuple[str, ...]:
        """Violation types this bundle knows, in order."""
        return tuple(violation.slug for violation in self.violations)

    def check(self, features: Features) -> None:
        """Refuse features of another tier, version, weights or shape, saying what to do."""
        wanted, got = self.extractor, extractor_of(features)
        if got.tier != wanted.tier:
            raise self._refusal("features_other_tier", _OTHER_TIER[wanted.tier])
        if got.weights != wanted.weights:
            differing = sorted({name for name, _ in got.weights.items() ^ wanted.weights.items()})
            raise self._refusal(
                "features_other_weights",
                f"learned from features that other weights made ({', '.join(differing)} differ). "
                "Extract the features again with the weights its card names, or train a new bundle",
            )
        if got.version != wanted.version:
            raise self._refusal(
                "features_other_extractor",
                f"reads features {wanted.version}, but these are {got.version}. Extract the features again, "
                "or train a new bundle",
            )
        if got != wanted:
            raise self._refusal(
                "features_other_shape",
                f"expects {wanted.picture_width} picture and {wanted.sound_width} sound numbers every "
                f"{wanted.step_s:g} s, but the features have {got.picture_width} and {got.sound_width} every "
                f"{got.step_s:g} s. Extract the features again",
            )

    def _refusal(self, code: str, why: str) -> FeatureMismatch:
        return FeatureMismatch(code, f'The bundle "{self.name}" {why}.')


_OTHER_TIER: dict[Tier, str] = {
    "pretrained": "reads features of the pretrained tier, but these are of the embedded tier. Extract the "
    "features again with the pretrained networks' weights, or use a bundle of the embedded tier",
    "embedded": "reads features of the embedded tier, but these are of the pretrained tier. Load their "
    'embedded view (load_features with tier="embedded"), or use a bundle of the pretrained tier',
}


def extractor_of(features: Features) -> Extractor:
    """What a bundle must have been trained for to read these features."""
    return Extractor(
        version=features.version,
        tier=features.tier,
        step_s=features.step_s,
        picture_width=features.picture.shape[1],
        sound_width=features.sound.shape[1],
        picture_embedding_width=features.picture_embedding.shape[1],
        sound_embedding_width=features.sound_embedding.shape[1],
        weights=dict(features.weights),
    )


def check_free(out_dir: Path) -> None:
    """Refuse a place where something lies already: a bundle is never written over. BundleRefused."""
    if out_dir.exists():
        raise BundleRefused(
            "bundle_exists", f'There is already something at "{out_dir}". Choose a new folder.'
        )


def save_bundle(bundle: Bundle, out_dir: Path) -> str:
    """Write the folder beside its place and move it there whole; returns its digest.

    Raises BundleRefused(bundle_exists), and OSError as the disk does; then nothing is left behind.
    """
    check_free(out_dir)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}.", dir=out_dir.parent))
    try:
        temporary.chmod(0o755)
        manifest = _write_files(bundle, temporary)
        temporary.rename(out_dir)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return hashlib.sha256(manifest).hexdigest()


def _write_files(bundle: Bundle, folder: Path) -> bytes:
    state = {name: tensor.contiguous() for name, tensor in bundle.model.state_dict().items()}
    files = {WEIGHTS: save_tensors(state), CARD: card(_described(bundle)).encode()}
    content = _described(bundle) | {"files": {name: _sha256(data) for name, data in files.items()}}
    files[MANIFEST] = canonical(content | {"self": _sha256(canonical(content))})
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return files[MANIFEST]


def _described(bundle: Bundle) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "name": bundle.name,
        "violations": [asdict(violation) for violation in bundle.violations],
        "left_out": dict(bundle.left_out),
        "extractor": asdict(bundle.extractor),
        "config": asdict(bundle.config),
        "scored_by": {head: list(slugs) for head, slugs in bundle.scored_by.items()},
        "calibration": {slug: asdict(fusion) for slug, fusion in bundle.fusions.items()},
        "thresholds": dict(bundle.thresholds),
        "floors": {slug: dict(floors) for slug, floors in bundle.floors.items()},
        "bands": {slug: asdict(evidence) for slug, evidence in bundle.bands.items()},
        "annotators": list(bundle.annotators),
        "panel": list(bundle.panel),
        "metrics": dict(bundle.metrics),
        "seed": bundle.seed,
        "data_hash": bundle.data_hash,
        "code_version": bundle.code_version,
        "created_at": bundle.created_at,
    }


def canonical(content: Mapping[str, Any]) -> bytes:
    """The one way these values are written, so that a changed byte is a changed bundle."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def load_bundle(folder: Path, *, digest: str | None = None) -> Bundle:
    """Read a bundle, checking every byte; with `digest` also that it is the very bundle meant.

    Raises BundleRefused: no_bundle, bundle_incomplete, not_a_bundle, unknown_format, bundle_altered,
    bundle_unreadable.
    """
    if not folder.is_dir():
        there = "That is a file, not a bundle's folder" if folder.exists() else "There is no such folder"
        raise BundleRefused("no_bundle", f'{there}: "{folder}". Name the folder that a training wrote.')
    raw = _read(folder, MANIFEST)
    content = _manifest(raw)
    if digest is not None and _sha256(raw) != digest:
        raise _altered(MANIFEST)
    for name in (WEIGHTS, CARD):
        if _sha256(_read(folder, name)) != dict(content.get("files", {})).get(name):
            raise _altered(name)
    try:
        return _built(content, _read(folder, WEIGHTS), _sha256(raw))
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise BundleRefused(
            "bundle_unreadable", "The bundle's contents do not fit together. Train or copy it again."
        ) from error


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise BundleRefused(
            "bundle_incomplete", f"The bundle lacks its file {name}. Copy the whole folder again."
        ) from error


def _manifest(raw: bytes) -> dict[str, Any]:
    """Parsed and verified `bundle.json`."""
    try:
        content = json.loads(raw) if len(raw) <= _MAX_JSON else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or "format_version" not in content:
        raise BundleRefused(
            "not_a_bundle", "The folder's bundle.json is not that of a bundle. Copy it again."
        )
    if content["format_version"] not in READABLE_FORMATS:
        raise BundleRefused(
            "unknown_format",
            f"The bundle has format {content['format_version']}, and this version of Spotter reads format "
            f"{' and '.join(map(str, READABLE_FORMATS))}. Train it again with this version.",
        )
    rest = {key: value for key, value in content.items() if key != "self"}
    # Compared with the canonical bytes too: a changed blank is a changed bundle.
    if content.get("self") != _sha256(canonical(rest)) or raw != canonical(content):
        raise _altered(MANIFEST)
    return content


def _altered(name: str) -> BundleRefused:
    return BundleRefused(
        "bundle_altered",
        f"The bundle's file {name} is not the one that was written. Copy the bundle again from its source.",
    )


def _built(content: dict[str, Any], weights: bytes, digest: str) -> Bundle:
    config = ModelConfig(**content["config"])
    model = build_review_model(config)
    model.load_state_dict(load_tensors(weights))
    model.requires_grad_(False)
    # Means and scales too: they are part of the state without being parameters.
    if not all(torch.isfinite(tensor).all() for tensor in model.state_dict().values()):
        raise ValueError("weights are not finite")
    return Bundle(
        name=content["name"],
        violations=tuple(ViolationSpec(**violation) for violation in content["violations"]),
        left_out=content["left_out"],
        extractor=Extractor(**content["extractor"]),
        config=config,
        scored_by={head: tuple(slugs) for head, slugs in content["scored_by"].items()},
        fusions={slug: _fusion(parts) for slug, parts in content["calibration"].items()},
        thresholds=content["thresholds"],
        floors=content["floors"],
        bands={slug: _band(parts) for slug, parts in content["bands"].items()},
        annotators=tuple(content["annotators"]),
        panel=tuple(content["panel"]),
        metrics=content["metrics"],
        seed=content["seed"],
        data_hash=content["data_hash"],
        code_version=content["code_version"],
        created_at=content["created_at"],
        model=model,
        digest=digest,
    )


def _fusion(parts: dict[str, Any]) -> TypeFusion:
    lines = {
        name: None if parts[name] is None else Platt(**parts[name])
        for name in ("picture", "sound", "joint", "final")
    }
    return TypeFusion(
        modality=parts["modality"], joint_share=parts["joint_share"], blend=parts["blend"], **lines
    )


def _band(parts: dict[str, Any]) -> BandEvidence:
    bounds = parts["interval"]
    return BandEvidence(**parts | {"interval": None if bounds is None else (bounds[0], bounds[1])})
