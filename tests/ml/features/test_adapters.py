"""Networks of your own: chosen, checked, run in the place of the catalogue's, and part of the version."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from av import VideoFrame
from numpy.typing import NDArray

from ml.errors import WeightsRefused
from ml.features import extract, extractor_version, load_features, save_features
from ml.features.adapters import WindowEmbedding, load_adapter
from ml.features.onnx_graph import Graph
from ml.features.pictures import Pictures
from ml.features.spool import Spool
from ml.features.watching import PictureEmbedding
from ml.media.opening import Tally
from ml.torchaudio_stub import torchaudio_models
from ml.weights import present
from ml.weights.__main__ import main
from ml.weights.sidecars import read_sidecar
from tests.ml.features.published import WEIGHTS, needs_weights
from tests.ml.media.films import write_film

PICTURE = {
    "file": "eye.onnx",
    "format": "onnx",
    "kind": "motion",
    "licence": "MIT",
    "input": {"name": "images", "shape": [3, 32, 32]},
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "output": {"name": "n1", "width": 3},
}
SOUND = {
    "file": "ear.onnx",
    "format": "onnx",
    "kind": "sound",
    "licence": "MIT",
    "input": {"name": "wave", "shape": [8000]},
    "rate_hz": 8000,
    "output": {"name": "n0", "width": 1},
}
TINY: dict[str, Any] = {
    "extractor_mode": "group_norm",
    "extractor_conv_layer_config": [[8, 10, 5], [8, 8, 8]],
    "extractor_conv_bias": False,
    "encoder_embed_dim": 16,
    "encoder_projection_dropout": 0.0,
    "encoder_pos_conv_kernel": 8,
    "encoder_pos_conv_groups": 2,
    "encoder_num_layers": 1,
    "encoder_num_heads": 2,
    "encoder_attention_dropout": 0.0,
    "encoder_ff_interm_features": 32,
    "encoder_ff_interm_dropout": 0.0,
    "encoder_dropout": 0.0,
    "encoder_layer_norm_first": False,
    "encoder_layer_drop": 0.0,
    "aux_num_out": None,
}
SPEECH = {
    "file": "tiny.pt",
    "format": "torchaudio",
    "kind": "sound",
    "licence": "MIT",
    "architecture": TINY,
    "input": {"shape": [16000]},
    "rate_hz": 16000,
    "output": {"width": 16},
}


def _write(folder: Path) -> None:
    """Networks whose answers are known: the mean of each colour, the loudest sample."""
    eye = Graph()
    eye.node("Flatten", [eye.node("GlobalAveragePool", ["images"])])
    (folder / "eye.onnx").write_bytes(eye.model({"images": ["n", 3, 32, 32]}, ["n1"]))
    ear = Graph()
    ear.node("ReduceMax", ["wave"], axes=[1], keepdims=1)
    (folder / "ear.onnx").write_bytes(ear.model({"wave": ["n", 8000]}, ["n0"]))
    torch.manual_seed(0)
    torch.save(torchaudio_models().wav2vec2_model(**TINY).state_dict(), folder / "tiny.pt")
    for name, told in (("eye.json", PICTURE), ("ear.json", SOUND), ("tiny.json", SPEECH)):
        (folder / name).write_text(json.dumps(told))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "weights"
    made.mkdir()
    _write(made)
    return made


def test_pictures_are_normalised_as_the_sidecar_says(folder: Path) -> None:
    run = load_adapter(folder, read_sidecar(folder, "eye.json"))
    image = np.zeros((2, 3, 32, 32), np.uint8)
    image[:, 1], image[1, 2] = 255, 51
    wanted = np.array([[-1, 1, -1], [-1, 1, -0.6]], np.float32)
    np.testing.assert_allclose(run(image), wanted, atol=1e-6)


def test_a_torchaudio_model_gives_the_mean_of_its_last_layer(folder: Path) -> None:
    run = load_adapter(folder, read_sidecar(folder, "tiny.json"))
    rows = run(np.random.default_rng(0).standard_normal((2, 16000)).astype(np.float32))
    assert rows.shape == (2, 16)
    assert np.abs(rows[0] - rows[1]).max() > 1e-4


@pytest.mark.parametrize("block", [40000, 7777, 800])
def test_a_window_lies_around_its_step_and_inside_the_sound(folder: Path, block: int) -> None:
    wave = np.zeros(40000, np.float32)
    wave[20000] = 1.0  # at 2.5 s: within half a second of the middles of steps 8..11
    heard = WindowEmbedding(
        load_adapter(folder, read_sidecar(folder, "ear.json")),
        read_sidecar(folder, "ear.json"),
        30,
        Tally(),
    )
    for at in range(0, len(wave), block):
        heard.add(at / 8000, wave[at : at + block])
    heard.finish()
    assert np.flatnonzero(heard.rows()[:, 0]).tolist() == [8, 9, 10, 11]


def _changed(told: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**told, **changes}.items() if value != "left out"}


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        (_changed(PICTURE, format="tensorflow"), '"format" must be one of onnx, torchaudio'),
        (_changed(PICTURE, kind="smell"), '"kind" must be one of'),
        (_changed(PICTURE, licence="left out"), '"licence" must be a word'),
        (_changed(PICTURE, file="../eye.onnx"), "in the same folder"),
        (_changed(PICTURE, file=3), "in the same folder"),
        (_changed(PICTURE, input="images"), '"input" must be an object'),
        (_changed(PICTURE, input={"name": "images", "shape": [3, 32, 16]}), r"\[3, size, size\]"),
        (_changed(PICTURE, input={"name": "images", "shape": [3, 9999, 9999]}), "a size up to 512"),
        (_changed(PICTURE, std=[1, 1]), '"std" must be 3 numbers above 0'),
        (_changed(PICTURE, std=[1, 1, 0]), '"std" must be 3 numbers above 0'),
        (_changed(PICTURE, output={"name": "n1", "width": True}), '"width" must be a whole number'),
        (_changed(SOUND, rate_hz=96000), '"rate_hz" must be a whole number from 8000 to 48000'),
        (_changed(SOUND, input={"name": "wave", "shape": [10**9]}), "at most 30 seconds"),
        (_changed(SPEECH, architecture="gpt"), '"architecture" must be wav2vec2_base or hubert_base'),
        (_changed(SPEECH, kind="picture"), 'of kind "sound"'),
        (_changed(PICTURE, input={"name": "pixels", "shape": [3, 32, 32]}), "its inputs are"),
        (_changed(PICTURE, output={"name": "n9", "width": 3}), "its outputs are"),
        (_changed(PICTURE, output={"name": "n1", "width": 4}), "it gives .3. numbers an input, not 4"),
        (_changed(PICTURE, input={"name": "images", "shape": [3, 64, 64]}), "does not run on an input"),
        (_changed(SPEECH, architecture={**TINY, "encoder_embed_dim": 32}), "its layers are not those"),
        (_changed(SPEECH, architecture={"depth": 3}), "no such architecture"),
        (_changed(SPEECH, architecture={**TINY, "encoder_num_heads": 0}), "no such architecture"),
        (_changed(SPEECH, architecture={**TINY, "extractor_conv_layer_config": []}), "no such architecture"),
    ],
)
def test_a_sidecar_that_is_wrong_is_refused_in_one_sentence(
    folder: Path, told: dict[str, Any], complaint: str
) -> None:
    (folder / "wrong.json").write_text(json.dumps(told))
    with pytest.raises(WeightsRefused, match=complaint) as caught:
        load_adapter(folder, read_sidecar(folder, "wrong.json"))
    assert caught.value.code == "bad_sidecar"
    assert "wrong.json" in caught.value.sentence
    assert "\n" not in caught.value.sentence.split("(")[0]


def test_what_is_no_json_or_no_network_is_refused(folder: Path) -> None:
    (folder / "eye.json").write_text("{")
    with pytest.raises(WeightsRefused, match="not JSON"):
        read_sidecar(folder, "eye.json")
    with pytest.raises(WeightsRefused) as caught:
        read_sidecar(folder, "nothing.json")
    assert caught.value.code == "missing_weights"
    for name, sidecar in (("ear.onnx", "ear.json"), ("tiny.pt", "tiny.json")):
        (folder / name).write_bytes(b"nonsense")
        with pytest.raises(WeightsRefused) as caught:
            load_adapter(folder, read_sidecar(folder, sidecar))
        assert caught.value.code == "altered_weights"


def test_a_damaged_file_of_weights_is_refused_wherever_it_is_damaged(folder: Path) -> None:
    path, chance = folder / "tiny.pt", np.random.default_rng(0)
    torch.save(torch.load(path, weights_only=True), path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    for _ in range(40):
        data = bytearray(whole)
        for at in chance.integers(0, 2000, 5):
            data[at] = chance.integers(0, 256)
        path.write_bytes(data)
        with contextlib.suppress(WeightsRefused):  # anything else fails the test
            load_adapter(folder, read_sidecar(folder, "tiny.json"))


def test_a_picture_on_screen_for_long_is_embedded_once() -> None:
    asked: list[int] = []

    def run(image: NDArray[Any]) -> NDArray[np.float32]:
        asked.append(int(image[0, 0, 0, 0]))
        return np.full((1, 1), image[0, 0, 0, 0], np.float32)

    embedding = PictureEmbedding(run, Pictures(40, 8), Spool(40, 1), Tally())
    for time_s, colour in ((0.0, 50), (15.0, 90), (19.0, 90)):
        pixels = np.full((48, 64, 3), colour, np.uint8)
        embedding.look(time_s, VideoFrame.from_ndarray(pixels, format="rgb24"))
    embedding.finish(19.0)
    assert asked == [50, 90, 90]
    assert embedding.rows()[:39, 0].tolist() == [50] * 30 + [90] * 9


def _choose(folder: Path, **choice: str) -> None:
    (folder / "networks.json").write_text(json.dumps(choice))


@needs_weights
@pytest.mark.parametrize(("sound", "width"), [("ear.json", 1), ("tiny.json", 16)])
def test_chosen_networks_stand_in_the_place_of_the_published(
    folder: Path, tmp_path: Path, sound: str, width: int
) -> None:
    (folder / "silero_vad.onnx").write_bytes((WEIGHTS / "silero_vad.onnx").read_bytes())
    _choose(folder, picture="eye.json", sound=sound)
    film = write_film(tmp_path / "film.mp4", seconds=2.0)
    found = extract(film, weights=folder)
    assert found.picture_embedding.shape == ((len(found.cuts) + 1) // 2, 3)
    assert found.sound_embedding.shape == (len(found.cuts), width)
    assert np.any(found.sound_embedding, axis=1)[found.sound_mask].all()
    assert {"eye.onnx", "eye.json", sound} < set(found.weights)
    assert found.weights == present(folder)
    assert found.version == extractor_version(found.weights)
    save_features(found, tmp_path / "f.safetensors")
    assert load_features(tmp_path / "f.safetensors", tier="pretrained").version == found.version
    (folder / "eye.json").write_text(json.dumps(_changed(PICTURE, mean=[0.4, 0.5, 0.5])))
    assert extractor_version(present(folder) or {}) != found.version


@needs_weights
def test_verify_is_content_with_networks_of_your_own_in_the_place_of_the_published(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "silero_vad.onnx").write_bytes((WEIGHTS / "silero_vad.onnx").read_bytes())
    _choose(folder, picture="eye.json", sound="ear.json")
    assert main(["verify", "--weights", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [file["state"] for file in said["files"]] == ["replaced", "replaced", "intact"]
    assert {(one["place"], one["name"], one["licence"]) for one in said["own"]} == {
        ("picture", "eye.onnx", "MIT"),
        ("sound", "ear.onnx", "MIT"),
    }
    assert main(["list", "--weights", str(folder)]) == 0
    assert "eye.onnx" in capsys.readouterr().out
    (folder / "ear.onnx").unlink()
    assert main(["verify", "--weights", str(folder)]) == 1
    assert "ear.onnx" in capsys.readouterr().err


@needs_weights
def test_plain_pictures_reach_a_network_of_your_own(folder: Path, tmp_path: Path) -> None:
    for path in WEIGHTS.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "eye.json").write_text(json.dumps(_changed(PICTURE, kind="picture")))
    _choose(folder, picture="eye.json")

    def red_then_blue(t: float) -> NDArray[np.uint8]:
        picture = np.zeros((120, 160, 3), np.uint8)
        picture[..., 0 if t < 1.0 else 2] = 255
        return picture

    film = write_film(tmp_path / "film.mp4", seconds=2.0, picture=red_then_blue, sound=None)
    rows = extract(film, weights=folder).picture_embedding.astype(np.float32)
    assert (rows[:2, 0] > 0.8).all()
    assert (rows[:2, 2] < -0.8).all()
    assert (rows[2:4, 2] > 0.8).all()


def test_a_choice_that_is_wrong_is_refused(folder: Path) -> None:
    for choice, complaint in (({"nose": "eye.json"}, "no place"), ({"sound": "eye.json"}, "cannot stand")):
        _choose(folder, **choice)
        with pytest.raises(WeightsRefused, match=complaint) as caught:
            present(folder)
        assert caught.value.code == "bad_sidecar"
