"""What templates need to say numbers and draw small figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from review.models import Arm, TaskState
from review.pages.tour import Tour

register = template.Library()

_QUEUES, _HISTORY, _INSIGHTS = (
    ("queue", _("Queues")),
    ("history", _("My reviews")),
    ("insights", _("Insights")),
)
_EVERYBODY = [_QUEUES, _HISTORY, _INSIGHTS]
_SENIORS = [_QUEUES, _HISTORY, ("videos", _("Videos")), _INSIGHTS]
_ADMINISTRATORS = [*_SENIORS, ("bundles", _("Bundles")), ("policies", _("Policies")), ("people", _("People"))]
# Pages below one of the main ones keep its link lit.
_PARENTS = {
    "bundle": "bundles",
    "policy-new": "policies",
    "policy-edit": "policies",
    "type-new": "policies",
    "type-edit": "policies",
    "queue-edit": "policies",
    "video": "videos",
    "review": "queue",
}


@register.simple_tag(takes_context=True)
def main_links(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The links of the top bar for this person's role."""
    request = context["request"]
    match = request.resolver_match
    here = match.url_name if match else ""
    here = _PARENTS.get(here, here)
    return [
        {"url": reverse(name), "label": label, "is_here": name == here}
        for name, label in _links_for(request.user)
    ]


def _links_for(person: Any) -> list[tuple[str, Any]]:
    if person.is_administrator:
        return _ADMINISTRATORS
    return _SENIORS if person.is_senior else _EVERYBODY


@register.simple_tag
def tour_script(tour: Tour) -> SafeString:
    """The tour as data for frontend/src/pages/helpers/tour.ts."""
    # Inside a script element entities are not decoded: escaped as JSON instead, so that no tag can end it.
    steps = (
        json.dumps(tour.steps, default=str)
        .replace("<", "\\u003C")
        .replace(">", "\\u003E")
        .replace("&", "\\u0026")
    )
    return format_html(
        '<script type="application/json" data-tour="{}" data-done-url="{}"{}>{}</script>',
        tour.name,
        reverse("tour-done"),
        mark_safe(" data-seen" if tour.is_seen else ""),
        mark_safe(steps),
    )


@register.filter
def clock(ms: int | None) -> str:
    """Milliseconds as a position on a player: 1:05, 1:02:03."""
    if ms is None:
        return "–"
    minutes, seconds = divmod(round(ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def took(ms: int | None) -> str:
    """Milliseconds as how long something took: 340 ms, 2.4 s, 3 min 5 s."""
    if ms is None:
        return "–"
    if ms < 1000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    minutes, seconds = divmod(round(ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


@register.filter
def percent(share: float | None) -> str:
    """A share of 0 to 1 in per cent; a dash when there is nothing to count."""
    return "–" if share is None else f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


@register.filter
def figure(value: object) -> str:
    """Any number, fractions with three places; a dash for nothing; words as they are."""
    if value is None or isinstance(value, bool):
        return {None: "–", True: "yes", False: "no"}[value]
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value)


@register.filter
def times(ratio: float | None) -> str:
    """A ratio as a multiple: 0.8 ×."""
    return "–" if ratio is None else f"{ratio:.2f}\N{NO-BREAK SPACE}×"


@register.filter
def unlocal(share: float) -> str:
    """A number for an attribute: with a point whatever the language."""
    return f"{share:.3f}"


# What rows hold as identifiers and choices, for the catalogues.
_MARKED = (
    gettext_noop("reserved"),
    gettext_noop("leased"),
    gettext_noop("submitted"),
    gettext_noop("skipped"),
    gettext_noop("expired"),
    gettext_noop("violating"),
    gettext_noop("clean"),
    gettext_noop("escalated"),
    gettext_noop("unreviewable"),
    gettext_noop("accepted"),
    gettext_noop("adjusted"),
    gettext_noop("relabelled"),
    gettext_noop("rejected"),
    gettext_noop("untouched"),
    gettext_noop("unseen"),
    gettext_noop("Blind"),
    gettext_noop("Level 1: curves"),
    gettext_noop("Level 2: curves and hints"),
    gettext_noop("No hints possible"),
    gettext_noop("too distressing"),
    gettext_noop("language"),
    gettext_noop("expertise"),
    gettext_noop("conflict of interest"),
    gettext_noop("technical"),
    gettext_noop("other"),
    gettext_noop("A child may be in danger"),
    gettext_noop("A threat to somebody's life"),
    gettext_noop("May be a matter for the law"),
    gettext_noop("The policy does not say"),
    gettext_noop("Needs knowledge I do not have"),
    gettext_noop("Something else"),
    gettext_noop("Reviewer"),
    gettext_noop("Senior reviewer"),
    gettext_noop("Administrator"),
)


@register.filter
def said(words: object) -> str:
    """Words from a row or a table, in the language of the page where the catalogue has them."""
    return gettext(str(words)) if words else ""


@register.filter
def words(name: object) -> str:
    """An identifier as words: `in_review` is "in review"."""
    return "" if name is None else said(str(name).replace("_", " "))


_TASK_WORDS = {
    TaskState.WAITING: _("waits for other reviewers"),
    TaskState.IN_REVIEW: _("others are reviewing it"),
    TaskState.ADJUDICATING: _("waits for a senior: answers differ"),
    TaskState.ESCALATED: _("waits for a senior"),
    TaskState.SETTLED: _("settled"),
    TaskState.FROZEN: _("frozen"),
}


@register.filter
def task_words(state: str) -> Any:
    """What became of the task of a submitted review, for its reviewer."""
    return _TASK_WORDS[TaskState(state)]


_GATE_NUMBERS = {
    "videos": "Holdout videos reviewed blind",
    "groups": "Split groups of these videos",
    "margin": "Mean AUC that may be lost",
    "candidate_macro_auc": "Mean AUC of this bundle",
    "live_macro_auc": "Mean AUC of the live bundle",
    "difference": "Difference of the two",
    "difference_interval": "Difference, 90 % interval",
    "per_violation": "AUC per violation type",
    "new_violations": "AUC of types that are new",
    "hint_recall": "Hint recall at 5 per violation type",
}


@register.filter
def gate_label(name: str) -> str:
    """A number of the gate in words that say what it counts."""
    return _GATE_NUMBERS.get(name) or words(name).capitalize()


_ARMS = {**dict(Arm.choices), "hintless": "No hints possible"}


@register.filter
def arm_label(arm: str) -> str:
    return said(_ARMS.get(arm, arm))


@register.filter
def at(values: object, key: str) -> object:
    """`values[key]`, or nothing: metrics and gate were written by whatever version of the code made them."""
    return values.get(key) if isinstance(values, dict) else None


@register.filter
def compact(value: object) -> str:
    """A number, or a list or dict of numbers, on one line."""
    if isinstance(value, dict):
        return ", ".join(f"{words(name)} {compact(part)}" for name, part in value.items())
    if isinstance(value, list):
        return " to ".join(compact(part) for part in value)
    return figure(value)


@register.filter
def swatch(colour: str) -> SafeString:
    """A small square of a violation's colour, as an attribute, so that no inline style is needed."""
    return format_html(
        '<svg class="swatch" viewBox="0 0 1 1" aria-hidden="true">'
        '<rect width="1" height="1" fill="{}"/></svg>',
        colour,
    )


@register.inclusion_tag("review/_share_bar.html")
def share_bar(share: float | None, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    """A share of 0 to 1 as a bar 100 units wide, with its interval as a line."""
    has_interval = low is not None and high is not None
    return {
        "share": share,
        "width": _units(share),
        "low": _units(low) if has_interval else None,
        "high": _units(high) if has_interval else None,
    }


def _units(share: float | None) -> str:
    """Written with a point whatever the language: an SVG attribute is not prose."""
    return f"{100 * min(1.0, max(0.0, share or 0.0)):.1f}"
