"""Why an arm is asked for, how one became known, who else learned it."""

from typing import Any

from django import forms
from django.core.validators import MinLengthValidator
from django.utils.translation import gettext_lazy as _

from patients.forms import reason_field
from randomization.models import CATEGORIES, Category, Kind
from randomization.models.unblinding import REASON_LENGTH
from randomization.services.unblinding import Incident
from trial.web.fields import DayField


def _category_field(kind: Kind, label: Any) -> forms.TypedChoiceField:
    offered = [(one.value, one.label) for one in CATEGORIES[kind]]
    return forms.TypedChoiceField(
        label=label, choices=[("", _("Choose")), *offered], coerce=Category
    )


def _why(label: Any, **options: Any) -> forms.CharField:
    too_short = _("Say why in at least %(limit_value)s characters.")
    enough = MinLengthValidator(REASON_LENGTH, message=too_short)
    return reason_field(label, validators=[enough], **options)


class WhyForm(forms.Form):
    """Why the arms of the study are asked for."""

    reason = _why(_("Reason"))


class EmergencyForm(forms.Form):
    """Why one participant's arm is asked for, and the proof of who asks."""

    category = _category_field(Kind.EMERGENCY, _("Kind of emergency"))
    reason = _why(
        _("Reason"),
        help_text=_("What happened, and what depends on knowing the arm. Ten characters or more."),
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class InadvertentForm(forms.Form):
    """How an arm became known without being asked for."""

    category = _category_field(Kind.INADVERTENT, _("How it became known"))
    learned_on = DayField(label=_("On which day"))
    who = forms.CharField(
        label=_("Who learned it"),
        max_length=200,
        help_text=_("Function, or name and function. More people can be added afterwards."),
    )
    how = _why(
        _("What happened"), help_text=_("Do not write which arm it is: blinded people read this.")
    )

    def incident(self) -> Incident:
        """What was typed, for the service."""
        given = self.cleaned_data
        return Incident(given["category"], given["how"], given["learned_on"], given["who"])


class LearnedForm(forms.Form):
    """Somebody else who learned the arm."""

    who = forms.CharField(label=_("Who else learned the arm"), max_length=200)
