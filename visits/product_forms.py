"""The forms of the product: the stock's filter, a scanned number, receiving, issuing, verifying."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from patients.filters import site_choice
from patients.forms import reason_field
from trial.access.models import Site
from trial.web.fields import NumberField
from trial.web.forms import FieldDisplay
from visits.bag_numbers import normalise
from visits.models import Bag
from visits.models.product import STATE_NAMES
from visits.services.handling import Arrival, Identity
from visits.services.witness import Witness
from visits.temperature import COLDEST, WARMEST

WRONG_NUMBER = _(
    "This is no bag number: eight digits, of which the last one checks the others. Scan it again, "
    "or compare digit by digit."
)
_SCANNED = {"autocomplete": "off", "spellcheck": "false", "inputmode": "numeric", "data-scan": ""}


class BagNumberField(forms.CharField):
    """A bag's number, scanned or typed: its check digit must fit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, widget=forms.TextInput(attrs=_SCANNED), **options)

    def to_python(self, value: Any) -> str:
        """The eight digits. Raises ValidationError for a wrong check digit."""
        text = super().to_python(value)
        number = normalise(text) if text else ""
        if number is None:
            raise ValidationError(WRONG_NUMBER, code="check_digit")
        return number


class StockFilter(forms.Form):
    """Which bags to see."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[("", _("Any")), *((state.value, name) for state, name in STATE_NAMES.items())],
        required=False,
    )
    soon = forms.BooleanField(label=_("Expired, or within 30 days"), required=False)

    def __init__(self, sites: QuerySet[Site], data: Any = None) -> None:
        super().__init__(data)
        self.fields["site"] = site_choice(sites)
        self.order_fields(["site", "state", "soon"])

    def chosen(self) -> dict[str, Any]:
        """What was chosen; what is wrong counts as not chosen."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in ("site", "state", "soon")}


class ScanForm(forms.Form):
    """A bag's number, from the camera, a keyboard wedge or the keys."""

    number = BagNumberField(label=_("Bag number"))


class ReceiveForm(forms.Form):
    """A delivery, as it was found."""

    displays = {"temperature": FieldDisplay(unit="°C")}

    temperature = NumberField(
        1, label=_("Temperature on arrival"), min_value=COLDEST, max_value=WARMEST
    )
    condition = forms.CharField(
        label=_("Condition"),
        max_length=200,
        help_text=_("Seals, labels, bags: what you found."),
    )

    def __init__(self, bags: Sequence[Bag], data: Any = None) -> None:
        super().__init__(data)
        self.fields["temperature"].required = True
        self.fields["bags"] = forms.MultipleChoiceField(
            label=_("Bags that have come"),
            choices=[(str(bag.pk), bag.shown) for bag in bags],
            widget=forms.CheckboxSelectMultiple,
            initial=[str(bag.pk) for bag in bags],
        )

    @property
    def ids(self) -> list[int]:
        """The bags that have come."""
        return [int(text) for text in self.cleaned_data["bags"]]

    @property
    def arrival(self) -> Arrival:
        return Arrival(self.cleaned_data["temperature"], self.cleaned_data["condition"])


class _TwoPeople(forms.Form):
    """What two people check together: the bag, and two things that tell its participant from
    another. The second one proves who they are."""

    number = BagNumberField(label=_("Bag number"), help_text=_("Scan the bag."))
    code = forms.CharField(
        label=_("Participant code"),
        max_length=40,
        widget=forms.TextInput(attrs={**_SCANNED, "inputmode": "text"}),
    )
    birth_year = forms.IntegerField(
        label=_("Year of birth"),
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "maxlength": 4, "autocomplete": "off"}
        ),
    )
    label_read = forms.BooleanField(label=_("Number and expiry on the label were read"))
    username = forms.CharField(
        label=_("User name of the second person"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password of the second person"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, bag: Bag, data: Any = None) -> None:
        super().__init__(data)
        self.bag = bag

    def clean_number(self) -> str:
        """The bag in the hand is the one on the screen."""
        number: str = self.cleaned_data["number"]
        if number != self.bag.number:
            raise ValidationError(_("This is another bag than the one on this page."))
        return number

    @property
    def identity(self) -> Identity:
        """The participant, as read."""
        return Identity(self.cleaned_data["code"], self.cleaned_data["birth_year"])

    def witness(self, address: str) -> Witness:
        """The second person, as typed."""
        return Witness(self.cleaned_data["username"], self.cleaned_data["password"], address)


class IssueForm(_TwoPeople):
    """A bag is handed out for a participant."""


class VerifyForm(_TwoPeople):
    """A bag is confirmed at the bedside."""


class AwayForm(forms.Form):
    """Why a bag is given back or discarded."""

    reason = reason_field(_("Reason"))
