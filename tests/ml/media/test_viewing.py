"""What people see of interlaced and high-dynamic-range films; and of films with hardly any frame."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from ml.errors import MediaRefused
from ml.features import extract
from ml.media.frames import frame_groups, timed_pictures
from ml.media.probe import probe
from ml.media.proxy import write_proxy
from ml.media.thumbnails import write_thumbnails
from tests.ml.media.films import Image, moving, write_film


def _two_fields(t: float) -> Image:
    """A white bar crossing fast, the second field's 20 ms later: what a camera's fields see."""
    image = np.full((120, 160, 3), 16, np.uint8)
    for field in (0, 1):
        left = int((t + 0.02 * field) * 500) % 120
        image[field::2, left : left + 40] = 235
    return image


def _comb(film: Path) -> float:
    """How much neighbouring rows differ, on average, in one frame of the middle."""
    grey = [frame.to_ndarray(format="gray") for _, frame in timed_pictures(film)][12].astype(int)
    return float(np.abs(np.diff(grey, axis=0)).mean())


def test_a_proxy_of_an_interlaced_film_has_no_combs_and_the_same_times(tmp_path: Path) -> None:
    options = {"flags": "+ildct+ilme", "b": "4000000"}
    film = write_film(
        tmp_path / "film.ts", codec="mpeg2video", picture=_two_fields, sound=None, codec_options=options
    )
    write_proxy(film, tmp_path / "proxy.mp4")
    assert _comb(film) > 20
    assert _comb(tmp_path / "proxy.mp4") < 5
    times = [t for t, _ in timed_pictures(tmp_path / "proxy.mp4")]
    assert times == pytest.approx([t for t, _ in timed_pictures(film)], abs=0.002)


def test_thumbnails_of_an_interlaced_film_show_one_moment(tmp_path: Path) -> None:
    options = {"x264-params": "interlaced=1:tff=1"}
    film = write_film(tmp_path / "film.mp4", picture=_two_fields, sound=None, codec_options=options)
    write_thumbnails(film, tmp_path / "sheet.jpg")
    sheet = cv2.imread(str(tmp_path / "sheet.jpg"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    tile = sheet[:, :160].astype(int)
    assert (np.abs(np.diff(tile, axis=0)).mean(axis=0) < 12).all()
    assert tile[:, 45:60].max() < 40  # where only the second field is white


@pytest.mark.parametrize(("curve", "at", "below"), [(16, 40, 60), (18, 100, 145)], ids=["PQ", "HLG"])
def test_a_proxy_of_an_hdr_film_has_the_range_of_a_screen(
    tmp_path: Path, curve: int, at: int, below: int
) -> None:
    def greys(t: float) -> Image:
        return np.repeat(np.linspace(0, 255, 160).astype(np.uint8)[None, :, None], 120, 0).repeat(3, 2)

    film = write_film(
        tmp_path / "film.mp4",
        codec="libx265",
        pixels="yuv420p10le",
        picture=greys,
        sound=None,
        seconds=0.2,
        codec_options={"preset": "ultrafast", "x265-params": "log-level=none:pools=1"},
        colours=(curve, 9),
    )
    write_proxy(film, tmp_path / "proxy.mp4")
    _, frame = next(timed_pictures(tmp_path / "proxy.mp4"))
    row = frame.to_ndarray(format="gray")[60].astype(int)
    assert int(frame.color_trc) not in (16, 18)
    assert (np.diff(row[::8]) >= -1).all()
    assert row[at] < below  # shown as it is, it would be 71 of PQ and 153 of HLG
    assert row[-1] > 200


def test_a_film_of_one_frame_is_analysed(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=0.04, sound=None)
    facts = probe(film)
    assert facts.duration_ms == pytest.approx(40, abs=2)
    features = extract(film)
    assert features.picture_mask.tolist() == [True]
    [group] = frame_groups(film, rate_hz=2, offsets_s=(0.0, -0.1), size=(32, 24))
    assert group.times_s == (0.0, 0.0)
    layout = write_thumbnails(film, tmp_path / "sheet.jpg")
    assert layout is not None
    assert layout["count"] == 1
    write_proxy(film, tmp_path / "proxy.mp4")
    assert len(list(timed_pictures(tmp_path / "proxy.mp4"))) == 1


def test_a_film_whose_frames_all_fail_but_whose_sound_plays_is_sound(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mkv", seconds=2.0, codec="mpeg4", sound_codec="pcm_s16le")
    data = bytearray(film.read_bytes())
    at = 0
    while (at := data.find(b"\x00\x00\x01\xb6", at)) >= 0:  # the start of each MPEG-4 frame
        data[at : at + 4] = b"\x00\x00\x00\x00"
    film.write_bytes(bytes(data))
    facts = probe(film)
    assert (facts.has_picture, facts.has_sound) == (False, True)
    features = extract(film, facts=facts)
    assert not features.picture_mask.any()
    assert features.sound_mask.any()


def test_a_film_without_any_frame_is_refused(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", picture=moving, sound=None, times=[0.0])
    data = film.read_bytes()
    film.write_bytes(data.replace(b"avc1", b"xxxx"))
    with pytest.raises(MediaRefused) as caught:
        probe(film)
    assert caught.value.code in ("no_streams", "decode_failed")


def test_raw_pictures_without_times_are_refused_with_what_to_do(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.h264", sound=None)
    with pytest.raises(MediaRefused, match="MP4 or MKV") as caught:
        probe(film)
    assert caught.value.code == "zero_duration"
