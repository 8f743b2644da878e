"""The delegation log of each site, kept by its investigator (R-29)."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from patients.filters import site_name
from reports.place_forms import DelegationForm, EndDelegationForm
from reports.presenters.people import PAGE, log_entry
from reports.selectors import people
from reports.views.asking import Question, ask, typed
from trial.access import services
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.models import Delegation, Site
from trial.access.policy import can
from trial.access.roles import Permission
from trial.access.selectors import principal_of, sites_of
from trial.web.parts import Tab

_ASKS = ["GET", "HEAD", "POST"]


@require_safe
@require(Permission.DELEGATION_VIEW)
def logs(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The sites whose log the user may read, with the principal and the number of entries."""
    sites = sites_of(request.user, Permission.DELEGATION_VIEW)
    page = Paginator(sites, PAGE).get_page(request.GET.get("page"))
    entries = list(people.open_entries(Site.objects.filter(pk__in=[one.pk for one in page])))
    rows = [
        (
            site,
            next((e for e in entries if e.site_id == site.pk and e.principal), None),
            sum(e.site_id == site.pk for e in entries),
        )
        for site in page
    ]
    return render(request, "reports/people/logs.html", {"rows": rows, "page": page})


@require_safe
@require(Permission.DELEGATION_VIEW)
def log(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """One site's log: the entries that stand, or with `?show=all` those that have ended too."""
    site = _site(request, code, Permission.DELEGATION_VIEW)
    past, address = request.GET.get("show") == "all", reverse("people:log", args=[code])
    page = Paginator(people.log_of(site, past=past), PAGE).get_page(request.GET.get("page"))
    context = {
        "site": site,
        "site_name": site_name(site),
        "principal": principal_of(site),
        "page": page,
        "entries": [log_entry(row, site.today()) for row in page],
        "may_delegate": bool(can(request.user, Permission.DELEGATE, site)),
        "tabs": [
            Tab(_("Present"), address, active=not past),
            Tab(_("With past entries"), f"{address}?show=all", active=past),
        ],
    }
    return render(request, "reports/people/log.html", context)


@require_http_methods(_ASKS)
@require(Permission.DELEGATE)
def log_new(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Entrust duties to somebody with a role at the site."""
    site = _site(request, code, Permission.DELEGATE)
    by = actor(request, Permission.DELEGATE, site)

    def act(data: Mapping[str, Any]) -> str:
        entry = services.delegate(site=site, by=by, **data)
        return _("Recorded for %(name)s.") % {"name": entry.user.full_name}

    question = _about(
        site,
        _("Delegate duties"),
        _("Delegate"),
        note=_("With this you confirm that the person is qualified and trained for these duties."),
        icon="writing-sign",
    )
    others = people.people_at(site).exclude(pk=request.user.pk)
    return ask(request, DelegationForm(others, typed(request), site), question, act)


@require_http_methods(_ASKS)
@require(Permission.DELEGATE)
def log_end(request: AuthenticatedHttpRequest, code: str, pk: int) -> HttpResponse:
    """End an entry of the log."""
    site = _site(request, code, Permission.DELEGATE)
    log = Delegation.objects.filter(site=site).select_related("user", "site")
    entry = get_object_or_404(log, pk=pk)
    by = actor(request, Permission.DELEGATE, site)

    def act(data: Mapping[str, Any]) -> str:
        services.end_delegation(delegation=entry, by=by, **data)
        return _("The entry has ended.")

    question = _about(
        site, _("End duties"), _("End"), note=entry.user.full_name, icon="x", kind="danger"
    )
    return ask(request, EndDelegationForm(entry, typed(request)), question, act)


def _site(request: AuthenticatedHttpRequest, code: str, permission: Permission) -> Site:
    return get_object_or_404(sites_of(request.user, permission), code=code)


def _about(site: Site, title: str, submit: str, **more: str) -> Question:
    return Question(
        title=title,
        submit=submit,
        lead=site_name(site),
        back=reverse("people:log", args=[site.code]),
        menu=_("Delegation log"),
        menu_url=reverse("people:logs"),
        **more,
    )
