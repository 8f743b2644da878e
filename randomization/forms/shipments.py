"""Forms of shipments: what is packed, a temperature log, the judgement of an excursion."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from labs.forms import NumberField
from patients.filters import site_name
from randomization.forms.fields import choose
from randomization.sealed.models import Lot
from randomization.sealed.packing import MOST_BAGS, Parcel
from trial.access.models import Site
from trial.web.forms import FieldDisplay
from visits.models import Excursion
from visits.services.excursions import Stretch
from visits.temperature import MOST_BYTES

_CELSIUS = FieldDisplay(unit="°C")


def _celsius(label: Any, initial: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, initial=initial, max_digits=4, decimal_places=1, min_value=-200, max_value=60,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip


class PackForm(forms.Form):
    """A site, what is the same for all bags, and how many of each lot."""

    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), empty_label=None)
    volume_ml = NumberField(label=_("Volume of each bag"), places=1)
    cells = NumberField(label=_("Label claim of each bag"), places=1)
    storage_low = _celsius(_("Coldest"), "2.0")
    storage_high = _celsius(_("Warmest"), "8.0")
    displays = {
        "volume_ml": FieldDisplay(unit="mL"),
        "cells": FieldDisplay(unit="10⁶"),
        "storage_low": _CELSIUS,
        "storage_high": _CELSIUS,
    }

    def __init__(self, data: Any = None, *, sites: Iterable[Site], lots: Sequence[Lot]) -> None:
        super().__init__(data)
        self.lots = list(lots)
        known = list(sites)
        where = self.fields["site"]
        if isinstance(where, forms.ModelChoiceField):
            where.queryset = Site.objects.filter(pk__in=[site.pk for site in known])
        choose(where, [(site.pk, site_name(site)) for site in known])
        for name in ("volume_ml", "cells"):
            self.fields[name].required = True
        for lot in self.lots:
            self.fields[f"lot-{lot.pk}"] = forms.IntegerField(
                label=lot.number, required=False, min_value=0, max_value=MOST_BAGS,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )  # fmt: skip

    @property
    def rows(self) -> Iterator[tuple[Lot, BoundField]]:
        """Each lot that may be packed, with its field."""
        for lot in self.lots:
            yield lot, self[f"lot-{lot.pk}"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name in ("volume_ml", "cells"):
            if name not in self.errors and not data.get(name):
                self.add_error(name, _("Give an amount above 0."))
        low, high = data.get("storage_low"), data.get("storage_high")
        if isinstance(low, Decimal) and isinstance(high, Decimal) and low >= high:
            self.add_error("storage_high", _("This is not warmer than the coldest."))
        return data

    @property
    def parcel(self) -> Parcel:
        """What is to be packed."""
        data = self.cleaned_data
        return Parcel(
            site=data["site"],
            bags={lot.pk: data[f"lot-{lot.pk}"] or 0 for lot in self.lots},
            volume_ml=data["volume_ml"],
            cells=data["cells"],
            storage_low=data["storage_low"],
            storage_high=data["storage_high"],
        )


class LogForm(forms.Form):
    """The file of a temperature logger."""

    file = forms.FileField(
        label=_("Temperature log (CSV)"),
        help_text=_(
            "Two columns, time and temperature: 2026-03-05T08:15:00+08:00,4.5. "
            "The name of the file is not kept."
        ),
    )

    def clean_file(self) -> bytes:
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 2 MB."))
        return bytes(given.read())


class JudgeForm(forms.Form):
    """The judgement of one excursion; `began_at` and `source` say of which."""

    began_at = forms.CharField(max_length=40, widget=forms.HiddenInput)
    source = forms.CharField(max_length=200, widget=forms.HiddenInput)
    verdict = forms.ChoiceField(label=_("Judgement"), choices=Excursion.Verdict.choices)
    ground = forms.ChoiceField(
        label=_("Ground"),
        choices=Excursion.Ground.choices,
        help_text=_("Sites read it: it is the same for every bag."),
    )

    def clean_began_at(self) -> Any:
        moment = parse_datetime(self.cleaned_data["began_at"])
        if moment is None or moment.utcoffset() is None:
            raise forms.ValidationError(_("This excursion is not known."))
        return moment

    @property
    def stretch(self) -> Stretch:
        """Which excursion is judged."""
        return Stretch(self.cleaned_data["began_at"], self.cleaned_data["source"])
