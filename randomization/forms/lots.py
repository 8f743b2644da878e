"""Forms of donors, lots, the results of their tests, and dispositions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from labs.forms import NumberField
from randomization.forms.fields import (
    DayField,
    MomentField,
    ProofForm,
    TextField,
    choose,
    reason_field,
)
from randomization.release import Disposition, Finding, following
from randomization.sealed.disposing import NAMES, Decision
from randomization.sealed.lots import Certificate, NewResult
from randomization.sealed.models import Donor, Lot
from trial.protocol.dosing import Arm
from trial.protocol.label import Label
from trial.web.forms import FieldDisplay

MOST_BYTES = 20_000_000


def text_of(label: Label) -> str:
    """A protocol text in the language of the page."""
    return label.text(get_language() or "en")


class DonorForm(forms.Form):
    """A donor by code; with a reason where one that is recorded is changed."""

    code = TextField(
        label=_("Code"), max_length=20, help_text=_("Never a name: the clinic keeps the key.")
    )
    collected_on = DayField(label=_("Cord collected on"), required=False)
    screening = forms.ChoiceField(
        label=_("HIV, HBV, HCV, syphilis, CMV, EBV, HTLV"),
        required=False,
        choices=[("", _("no result yet")), *Donor.Screening.choices],
    )
    file_reference = TextField(label=_("Reference of the donor's file"), required=False)
    reason = reason_field()
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    def __init__(self, data: Any = None, *, donor: Donor | None = None) -> None:
        super().__init__(data, initial=_initial(donor, self.base_fields) if donor else None)
        if donor is None:
            del self.fields["reason"]

    @property
    def values(self) -> dict[str, Any]:
        """What is recorded."""
        return _without(self.cleaned_data, "reason", "version")


class LotForm(forms.Form):
    """A lot's record, the same form whatever it is made of (clinical rules §8.2)."""

    number = TextField(label=_("Lot number"), max_length=40)
    arm = forms.ChoiceField(label=_("Made for"))
    donor = forms.ModelChoiceField(
        Donor.objects.none(), label=_("Donor"), required=False, empty_label=_("none (placebo)")
    )
    master_bank = TextField(label=_("Master cell bank"), required=False)
    working_bank = TextField(label=_("Working cell bank"), required=False)
    culture_medium = TextField(label=_("Culture medium"), required=False)
    passage = forms.IntegerField(
        label=_("Passage"), required=False, min_value=0, max_value=50,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    harvested_on = DayField(label=_("Harvested on"), required=False)
    manufactured_at = MomentField(label=_("Manufactured"), required=False)
    expires_at = MomentField(label=_("Expires"))
    formulation = TextField(
        label=_("Formulation"), required=False, help_text=_("Such as saline, 5 % HSA, 10 % DMSO.")
    )
    anticoagulant = forms.ChoiceField(
        label=_("Anticoagulant"), choices=Lot.Anticoagulant.choices, initial="none"
    )
    anticoagulant_amount = TextField(
        label=_("Its concentration and volume"), required=False, max_length=60
    )
    bag_material = TextField(label=_("Material of the bag"), required=False)
    bag_volume_ml = NumberField(label=_("Volume of a bag"), places=1)
    total_cells = NumberField(label=_("Cells in a bag"), places=2)
    viable_cells = NumberField(label=_("Viable cells in a bag"), places=2)
    coa = forms.FileField(
        label=_("Certificate of analysis"),
        required=False,
        help_text=_("Only its name and its hash (SHA-256) are kept."),
    )
    reason = reason_field()
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    displays = {
        "bag_volume_ml": FieldDisplay(unit="mL"),
        "total_cells": FieldDisplay(unit="10⁶"),
        "viable_cells": FieldDisplay(unit="10⁶"),
    }

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        arms: Iterable[Arm],
        zone: str,
        lot: Lot | None = None,
    ) -> None:
        super().__init__(data, files, initial=_initial(lot, self.base_fields) if lot else None)
        choose(self.fields["arm"], [(arm.code, text_of(arm.name)) for arm in arms])
        donors = self.fields["donor"]
        if isinstance(donors, forms.ModelChoiceField):
            donors.queryset = Donor.objects.all()
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.zone, field.help_text = zone, zone
        if lot is None:
            del self.fields["reason"]

    def clean_coa(self) -> Any:
        given = self.cleaned_data["coa"]
        if given and given.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB."))
        return given

    @property
    def values(self) -> dict[str, Any]:
        """What is recorded."""
        return _without(self.cleaned_data, "reason", "version", "coa")

    @property
    def certificate(self) -> Certificate | None:
        """The certificate that was chosen, if one was."""
        given = self.cleaned_data["coa"]
        return Certificate.of(given.name, given.read()) if given else None


def _initial(row: Any, fields: Iterable[str]) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in fields if hasattr(row, name)}
    for name, value in found.items():
        if hasattr(value, "normalize"):
            found[name] = f"{value.normalize():f}"
    return found


def _without(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


# --- results ------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Row:
    """One test on the page: what is asked, and its two fields."""

    finding: Finding
    result: BoundField
    tested_on: BoundField


class ResultsForm(forms.Form):
    """The result and the day of each test that is typed in; empty for none yet."""

    reason = reason_field(required=False, help_text=_("Needed where a recorded result is changed."))
    shown = forms.CharField(max_length=1000, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        findings: Iterable[Finding],
        days: Mapping[str, Any],
        mark: str,
    ) -> None:
        self.findings = [one for one in findings if one.test.source == "result"]
        super().__init__(data, initial={"shown": mark})
        for one in self.findings:
            code = one.test.code
            self.fields[f"r-{code}"] = _result_field(one)
            label = f"{text_of(one.test.name)}: {_('Tested on')}"
            self.fields[f"d-{code}"] = DayField(label=label, required=False, initial=days.get(code))

    @property
    def rows(self) -> Iterator[Row]:
        """The tests in the order of the specification."""
        for one in self.findings:
            yield Row(one, self[f"r-{one.test.code}"], self[f"d-{one.test.code}"])

    @property
    def results(self) -> dict[str, NewResult]:
        """By test what was typed."""
        return {one.test.code: self._result(one) for one in self.findings}

    def _result(self, one: Finding) -> NewResult:
        given = self.cleaned_data[f"r-{one.test.code}"]
        day = self.cleaned_data[f"d-{one.test.code}"]
        if one.test.choices:
            return NewResult(choice=given, tested_on=day if given else None)
        return NewResult(value=given, tested_on=day if given is not None else None)

    def refuse(self, errors: Mapping[str, list[Any]]) -> None:
        """Put a service's messages at the tests that they are about."""
        for name, texts in errors.items():
            place = f"r-{name}" if f"r-{name}" in self.fields else name
            known = place if place in self.fields else None
            self.add_error(known, [str(text) for text in texts])


def _result_field(one: Finding) -> forms.Field:
    label = text_of(one.test.name)
    if one.test.choices:
        choices = [("", "–"), *((code, text_of(name)) for code, name in one.test.choices)]
        return forms.ChoiceField(
            label=label, required=False, choices=choices, initial=one.result or ""
        )
    initial = "" if one.result is None else f"{one.result.normalize():f}"  # type: ignore[union-attr]
    return NumberField(label=label, places=4, initial=initial)


# --- disposition --------------------------------------------------------------------------------
class DispositionForm(ProofForm):
    """What is to become of a lot, and the proof of who decides."""

    disposition = forms.ChoiceField(label=_("The lot is"), widget=forms.RadioSelect)
    follow_up_on = DayField(
        label=_("Final sterility result due on"),
        required=False,
        help_text=_("Only for a release on condition."),
    )
    reason = reason_field(required=False)
    shown = forms.CharField(max_length=64, widget=forms.HiddenInput)
    field_order = ("disposition", "follow_up_on", "reason", "shown", "username", "password")

    def __init__(self, data: Any = None, *, before: Disposition, mark: str) -> None:
        super().__init__(data, initial={"shown": mark})
        choose(self.fields["disposition"], [(one.value, NAMES[one]) for one in following(before)])

    @property
    def decision(self) -> Decision:
        """What was decided."""
        data = self.cleaned_data
        return Decision(
            Disposition(data["disposition"]),
            reason=data["reason"],
            follow_up_on=data["follow_up_on"],
            shown=data["shown"],
        )


class RecallForm(ProofForm):
    """Why lots are recalled, and the proof of who recalls them."""

    reason = reason_field(help_text=_("Stays in the sealed record; sites don't see it."))
    field_order = ("reason", "username", "password")
