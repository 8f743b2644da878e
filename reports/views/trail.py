"""The audit trail: all of it, that of accounts, and where to look first."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reports.models.trail import visible
from reports.presenters import review as reviews
from reports.presenters import trail as presenter
from reports.selectors import trail as selectors
from reports.services.reviews import record
from reports.trail_forms import AccountForm, PeriodForm, ReviewForm, TrailForm
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.policy import can
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.audit.models import Event, EventQuerySet


@require_safe
@require(Permission.TRAIL_VIEW)
def trail(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Every event the user may read, newest first, narrowed down by the filters."""
    sites = list(sites_of(request.user, Permission.TRAIL_VIEW))
    form = TrailForm(request.user, sites, request.GET)
    # A filter that is wrong shows nothing: it must not show more than was asked for.
    rows = selectors.events(request.user, form.asked()) if form.is_valid() else Event.objects.none()
    context = _page(request, rows, text=bool(can(request.user, Permission.TRAIL_TEXT)))
    rights = {
        "may_export": can(request.user, Permission.DATA_EXPORT),
        "may_see_accounts": can(request.user, Permission.TRAIL_ACCOUNTS),
    }
    status = 422 if form.errors else 200
    return render(request, "reports/trail.html", context | rights | {"form": form}, status=status)


@require_safe
@require(Permission.TRAIL_ACCOUNTS)
def accounts(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Who signed in, who made whom a user of what."""
    form = AccountForm(request.GET)
    rows = selectors.of_accounts(form.asked()) if form.is_valid() else Event.objects.none()
    context = _page(request, rows, text=True)
    status = 422 if form.errors else 200
    return render(request, "reports/trail_accounts.html", context | {"form": form}, status=status)


def _page(
    request: AuthenticatedHttpRequest, rows: EventQuerySet, *, text: bool
) -> dict[str, object]:
    before = request.GET.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found, following = selectors.page(rows, number)
    names = selectors.names_for(found)
    query = request.GET.copy()
    query.pop("before", None)
    newest = f"?{query.urlencode()}"
    return {
        "lines": [presenter.line(event, names, text=text) for event in found],
        "older": f"{newest}&before={following}" if following else "",
        "newest": newest if number is not None else "",
    }


@require_safe
@require(Permission.TRAIL_VIEW)
def review(request: AuthenticatedHttpRequest) -> HttpResponse:
    """How many events of each kind deserve a look, by site; what was reviewed before."""
    return _review(request)


@require_POST
@require(Permission.TRAIL_REVIEW)
def reviewed(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Record that one kind of change was reviewed over a period."""
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _review(request, form)
    chosen = form.cleaned_data
    by = actor(request, Permission.TRAIL_REVIEW, chosen["site"])
    try:
        record(rows=Event.objects.filter(visible(request.user)), by=by, **chosen)
    except Refused as refused:
        show_refusal(form, refused)
        return _review(request, form)
    messages.success(request, _("The review is recorded."))
    return redirect("reports:trail_review")


def _review(request: AuthenticatedHttpRequest, wrong: ReviewForm | None = None) -> HttpResponse:
    period = PeriodForm.of(request.GET)
    sites = list(sites_of(request.user, Permission.TRAIL_VIEW))
    rows = Event.objects.filter(visible(request.user))
    context = reviews.page(rows, sites, period, request.GET.get("page"))
    rights = {"may_review": can(request.user, Permission.TRAIL_REVIEW)}
    form = wrong or ReviewForm(initial=dict(period.data))
    status = 422 if wrong or period.errors else 200
    return render(
        request, "reports/trail_review.html", context | rights | {"form": form}, status=status
    )
