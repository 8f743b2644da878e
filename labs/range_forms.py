"""Forms of the reference ranges: a new one, and the correction of one."""

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy

from labs.forms import NumberField, shown
from labs.free_text import fault_of
from labs.models import Laboratory, ReferenceRange
from labs.wording import fault_text
from patients.models import Sex
from trial.protocol import registry
from trial.protocol.analytes import Analyte
from trial.web.forms import DateInput

_DATE = {"invalid": gettext_lazy("Write the date as YYYY-MM-DD.")}


def _units(analytes: tuple[Analyte, ...]) -> list[tuple[str, str]]:
    found = {unit.code: unit.display for analyte in analytes for unit in analyte.units}
    return sorted(found.items(), key=lambda pair: pair[1].lower())


class _Limits(forms.Form):
    """Limits in the laboratory's unit. `confirmed` is set once the effect has been shown."""

    low = NumberField(label=gettext_lazy("Lower limit"), places=6)
    high = NumberField(label=gettext_lazy("Upper limit"), places=6)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    valid_to = forms.DateField(
        label=gettext_lazy("Valid to"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=DateInput(),
        error_messages=_DATE,
        help_text=gettext_lazy("Empty: until further notice."),
    )

    def refuse(self, errors: dict[str, list[Any]]) -> None:
        """Put a service's messages on the fields."""
        for name, texts in errors.items():
            self.add_error(name if name in self.fields else None, [str(text) for text in texts])


class NewRangeForm(_Limits):
    """A range for an analyte, a sex and an age span, from a day on."""

    analyte = forms.ChoiceField(label=gettext_lazy("Analyte"))
    sex = forms.ChoiceField(
        label=gettext_lazy("Sex"),
        required=False,
        choices=[("", gettext_lazy("both")), *Sex.choices],
    )
    age_from = forms.IntegerField(
        label=gettext_lazy("From age"), min_value=0, max_value=120, initial=0
    )
    age_to = forms.IntegerField(
        label=gettext_lazy("To age"), min_value=0, max_value=120, required=False
    )
    valid_from = forms.DateField(
        label=gettext_lazy("Valid from"),
        input_formats=["%Y-%m-%d"],
        widget=DateInput(),
        error_messages=_DATE,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        analytes = registry.latest().analytes
        language = get_language() or "en"
        names = [(one.code, f"{one.name.text(language)} · {one.code}") for one in analytes]
        _choose(self.fields["analyte"], names)
        _choose(self.fields["unit"], _units(analytes))

    def row(self, laboratory: Laboratory) -> ReferenceRange:
        """The range as it would be stored."""
        return ReferenceRange(laboratory=laboratory, **self.cleaned_data)


class RangeCorrectionForm(_Limits):
    """New limits of a recorded range, with the reason."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, data: Any = None, *, row: ReferenceRange) -> None:
        super().__init__(
            data,
            initial={
                "low": shown(row.low),
                "high": shown(row.high),
                "unit": row.unit,
                "valid_to": row.valid_to,
            },
        )
        known = {one.code: one for one in registry.latest().analytes}
        analytes = (known[row.analyte],) if row.analyte in known else ()
        _choose(self.fields["unit"], _units(analytes) or [(row.unit, row.unit)])

    def clean_reason(self) -> str:
        """The reason as typed, if the trail can keep it."""
        reason = str(self.cleaned_data["reason"])
        fault = fault_of(reason)
        if fault is not None:
            raise forms.ValidationError(fault_text(fault))
        return reason

    @property
    def changes(self) -> dict[str, Any]:
        """The cleaned limits as the service takes them."""
        wanted = ("low", "high", "unit", "valid_to")
        return {name: self.cleaned_data[name] for name in wanted}


def _choose(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = choices
