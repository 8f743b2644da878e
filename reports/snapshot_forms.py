"""Forms about snapshots: taking one, and which two moments to compare."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.codes import normalise
from patients.models import Participant
from reports.forms import SiteFilter
from reports.models import Snapshot
from reports.presenters.words import FORMS
from trial.access.models import Site


class TakeForm(forms.Form):
    """What the snapshot is for."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Such as: DSMB meeting 2."))
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CompareForm(SiteFilter):
    """From one snapshot to another, or to now; whose differences."""

    since = forms.ChoiceField(label=_("From"))
    until = forms.ChoiceField(label=_("To"), required=False)
    participant = forms.CharField(label=_("Participant"), required=False, max_length=20)
    form = forms.ChoiceField(label=_("Form"), required=False)
    steps = forms.BooleanField(label=_("Show every step in between"), required=False)

    def __init__(
        self, sites: Sequence[Site], taken: Sequence[Snapshot], data: Mapping[str, Any]
    ) -> None:
        super().__init__(sites, data)
        numbers = [(str(one.number), f"{one.number} · {one.name}") for one in taken]
        # A time may be asked for by address; it stays chosen.
        times = [data.get(name, "") for name in ("since", "until")]
        extra = [(t, t) for t in dict.fromkeys(times) if t not in ("", "now") and not t.isdigit()]
        self.fields["since"] = forms.ChoiceField(label=_("From"), choices=[*numbers, *extra])
        self.fields["until"] = forms.ChoiceField(
            label=_("To"), choices=[("", _("now")), *numbers, *extra], required=False
        )  # fmt: skip
        self.fields["form"] = forms.ChoiceField(
            label=_("Form"), choices=[("", _("All forms")), *FORMS.items()], required=False
        )
        self.order_fields(["since", "until", "site", "participant", "form", "steps"])

    def clean_participant(self) -> Participant | None:
        """The participant with this code."""
        text = self.cleaned_data["participant"]
        found = Participant.objects.filter(code=normalise(text) or "").first() if text else None
        if text and found is None:
            raise forms.ValidationError(_("There is no such participant."))
        return found
