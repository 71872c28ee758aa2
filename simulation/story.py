"""The words of a film: its shots, the violations in it and the near-misses; and its truth as a sidecar."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

SCENES = ("street", "park", "room", "stage", "coast", "pitch", "station", "workshop")
PALETTES = ("day", "dusk", "night", "overcast", "golden", "neon")
VIOLATIONS = ("photosensitive-flashing", "gunfire", "physical-fight", "distress-sound")
PICTURE_NEAR_MISSES = ("fast_pan", "camera_flash", "lightning", "slow_lights", "dancing")
SOUND_NEAR_MISSES = (
    "applause",
    "loud_music",
    "door_slam",
    "car_horn",
    "hammering",
    "drums",
    "singing",
    "cheering",
)
NEAR_MISSES = PICTURE_NEAR_MISSES + SOUND_NEAR_MISSES
TRUTH_FORMAT = 1


@dataclass(frozen=True)
class Event:
    """A violation that happens in a film, half-open in seconds."""

    violation: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class NearMiss:
    """Something harmless that resembles a violation, half-open in seconds."""

    kind: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Shot:
    """One uncut stretch of film: where it is, in what light, and how the camera moves."""

    scene: str
    palette: str
    camera: str
    start_s: float
    end_s: float
    seed: int


@dataclass(frozen=True)
class FilmSettings:
    """What the generator may vary; two settings give films of visibly different making."""

    width: int = 640
    height: int = 360
    fps: int = 24
    min_s: float = 20.0
    max_s: float = 60.0
    noise: float = 2.0  # spread of the grain, in grey levels
    sample_rate: int = 32000
    loudness: tuple[float, float] = (0.45, 0.95)  # the film's gain is drawn between these
    ambience: float = 1.0  # level of the background against the incidents
    speed: float = 1.0  # how fast people and cars move
    shake: float = 1.0  # how unsteady the hand is
    violating_share: float = 0.5
    scenes: tuple[str, ...] = ("street", "park", "room", "stage", "coast", "pitch", "station", "workshop")
    palettes: tuple[str, ...] = ("day", "dusk", "night", "overcast")
    crf: int = 27

    def __post_init__(self) -> None:
        """Fail at start on a nonsense setting, with its name."""
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 64:
            raise ValueError("width and height must be even and at least 64: H.264 halves the colour planes.")
        if not 12 <= self.fps <= 60:
            raise ValueError("fps must lie between 12 and 60: flashing above 3 a second needs the frames.")
        if not 18.0 <= self.min_s <= self.max_s:
            raise ValueError("min_s must be at least 18 and at most max_s: three incidents need the room.")
        if not 0.0 <= self.violating_share <= 1.0:
            raise ValueError("violating_share must lie between 0 and 1.")
        if set(self.scenes) - set(SCENES) or not self.scenes:
            raise ValueError(f"scenes must be some of {', '.join(SCENES)}.")
        if set(self.palettes) - set(PALETTES) or not self.palettes:
            raise ValueError(f"palettes must be some of {', '.join(PALETTES)}.")


DEFAULT = FilmSettings()
OTHER_SETTINGS = FilmSettings(
    width=480,
    height=360,
    fps=30,
    min_s=22.0,
    max_s=48.0,
    noise=4.0,
    sample_rate=44100,
    loudness=(0.3, 0.8),
    ambience=1.3,
    speed=1.25,
    shake=1.5,
    scenes=("station", "workshop", "street", "park", "stage", "room"),
    palettes=("golden", "neon", "overcast", "night"),
    crf=29,
)


@dataclass(frozen=True)
class Incident:
    """An event or a near-miss as the renderers see it; its seed is shared by picture and sound."""

    kind: str
    start_s: float
    end_s: float
    seed: tuple[int, ...]

    @property
    def length_s(self) -> float:
        """How long it lasts."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class FilmPlan:
    """Everything a film is made from; rendering it twice gives the same bytes."""

    name: str
    title: str
    description: str
    uploader: str
    source: str
    duration_s: float
    seed: int
    shots: tuple[Shot, ...]
    events: tuple[Event, ...]
    near_misses: tuple[NearMiss, ...]

    def incidents(self) -> list[Incident]:
        """Events first, then near-misses, each with a seed of its own."""
        named = [(e.violation, e.start_s, e.end_s) for e in self.events]
        named += [(n.kind, n.start_s, n.end_s) for n in self.near_misses]
        return [Incident(kind, start, end, (self.seed, 7, i)) for i, (kind, start, end) in enumerate(named)]


def truth_to_dict(plan: FilmPlan) -> dict[str, Any]:
    """The film's truth as a JSON-safe sidecar."""
    return {"format": TRUTH_FORMAT, **asdict(plan)}


def truth_from_dict(data: dict[str, Any]) -> FilmPlan:
    """The plan that a sidecar was written from."""
    if data.get("format") != TRUTH_FORMAT:
        raise ValueError(
            f"This truth has format {data.get('format')!r}; expected {TRUTH_FORMAT}. Render the film again."
        )
    values = {field.name: data[field.name] for field in fields(FilmPlan)}
    values["shots"] = tuple(Shot(**shot) for shot in data["shots"])
    values["events"] = tuple(Event(**event) for event in data["events"])
    values["near_misses"] = tuple(NearMiss(**miss) for miss in data["near_misses"])
    return FilmPlan(**values)
