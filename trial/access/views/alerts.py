"""Security alerts, for the administrators."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from trial.access.account_forms import NoteForm
from trial.access.alerts import acknowledge
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.models import SecurityAlert
from trial.access.roles import Permission

PER_PAGE = 25


@require(Permission.USER_VIEW)
@require_GET
def alerts(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All alerts, newest first; ?open=1 those that nobody has looked at."""
    only_open = request.GET.get("open") == "1"
    found = SecurityAlert.objects.order_by("-id")
    found = found.filter(seen_at=None) if only_open else found
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "only_open": only_open, "active": int(only_open)}
    return render(request, "access/alerts.html", context)


@require(Permission.USER_VIEW)
@require_POST
def alert_seen(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Say what was found; the alert no longer waits."""
    alert = get_object_or_404(SecurityAlert, pk=pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        context = {"alert": alert, "form": form}
        return render(request, "access/alert_note.html", context, status=422)
    acknowledge(
        alert=alert, note=form.cleaned_data["note"], by=actor(request, Permission.USER_VIEW)
    )
    return redirect("security:alerts")
