"""Forms about people: accounts, roles, trainings, access reviews."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from patients.filters import site_choice, site_name
from patients.forms import reason_field
from trial.access.models import Kind, Site, User
from trial.access.roles import ROLES
from trial.web.fields import line_field

_ROLES = [(role.value, definition.name) for role, definition in ROLES.items()]


class ReasonForm(forms.Form):
    """Why something about an account or a role is changed."""

    reason = reason_field(_("Reason"), help_text=_("It is kept in the audit trail."))


class AccountForm(forms.Form):
    """Details of an account."""

    full_name = line_field(_("Full name"), 120)
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class NewAccountForm(AccountForm):
    """A new account."""

    username = line_field(
        _("User name"),
        60,
        help_text=_("For signing in. It stays, and is never given to another person."),
    )
    field_order = ["username"]


class EditAccountForm(AccountForm):
    """Changed details of an account, with the reason."""

    reason = reason_field(_("Reason"))

    def __init__(self, user: User, data: Mapping[str, Any] | None = None) -> None:
        present = {"full_name": user.full_name, "email": user.email, "language": user.language}
        super().__init__(data, initial=present)


class FactorsForm(ReasonForm):
    """Why somebody's second factors are removed, and how it was made sure who asks (R-39)."""

    identity_check = reason_field(
        _("How the identity was checked"),
        help_text=_("For example: called back on the number in the staff list."),
    )


class RoleForm(forms.Form):
    """A role for somebody, at a site or everywhere."""

    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Choose a role")), *_ROLES])
    reason = reason_field(
        _("Reason"), help_text=_("For example the number of the request or of the contract.")
    )
    field_order = ["role", "site"]

    def __init__(self, sites: Iterable[Site], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.fields["site"] = site_choice(sites)
        self.fields["site"].help_text = _("Only for roles that are held at a site.")
        self.order_fields(self.field_order)


class TrainingForm(forms.Form):
    """A training that is documented on paper."""

    kind = forms.TypedChoiceField(
        label=_("Training"),
        choices=[(kind.value, kind.label) for kind in Kind if kind is not Kind.AGREEMENT],
        coerce=Kind,
    )
    reference = line_field(
        _("Reference"), 200, help_text=_("Where the signed record is, such as a file number.")
    )


class ConfirmForm(forms.Form):
    """That a text has been read and is agreed to."""

    read = forms.BooleanField(label=_("I have read and understood this, and I confirm it."))


class ReviewForm(forms.Form):
    """That the list of who has access has been looked through."""

    site = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("What was found"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example: all roles are still needed; one was ended."),
    )


class AccountFilter(forms.Form):
    """Which accounts are listed."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Any")), *_ROLES], required=False)
    active = forms.ChoiceField(
        label=_("State"),
        choices=[("", _("Any")), ("yes", _("active")), ("no", _("deactivated"))],
        required=False,
    )

    def __init__(self, sites: Iterable[Site], data: Mapping[str, Any]) -> None:
        super().__init__(data)
        choices = [("", _("All sites")), *((site.code, site_name(site)) for site in sites)]
        self.fields["site"] = forms.ChoiceField(label=_("Site"), choices=choices, required=False)

    def choice(self) -> dict[str, str]:
        """What was chosen by field; a value that is none of the choices filters nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}
