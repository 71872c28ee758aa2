"""Frame times and cuts of a video: left by an analysis, and added later to those that lack them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from ml.media.cuts import cut_times_ms
from ml.media.frame_index import FrameTimes, read_frame_times
from review.media import media_path
from review.models import AnalysisStage, Video
from tests.worker.clips import write_clip
from tests.worker.stored import a_video, analysed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]


def remuxed(clip: Path, target: Path) -> Path:
    """The same packets in another container."""
    with av.open(str(clip)) as source, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return target


def test_an_analysis_leaves_frame_times_and_cuts(tmp_path: Path) -> None:
    video = a_video(write_clip(tmp_path / "clip.mp4", seconds=1.5))
    analysed(video)
    assert video.frames is not None
    assert video.cuts is not None
    found = read_frame_times(media_path(video.frames["path"]))
    assert len(found.times_us) == video.frames["count"]
    assert media_path(video.cuts["path"]).stat().st_size == 4 * video.cuts["count"]


def test_an_older_video_gets_them_by_its_next_analysis_without_being_decoded(tmp_path: Path) -> None:
    video = a_video(write_clip(tmp_path / "clip.mp4", seconds=1.5))
    analysed(video)
    features = media_path(video.features_path)
    made = features.stat().st_mtime_ns
    for name in ("frames", "cuts"):
        media_path(getattr(video, name)["path"]).unlink()
    Video.objects.filter(pk=video.pk).update(frames=None, cuts=None)
    later = analysed(video)
    assert video.frames is not None
    assert video.cuts is not None
    assert media_path(video.frames["path"]).is_file()
    assert features.stat().st_mtime_ns == made
    ran = set(AnalysisStage.objects.filter(analysis=later).values_list("name", flat=True))
    assert "frames" in ran
    assert not ran & {"features", "proxy"}
    again = analysed(video)
    assert not AnalysisStage.objects.filter(analysis=again, name="frames").exists(), "once is enough"


def test_a_file_that_has_gone_is_still_scored_without_frame_times(tmp_path: Path) -> None:
    video = a_video(write_clip(tmp_path / "clip.mp4", seconds=1.5))
    analysed(video)
    Video.objects.filter(pk=video.pk).update(frames=None, cuts=None)
    media_path(video.path).write_bytes(b"no film any more")
    later = analysed(video)
    assert video.frames is None
    assert not AnalysisStage.objects.filter(analysis=later, state="running").exists()


def test_a_file_that_tells_no_times_is_asked_once(tmp_path: Path) -> None:
    video = a_video(write_clip(tmp_path / "clip.mp4", seconds=1.5))
    analysed(video)
    Video.objects.filter(pk=video.pk).update(frames={})
    again = analysed(video)
    assert video.frames_played is None
    assert not AnalysisStage.objects.filter(analysis=again, name="frames").exists()


def test_where_a_proxy_plays_what_it_shows_is_known(tmp_path: Path) -> None:
    video = a_video(remuxed(write_clip(tmp_path / "clip.mp4", seconds=1.5), tmp_path / "clip.mkv"))
    analysed(video)
    assert video.proxy_path
    assert video.frames_played is not None
    shown = read_frame_times(media_path(video.frames_played["path"]))
    own = read_frame_times(media_path((video.frames or {})["path"]))
    assert shown.shown_us is not None
    assert shown.times_us.tolist() == own.times_us.tolist()
    analysed(video)
    assert video.frames_played["path"].endswith("proxy-frames.bin"), "a later analysis forgets nothing"


def test_a_cut_is_told_to_the_frame_where_a_key_frame_tells_it() -> None:
    times = np.arange(100) * 40_000
    cuts = np.zeros(16, np.bool_)
    cuts[[4, 9]] = True
    found = FrameTimes(times, np.array([0, 27, 80]))  # a key frame at 1.08 s, none near 2.25 s
    assert cut_times_ms(cuts, 0.25, found).tolist() == [1080, 2240]
    assert cut_times_ms(cuts, 0.25, None).tolist() == [1000, 2250]
    assert cut_times_ms(cuts & False, 0.25, found).tolist() == []
