"""The inbox of those who judge: items that wait, items that were dealt with."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reports.forms import CloseForm
from reports.presenters.inbox import page
from reports.selectors.inbox import items_of
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission
from trial.inbox.services import close_item


@require_safe
@require(Permission.INBOX_ACT)
def inbox(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Waiting items with a form each; `?show=closed` lists the closed ones."""
    return _draw(request)


@require_POST
@require(Permission.INBOX_ACT)
def close(request: AuthenticatedHttpRequest, item: int) -> HttpResponse:
    """Close an item with a note; closing it a second time changes nothing."""
    found = get_object_or_404(items_of(request.user), pk=item)
    form = CloseForm(found, request.POST)
    if not form.is_valid():
        return _draw(request, form)
    by = actor(request, Permission.INBOX_ACT, found.site)
    close_item(item=found, note=form.cleaned_data["note"], by=by)
    what = found.participant_code or found.site.code
    messages.success(request, _("Closed: %(code)s.") % {"code": what})
    return redirect("reports:inbox")


def _draw(request: AuthenticatedHttpRequest, form: CloseForm | None = None) -> HttpResponse:
    context = page(request.user, request.GET, form)
    return render(request, "reports/inbox.html", context, status=422 if form else 200)
