"""Forms about visits: held, missed, unscheduled; what the work list is narrowed down to."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy, ngettext

from patients.filters import site_choice
from patients.forms import reason_field
from trial.access.models import Site
from trial.web.fields import DayField


class HeldForm(forms.Form):
    """On which day a visit took place. The service asks for a reason where one is needed."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    held_on = DayField(label=gettext_lazy("Date of visit"))
    reason = reason_field(gettext_lazy("Reason"), required=False)


class MissedForm(forms.Form):
    """That a visit did not take place, and why."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = reason_field(gettext_lazy("Why the visit did not take place"))


class UnscheduledForm(forms.Form):
    """A visit the schedule does not know."""

    held_on = DayField(label=gettext_lazy("Date of visit"))
    reason = reason_field(gettext_lazy("What the visit was for"))


def _spans() -> list[tuple[int, str]]:
    # Asked for with each form: a count put into a lazy plural is text at once, in one language.
    return [(n, ngettext("%(n)s day", "%(n)s days", n) % {"n": n}) for n in (7, 14, 30, 90)]


class WorkFilter(forms.Form):
    """Which part of the work list to see."""

    STATES = {"overdue": 0, "due": 1, "upcoming": 2}

    days = forms.TypedChoiceField(
        label=gettext_lazy("Opening within"),
        choices=_spans,
        coerce=int,
        required=False,
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[
            ("", gettext_lazy("Any")),
            ("overdue", gettext_lazy("Overdue")),
            ("due", gettext_lazy("Due")),
            ("upcoming", gettext_lazy("Opening soon")),
        ],
        required=False,
    )

    def __init__(self, sites: QuerySet[Site], data: Any = None) -> None:
        super().__init__(data, initial={"days": 14})
        self.fields["site"] = site_choice(sites)
        self.order_fields(["site", "state", "days"])

    def chosen(self) -> dict[str, Any]:
        """What was chosen: `days`, `state`, `site`; what is wrong counts as not chosen."""
        self.is_valid()
        data = self.cleaned_data
        return {
            "days": data.get("days") or 14,
            "state": data.get("state") or "",
            "site": data.get("site"),
        }
