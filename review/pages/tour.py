"""The first-use tour: a few words beside things on the queues page, by role."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from review.models import User

Step = dict[str, str | Promise]

_START: Step = {
    "target": "#queues, .empty",
    "title": _("Here your work begins"),
    "text": _("Start reviewing takes the next video. It stays yours, and your draft is saved as you go."),
}
_HINTS: Step = {
    "target": ".topbar__brand",
    "title": _("The model points, you decide"),
    "text": _(
        "Under the player lie curves and hints: places worth a look. Accept, adjust, relabel or reject "
        "them, and add what is missing. Some reviews show nothing of the model on purpose. "
        "Press ? there for all keys."
    ),
}
_HISTORY: Step = {
    "target": ".nav a[href='/history/']",
    "title": _("Nothing is final at once"),
    "text": _("My reviews lists what you submitted. Reopen one to correct it."),
}
_POLICIES: Step = {
    "target": ".nav a[href='/policies/']",
    "title": _("Say what counts"),
    "text": _("Policies, the violation types they split into, and what each queue covers and shows."),
}
_VIDEOS: Step = {
    "target": ".nav a[href='/videos/']",
    "title": _("Bring videos in"),
    "text": _("Upload files here or by API, watch their analysis, and retry what failed."),
}
_PEOPLE: Step = {
    "target": ".nav a[href='/people/']",
    "title": _("Invite people"),
    "text": _("Make a one-time link for each reviewer, senior or administrator, and send it yourself."),
}
_BUNDLES: Step = {
    "target": ".nav a[href='/bundles/']",
    "title": _("The model learns from you"),
    "text": _(
        "After enough settled reviews a new bundle is trained. It goes live only when it is not worse."
    ),
}
_INSIGHTS: Step = {
    "target": ".nav a[href='/insights/']",
    "title": _("Is it any help?"),
    "text": _(
        "How many hints were accepted, how many segments began as one, and what that did to review time."
    ),
}


@dataclass(frozen=True)
class Tour:
    name: str
    steps: list[Step]
    is_seen: bool


def tour_for(person: User) -> Tour:
    """The tour of this person's role; a seen one starts only when asked for."""
    is_seen = person.tour_done_at is not None
    if person.is_administrator:
        steps = [_POLICIES, _VIDEOS, _PEOPLE, _START, _BUNDLES, _INSIGHTS]
        return Tour("administrator", steps, is_seen)
    return Tour("reviewer", [_START, _HINTS, _HISTORY, _INSIGHTS], is_seen)
