"""Forms of one's own account: passwords, codes, keys, tokens."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trial.access.factors import NAME_LENGTH
from trial.access.models import TokenScope
from trial.access.passwords import LONGEST
from trial.access.services import TOKEN_DAYS, TOKEN_DAYS_MOST

CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}


def password_field(label: Any, *, new: bool, **options: Any) -> forms.CharField:
    """A password; spaces at its ends belong to it."""
    kind = "new-password" if new else "current-password"
    widget = forms.PasswordInput(attrs={"autocomplete": kind})
    return forms.CharField(label=label, strip=False, max_length=LONGEST, widget=widget, **options)


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    password = password_field(
        gettext_lazy("New password"),
        new=True,
        help_text=gettext_lazy(
            "At least 12 characters; several words are easier to remember than signs. "
            "None of your last ten passwords, no common one, nothing like your name."
        ),
    )
    again = password_field(gettext_lazy("New password, once more"), new=True)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("password") and given.get("again") and given["password"] != given["again"]:
            self.add_error("again", _("The two passwords are not the same."))
        return given


class ChangePasswordForm(NewPasswordForm):
    """The present password, and a new one, twice."""

    current = password_field(gettext_lazy("Present password"), new=False)
    field_order = ("current", "password", "again")


class ConfirmForm(forms.Form):
    """The password once more, and the app's code where there is an app."""

    password = password_field(gettext_lazy("Password"), new=False)
    code = forms.CharField(
        label=gettext_lazy("Code of the authenticator app, or a recovery code"),
        max_length=20,
        widget=forms.TextInput(attrs=CODE),
    )

    def __init__(self, *args: Any, with_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_code:
            del self.fields["code"]


class CodeForm(forms.Form):
    """Six digits of an authenticator app."""

    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=20, widget=forms.TextInput(attrs=CODE)
    )


class KeyForm(forms.Form):
    """A security key: the name by which its owner knows it, and the browser's answer."""

    name = forms.CharField(
        label=gettext_lazy("Name of the key"),
        max_length=NAME_LENGTH,
        help_text=gettext_lazy("So that you can tell your keys apart, such as “blue key, office”."),
    )
    credential = forms.JSONField(widget=forms.HiddenInput, required=False)


class KeyNameForm(forms.Form):
    """Another name for a security key."""

    name = forms.CharField(label=gettext_lazy("Name of the key"), max_length=NAME_LENGTH)


class TokenForm(forms.Form):
    """A new API token: what it is good for, from where, and how long."""

    scope = forms.ChoiceField(
        label=gettext_lazy("It is good for"),
        choices=TokenScope.choices,
        initial=TokenScope.READ,
        widget=forms.RadioSelect,
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days it is valid"),
        min_value=1,
        max_value=TOKEN_DAYS_MOST,
        initial=TOKEN_DAYS,
    )
    networks = forms.CharField(
        label=gettext_lazy("Networks it may be used from"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Such as 192.0.2.0/24, several with commas; empty: from anywhere."),
    )

    def __init__(self, *args: Any, may_write: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_write:
            only = [(TokenScope.READ.value, TokenScope.READ.label)]
            self.fields["scope"] = forms.ChoiceField(
                label=self.fields["scope"].label,
                choices=only,
                initial=TokenScope.READ,
                widget=forms.RadioSelect,
            )

    def clean_networks(self) -> list[str]:
        return [part.strip() for part in self.cleaned_data["networks"].split(",") if part.strip()]


class NoteForm(forms.Form):
    """What was found when an alert was looked at."""

    note = forms.CharField(
        label=gettext_lazy("What was found and done"),
        min_length=5,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
