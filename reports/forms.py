"""Forms of the report pages: closing an inbox item, filters of the casebook and the dashboard."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.filters import site_name
from patients.models import Status
from reports.states import LOOKS
from trial.access.models import Site
from trial.inbox.models import Item
from trial.web.fields import line_field


class CloseForm(forms.Form):
    """What was decided about an inbox item."""

    note = forms.CharField(
        label=_("What was decided"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It is kept with the item and in the history."),
    )

    def __init__(self, item: Item, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, prefix=f"item-{item.pk}")
        self.item = item


class DismissForm(forms.Form):
    """Why a finding is no deviation."""

    reason = line_field(_("Why it is no deviation"), 500)


class SiteFilter(forms.Form):
    """One of the sites the user works with, or all of them."""

    site = forms.ChoiceField(label=_("Site"), required=False)

    def __init__(self, sites: Sequence[Site], data: Mapping[str, Any]) -> None:
        super().__init__(data)
        choices = [("", _("All sites")), *((site.code, site_name(site)) for site in sites)]
        self.fields["site"] = forms.ChoiceField(label=_("Site"), choices=choices, required=False)

    def choice(self) -> dict[str, str]:
        """What was chosen by field; a value that is none of the choices filters nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class CasebookFilter(SiteFilter):
    """Site, the participant's status, and the state of any of their visits."""

    status = forms.ChoiceField(
        label=_("Status"), choices=[("", _("Any")), *Status.choices], required=False
    )
    state = forms.ChoiceField(
        label=_("State of a visit"),
        choices=[("", _("Any")), *((state.value, look.word) for state, look in LOOKS.items())],
        required=False,
    )
