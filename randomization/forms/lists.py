"""The forms of the unblinded statistician: making a list, trying it, putting it in force."""

from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patients.forms import reason_field
from randomization.blocks import Design
from randomization.listfile import MOST_SLOTS
from randomization.minimisation import Scheme
from randomization.sealed.list_plan import Plan
from randomization.sealed.list_reading import SHORTEST_REASON
from trial.access.account_forms import password_field

SIZES = [(size, str(size)) for size in (2, 4, 6, 8, 10, 12)]
MOST_STEPS = 100_000  # participants over all runs: some seconds
MOST_BYTES = 5_000_000


def whole_number(label: Any, least: int, most: int, **options: Any) -> forms.IntegerField:
    """A whole number, typed."""
    attributes = {"inputmode": "numeric", "autocomplete": "off"}
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs=attributes),
        **options,
    )


class SchemeForm(forms.Form):
    """What both ways of drawing a list share: trying it first."""

    participants = whole_number(
        gettext_lazy("Participants"), 1, 5_000, initial=100, help_text=gettext_lazy("in each run")
    )
    runs = whole_number(
        gettext_lazy("Runs"),
        1,
        10_000,
        initial=500,
        help_text=gettext_lazy("Participants times runs: at most 100,000."),
    )

    def __init__(self, plan: Plan, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.plan = plan

    slots_field = "slots"

    def slots_of(self, data: dict[str, Any]) -> int:
        """How many slots the list would have at least."""
        return int(data[self.slots_field])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        if data["participants"] * data["runs"] > MOST_STEPS:
            self.add_error("runs", _("Participants times runs: at most 100,000."))
        if data["participants"] > self.slots_of(data):
            self.add_error("participants", _("The list has fewer slots than that."))
        if self.slots_of(data) > MOST_SLOTS:
            message = _("A list has at most %(most)s slots.") % {"most": MOST_SLOTS}
            self.add_error(self.slots_field, message)
        return data


class BlocksForm(SchemeForm):
    """Permuted blocks, one to one. Two sizes or more, so that nobody who counts knows an end."""

    sizes = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Block sizes"),
        coerce=int,
        choices=SIZES,
        initial=[4, 6],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Each block's size is drawn from these; blocks of 2 are guessed."),
    )
    per_stratum = whole_number(
        gettext_lazy("Slots per stratum"),
        1,
        10_000,
        initial=100,
        help_text=gettext_lazy("At least; the last block is completed."),
    )
    slots_field = "per_stratum"
    field_order = ("sizes", "per_stratum", "participants", "runs")

    def clean_sizes(self) -> list[int]:
        """The sizes; two different ones at least."""
        sizes: list[int] = sorted(self.cleaned_data["sizes"])
        if len(sizes) < 2:
            raise forms.ValidationError(_("Choose two sizes or more: one alone can be counted."))
        return sizes

    def slots_of(self, data: dict[str, Any]) -> int:
        return int(data["per_stratum"]) * len(self.plan.strata)

    def design(self) -> Design:
        """The design that was chosen, for all strata of the study."""
        arms = self.plan.arm_codes
        return Design(
            arms=arms,
            ratio=(1,) * len(arms),
            sizes=tuple(self.cleaned_data["sizes"]),
            strata=tuple(self.plan.strata),
            per_stratum=self.cleaned_data["per_stratum"],
            first=tuple(self.plan.first.values()),
        )


class MinimisationForm(SchemeForm):
    """Minimisation over site and disease status, with a random element."""

    weight_site = whole_number(gettext_lazy("Weight of the site"), 1, 100, initial=1)
    weight_group = whole_number(gettext_lazy("Weight of the disease status"), 1, 100, initial=1)
    preferred = whole_number(
        gettext_lazy("Probability of the preferred arm, in percent"),
        51,
        95,
        initial=80,
        help_text=gettext_lazy("70 to 90 is usual. At 100 every allocation could be foretold."),
    )
    slots = whole_number(gettext_lazy("Slots"), 1, MOST_SLOTS, initial=200)
    field_order = (
        "weight_site", "weight_group", "preferred", "slots", "participants", "runs",
    )  # fmt: skip

    def scheme(self) -> Scheme:
        """The scheme that was chosen."""
        data = self.cleaned_data
        weights = {"site": data["weight_site"], "group": data["weight_group"]}
        return Scheme(self.plan.arm_codes, weights, Fraction(data["preferred"], 100))


class FileForm(forms.Form):
    """The statistician's own list, and the checksum that came with it."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        help_text=gettext_lazy("CSV in UTF-8: stratum,number,arm – one line a slot, in order."),
    )
    checksum = forms.CharField(
        label=gettext_lazy("Its SHA-256, if you were told it"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("A file with another checksum is refused."),
    )

    def clean_file(self) -> bytes:
        """The file's bytes."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 5 MB."))
        return bytes(file.read())

    def clean_checksum(self) -> str:
        """Sixty-four hexadecimal digits, or nothing."""
        typed = "".join(str(self.cleaned_data["checksum"]).split()).lower()
        if typed and (len(typed) != 64 or set(typed) - set("0123456789abcdef")):
            raise forms.ValidationError(_("A SHA-256 has 64 digits from 0 to f."))
        return typed


class ForceForm(forms.Form):
    """That the list shall be in force, with a fresh proof of who says so."""

    agreed = forms.BooleanField(
        label=gettext_lazy("This list takes force for good, and its hash is published")
    )
    password = password_field(gettext_lazy("Your password"), new=False)


class OpenForm(forms.Form):
    """Why something sealed is to be read, with a fresh proof of who reads."""

    reason = reason_field(gettext_lazy("Reason"), min_length=SHORTEST_REASON)
    password = password_field(gettext_lazy("Your password"), new=False)
