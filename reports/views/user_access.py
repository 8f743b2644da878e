"""What somebody signs in with, for the administrator: set-up link, second factors, sessions."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reports.people_forms import FactorsForm, ReasonForm
from reports.views.asking import ask, typed
from reports.views.users import about
from trial.access.endings import end_sessions
from trial.access.exceptions import Refused
from trial.access.factors import reset_factors
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.models import User
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.access.setup_links import issue_setup_link

_ASKS = ["GET", "HEAD", "POST"]


@require_http_methods(_ASKS)
@require(Permission.USER_MANAGE)
def user_link(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Issue a link with which somebody sets a password. It is shown once, and kept nowhere."""
    found = get_object_or_404(User, pk=pk)
    by = actor(request, Permission.USER_MANAGE)
    form = ReasonForm(typed(request))
    if form.is_valid():
        try:
            path = issue_setup_link(user=found, by=by, reason=form.cleaned_data["reason"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            context = {"account": found, "link": request.build_absolute_uri(path)}
            return render(request, "reports/people/link.html", context)
    question = about(
        found,
        _("Issue a set-up link"),
        _("Issue the link"),
        note=_("With it the person sets a password, once, within an hour. Hand it over yourself."),
        icon="link",
    )
    context = {"form": form, "question": question}
    status = 422 if form.errors else 200
    return render(request, "reports/people/form.html", context, status=status)


@require_http_methods(_ASKS)
@require(Permission.USER_MANAGE)
def user_factors(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Remove the second factors of somebody who has lost them."""
    found = get_object_or_404(User, pk=pk)
    by = actor(request, Permission.USER_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        reset_factors(user=found, by=by, **data)
        return _("The second factors are removed, sessions and tokens have ended.")

    question = about(
        found,
        _("Reset the second factor"),
        _("Reset"),
        note=_("Only for somebody who has lost it, and whose identity you have checked."),
        icon="shield-off",
        kind="danger",
    )
    return ask(request, FactorsForm(typed(request)), question, act)


@require_http_methods(_ASKS)
@require(Permission.USER_MANAGE)
def user_sessions(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Sign somebody out everywhere."""
    found = get_object_or_404(User, pk=pk)
    by = actor(request, Permission.USER_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        ended = end_sessions(user=found, by=by, **data)
        words = ngettext("%(count)s session ended.", "%(count)s sessions ended.", ended)
        return words % {"count": ended}

    question = about(found, _("End all sessions"), _("End them"), icon="logout", kind="danger")
    return ask(request, ReasonForm(typed(request)), question, act)
