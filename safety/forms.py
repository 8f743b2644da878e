"""Filtering cases; what is said when a report goes out or its receipt is confirmed."""

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.filters import site_choice
from safety.cases import Clock, Stage
from safety.models import PARTY_NAMES, REPORT_NAMES
from safety.selectors.cases import OVERDUE
from safety.services.reports import Outside
from safety.wording import STAGES
from trial.access.models import Site
from trial.protocol.safety import Party, Report
from trial.web.fields import MomentField

STATES = (
    ("", _("Any")),
    (OVERDUE, _("overdue")),
    *((stage.value, STAGES[stage]) for stage in Stage),
)


class CaseFilter(forms.Form):
    """Which cases the list shows; what is none of the choices filters nothing."""

    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)

    def __init__(self, sites: Iterable[Site], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["site"] = site_choice(sites)
        self.order_fields(["site", "state"])

    def choice(self) -> tuple[Site | None, str]:
        """The site, None for all, and the state, "" for any."""
        self.is_valid()
        return self.cleaned_data.get("site"), self.cleaned_data.get("state", "")


class SubmitForm(forms.Form):
    """The site's report to the sponsor. The first one needs no words."""

    news = forms.CharField(
        label=_("What is new"), max_length=2_000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("No names, no initials."),
    )  # fmt: skip


class OutsideForm(forms.Form):
    """Reports of the sponsor that went to authority or ethics committee."""

    reference = forms.CharField(label=_("Reference"), max_length=100, required=False)

    def __init__(self, clocks: Sequence[Clock], zone: ZoneInfo, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["reports"] = forms.MultipleChoiceField(
            label=_("Report and recipient"),
            choices=[(key_of(one), said_of(one)) for one in clocks],
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        self.fields["sent_at"] = MomentField(
            zone, label=_("Sent"), help_text=_("On the sponsor's clock. Empty: now.")
        )
        self.order_fields(["reports", "sent_at", "reference"])

    def outside(self, now: Any) -> Outside:
        """What was typed, for the service."""
        chosen = [one.split(":") for one in self.cleaned_data["reports"]]
        reports = [(Report(report), Party(party), int(count)) for report, party, count in chosen]
        sent_at = self.cleaned_data["sent_at"] or now
        return Outside(reports, sent_at, self.cleaned_data["reference"])


class ReceiptForm(forms.Form):
    """That the recipient confirmed a report."""

    reference = forms.CharField(label=_("Reference"), max_length=100, required=False)

    def __init__(self, zone: ZoneInfo, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["acknowledged_at"] = MomentField(
            zone, label=_("Receipt confirmed"), help_text=_("On the sponsor's clock. Empty: now.")
        )
        self.order_fields(["acknowledged_at", "reference"])


def key_of(clock: Clock) -> str:
    """A report in a form."""
    due = clock.due
    return f"{due.report}:{due.recipient}:{due.follow_up}"


def said_of(clock: Clock) -> str:
    """A report and its recipient in words."""
    due = clock.due
    count = f" {due.follow_up}" if due.follow_up else ""
    return f"{REPORT_NAMES[due.report]}{count} → {PARTY_NAMES[due.recipient]}"
