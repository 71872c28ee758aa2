"""Preferences: how the workbench meets a person. Their own choice goes before the organisation's default."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from review.models import Defaults, User
from review.services.audit import audit_write

ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Chord = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00]+$")]
TypeSlug = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]{1,50}$")]


class Defaultable(BaseModel):
    """What an organisation may choose for whoever chose nothing. None: not chosen.

    `muted`, `blurred` and `greyscale` say how every video starts; a key changes it for the one at hand.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    muted: bool | None = None
    blurred: bool | None = None
    greyscale: bool | None = None
    reveal_held: Annotated[bool | None, Field(description="Blur clears only while a key is held.")] = None
    small_player: bool | None = None
    offer_breaks: bool | None = None
    language: Annotated[Literal["", "en", "zh-hans"] | None, Field(description="'': the browser's.")] = None


Shape = TypeVar("Shape", bound=Defaultable)


class Preferences(Defaultable):
    """What a person chose. `keys` holds only what differs from the preset."""

    speed: Annotated[float, Field(ge=0.25, le=4)] | None = None
    preset: Literal["spotter", "via3"] | None = None
    go_on: Annotated[
        bool | None, Field(description="After an answer, go on to the next hint and play it.")
    ] = None
    keys: (
        Annotated[
            dict[ActionName, Annotated[list[Chord], Field(max_length=8)]],
            Field(max_length=200),
        ]
        | None
    ) = None
    lanes: Annotated[dict[TypeSlug, Literal["always", "never"]], Field(max_length=500)] | None = None


@transaction.atomic
def preferences_save(*, person: User, change: Preferences) -> Preferences:
    """Change what is named and leave the rest, so that two windows cannot undo each other.

    None takes a choice back: the organisation's default counts again.
    """
    row = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    merged = preferences_read(row.preferences).model_copy(
        update={name: getattr(change, name) for name in change.model_fields_set}
    )
    row.preferences = merged.model_dump(exclude_none=True)
    row.save(update_fields=["preferences"])
    return merged


@transaction.atomic
def defaults_save(*, actor: User, chosen: Defaultable, now: datetime) -> Defaultable:
    """Choose for everybody who chose nothing. Who has a choice of their own keeps it."""
    row, _ = Defaults.objects.select_for_update().get_or_create(pk=1, defaults={"changed_at": now})
    before, after = row.preferences, chosen.model_dump(exclude_none=True)
    if before == after:
        return chosen
    row.preferences, row.changed_by, row.changed_at = after, actor, now
    row.save()
    payload = {"from": before, "to": after}
    audit_write(actor=actor, verb="defaults.changed", target=row, payload=payload, now=now)
    return chosen


def preferences_read(stored: Any) -> Preferences:
    """What is stored of a person, without what this version does not understand (any more)."""
    return _understood(Preferences, stored)


def defaults_read(stored: Any) -> Defaultable:
    return _understood(Defaultable, stored)


def _understood(shape: type[Shape], stored: Any) -> Shape:
    """A choice from another version must not keep a person from working, so it only falls away."""
    if not isinstance(stored, dict):
        return shape()
    try:
        return shape.model_validate(stored)
    except ValidationError as error:
        wrong = {each["loc"][0] for each in error.errors()}
        return shape.model_validate({name: value for name, value in stored.items() if name not in wrong})
