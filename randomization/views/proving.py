"""Who takes something sealed out proves with a password that it is them."""

from django import forms

from trial.access.clients import address_of
from trial.access.http import AuthenticatedHttpRequest, actor
from trial.access.reauth import prove
from trial.access.roles import Permission
from trial.audit.context import Actor


def proved(request: AuthenticatedHttpRequest, form: forms.Form, act: str) -> Actor:
    """The person who is at the keyboard, by the password of the form. Raises Refused."""
    by = actor(request, Permission.SEALED_LIST)
    prove(
        user=request.user,
        username=None,
        password=form.cleaned_data["password"],
        address=address_of(request),
        act=act,
        by=by,
    )
    return by
