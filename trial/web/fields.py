"""Fields that are typed in the same way on every page: days, times, numbers."""

import unicodedata
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trial.web.forms import DateInput, TimeInput

DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")
TIME_FORMATS = ("%H:%M", "%H%M", "%H.%M")
LOCAL = "%Y-%m-%d %H:%M"
_MOMENT_FORMATS = (LOCAL, "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M", "%Y-%m-%dT%H:%M")


def half_width(value: Any) -> Any:
    """Digits, points and colons as a Chinese keyboard gives them, as everybody writes them."""
    return unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else value


class DayField(forms.DateField):
    """A day between 1900 and 2100, typed year first in every language."""

    widget = DateInput

    def __init__(self, **options: Any) -> None:
        wrong = gettext_lazy("Write the day as YYYY-MM-DD, such as 2026-03-05.")
        bounds = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2100, 12, 31))]
        super().__init__(
            input_formats=DAY_FORMATS,
            validators=bounds,
            error_messages={"invalid": wrong},
            **options,
        )

    def to_python(self, value: Any) -> date | None:
        """Full-width digits, as a Chinese keyboard gives them, are digits."""
        return super().to_python(half_width(value))


class ClockField(forms.TimeField):
    """A time of day on the 24-hour clock."""

    widget = TimeInput

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=TIME_FORMATS, **options)

    def to_python(self, value: Any) -> time | None:
        """Full-width digits and colon are understood."""
        return super().to_python(half_width(value))


class MomentField(forms.Field):
    """A day and time at the site, to the minute; kept in UTC."""

    def __init__(self, zone: tzinfo, **options: Any) -> None:
        attrs = {
            "data-moment": "", "placeholder": "YYYY-MM-DD HH:MM", "autocomplete": "off",
            "maxlength": "16",
        }  # fmt: skip
        widget = forms.TextInput(attrs=attrs)
        super().__init__(widget=widget, required=False, **options)
        self.zone = zone

    def prepare_value(self, value: Any) -> Any:
        """A stored time as the site's clock showed it."""
        return value.astimezone(self.zone).strftime(LOCAL) if hasattr(value, "hour") else value

    def to_python(self, value: Any) -> datetime | None:
        """Raises ValidationError for what is no time."""
        text = half_width(value)
        if text in (None, ""):
            return None
        for form in _MOMENT_FORMATS:
            try:
                typed = datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows
                return typed.replace(tzinfo=self.zone).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
        raise ValidationError(_("Write day and time as YYYY-MM-DD HH:MM."), code="invalid")


def line_field(label: Any, length: int, **options: Any) -> forms.CharField:
    """One line of a person's own words, of at most so many characters, nothing of it remembered by
    the browser."""
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=length, widget=widget, **options)


class NumberField(forms.DecimalField):
    """A number as people type it: with a comma or a point, in digits of any width."""

    def __init__(self, decimals: int, *, digits: int = 8, **options: Any) -> None:
        attrs = {"inputmode": "decimal" if decimals else "numeric", "autocomplete": "off"}
        super().__init__(
            required=False,
            max_digits=digits,
            decimal_places=decimals,
            widget=forms.TextInput(attrs=attrs),
            **options,
        )

    def to_python(self, value: Any) -> Any:
        """None for nothing."""
        text = half_width(value)
        if isinstance(text, str):
            if "_" in text:  # "1_0" is ten to Python alone
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            text = text.replace(",", ".")
        return super().to_python(text)

    def clean(self, value: Any) -> Any:
        """A whole number is an int."""
        found = super().clean(value)
        return int(found) if self.decimal_places == 0 and found is not None else found
