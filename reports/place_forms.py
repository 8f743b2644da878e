"""Forms about sites: their details, protocol versions, the principal, the delegation log."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from patients.forms import reason_field
from trial.access.duties import DELEGABLE
from trial.access.models import Delegation, Site, User
from trial.protocol import registry
from trial.web.fields import DayField


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones()) if "/" in name]


def _versions() -> list[tuple[str, str]]:
    return [(number, number) for number in reversed(registry.numbers())]


class SiteDetailsForm(forms.Form):
    """Names and planned number of a site."""

    name = forms.CharField(label=_("Name"), max_length=120)
    name_zh = forms.CharField(label=_("Chinese name"), max_length=120, required=False)
    planned_participants = forms.IntegerField(
        label=_("Planned participants"), initial=25, min_value=1, max_value=10_000
    )


class EditSiteForm(SiteDetailsForm):
    """Changed details, with the reason."""

    reason = reason_field(_("Reason"))

    def __init__(self, site: Site, data: Mapping[str, Any] | None = None) -> None:
        names = ("name", "name_zh", "planned_participants")
        super().__init__(data, initial={name: getattr(site, name) for name in names})


class ApprovalForm(forms.Form):
    """A protocol version with its ethics approval."""

    version = forms.ChoiceField(label=_("Protocol version"), choices=_versions)
    approved_on = DayField(label=_("Ethics approval of"))
    approval_reference = forms.CharField(label=_("Reference of the approval"), max_length=100)


class NewSiteForm(SiteDetailsForm, ApprovalForm):
    """A new site, with the protocol version under which it opens."""

    code = forms.CharField(
        label=_("Code"),
        max_length=2,
        validators=[RegexValidator(r"^[0-9]{2}\Z", _("A site's code is two digits, such as 05."))],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=_zones, initial="Asia/Shanghai")
    opened_on = DayField(label=_("Opens on"), help_text=_("The version holds from this day on."))
    field_order = ["code", "name", "name_zh", "timezone", "planned_participants", "opened_on"]


class AdoptForm(ApprovalForm):
    """A version that holds at a site from a day on."""

    effective_from = DayField(
        label=_("Holds from"), help_text=_("Before this day the site does not see the version.")
    )
    reason = reason_field(_("Reason"))
    field_order = ["version", "effective_from"]


class _PersonForm(forms.Form):
    """Somebody who has a role at the site, from a day on."""

    user = forms.TypedChoiceField(label=_("Person"))
    from_on = DayField(label=_("From"))

    def __init__(self, people: Iterable[User], data: Mapping[str, Any] | None, site: Site) -> None:
        super().__init__(data, initial={"from_on": site.today()})
        by_id = {str(user.pk): user for user in people}
        names = [(key, f"{user.full_name} · {user.username}") for key, user in by_id.items()]
        self.fields["user"] = forms.TypedChoiceField(
            label=_("Person"),
            choices=[("", _("Choose a person")), *names],
            coerce=by_id.__getitem__,
        )
        self.order_fields(["user"])


class PrincipalForm(_PersonForm):
    """The principal investigator of a site."""

    reason = reason_field(_("Reason"))


class DelegationForm(_PersonForm):
    """Duties that are entrusted to somebody."""

    duties = forms.MultipleChoiceField(
        label=_("Duties"),
        choices=[(duty.value, duty.label) for duty in DELEGABLE],
        widget=forms.CheckboxSelectMultiple,
    )
    to_on = DayField(label=_("Until"), required=False, help_text=_("Empty: until further notice."))
    reason = reason_field(_("Remark"), required=False)
    field_order = ["user", "duties", "from_on", "to_on", "reason"]

    def __init__(self, people: Iterable[User], data: Mapping[str, Any] | None, site: Site) -> None:
        super().__init__(people, data, site)
        self.order_fields(self.field_order)


class EndDelegationForm(forms.Form):
    """The last day on which an entry of the log holds, and why."""

    on = DayField(label=_("Last day"))
    reason = reason_field(_("Reason"))

    def __init__(self, entry: Delegation, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"on": entry.site.today()})
