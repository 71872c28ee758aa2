"""Memory does not grow with a film's length: ten hours must fit where one minute does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ml.media.films import still, write_film

ROOT = Path(__file__).parents[3]
ALLOWED_MB = 12  # allocator noise; a minute of these pictures held would be over 50 MB, of sound 4 MB
SHEET_MB = 40  # 60 tiles become 200, and never more

PASSES = {
    "pictures": "for _ in frames(film, rate_hz=4, width=160, height=120): pass",
    "groups": "for _ in frame_groups(film, rate_hz=2, offsets_s=(0, -1/12, -1/3), size=(160, 120)): pass",
    "key frames": "for _ in keyframes(film): pass",
    "sound": "for _ in audio_blocks_at(film, rates_hz=(16000, 32000)): pass",
    "proxy": "write_proxy(film, film + '.proxy.mp4')",
    "thumbnails": "write_thumbnails(film, film + '.jpg')",
}
PROGRAM = """
import sys
from ml.media.audio import audio_blocks_at
from ml.media.frames import frame_groups, frames
from ml.media.proxy import write_proxy
from ml.media.seeking import keyframes
from ml.media.thumbnails import write_thumbnails
film = sys.argv[1]
{work}
# Not getrusage: that remembers the peak of the process that started this one.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) / 1024)
"""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("films")
    short = write_film(folder / "short.mkv", seconds=60, fps=10, picture=still)
    long = write_film(folder / "long.mkv", seconds=600, fps=10, picture=still)
    return short, long


def _peak_mb(film: Path, work: str) -> float:
    command = [sys.executable, "-c", PROGRAM.format(work=work), str(film)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    return float(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PASSES))
def test_ten_minutes_take_no_more_memory_than_one(films: tuple[Path, Path], name: str) -> None:
    short, long = (_peak_mb(film, PASSES[name]) for film in films)
    assert long - short < (SHEET_MB if name == "thumbnails" else ALLOWED_MB)
    assert long < 300
