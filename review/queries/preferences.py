"""What a person chose, and what their organisation chose for whoever chose nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from review.models import Defaults, User
from review.services.preferences import Defaultable, Preferences, defaults_read, preferences_read


@dataclass(frozen=True)
class PersonPreferences:
    """A person's own choices; a field that is missing follows `defaults`, then Spotter itself."""

    own: Preferences
    defaults: Defaultable


def preferences_of(person: User) -> PersonPreferences:
    """Fresh from the database: another window may have saved since."""
    own = User.objects.values_list("preferences", flat=True).get(pk=person.pk)
    return PersonPreferences(own=preferences_read(own), defaults=defaults_get())


def defaults_changed() -> Defaults | None:
    """Who changed the defaults last, and when."""
    return Defaults.objects.select_related("changed_by").first()


def defaults_get() -> Defaultable:
    stored = Defaults.objects.values_list("preferences", flat=True).first()
    return defaults_read(stored)


def preferences_wire(person: User) -> dict[str, Any]:
    """The same as GET /api/me/preferences, for a page that must not wait for it."""
    found = preferences_of(person)
    return {
        "own": found.own.model_dump(exclude_none=True),
        "defaults": found.defaults.model_dump(exclude_none=True),
    }


def language_of(person: User) -> str:
    """The person's language, else the organisation's; empty: the browser's."""
    own = preferences_read(person.preferences).language
    return own if own is not None else defaults_get().language or ""
