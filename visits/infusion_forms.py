"""The forms of an infusion: one small form per section. What a number may be, the service says."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from trial.web.fields import DayField, MomentField, NumberField
from trial.web.forms import FieldDisplay
from visits.infusion_sections import Section
from visits.models.course import Ascites, Found, Term
from visits.models.infusion import Filter, Gauge, Line, Stop
from visits.selectors.infusions import Sheet

Text = Any  # a lazy text; the stubs of form fields know only one kind of it
YES, NO = _("yes"), _("no")


def _text(label: Text, length: int, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=length, required=False, **options)


def _note(label: Text, **options: Any) -> forms.CharField:
    return _text(label, 1000, widget=forms.Textarea(attrs={"rows": 2}), **options)


def _one_of(label: Text, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=forms.RadioSelect)


def _yes_no(label: Text, yes: Text = YES, no: Text = NO) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=[("no", no), ("yes", yes)],
        coerce=lambda text: text == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


def _struck() -> forms.BooleanField:
    return forms.BooleanField(label=_("Entered by mistake"), required=False)


# The fields of a section, in the order of the form, made for a site's clock.
_FIELDS: Mapping[str, Callable[[tzinfo], dict[str, forms.Field]]] = {
    "order": lambda zone: {
        "weight_kg": NumberField(1, label=_("Weight")),
        "weighed_on": DayField(label=_("Weighed on"), required=False),
    },
    "preparation": lambda zone: {
        "prepared_cells": NumberField(1, label=_("Dose prepared")),
        "prepared_ml": NumberField(1, label=_("Volume prepared")),
        "preparation_note": _note(_("Note on the dose")),
    },
    "line": lambda zone: {
        "line": _one_of(pgettext_lazy("infusion", "Line"), Line.choices),
        "gauge": _one_of(_("Gauge"), Gauge.choices),
        "filter": _one_of(pgettext_lazy("infusion", "Filter"), Filter.choices),
    },
    "start": lambda zone: {"started": MomentField(zone, label=_("Start"))},
    "end": lambda zone: {
        "ended": MomentField(zone, label=pgettext_lazy("infusion", "End")),
        "given_ml": NumberField(1, label=_("Volume given")),
        "residual_ml": NumberField(1, label=_("Left in the bag")),
        "flush_ml": NumberField(1, label=_("Line flush")),
        "stopped_early": _yes_no(_("How it ended"), yes=_("stopped early"), no=_("as planned")),
        "stop_reason": _one_of(_("Stopped because of"), Stop.choices),
        "end_note": _note(_("What happened")),
    },
    "sonography": lambda zone: {
        "examined": MomentField(zone, label=_("Time")),
        "operator": _text(_("Examiner"), 60),
        "device": _text(_("Device"), 60),
        "portal_vein": _one_of(_("Portal vein patent"), Found.choices),
        "hepatic_veins": _one_of(_("Hepatic veins patent"), Found.choices),
        "thrombus": _one_of(_("Thrombus"), Found.choices),
        "ascites": _one_of(_("Ascites"), Ascites.choices),
        "images": _text(_("Images kept under"), 100),
        "finding": _note(_("Other findings")),
    },
    "vitals": lambda zone: {
        "measured": MomentField(zone, label=_("Measured")),
        "heart_rate": NumberField(0, label=_("Heart rate")),
        "systolic": NumberField(0, label=_("Systolic")),
        "diastolic": NumberField(0, label=_("Diastolic")),
        "respiration": NumberField(0, label=_("Breaths")),
        "oxygen": NumberField(0, label=_("SpO₂")),
        "temperature": NumberField(1, label=pgettext_lazy("infusion", "Temperature")),
        "not_done": _text(_("Why not measured"), 200),
    },
    "rate": lambda zone: {
        "since": MomentField(zone, label=pgettext_lazy("infusion", "Since")),
        "rate_ml_h": NumberField(1, label=_("Rate")),
        "note": _text(_("Why changed"), 200),
        "struck": _struck(),
    },
    "drug": lambda zone: {
        "drug": _text(_("Drug"), 100),
        "dose": _text(_("Dose"), 60),
        "given": MomentField(zone, label=pgettext_lazy("infusion", "Given")),
        "struck": _struck(),
    },
    "reaction": lambda zone: {
        "occurred": _yes_no(_("Occurred")),
        "onset": MomentField(zone, label=_("Onset")),
        "grade": NumberField(0, label=_("CTCAE grade (1–5)")),
        "note": _note(_("Course and treatment")),
    },
}


UNITS: Mapping[str, FieldDisplay] = {
    "weight_kg": FieldDisplay(unit="kg"),
    "prepared_cells": FieldDisplay(unit="×10⁶"),
    "prepared_ml": FieldDisplay(unit="mL"),
    "given_ml": FieldDisplay(unit="mL"),
    "residual_ml": FieldDisplay(unit="mL"),
    "flush_ml": FieldDisplay(unit="mL"),
    "rate_ml_h": FieldDisplay(unit="mL/h"),
    "heart_rate": FieldDisplay(unit="/min"),
    "systolic": FieldDisplay(unit="mmHg"),
    "diastolic": FieldDisplay(unit="mmHg"),
    "respiration": FieldDisplay(unit="/min"),
    "oxygen": FieldDisplay(unit="%"),
    "temperature": FieldDisplay(unit="°C"),
}


class SectionForm(forms.Form):
    """One section with what is stored, or with what was typed. `section.adds`: without the tick
    that strikes a line, which there is none of yet."""

    displays = UNITS

    def __init__(
        self, section: Section, sheet: Sheet, zone: tzinfo, data: QueryDict | None = None
    ) -> None:
        stored = sheet.values(section)
        initial = {name: _shown(name, value) for name, value in stored.items()}
        super().__init__(data, initial=initial, prefix=section.name)
        self.section, self.stored = section, sheet.stored(section)
        for name, field in _FIELDS[section.kind](zone).items():
            if name != "struck" or not section.adds:
                self.fields[name] = field
        self.fields["base"] = forms.CharField(
            widget=forms.HiddenInput, required=False, initial=sheet.mark(section)
        )

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, by column; needs a valid form."""
        return {
            name: self.cleaned_data[name] for name in self.section.fields if name in self.fields
        }

    @property
    def typed(self) -> dict[str, Any]:
        """What can be used of what was typed, whether or not the rest is right."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.section.fields}

    @property
    def visible(self) -> list[Any]:
        """The fields to be drawn."""
        return [self[name] for name in self.fields if name != "base"]

    @property
    def is_struck(self) -> bool:
        """Whether the stored line was entered by mistake."""
        return bool(self.initial.get("struck"))

    @property
    def term(self) -> Text:
        """The reaction that this line of the checklist asks about."""
        return Term(self.section.which).label

    def base(self) -> str:
        """The mark of what the form was drawn from."""
        return str(self.cleaned_data.get("base") or "")


def _shown(name: str, value: Any) -> Any:
    """A stored value as its widget takes it: yes and no are two buttons."""
    if isinstance(value, bool) and name != "struck":
        return "yes" if value else "no"
    return value


class ReasonForm(forms.Form):
    """What goes with every section: why a stored value is changed, and the key of this save."""

    reason = forms.CharField(
        label=_("Why is it changed?"),
        max_length=1000,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
