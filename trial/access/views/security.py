"""The security of one's own account: factors, recovery codes, sessions, tokens."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trial.access import endings, factors, policy
from trial.access.account_forms import CodeForm, KeyForm, KeyNameForm
from trial.access.confirmation import SECOND_FACTOR, confirmed
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest
from trial.access.mfa import SecondFactors
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.access.selectors import tokens_of
from trial.audit.context import Actor


@require_GET
def overview(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Everything one gets in with, on one page."""
    user = request.user
    held = [(factor, factors.label_of(factor)) for factor in factors.factors_of(user)]
    context = {
        "factors": held,
        "has_app": any(factor.type == Authenticator.Type.TOTP for factor, _label in held),
        "codes_left": factors.recovery_codes_left(user),
        "needs_factor": factors.needs_factor(user),
        "sessions": endings.open_sessions(user, current=request.session.session_key),
        "tokens": tokens_of(user),
        "may_issue": bool(policy.can(user, Permission.PARTICIPANT_VIEW)),
    }
    return render(request, "access/security.html", context)


@require_http_methods(["GET", "POST"])
@confirmed
def app_add(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Add an authenticator app: its secret as a picture and as text, then a code of it."""
    form = CodeForm(request.POST or None)
    secret = totp.get_totp_secret(regenerate=request.method == "GET")
    if request.method == "POST" and form.is_valid():
        try:
            factors.add_app(
                user=request.user,
                secret=secret,
                code=form.cleaned_data["code"],
                by=Actor.of(request.user),
                keep=request.session.session_key,
            )
            totp.clear_totp_secret(request)
            return _enrolled(request)
        except Refused as refused:
            show_refusal(form, refused)
    adapter = SecondFactors()
    picture = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    context = {
        "form": form,
        # Drawn by qrcode of our own text: paths and numbers.
        "picture": mark_safe(picture.partition("?>")[2] or picture),  # noqa: S308
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "access/app_add.html", context, status=status)


@require_http_methods(["GET", "POST"])
@confirmed
def key_add(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Add a security key; static/js/webauthn.js talks to it."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = form.cleaned_data["credential"]
        try:
            factors.add_key(
                user=request.user,
                name=form.cleaned_data["name"],
                credential=answer if isinstance(answer, dict) else {},
                by=Actor.of(request.user),
                keep=request.session.session_key,
            )
            return _enrolled(request)
        except Refused as refused:
            show_refusal(form, refused)
    context = {"form": form, "options": webauthn.begin_registration(request.user, False)}
    status = 422 if request.method == "POST" else 200
    return render(request, "access/key_add.html", context, status=status)


def _enrolled(request: AuthenticatedHttpRequest) -> HttpResponse:
    request.session[SECOND_FACTOR] = True
    request.session.cycle_key()
    messages.success(request, _("The second factor is added. Keep your recovery codes now."))
    return redirect("security:codes")


@require_http_methods(["GET", "POST"])
@confirmed
def key_rename(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Give one of one's security keys another name."""
    key = _own(request, pk)
    if key.type != Authenticator.Type.WEBAUTHN:
        raise Http404
    form = KeyNameForm(request.POST or None, initial={"name": factors.label_of(key)})
    if request.method == "POST" and form.is_valid():
        try:
            factors.rename_key(key=key, name=form.cleaned_data["name"], by=Actor.of(request.user))
            return redirect("security:overview")
        except Refused as refused:
            show_refusal(form, refused)
        except Authenticator.DoesNotExist:
            raise Http404 from None
    status = 422 if request.method == "POST" else 200
    return render(request, "access/key_rename.html", {"form": form}, status=status)


@require_POST
@confirmed
def factor_remove(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Take one of one's factors out of use."""
    try:
        factors.remove_factor(factor=_own(request, pk), by=Actor.of(request.user))
        messages.success(request, _("The second factor is removed."))
    except Refused as refused:
        _say(request, refused)
    return redirect("security:overview")


@require_GET
@confirmed
def codes(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The unused recovery codes, to be printed or kept; as a file with ?file=1."""
    found = factors.recovery_codes(user=request.user, by=Actor.of(request.user))
    if request.GET.get("file"):
        answer = HttpResponse("\n".join(found) + "\n", content_type="text/plain; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
        return answer
    return render(request, "access/codes.html", {"codes": found})


@require_POST
@confirmed
def codes_make(request: AuthenticatedHttpRequest) -> HttpResponse:
    """New recovery codes; those kept so far are void."""
    try:
        factors.make_recovery_codes(user=request.user, by=Actor.of(request.user))
    except Refused as refused:
        _say(request, refused)
        return redirect("security:overview")
    return redirect("security:codes")


@require_POST
def session_end(request: AuthenticatedHttpRequest, mark: str) -> HttpResponse:
    """End one of one's own sessions."""
    ended = endings.end_session(user=request.user, mark=mark, by=Actor.of(request.user))
    if not ended:
        raise Http404
    messages.success(request, _("The session has ended."))
    return redirect("security:overview")


@require_POST
def sessions_end(request: AuthenticatedHttpRequest) -> HttpResponse:
    """End all of one's sessions but this one."""
    endings.end_sessions(
        user=request.user, by=Actor.of(request.user), keep=request.session.session_key
    )
    messages.success(request, _("All other sessions have ended."))
    return redirect("security:overview")


def _own(request: AuthenticatedHttpRequest, pk: int) -> Authenticator:
    found = factors.factors_of(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _say(request: AuthenticatedHttpRequest, refused: Refused) -> None:
    for texts in refused.errors.values():
        for text in texts:
            messages.error(request, str(text))
