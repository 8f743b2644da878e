"""What the trail is narrowed down to, and what a reviewer says about it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from patients.codes import normalise
from patients.forms import reason_field
from patients.models import Participant
from reports.forms import SiteFilter
from reports.presenters.acts import ACTS, name_of
from reports.presenters.words import FORMS
from reports.selectors.risk import RISKS
from reports.selectors.trail import Asked
from trial.access.models import Site
from trial.access.policy import AnyUser
from trial.access.roles import ROLES, Permission
from trial.web.fields import DayField

PERIOD = 30  # days that a review looks back, unless it says otherwise


def _kinds() -> list[tuple[str, Any]]:
    rows = [("insert", _("entered")), ("update", _("changed")), ("delete", _("removed"))]
    return [("", _("All")), *rows, *((f"act:{act}", name_of(act)) for act in ACTS)]


class TrailForm(SiteFilter):
    """The filters of the trail."""

    participant = forms.CharField(label=_("Participant"), required=False, max_length=20)
    visit = forms.CharField(label=_("Visit"), required=False, max_length=12)
    form = forms.ChoiceField(label=_("Form"), required=False)
    field = forms.CharField(label=_("Field"), required=False, max_length=60)
    who = forms.CharField(label=_("User name"), required=False, max_length=60)
    role = forms.ChoiceField(label=_("Role"), required=False)
    kind = forms.ChoiceField(label=_("What was done"), required=False)
    since = DayField(label=_("From (UTC)"), required=False)
    until = DayField(label=_("To (UTC)"), required=False)
    reason = forms.CharField(label=_("Text of the reason"), required=False, max_length=200)
    risk = forms.ChoiceField(label=_("Worth a look"), required=False)

    def __init__(self, user: AnyUser, sites: Sequence[Site], data: Mapping[str, Any]) -> None:
        super().__init__(sites, data)
        self._user, self._sites = user, {site.code: site.pk for site in sites}
        choices: dict[str, list[tuple[str, Any]]] = {
            "form": [("", _("All forms")), *FORMS.items()],
            "role": [("", _("All")), *((r.value, d.name) for r, d in ROLES.items())],
            "kind": _kinds(),
            "risk": [("", _("All")), *((one.code, one.name) for one in RISKS.values())],
        }
        for name, found in choices.items():
            label = self.fields[name].label
            self.fields[name] = forms.ChoiceField(label=label, choices=found, required=False)
        self.order_fields(["participant", "site", "visit", "form", "field"])

    def clean_participant(self) -> Participant | None:
        """The participant with this code, if the user may see the trail there."""
        text = self.cleaned_data["participant"]
        people = Participant.objects.visible_to(self._user, Permission.TRAIL_VIEW)
        found = people.filter(code=normalise(text) or "").first() if text else None
        if text and found is None:
            raise forms.ValidationError(_("There is no such participant."))
        return found

    def asked(self) -> Asked:
        """The filters; those that are wrong are left out, their messages stand at the fields."""
        given = dict(self.cleaned_data) if self.is_bound and self.is_valid() else {}
        site = self._sites.get(given.pop("site", ""))
        return Asked(site=site, **given)

    @property
    def active(self) -> int:
        """How many filters are set."""
        return sum(bool(self.data.get(name)) for name in self.fields)


class AccountForm(forms.Form):
    """The filters of accounts' events."""

    who = forms.CharField(label=_("User name"), required=False, max_length=60)
    since = DayField(label=_("From (UTC)"), required=False)
    until = DayField(label=_("To (UTC)"), required=False)

    def asked(self) -> Asked:
        """The filters."""
        return Asked(**self.cleaned_data) if self.is_valid() else Asked()

    @property
    def active(self) -> int:
        """How many filters are set."""
        return sum(bool(self.data.get(name)) for name in self.fields)


class PeriodForm(forms.Form):
    """From which day to which."""

    since = DayField(label=_("From (UTC)"))
    until = DayField(label=_("To (UTC)"))

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "PeriodForm":
        """As asked for, else the last days."""
        today = timezone.now().date()
        start = {"since": str(today - timedelta(days=PERIOD)), "until": str(today)}
        return cls({name: data.get(name) or value for name, value in start.items()})


class ReviewForm(PeriodForm):
    """What was looked at, and what was found."""

    risk = forms.ChoiceField(
        label=_("Looked at"), choices=[(one.code, one.name) for one in RISKS.values()]
    )
    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.all(), required=False, empty_label=_("All sites")
    )
    note = reason_field(_("What you found"))
