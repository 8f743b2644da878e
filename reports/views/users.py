"""Accounts: listed, made, changed, closed and opened again."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from reports.people_forms import EditAccountForm, NewAccountForm, ReasonForm, TrainingForm
from reports.presenters import people as presenter
from reports.views.asking import Question, ask, typed
from trial.access import services
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.models import User
from trial.access.roles import Permission

_ASKS = ["GET", "HEAD", "POST"]


@require_safe
@require(Permission.USER_VIEW)
def users(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All accounts, by name, role, site and state."""
    context = presenter.listing(request.GET, request.user)
    return render(request, "reports/people/users.html", context)


@require_safe
@require(Permission.USER_VIEW)
def user(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """One account: roles, trainings, duties, sign-ins, and what was done about it."""
    found = get_object_or_404(User, pk=pk)
    context = presenter.account(found, request.user)
    return render(request, "reports/people/user.html", context)


@require_http_methods(_ASKS)
@require(Permission.USER_MANAGE)
def user_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """A new account. It has no password and no role yet."""
    by = actor(request, Permission.USER_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        made = services.create_user(password=None, by=by, **data)
        return _("Account %(name)s made. It has no role yet.") % {"name": made.username}

    question = Question(
        title=_("New user"),
        lead=_("An account for one person. Accounts are never shared."),
        submit=_("Make the account"),
        icon="user-plus",
        back=reverse("people:users"),
    )
    return ask(request, NewAccountForm(typed(request)), question, act)


@require_http_methods(_ASKS)
@require(Permission.USER_MANAGE)
def user_edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Another name, e-mail or language."""
    found = get_object_or_404(User, pk=pk)
    by = actor(request, Permission.USER_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        services.edit_user(user=found, changes=data, reason=data["reason"], by=by)
        return _("Changed.")

    question = about(found, _("Change details"), _("Save"), icon="pencil")
    return ask(request, EditAccountForm(found, typed(request)), question, act)


@require_http_methods(_ASKS)
@require(Permission.USER_MANAGE)
def user_deactivate(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Close an account at once."""
    found = get_object_or_404(User, pk=pk)
    by = actor(request, Permission.USER_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        services.deactivate_user(user=found, by=by, **data)
        return _("The account is deactivated; whoever was signed in with it is signed out.")

    question = about(
        found,
        _("Deactivate the account"),
        _("Deactivate"),
        note=_("Sessions, API tokens and duties end at once. The roles and all records stay."),
        icon="user-off",
        kind="danger",
    )
    return ask(request, ReasonForm(typed(request)), question, act)


@require_http_methods(_ASKS)
@require(Permission.USER_MANAGE)
def user_reactivate(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Open a closed account again."""
    found = get_object_or_404(User, pk=pk)
    by = actor(request, Permission.USER_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        services.reactivate_user(user=found, by=by, **data)
        return _("The account is active again.")

    question = about(
        found,
        _("Activate the account again"),
        _("Activate"),
        note=_("It has the roles it had. API tokens and duties do not come back."),
        icon="user-check",
    )
    return ask(request, ReasonForm(typed(request)), question, act)


@require_http_methods(_ASKS)
@require(Permission.USER_MANAGE)
def user_training(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Record a training that is documented on paper."""
    found = get_object_or_404(User, pk=pk)
    by = actor(request, Permission.USER_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        services.record_training(user=found, by=by, **data)
        return _("Recorded.")

    question = about(
        found,
        _("Record a training"),
        _("Record"),
        note=_("In its present version. The agreement on electronic signatures is confirmed "
               "by the person alone, on their own page."),
        icon="school",
    )  # fmt: skip
    return ask(request, TrainingForm(typed(request)), question, act)


def about(found: User, title: str, submit: str, **more: str) -> Question:
    """A question about one account."""
    return Question(
        title=title,
        submit=submit,
        lead=f"{found.full_name} · {found.username}",
        back=presenter.user_address(found.pk),
        menu=_("Users"),
        menu_url=reverse("people:users"),
        **more,
    )
