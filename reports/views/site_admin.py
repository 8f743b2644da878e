"""Sites: listed, opened, changed; the protocol versions they adopt; who is principal there."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from patients.filters import site_name
from reports.place_forms import AdoptForm, EditSiteForm, NewSiteForm, PrincipalForm
from reports.selectors import people
from reports.views.asking import Question, ask, typed
from trial.access import services
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.models import Membership, Site
from trial.access.policy import can
from trial.access.roles import Permission
from trial.access.selectors import principal_of

_ASKS = ["GET", "HEAD", "POST"]


@require_safe
@require(Permission.USER_VIEW)
def sites(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All sites with their protocol versions and principal investigators."""
    found = list(people.sites())
    principals = {e.site_id: e for e in people.open_entries(people.sites()) if e.principal}
    context = {
        "rows": [(site, principals.get(site.pk)) for site in found],
        "may_manage": bool(can(request.user, Permission.SITE_MANAGE)),
    }
    return render(request, "reports/people/sites.html", context)


@require_safe
@require(Permission.USER_VIEW)
def site(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """One site: details, protocol versions, the principal investigator, who has a role there."""
    found = get_object_or_404(people.sites(), code=code)
    held = Membership.objects.filter(site=found, ended_at=None).select_related("user")
    context = {
        "site": found,
        "today": found.today(),
        "principal": principal_of(found),
        "members": held.order_by("user__username", "id")[:100],
        "may_manage": bool(can(request.user, Permission.SITE_MANAGE)),
    }
    return render(request, "reports/people/site.html", context)


@require_http_methods(_ASKS)
@require(Permission.SITE_MANAGE)
def site_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """A new site, with the protocol version under which it opens."""
    by = actor(request, Permission.SITE_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        details = {"protocol": data["version"], "planned": data["planned_participants"]}
        kept = {k: v for k, v in data.items() if k not in ("version", "planned_participants")}
        made = services.create_site(by=by, **kept, **details)
        return _("Site %(code)s is set up.") % {"code": made.code}

    question = Question(
        title=_("New site"),
        submit=_("Set up the site"),
        icon="building-plus",
        back=reverse("people:sites"),
    )
    return ask(request, NewSiteForm(typed(request)), question, act)


@require_http_methods(_ASKS)
@require(Permission.SITE_MANAGE)
def site_edit(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Other names, or another planned number."""
    found = get_object_or_404(Site, code=code)
    by = actor(request, Permission.SITE_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        services.edit_site(site=found, changes=data, reason=data["reason"], by=by)
        return _("Changed.")

    question = _about(found, _("Change the site"), _("Save"), icon="pencil")
    return ask(request, EditSiteForm(found, typed(request)), question, act)


@require_http_methods(_ASKS)
@require(Permission.SITE_MANAGE)
def site_adopt(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """A protocol version holds from a day on, after its ethics approval (R-42)."""
    found = get_object_or_404(Site, code=code)
    by = actor(request, Permission.SITE_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        row = services.adopt_protocol(site=found, by=by, **data)
        words = {"version": row.version, "day": row.effective_from.isoformat()}
        return _("Version %(version)s holds from %(day)s on.") % words

    question = _about(
        found,
        _("Adopt a protocol version"),
        _("Adopt"),
        note=_("What has been recorded keeps the version under which it was recorded."),
        icon="file-certificate",
    )
    return ask(request, AdoptForm(typed(request)), question, act)


@require_http_methods(_ASKS)
@require(Permission.SITE_MANAGE)
def site_principal(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Name the principal investigator, who alone signs and delegates at the site (R-29)."""
    found = get_object_or_404(Site, code=code)
    by = actor(request, Permission.SITE_MANAGE)

    def act(data: Mapping[str, Any]) -> str:
        entry = services.appoint_principal(site=found, by=by, **data)
        return _("%(name)s is principal investigator.") % {"name": entry.user.full_name}

    question = _about(
        found,
        _("Name the principal investigator"),
        _("Name"),
        note=_("The entry of the one before ends."),
        icon="user-star",
    )
    form = PrincipalForm(people.investigators_at(found), typed(request), found)
    return ask(request, form, question, act)


def _about(found: Site, title: str, submit: str, **more: str) -> Question:
    """A question about one site."""
    return Question(
        title=title,
        submit=submit,
        lead=site_name(found),
        back=reverse("people:site", args=[found.code]),
        menu=_("Sites"),
        menu_url=reverse("people:sites"),
        **more,
    )
