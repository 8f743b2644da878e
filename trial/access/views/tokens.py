"""One's own API tokens: issue, see once, revoke."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from trial.access import policy
from trial.access.account_forms import TokenForm
from trial.access.confirmation import confirmed
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.models import TokenScope
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.access.selectors import tokens_of
from trial.access.services import issue_token, revoke_token
from trial.audit.context import Actor

WRITING = (Permission.LAB_ENTER, Permission.LAB_IMPORT)  # what the API offers to write


@require(Permission.PARTICIPANT_VIEW)
@require_http_methods(["GET", "POST"])
@confirmed
def issue(request: AuthenticatedHttpRequest) -> HttpResponse:
    """A new token; its key is shown on the answer and never again."""
    may_write = any(policy.can(request.user, right) for right in WRITING)
    form = TokenForm(request.POST or None, may_write=may_write)
    if request.method == "POST" and form.is_valid():
        try:
            key = issue_token(
                user=request.user,
                by=actor(request, Permission.PARTICIPANT_VIEW),
                days=form.cleaned_data["days"],
                scope=TokenScope(form.cleaned_data["scope"]),
                networks=form.cleaned_data["networks"],
            )
            return render(request, "access/token_shown.html", {"key": key})
        except Refused as refused:
            show_refusal(form, refused)
    status = 422 if request.method == "POST" else 200
    return render(request, "access/token_issue.html", {"form": form}, status=status)


@require_POST
def revoke(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """End one of one's own tokens at once. Needs no confirmation: it only takes away."""
    token = tokens_of(request.user).filter(pk=pk).first()
    if token is None:
        raise Http404
    revoke_token(token=token, by=Actor.of(request.user))
    messages.success(request, _("The token is revoked."))
    return redirect("security:overview")
