"""Forms: they read what was typed and say what is missing. Rules of the domain live in the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from review.models import Arm, Enforcement, Modality, Queue, Role, ViolationType
from review.models.policies import colour_validator
from review.models.queues import LEAST_FLOOR, MOST_FLOOR
from review.problems import Problem
from review.services.policies import PolicyWords, QueueRules, TypeWords, types_in_use
from review.services.preferences import Defaultable, Preferences


def show_problem(form: forms.Form, problem: Problem) -> None:
    """Put the domain's sentence beside the field it is about, or above the form."""
    field = problem.extra.get("field")
    form.add_error(field if field in form.fields else None, problem.sentence)


class LoginForm(forms.Form):
    username = forms.CharField(
        label=_("Name"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class AcceptForm(forms.Form):
    username = forms.CharField(
        label=_("Name"),
        max_length=150,
        help_text=_("Letters, digits and @ . + - _"),
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 8 characters, not a common word, not your name."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label=_("Password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password_again(self) -> str:
        again: str = self.cleaned_data["password_again"]
        if self.cleaned_data.get("password") not in (None, again):
            raise forms.ValidationError(_("The two passwords differ. Type the same one twice."))
        return again

    def account(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("username", "password")}


class InvitationForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)
    email = forms.EmailField(
        label="Email (optional)", required=False, help_text="A note of whom it is for. Nothing is sent."
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What will use it, for example “upload platform”.")


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept with the promotion. Say what the numbers do not.",
        error_messages={"required": "Write a reason: it is kept with the promotion."},
    )


# --- How Spotter meets people -------------------------------------------------------------------------------

# Field, what it is called, what it does.
_SWITCHES: tuple[tuple[str, Any, Any], ...] = (
    ("muted", _("Videos start muted"), _("A key brings the sound of the video at hand.")),
    ("blurred", _("Videos start blurred"), _("Pictures, thumbnails and the seek preview alike.")),
    ("greyscale", _("Videos start in grey"), _("Blood and fire are less loud without colour.")),
    (
        "reveal_held",
        _("Blur clears only while a key is held"),
        _("Let go, or leave the window, and the picture is blurred again at once."),
    ),
    ("small_player", _("Small player"), _("The lists and the time line get the room.")),
    (
        "offer_breaks",
        _("Offer a break after 50 min of work"),
        _("A calm note in the corner; nobody is stopped."),
    ),
)
_LANGUAGES: tuple[tuple[str, Any], ...] = (
    ("", _("As the browser asks")),
    ("en", "English"),
    ("zh-hans", "简体中文"),
)
# What counts where nobody chose.
_BUILT_IN = Defaultable(
    muted=False,
    blurred=False,
    greyscale=False,
    reveal_held=False,
    small_player=False,
    offer_breaks=True,
    language="",
)


class DefaultsForm(forms.Form):
    """What an organisation chooses for whoever chose nothing."""

    language = forms.ChoiceField(label=_("Language"), choices=_LANGUAGES, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, help_text in _SWITCHES:
            self.fields[name] = forms.BooleanField(label=label, help_text=help_text, required=False)
        self.order_fields([name for name, *_words in _SWITCHES])

    @property
    def switches(self) -> list[forms.BoundField]:
        return [self[name] for name, *_words in _SWITCHES]

    @staticmethod
    def filled_from(chosen: Defaultable) -> dict[str, Any]:
        return _BUILT_IN.model_dump() | chosen.model_dump(exclude_none=True)

    def chosen(self) -> Defaultable:
        """What is as Spotter has it anyway is no choice."""
        built_in = _BUILT_IN.model_dump()
        given = {name: self.cleaned_data[name] for name in built_in}
        return Defaultable(**{name: value for name, value in given.items() if value != built_in[name]})


class PreferencesForm(forms.Form):
    """One's own choices. Each may stay the organisation's, and says what that is."""

    def __init__(self, *args: Any, defaults: Defaultable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        theirs = DefaultsForm.filled_from(defaults)
        for name, label, help_text in _SWITCHES:
            state = _("As my organisation chose: on") if theirs[name] else _("As my organisation chose: off")
            choices = [("", state), ("on", _("On")), ("off", _("Off"))]
            self.fields[name] = forms.ChoiceField(
                label=label, help_text=help_text, choices=choices, required=False
            )
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), choices=self._languages(theirs["language"]), required=False
        )

    @staticmethod
    def _languages(default: str) -> list[tuple[str, Any]]:
        words = dict(_LANGUAGES)[default]
        follow = format_lazy("{} ({})", _("As my organisation chose"), words)
        return [("", follow), ("browser", _("As the browser asks")), *_LANGUAGES[1:]]

    @staticmethod
    def filled_from(own: Preferences) -> dict[str, str]:
        switches = {name: getattr(own, name) for name, *_words in _SWITCHES}
        filled = {name: "on" if on else "off" for name, on in switches.items() if on is not None}
        if own.language is not None:
            filled["language"] = own.language or "browser"
        return filled

    def change(self) -> Preferences:
        given: dict[str, Any] = {
            name: {"on": True, "off": False}.get(self.cleaned_data[name]) for name, *_words in _SWITCHES
        }
        language = self.cleaned_data["language"]
        given["language"] = "" if language == "browser" else language or None
        return Preferences(**given)


# --- Policies -----------------------------------------------------------------------------------------------


def _colour() -> forms.CharField:
    return forms.CharField(
        label="Colour", validators=[colour_validator], widget=forms.TextInput(attrs={"type": "color"})
    )


def _slug() -> forms.SlugField:
    return forms.SlugField(
        label="Short name",
        max_length=50,
        help_text="Letters, digits and dashes. It names this in files and exports and never changes.",
    )


class PolicyForm(forms.Form):
    name = forms.CharField(max_length=100)
    severity = forms.FloatField(
        validators=[MinValueValidator(0.0), MaxValueValidator(10.0)],
        help_text="0 to 10. Hints of severe policies come first.",
    )
    enforcement = forms.ChoiceField(
        label="Default enforcement",
        choices=Enforcement.choices,
        help_text="What a violation usually leads to.",
    )
    colour = _colour()
    guideline = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="What counts and what does not. Reviewers read it in the workbench.",
    )
    is_active = forms.BooleanField(label="In use", required=False, initial=True)

    def words(self) -> PolicyWords:
        names = ("name", "severity", "guideline", "colour", "enforcement")
        return PolicyWords(**{name: self.cleaned_data[name] for name in names})


class NewPolicyForm(PolicyForm):
    slug = _slug()
    field_order = ["name", "slug"]


class TypeForm(forms.Form):
    name = forms.CharField(max_length=100)
    modality = forms.ChoiceField(
        label="Shown by", choices=Modality.choices, help_text="What a reviewer must perceive to judge it."
    )
    key = forms.ChoiceField(
        required=False,
        choices=[("", "none"), *((digit, digit) for digit in "123456789")],
        help_text="The digit that labels it in the workbench.",
    )
    colour = _colour()
    guideline = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 8}))
    is_active = forms.BooleanField(label="In use", required=False, initial=True)

    def words(self) -> TypeWords:
        names = ("name", "modality", "guideline", "colour", "key", "is_active")
        return TypeWords(**{name: self.cleaned_data[name] for name in names})


class NewTypeForm(TypeForm):
    slug = _slug()
    field_order = ["name", "slug"]


class QueueForm(forms.Form):
    name = forms.CharField(max_length=100)
    violation_types = forms.ModelMultipleChoiceField(
        label="Covered violation types",
        queryset=ViolationType.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick none to cover every violation type in use, also those added later. "
        "What is not marked counts as absent only for the types covered here.",
    )
    overlap = forms.IntegerField(
        min_value=1, max_value=20, help_text="How many people review each new video before it is settled."
    )
    lease_seconds = forms.IntegerField(
        label="Lease (seconds)",
        min_value=30,
        max_value=86_400,
        help_text="How long a silent reviewer keeps a video. An open workbench renews it.",
    )
    blind = forms.IntegerField(label="Blind %", min_value=0, max_value=100)
    level1 = forms.IntegerField(label="Level 1: curves %", min_value=0, max_value=100)
    level2 = forms.IntegerField(label="Level 2: curves and hints %", min_value=0, max_value=100)
    precision = forms.IntegerField(
        label="Right hints, at least %",
        min_value=round(100 * LEAST_FLOOR),
        max_value=round(100 * MOST_FLOOR),
        help_text="Of the hints shown, at least this share should be right. More: fewer hints, and more is "
        "missed. Less: more hints, and more are wrong. Waiting videos are scored again; open reviews keep "
        "their hints. A video that waits in several queues follows the lowest share.",
    )
    is_active = forms.BooleanField(label="In use", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = self.fields["violation_types"]
        assert isinstance(types, forms.ModelMultipleChoiceField)
        # One chosen before it was switched off stays: without it the queue might cover every type.
        chosen = [kind.pk for kind in self.initial.get("violation_types", [])]
        types.queryset = (types_in_use() | ViolationType.objects.filter(pk__in=chosen)).order_by("name")

    @staticmethod
    def filled_from(queue: Queue) -> dict[str, Any]:
        plain = {name: getattr(queue, name) for name in ("name", "overlap", "lease_seconds", "is_active")}
        shares = {arm: round(100 * queue.arm_mix.get(arm, 0.0)) for arm in Arm.values}
        precision = round(100 * queue.precision_floor)
        return {
            **plain,
            **shares,
            "precision": precision,
            "violation_types": list(queue.violation_types.all()),
        }

    def rules(self) -> QueueRules:
        names = ("name", "overlap", "lease_seconds", "is_active")
        return QueueRules(
            violation_types=list(self.cleaned_data["violation_types"]),
            arm_mix={arm: self.cleaned_data[arm] / 100 for arm in Arm.values},
            precision_floor=self.cleaned_data["precision"] / 100,
            **{name: self.cleaned_data[name] for name in names},
        )
