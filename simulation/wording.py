"""Plausible titles, descriptions and people: what a platform's upload form would have held."""

from __future__ import annotations

import numpy as np

TITLES = {
    "street": (
        "Walking home after work",
        "Rush hour on Mill Road",
        "夜の交差点 — night crossing",
        "Dashcam test, no talking",
    ),
    "park": (
        "Sunday in the park",
        "Jogging loop around the pond",
        "Пикник у реки",
        "Our dog finally met the ducks",
    ),
    "room": (
        "Flat tour (messy, sorry)",
        "We talk about the rent",
        "Réunion de famille, première partie",
        "House meeting",
    ),
    "stage": (
        "Live at the Old Depot",
        "Opening act — full song",
        "Soundcheck & first number",
        "الحفلة الأولى this summer",
    ),
    "coast": (
        "Waves for studying",
        "Ferry leaving the bay",
        "Costa del Sol, último día",
        "Sea fog coming in",
    ),
    "pitch": (
        "U16 semi-final highlights",
        "Five-a-side, Thursday group",
        "Derby day ⚽ second half",
        "Penalty practice",
    ),
    "station": (
        "Missed the 18:04 again",
        "Platform 3, the slow train",
        "Warten auf den Zug",
        "Trainspotting, quiet morning",
    ),
    "workshop": (
        "Building a bench, day 2",
        "Shop tour: hand tools",
        "Как я чиню стул",
        "Fixing the garage door",
    ),
}
LONG_TITLE = (
    "{title} — the complete and unabridged recording as it happened, including the part everybody "
    "kept asking about in the comments of the previous upload (please read the "
    "description before reporting) 🎬"
)
DESCRIPTIONS = (
    "Recorded on my phone, sorry for the shake.",
    "No edits, straight from the camera. Second part follows next week.",
    "",
    "Reupload because the sound was missing the first time. Thanks to everyone who wrote!",
    "Filmed with permission of everybody in the picture.\nMusic: own recording.",
    "short one today 🙂 #daily #vlog #{scene}",
    "Archive footage, camera 2, local time. For questions use the contact form on the channel page; "
    "I do not read the comments.",
)
UPLOADERS = (
    "mira_k",
    "old.depot.live",
    "Jonas Weber",
    "north-shore-cam",
    "さくら",
    "t_adeyemi",
    "Club Atlético Río",
    "handmade_hal",
)
SOURCES = (
    "phone-uploads",
    "city-cam-4",
    "depot-archive",
    "club-channel",
    "family-tapes",
    "partner-feed-eu",
    "workshop-vlog",
)


def title_for(scene: str, rng: np.random.Generator) -> str:
    """A title that fits the scene; now and then a very long one."""
    title = str(rng.choice(TITLES[scene]))
    if rng.random() < 0.12:
        return LONG_TITLE.format(title=title)
    return f"{title} #{int(rng.integers(1, 60))}" if rng.random() < 0.4 else title


def description_for(scene: str, rng: np.random.Generator) -> str:
    """A description, sometimes empty, as people leave it."""
    return str(rng.choice(DESCRIPTIONS)).replace("{scene}", scene)
