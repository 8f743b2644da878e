"""Roles: asked for, agreed to by a second person, ended."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reports.people_forms import ReasonForm, RoleForm
from reports.presenters.people import PAGE, user_address
from reports.selectors import people
from reports.views.asking import Question, ask, typed
from trial.access import services
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.models import Membership, RoleGrant, User
from trial.access.refusals import show_refusal
from trial.access.roles import ROLES, Permission, Role

_ASKS = ["GET", "HEAD", "POST"]


@require_http_methods(_ASKS)
@require(Permission.USER_MANAGE)
def role_new(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Give somebody a role, or ask for one that takes a second person."""
    found = get_object_or_404(User, pk=pk)
    by = actor(request, Permission.USER_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        wanted = {**data, "role": Role(data["role"])}
        grant = services.request_role(user=found, by=by, **wanted)
        waits = _("Asked for. It is given once a second person agrees.")
        return waits if grant.waits else _("The role is given, from the next sign-in on.")

    question = Question(
        title=_("Give a role"),
        lead=f"{found.full_name} · {found.username}",
        note=_("Unblinded roles and that of an administrator take a second person."),
        submit=_("Give the role"),
        icon="user-shield",
        back=user_address(found.pk),
        menu=_("Users"),
        menu_url=reverse("people:users"),
    )
    return ask(request, RoleForm(people.sites(), typed(request)), question, act)


@require_http_methods(_ASKS)
@require(Permission.USER_MANAGE)
def role_end(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Take a role away."""
    held = get_object_or_404(Membership.objects.select_related("user", "site"), pk=pk)
    by = actor(request, Permission.USER_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        services.end_role(membership=held, by=by, **data)
        return _("The role has ended.")

    role = f"{ROLES[Role(held.role)].name}{f' ({held.site.code})' if held.site else ''}"
    question = Question(
        title=_("End a role"),
        lead=f"{held.user.full_name} · {held.user.username} · {role}",
        note=_("The user is signed out and API tokens end; so do duties at a site without role."),
        submit=_("End the role"),
        icon="user-minus",
        kind="danger",
        back=user_address(held.user_id),
        menu=_("Users"),
        menu_url=reverse("people:users"),
    )
    return ask(request, ReasonForm(typed(request)), question, act)


@require_safe
@require(Permission.USER_APPROVE)
def grants(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Requests that take a second person: those that wait, and those that were answered."""
    return _draw(request)


@require_POST
@require(Permission.USER_APPROVE)
def grant_decide(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Agree to a request as the second person, or turn it down with a reason."""
    grant = get_object_or_404(RoleGrant.objects.select_related("user", "site"), pk=pk)
    by = actor(request, Permission.USER_APPROVE)
    form = ReasonForm(request.POST, auto_id=f"grant-{pk}-%s")
    refuses = "refuse" in request.POST
    if refuses and not form.is_valid():
        return _draw(request, (pk, form))
    try:
        if refuses:
            services.refuse_role(grant=grant, by=by, **form.cleaned_data)
        else:
            services.approve_role(grant=grant, by=by)
    except Refused as refused:
        form.errors.clear()
        show_refusal(form, refused)
        if not people.waiting_grants().filter(pk=pk).exists():  # so there is no form to show it at
            messages.error(request, " ".join(map(str, form.non_field_errors())))
        return _draw(request, (pk, form))
    messages.success(request, _("Turned down.") if refuses else _("Agreed. The role is given."))
    return redirect("people:grants")


def _draw(
    request: AuthenticatedHttpRequest, wrong: tuple[int, ReasonForm] | None = None
) -> HttpResponse:
    me = request.user.pk
    waiting = [
        (
            grant,
            me in (grant.requested_by_id, grant.user_id),
            wrong[1] if wrong and wrong[0] == grant.pk else _form(grant),
        )
        for grant in people.waiting_grants()[:PAGE]
    ]
    answered = people.grants().exclude(membership=None, refused_at=None)
    page = Paginator(answered, PAGE).get_page(request.GET.get("page"))
    context = {"waiting": waiting, "page": page}
    return render(request, "reports/people/grants.html", context, status=422 if wrong else 200)


def _form(grant: RoleGrant) -> ReasonForm:
    form = ReasonForm(auto_id=f"grant-{grant.pk}-%s")
    form.fields["reason"].required = False
    form.fields["reason"].help_text = _("Needed to turn it down.")
    return form
