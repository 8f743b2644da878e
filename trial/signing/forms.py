"""The box in which one signs."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trial.signing.models import Components


class SignForm(forms.Form):
    """User name and password, or the password alone; a tick where a warning has to be accepted.

    `shown` is the mark of the document on the page; a list of many has a mark of its own.
    """

    shown = forms.CharField(max_length=64, widget=forms.HiddenInput)
    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    confirmed = forms.BooleanField(
        label=_("I have seen the warnings and sign all the same."), required=False
    )

    def __init__(
        self,
        components: Components,
        data: Mapping[str, Any] | None = None,
        *,
        warned: bool = False,
        many: bool = False,
    ) -> None:
        super().__init__(data)
        if many:
            del self.fields["shown"]
        if components == Components.PASSWORD:
            del self.fields["username"]
        if not warned:
            del self.fields["confirmed"]
