"""Passwords: changing one's own, confirming with it, and setting it with a set-up link."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from trial.access import factors, reauth, setup_links
from trial.access.account_forms import (
    ChangePasswordForm,
    ConfirmForm,
    NewPasswordForm,
)
from trial.access.clients import address_of
from trial.access.confirmation import confirm
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest
from trial.access.passwords import set_password
from trial.access.refusals import show_refusal
from trial.audit.context import Actor

LINK = "setup_link"
TRIES, TRIES_SECONDS = 20, 15 * 60


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change(request: AuthenticatedHttpRequest) -> HttpResponse:
    """One's own password; all other sessions and all tokens end."""
    form = ChangePasswordForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            _change(request, form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
            status = refused.page_status
        else:
            messages.success(request, _("Your password is changed. Other sessions have ended."))
            return redirect("security:overview")
    forced = request.user.must_change_password
    context = {"form": form, "forced": forced}
    return render(request, "access/password_change.html", context, status=status)


def _change(request: AuthenticatedHttpRequest, given: dict[str, Any]) -> None:
    user, by = request.user, Actor.of(request.user)
    try:
        reauth.prove(
            user=user,
            username=None,
            password=given["current"],
            address=address_of(request),
            act="change_password",
            by=by,
        )
    except Refused as refused:
        raise type(refused)({"current": refused.errors["password"]}) from refused
    set_password(user=user, password=given["password"], by=by, keep=request.session.session_key)
    update_session_auth_hash(request, user)  # gives the session another key


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def reauthenticate(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The password once more, before something that would lock out or let in."""
    with_code = factors.has_app(request.user)
    form = ConfirmForm(request.POST or None, with_code=with_code)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _confirm(request, form.cleaned_data)
                return HttpResponseRedirect(_next(request))
            except Refused as refused:
                show_refusal(form, refused)
                status = refused.page_status
    wanted = request.POST.get("next") or request.GET.get("next", "")
    context = {"form": form, "next": wanted}
    return render(request, "access/reauthenticate.html", context, status=status)


def _confirm(request: AuthenticatedHttpRequest, given: dict[str, Any]) -> None:
    reauth.prove(
        user=request.user,
        username=None,
        password=given["password"],
        code=given.get("code"),
        address=address_of(request),
        act="confirm",
        by=Actor.of(request.user),
    )
    confirm(request)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else reverse("security:overview")


@login_not_required
@require_GET
def setup(request: HttpRequest, key: str) -> HttpResponse:
    """Take the key out of the address at once: addresses are kept in histories and logs.

    Looks at nothing, so that every key is answered alike (F-116).
    """
    request.session[LINK] = key[:100]
    return redirect("security:setup-password")


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def setup_password(request: HttpRequest) -> HttpResponse:
    """Set the password with the link that led here. Bad, used and expired links look the same."""
    if _too_often(request):
        return render(request, "access/setup_link_bad.html", status=429)
    key = str(request.session.get(LINK, ""))
    user = setup_links.holder_of(key)
    if user is None:
        _count(request)
        return render(request, "access/setup_link_bad.html", status=404)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if setup_links.use_setup_link(key=key, password=form.cleaned_data["password"]):
                messages.success(request, _("Your password is set. Sign in with it now."))
            request.session.pop(LINK, None)
            return redirect("account_login")
        except Refused as refused:
            show_refusal(form, refused)
    context = {"form": form, "holder": user}
    status = 422 if request.method == "POST" else 200
    return render(request, "access/setup_password.html", context, status=status)


def _too_often(request: HttpRequest) -> bool:
    return int(cache.get(f"setup-link:{address_of(request)}", 0)) >= TRIES


def _count(request: HttpRequest) -> None:
    name = f"setup-link:{address_of(request)}"
    cache.add(name, 0, TRIES_SECONDS)
    cache.incr(name)
