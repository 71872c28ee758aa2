"""Files that break players, from other projects' tests: analysed, or refused with a code and a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from ml.errors import MediaRefused
from ml.features import extract
from ml.media.opening import Tally
from ml.media.probe import probe
from ml.media.proxy import proxy_reason

DATA = Path(os.environ.get("SPOTTER_DATA", Path(__file__).parents[4] / "shared" / "data")) / "odd"
FILES = sorted(path for path in DATA.rglob("*.*") if path.is_file()) if DATA.is_dir() else []
REFUSED = {
    # Headers of a stream without its pieces.
    "bipbop-cenc-audioinit.mp4": "zero_duration",
    "bipbop_480wp_1001kbps-cenc-video-key1-init.mp4": "zero_duration",
    "bipbop_audioinit.mp4": "zero_duration",
    "bipbop_cbcs_audio_init.mp4": "zero_duration",
    "bipbop_cbcs_video_init.mp4": "zero_duration",
    # Indexes that point beyond the file.
    "bipbop_nonfragment_header.mp4": "truncated",
    "invalid_userdata.mp4": "truncated",
    "chunk_out_of_range.mp4": "not_media",
    # Encrypted, or nothing decodable in it.
    "short-cenc.mp4": "decode_failed",
    "test_case_1185230.mp4": "decode_failed",
    "zero_empty_stsc.mp4": "decode_failed",
}
BROKEN = {"corrupted.mp4", "no_timescale.mp4", "opus_audioinit_two_desc.mp4"}
ROTATED = {"video_90.mov": 90, "video_180.mov": 180, "video_270.mov": 270, "video_rotation_90.mp4": 90}


pytestmark = pytest.mark.skipif(not FILES, reason="SPOTTER_DATA has no folder odd")


@pytest.mark.parametrize("path", [p for p in FILES if p.name not in REFUSED], ids=lambda path: path.name)
def test_an_odd_file_is_analysed(path: Path) -> None:
    facts, tally = probe(path), Tally()
    features = extract(path, facts=facts, tally=tally)
    assert features.picture_mask.any() == facts.has_picture
    assert np.isfinite(features.picture).all()
    assert np.isfinite(features.sound).all()
    assert facts.rotation == ROTATED.get(path.name, 0)
    assert (tally.broken_packets > 0) == (path.name in BROKEN)
    assert tally.backward_frames <= tally.broken_packets
    assert (tally.untimed_frames, tally.non_finite) == (0, 0)


@pytest.mark.parametrize("path", [p for p in FILES if p.name in REFUSED], ids=lambda path: path.name)
def test_an_odd_file_is_refused_with_a_code_and_a_sentence(path: Path) -> None:
    with pytest.raises(MediaRefused) as caught:
        probe(path)
    assert caught.value.code == REFUSED[path.name]
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("mp4parse/no_timescale.mp4", "damaged"),
        ("decord/corrupted.mp4", "damaged"),
        ("mp4parse/sine-3s-xhe-aac-44khz-mono.mp4", "xHE-AAC"),
    ],
)
def test_what_chromium_was_seen_to_fail_on_gets_a_proxy(name: str, word: str) -> None:
    tally = Tally()
    facts = probe(DATA / name)
    extract(DATA / name, facts=facts, tally=tally)
    assert word in (proxy_reason(facts, broken_packets=tally.broken_packets) or "")
