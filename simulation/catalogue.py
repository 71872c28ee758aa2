"""The demo's policies: what counts, what does not, and how serious it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Modality = Literal["picture", "sound", "both"]


@dataclass(frozen=True)
class CatalogueType:
    """A violation type as the demo knows it."""

    slug: str
    name: str
    modality: Modality
    key: str  # the number key that picks it in the workbench
    colour: str
    guideline: str


@dataclass(frozen=True)
class CataloguePolicy:
    """A policy with its types; severity weighs hints, enforcement is what a confirmed violation leads to."""

    slug: str
    name: str
    severity: float
    colour: str
    enforcement: str
    guideline: str
    violation_types: tuple[CatalogueType, ...]


_FIGHT = CatalogueType(
    slug="physical-fight",
    name="Physical fight",
    modality="picture",
    key="1",
    colour="#e03131",
    guideline=(
        "Two or more people who hit, kick, wrestle or throw each other in anger. Mark from the first blow "
        "or grab to the moment they separate; a pause of less than two seconds belongs to the same "
        "segment. Being shown from far away or partly hidden does not matter. Not a fight: dancing, sport "
        "within its rules, hugging, play that both sides enjoy, a quarrel in words only, and camera shake "
        "without contact."
    ),
)
_GUNFIRE = CatalogueType(
    slug="gunfire",
    name="Gunfire",
    modality="both",
    key="2",
    colour="#d9480f",
    guideline=(
        "A firearm is fired: the bang is heard and the muzzle flash or the person firing is seen. Mark "
        "from the first shot to the end of the last one; bursts less than two seconds apart are one "
        "segment. Both picture and sound are needed: a bang alone may be a door, a hammer or a drum, and a "
        "flash alone may be a camera. Not gunfire: fireworks, thunder, tools, and a weapon that is shown "
        "but not fired."
    ),
)
_FLASHING = CatalogueType(
    slug="photosensitive-flashing",
    name="Photosensitive flashing",
    modality="picture",
    key="3",
    colour="#9c36b5",
    guideline=(
        "More than three flashes within any one second over at least a quarter of the picture (WCAG "
        "2.3.1): light against dark, or a saturated red that comes and goes. Mark from the first to the "
        "last flash. It may harm people with photosensitive epilepsy, so judge what is on the screen and "
        "not why it is there. Not a violation: one or two camera flashes, lightning, lights that fade "
        "slowly, a fast pan, and small flickering lamps in the distance."
    ),
)
_DISTRESS = CatalogueType(
    slug="distress-sound",
    name="Distress sound",
    modality="sound",
    key="4",
    colour="#1c7ed6",
    guideline=(
        "Screaming, sobbing or crying for help by somebody in fear or pain, whether or not the person is "
        "seen. Watch with the sound on. Mark from the first cry to the end of the last; breaths between "
        "cries belong to the segment. Not distress: singing, cheering, applause, laughter, shouting in a "
        "game, car horns and loud music."
    ),
)

POLICIES: tuple[CataloguePolicy, ...] = (
    CataloguePolicy(
        slug="violence",
        name="Violence",
        severity=3.0,
        colour="#e03131",
        enforcement="remove",
        guideline=(
            "We do not show people being attacked or shot at. Label every moment in which violence is seen "
            "happening; talk about violence, its preparation and its aftermath are not covered by this "
            "policy. When in doubt whether a scene is staged, label it: the context is weighed after the "
            "review. News and documentary material is labelled the same way and escalated."
        ),
        violation_types=(_FIGHT, _GUNFIRE),
    ),
    CataloguePolicy(
        slug="harmful-visual-effects",
        name="Harmful visual effects",
        severity=2.0,
        colour="#9c36b5",
        enforcement="age_restrict",
        guideline=(
            "Some effects can cause seizures. The rule protects viewers from what the picture does, "
            "whatever it shows, so art, games and concerts are not exempt. Judge at normal speed and full "
            "brightness, and look away between passes if you feel unwell: you may skip any such video "
            "without giving a reason."
        ),
        violation_types=(_FLASHING,),
    ),
    CataloguePolicy(
        slug="distress",
        name="Distress",
        severity=1.5,
        colour="#1c7ed6",
        enforcement="limit",
        guideline=(
            "Recordings of people in acute fear or pain are limited in reach, out of respect for them and "
            "for those who listen. What matters is what is heard. Label each outburst, however short; the "
            "severity is decided afterwards. Acted scenes that cannot be told from real ones are labelled "
            "too."
        ),
        violation_types=(_DISTRESS,),
    ),
)
MODALITIES: dict[str, Modality] = {t.slug: t.modality for p in POLICIES for t in p.violation_types}
