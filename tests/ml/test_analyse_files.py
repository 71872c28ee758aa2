"""From real files to hints, as a stranger would on the command line: no Django, no database, no server."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml.analyse import analyse, main
from ml.bundle import load_bundle
from ml.features import extract, save_features
from ml.train import train_bundle
from ml.types import Annotation, Example, Mark, ViolationSpec
from tests.ml.media.films import Image, moving, write_film

SECONDS = 8.0
FLASHING = ViolationSpec("flashing", "picture")


def flashing_film(path: Path, start_s: float, *, seconds: float = SECONDS) -> Path:
    """A box moves; for three seconds from start_s on everything flashes eight times a second."""

    def picture(t: float) -> Image:
        bright = start_s <= t < start_s + 3.0 and int(t * 16) % 2
        return np.full_like(moving(t), 255) if bright else moving(t)

    return write_film(path, seconds=seconds, picture=picture)


@pytest.fixture(scope="module")
def flashing_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flashing")
    examples = []
    for number, start in enumerate((0.5, 1.5, 2.5, 4.0)):
        film = flashing_film(folder / f"{number}.mp4", start)
        save_features(extract(film), folder / f"{number}.safetensors")
        whole = ((0.0, SECONDS),)
        marks = (Mark(FLASHING.slug, start, start + 3.0),)
        truth = Annotation("truth", marks, whole, whole, (FLASHING.slug,))
        examples.append(
            Example(str(number), folder / f"{number}.safetensors", str(number), "train", (truth,))
        )
    train_bundle(examples, violations=[FLASHING], out_dir=folder / "bundle", name="flashing")
    return folder / "bundle"


def test_the_command_line_finds_the_flashing_in_a_real_file_without_django(
    flashing_bundle: Path, tmp_path: Path
) -> None:
    film = flashing_film(tmp_path / "a 'new' film.mp4", 3.25)
    code = (
        "import sys\n"
        "for name in ('django', 'celery', 'review', 'worker', 'config'): sys.modules[name] = None\n"
        "from ml.analyse import main\n"
        f"sys.exit(main([{str(film)!r}, '--bundle', {str(flashing_bundle)!r}, '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert len(said["curves"][FLASHING.slug]) == round(SECONDS / said["step_s"])
    best = said["hints"][0]
    assert abs(best["start_s"] - 3.25) <= 0.75
    assert abs(best["end_s"] - 6.25) <= 0.75


def test_a_film_of_a_few_frames_is_analysed(flashing_bundle: Path, tmp_path: Path) -> None:
    bundle = load_bundle(flashing_bundle)
    for name, seconds in (("one.mp4", 0.04), ("eight.mp4", 0.3)):
        result = analyse(extract(flashing_film(tmp_path / name, 0.0, seconds=seconds)), bundle)
        assert np.isfinite(result.curves[FLASHING.slug]).all()
        assert all(0 <= hint.start_s < hint.end_s <= seconds + 0.1 for hint in result.hints)


def test_a_file_that_is_not_there_or_no_film_is_answered_in_a_sentence(
    flashing_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.mp4").write_text("no film")
    wrong = {"none.mp4": "There is no file", "notes.mp4": "not a video", ".": "is a folder"}
    for file, said in ((tmp_path / name, said) for name, said in wrong.items()):
        assert main([str(file), "--bundle", str(flashing_bundle)]) == 1
        assert said in capsys.readouterr().err


def test_the_command_line_decodes_adaptively_when_asked(
    flashing_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = write_film(tmp_path / "calm.mp4", seconds=12.0)
    assert main([str(film), "--bundle", str(flashing_bundle), "--adaptive"]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == "No hints."
    [decoded, whole] = [int(word) for word in said.err.split() if word.isdigit()]
    assert decoded < whole == 12
