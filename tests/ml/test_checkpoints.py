"""A training that was killed goes on where it was, and ends with the same bytes."""

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ml.checkpoints import Checkpoints, checkpoint_key, phase
from ml.train import train_bundle
from tests.ml.making import SPECS, make_examples

FILMS = 6
PICTURES, SOUND, BOTH = (
    "learning from the pictures",
    "learning from the sound",
    "learning from pictures and sound together",
)
KEPT = ": kept from an earlier attempt"

# Trains in a process of its own, which is killed without warning as soon as a stage is reached.
VICTIM = """
import os, signal, sys
from pathlib import Path
from ml.train import train_bundle
from tests.ml.making import SPECS, make_examples
folder, stage_to_die_at = Path(sys.argv[1]), sys.argv[2]
def die(done, stage, figures):
    if stage == stage_to_die_at:
        os.kill(os.getpid(), signal.SIGKILL)
examples = make_examples(folder, int(sys.argv[3]), people=2)
train_bundle(examples, violations=SPECS, out_dir=folder / "never", name="x",
             on_progress=die, checkpoints=folder / "checkpoints")
"""


@dataclass
class Run:
    """What a training said and made."""

    digest: str
    stages: list[str]


def train(folder: Path, out: str, checkpoints: Path | None, *, seed: int = 0) -> Run:
    stages: list[str] = []
    metrics = train_bundle(
        make_examples(folder, FILMS, people=2),
        violations=SPECS,
        out_dir=folder / out,
        name="x",
        seed=seed,
        on_progress=lambda _done, stage, _figures: stages.append(stage),
        checkpoints=checkpoints,
    )
    return Run(metrics["digest"], stages)


def killed_at(stage: str, folder: Path) -> None:
    words = [sys.executable, "-c", VICTIM, str(folder), stage, str(FILMS)]
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not (folder / "never").exists()


def test_a_killed_training_repeats_no_finished_head_and_gives_the_same_bytes(tmp_path: Path) -> None:
    undisturbed = train(tmp_path, "undisturbed", None)
    killed_at(BOTH, tmp_path)
    written = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "checkpoints").iterdir()}
    assert sorted(written) == ["head-picture.safetensors", "head-sound.safetensors"]
    again = train(tmp_path, "again", tmp_path / "checkpoints")
    assert again.digest == undisturbed.digest
    assert {PICTURES + KEPT, SOUND + KEPT} <= set(again.stages)
    assert BOTH + KEPT not in again.stages
    assert all((tmp_path / "checkpoints" / name).stat().st_mtime_ns == at for name, at in written.items())


def test_damaged_and_foreign_parts_are_computed_again_and_it_is_said(tmp_path: Path) -> None:
    undisturbed = train(tmp_path, "undisturbed", tmp_path / "checkpoints")
    picture, sound = (tmp_path / "checkpoints" / f"head-{name}.safetensors" for name in ("picture", "sound"))
    whole = bytearray(picture.read_bytes())
    whole[-5] ^= 1
    picture.write_bytes(whole)
    sound.write_bytes(sound.read_bytes()[:300])
    again = train(tmp_path, "again", tmp_path / "checkpoints")
    assert again.digest == undisturbed.digest
    damaged = ": what was kept of it is damaged, so it is computed again"
    assert {PICTURES + damaged, SOUND + damaged, BOTH + KEPT} <= set(again.stages)
    other = train(tmp_path, "other", tmp_path / "checkpoints", seed=7)
    foreign = ": what was kept of it belongs to another training, so it is computed again"
    assert {PICTURES + foreign, SOUND + foreign, BOTH + foreign} <= set(other.stages)
    assert not any(stage.endswith(KEPT) for stage in other.stages)


@dataclass(frozen=True)
class Made:
    name: str
    rows: np.ndarray
    more: dict[str, tuple[torch.Tensor, float]]


def computed_again() -> Made:
    raise AssertionError("computed again")


def test_a_phase_comes_back_to_the_bit_and_so_does_its_module(tmp_path: Path) -> None:
    rows, tensor = np.array([0.1, np.nan], np.float32), torch.arange(3)
    made, module = Made("a", rows, {"b": (tensor, 0.1)}), nn.Linear(2, 1)
    kept = Checkpoints(tmp_path / "c", checkpoint_key(rows, 1))
    assert phase(kept, "p", module, lambda: made, (Made,)) is made
    other = nn.Linear(2, 1)
    back = phase(kept, "p", other, computed_again, (Made,))
    assert torch.equal(module.weight, other.weight)
    assert back.rows.tobytes() == rows.tobytes()
    assert torch.equal(back.more["b"][0], tensor)
    assert (back.name, back.more["b"][1]) == ("a", 0.1)


def test_another_label_is_another_training() -> None:
    assert checkpoint_key(np.zeros(3), "a") == checkpoint_key(np.zeros(3), "a")
    keys = {
        checkpoint_key(np.zeros(3), "a"),
        checkpoint_key(np.ones(3), "a"),
        checkpoint_key(np.zeros(3), "b"),
    }
    assert len(keys) == 3
