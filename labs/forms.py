"""The lab form as submitted: the head by Django's fields, the rows by analyte code.

A row's controls are named v-, u-, n-, k-, c- and its LBTESTCD: value, unit, why there is none,
confirmed, comment. What was typed goes back to the page as it came, whatever it was.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from labs.entry import Entry, PanelEntry
from labs.free_text import fault_of
from labs.models import Laboratory, Panel, SampleState
from labs.wording import fault_text, number_problem_text
from trial.protocol.numbers import NumberError, parse_quantity
from trial.web.forms import DateInput, TimeInput

_ROW = re.compile(r"v-([A-Z0-9]{1,8})")
_KEY = re.compile(r"[0-9a-zA-Z-]{8,80}")
# The form's names of the head's fields where a service calls them otherwise.
FIELD_OF = {"laboratory_id": "laboratory"}


class NumberField(forms.CharField):
    """A positive number typed as on a report: decimal comma and full-width digits are fine."""

    def __init__(self, *, places: int, **options: Any) -> None:
        self.places = places
        attributes = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=attributes), required=False, **options)

    def clean(self, value: Any) -> Any:
        """A Decimal, or None for nothing typed."""
        if not str(value or "").strip():
            return None
        try:
            quantity = parse_quantity(str(value))
        except NumberError as error:
            raise forms.ValidationError(number_problem_text(error.code, error.params)) from error
        if quantity.comparator:
            raise forms.ValidationError(_("Give an exact number."))
        if round(quantity.value, self.places) != quantity.value:
            message = _("At most %(places)s decimals.") % {"places": self.places}
            raise forms.ValidationError(message)
        return quantity.value


class LaboratoryField(forms.TypedChoiceField):
    """The laboratories are only read to be drawn: that one works for the site is checked again
    by the service, which knows better than a list made a moment ago."""

    def valid_value(self, value: Any) -> bool:
        return str(value).isascii() and str(value).isdigit() and len(str(value)) < 18


class HeadForm(forms.Form):
    """What the paper report says about the sample, and why something is changed."""

    laboratory = LaboratoryField(label=gettext_lazy("Laboratory"), coerce=int)
    collected_on = forms.DateField(
        label=gettext_lazy("Sample taken on"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("Write the date as YYYY-MM-DD.")},
    )
    collected_time = forms.TimeField(
        label=gettext_lazy("Time"),
        required=False,
        input_formats=["%H:%M"],
        widget=TimeInput(),
        error_messages={"invalid": gettext_lazy("Write the time as HH:MM.")},
    )
    sample_state = forms.ChoiceField(label=gettext_lazy("Sample"), choices=SampleState.choices)
    dialysis = forms.TypedChoiceField(
        label=gettext_lazy("Dialysis in the 7 days before"),
        required=False,
        choices=[
            ("", pgettext_lazy("dialysis", "Not answered")),
            ("no", gettext_lazy("No")),
            ("yes", gettext_lazy("Yes, at least twice, or 24 h CVVHD")),
        ],
        coerce=lambda answer: {"yes": True, "no": False}[answer],
        empty_value=None,
    )
    pt_isi = NumberField(label="ISI", places=3)
    pt_mnpt = NumberField(label="MNPT", places=2)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "reasons"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    key = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        laboratories: Callable[[], Iterable[Laboratory]],
        visit_date: date | None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        laboratory = self.fields["laboratory"]
        if isinstance(laboratory, forms.ChoiceField):
            laboratory.choices = lambda: [
                (row.pk, f"{row.code} · {row.name}") for row in laboratories()
            ]
        on = "" if visit_date is None else visit_date.isoformat()
        self.fields["collected_on"].widget = DateInput(visit_date=on)

    def clean_reason(self) -> str:
        """The reason as typed, if the trail can keep it."""
        reason = str(self.cleaned_data["reason"])
        fault = fault_of(reason)
        if fault is not None:
            raise forms.ValidationError(fault_text(fault))
        return reason

    def usable(self) -> dict[str, Any]:
        """What is right of the head so far; nothing for a form that was not submitted."""
        return self.cleaned_data if self.is_bound and self.errors is not None else {}

    def refuse(self, errors: Mapping[str, Sequence[Any]]) -> dict[str, list[str]]:
        """Put a service's messages on the fields; those of the rows are given back by code."""
        rows: dict[str, list[str]] = {}
        for name, messages in errors.items():
            field = FIELD_OF.get(name, name)
            if field == "version":
                continue
            if field in self.fields and field != "key":
                self.add_error(field, [str(message) for message in messages])
            elif field in ("", "key"):
                self.add_error(None, [str(message) for message in messages])
            else:
                rows[field] = [str(message) for message in messages]
        return rows


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form as it came: the rows as typed, and which side was picked of conflicting ones."""

    entries: Mapping[str, Entry]
    picks: Mapping[str, str]
    key: str

    @classmethod
    def of(cls, data: QueryDict) -> "Submitted":
        """Read the rows of a form; an unusable idempotency key is replaced by a new one."""
        codes = [match[1] for name in data if (match := _ROW.fullmatch(name))]
        picks = {name[2:]: str(data[name]) for name in data if name.startswith("m-")}
        key = data.get("key", "")
        return cls(
            entries={code: _row(data, code) for code in codes},
            picks=picks,
            key=key if _KEY.fullmatch(key) else new_key(),
        )

    def with_row(self, code: str) -> "Submitted":
        """The same with one more row, still blank."""
        return replace(self, entries={**self.entries, code: Entry()})


def _row(data: QueryDict, code: str) -> Entry:
    return Entry(
        text=data.get(f"v-{code}", ""),
        unit=data.get(f"u-{code}", ""),
        not_done=data.get(f"n-{code}", ""),
        comment=data.get(f"c-{code}", ""),
        confirmed=bool(data.get(f"k-{code}")),
    )


def new_key() -> str:
    """A fresh idempotency key, one per page load."""
    return str(uuid4())


def initial_of(panel: Panel) -> dict[str, Any]:
    """A stored panel's head as the form shows it."""
    answer = {True: "yes", False: "no", None: ""}
    return {
        "laboratory": panel.laboratory_id,
        "collected_on": panel.collected_on,
        "collected_time": panel.collected_time,
        "sample_state": panel.sample_state,
        "dialysis": answer[panel.dialysis],
        "pt_isi": shown(panel.pt_isi),
        "pt_mnpt": shown(panel.pt_mnpt),
        "version": panel.version,
    }


def shown(value: Decimal | None) -> str:
    """A stored number without the zeros that its column adds."""
    if value is None:
        return ""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def panel_entry(head: Mapping[str, Any], entries: Mapping[str, Entry]) -> PanelEntry:
    """The form's cleaned head and its rows as the service takes them."""
    return PanelEntry(
        laboratory_id=head["laboratory"],
        collected_on=head["collected_on"],
        collected_time=head["collected_time"],
        sample_state=head["sample_state"],
        dialysis=head["dialysis"],
        pt_isi=head["pt_isi"],
        pt_mnpt=head["pt_mnpt"],
        entries=entries,
    )
