"""The regular review of who has access: page, file, and that it was done (R-34)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reports import access_file
from reports.people_forms import ReviewForm
from reports.presenters.access_review import page, site_asked
from trial.access import services
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.models import Site
from trial.access.refusals import show_refusal
from trial.access.roles import Permission


@require_safe
@require(Permission.USER_VIEW)
def review(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Every standing role with when it was given, by whom, and the last sign-in."""
    return render(request, "reports/people/review.html", page(request.GET, request.user))


@require_safe
@require(Permission.USER_VIEW)
def review_file(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The same as CSV, whole."""
    _form, site = site_asked(request.GET)
    text = access_file.take(site=site, by=actor(request, Permission.USER_VIEW))
    name = f"access-{site.code if site else 'all'}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@require(Permission.USER_MANAGE)
def review_done(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The list has been looked through."""
    form = ReviewForm(request.POST)
    by = actor(request, Permission.USER_MANAGE)
    if form.is_valid():
        data = form.cleaned_data
        site = get_object_or_404(Site, code=data["site"]) if data["site"] else None
        try:
            services.review_access(site=site, seen=data["seen"], note=data["note"], by=by)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("The review is recorded."))
            return redirect("people:review")
    context = page({"site": request.POST.get("site", "")}, request.user, form)
    return render(request, "reports/people/review.html", context, status=422)
