"""What a monitor ticks, why something is withdrawn, and how much is planned to be verified."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from patients.filters import site_name
from patients.forms import reason_field
from reports.forms import SiteFilter
from reports.presenters.verification import FORM_NAMES
from trial.access.models import Site
from trial.audit.records import Place
from trial.quality.models import Mode
from trial.quality.selectors.verification import Item
from trial.quality.services.verifications import Share, Target


def chosen(place: Place, items: Iterable[Item], data: QueryDict) -> list[Target]:
    """What was ticked, of what the page showed: whole forms, and single values of the others."""
    items = list(items)
    known = {item.form for item in items}
    whole = known if "all" in data else known & set(data.getlist("form"))
    ticked = set(data.getlist("item"))
    single = [item for item in items if item.form not in whole and str(item.record) in ticked]
    return [Target(_of_form(place, form)) for form in sorted(whole)] + [
        Target(_of_form(place, item.form), item.record) for item in single
    ]


def _of_form(place: Place, form: str) -> Place:
    return Place(
        place.site_id, place.participant_id, place.participant_code, place.visit_id,
        place.visit_label, form,
    )  # fmt: skip


class WorkFilter(SiteFilter):
    """Site and participant; the state is chosen by a tab."""

    participant = forms.CharField(label=_("Participant"), required=False, max_length=12)


class PlanForm(forms.Form):
    """How much is to be verified, of a site or of the study, and why."""

    site = forms.ChoiceField(label=_("For"), required=False)
    covers = forms.MultipleChoiceField(
        label=_("Forms"),
        choices=list(FORM_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=list(FORM_NAMES),
    )
    mode = forms.ChoiceField(label=_("How much"), choices=Mode, widget=forms.RadioSelect)
    percent = forms.IntegerField(
        label=_("Share of participants (%)"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=_("With drawn participants only."),
    )
    critical_of_others = forms.BooleanField(
        label=_("Critical fields of those who are not drawn"), required=False
    )
    seed = forms.IntegerField(
        label=_("Seed of the draw"),
        required=False,
        min_value=0,
        max_value=10**9,
        help_text=_("Leave it empty to have one drawn. With the same seed, the draw is the same."),
    )
    reason = reason_field(_("Reason"))

    def __init__(self, sites: Sequence[Site], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        choices = [("", _("Whole study")), *((one.code, site_name(one)) for one in sites)]
        self.fields["site"] = forms.ChoiceField(label=_("For"), choices=choices, required=False)

    @property
    def share(self) -> Share:
        """What was chosen; needs a valid form."""
        data = self.cleaned_data
        return Share(
            forms=data["covers"],
            mode=Mode(data["mode"]),
            percent=data["percent"],
            critical_of_others=data["critical_of_others"],
            seed=data["seed"],
        )
