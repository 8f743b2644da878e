"""Signing in: the password, with failures counted by django-axes, then the second factor."""

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.stages import LoginStage
from allauth.account.views import LoginView
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal import auth as webauthn
from axes.decorators import axes_dispatch, axes_form_invalid
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from trial.access import factors, reauth
from trial.access.account_forms import CodeForm, KeyForm
from trial.access.clients import address_of
from trial.access.confirmation import SECOND_FACTOR
from trial.access.exceptions import Refused
from trial.access.models import User
from trial.access.refusals import show_refusal
from trial.audit.context import Actor


@method_decorator(login_not_required, name="dispatch")
@method_decorator(axes_dispatch, name="post")  # a GET names no user: all would be locked out
@method_decorator(axes_form_invalid, name="form_invalid")
class SignIn(LoginView):
    """The sign-in page; after five failures the user and address are locked out for a while."""


@login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponseBase:
    """The second step: a code, a recovery code or a security key. Failures count per user."""
    stage: LoginStage = request._login_stage  # type: ignore[attr-defined]  # set by allauth
    user: User = stage.login.user
    if request.method != "POST":
        return _ask(request, user, CodeForm())
    form = CodeForm(request.POST)
    try:
        _prove(request, user, form)
    except Refused as refused:
        show_refusal(form, refused)
        return _ask(request, user, form, status=refused.page_status)
    request.session[SECOND_FACTOR] = True
    answer: HttpResponse = stage.exit()
    return answer


def _prove(request: HttpRequest, user: User, form: CodeForm) -> None:
    """Raises Refused unless the posted code or security key is `user`'s."""
    known: dict[str, Any] = {
        "user": user,
        "address": address_of(request),
        "act": "sign_in",
        "by": Actor.of(user),
    }
    if "credential" in request.POST:
        form.fields["code"].required = False
        key = KeyForm(request.POST)
        key.fields["name"].required = False
        answer = key.cleaned_data["credential"] if key.is_valid() else None
        reauth.prove_key(credential=answer if isinstance(answer, dict) else {}, **known)
    else:
        reauth.prove_code(code=form.cleaned_data["code"] if form.is_valid() else "", **known)


def _ask(request: HttpRequest, user: User, form: CodeForm, status: int = 200) -> HttpResponse:
    kinds = set(factors.factors_of(user).values_list("type", flat=True))
    has_key = Authenticator.Type.WEBAUTHN in kinds
    context = {
        "form": form,
        "has_app": Authenticator.Type.TOTP in kinds,
        "options": webauthn.begin_authentication(user) if has_key else None,
    }
    return render(request, "access/second_factor.html", context, status=status)
