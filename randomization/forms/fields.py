"""Fields that the forms of the cell laboratory share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labs.free_text import fault_of
from labs.wording import fault_text
from trial.web.forms import DateInput

DAY_ERRORS = {"invalid": _("Write the date as YYYY-MM-DD.")}


class TextField(forms.CharField):
    """Text without hidden characters, which the trail keeps as it was typed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 200, **options})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        fault = fault_of(text) if text else None
        if fault is not None:
            raise forms.ValidationError(fault_text(fault))
        return text


class DayField(forms.DateField):
    """A day as YYYY-MM-DD."""

    def __init__(self, **options: Any) -> None:
        options = {"input_formats": ["%Y-%m-%d"], "error_messages": DAY_ERRORS, **options}
        super().__init__(widget=DateInput(), **options)


class MomentField(forms.DateTimeField):
    """A time as YYYY-MM-DD HH:MM in `zone`, which the form sets."""

    zone = "UTC"

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(
            attrs={"placeholder": "YYYY-MM-DD HH:MM", "autocomplete": "off"},
            format="%Y-%m-%d %H:%M",
        )
        errors = {"invalid": _("Write the time as YYYY-MM-DD HH:MM.")}
        super().__init__(
            widget=widget, input_formats=["%Y-%m-%d %H:%M"], error_messages=errors, **options
        )

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(ZoneInfo(self.zone)):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """What is stored, as the clock at the zone shows it; what was typed, as it was."""
        if isinstance(value, datetime) and timezone.is_aware(value):
            return value.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        return value


def choose(field: forms.Field, choices: Sequence[tuple[Any, Any]]) -> None:
    """What a list offers, known only when the form is made."""
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def reason_field(**options: Any) -> TextField:
    """Why something is done or changed."""
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return TextField(**{"label": _("Reason"), "max_length": 500, "widget": widget, **options})


class ProofForm(forms.Form):
    """User name and password, given anew for a signature (21 CFR 11.200)."""

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
