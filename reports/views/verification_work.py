"""What is to be compared with the source: the monitor's list, the sites' progress, the plans."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from patients.models import Participant
from reports.presenters.verification import plan_text, site_lines
from reports.verification_forms import PlanForm, WorkFilter
from trial.access import policy
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.models import Site
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.quality.models import VerificationPlan
from trial.quality.selectors import verification as selectors
from trial.quality.services import verifications as services
from trial.web.parts import Tab

PAGE = 50


class _Counted:
    """As many rows as the database counted; the page's own are already there."""

    def __init__(self, rows: list[selectors.Line], total: int) -> None:
        self.rows, self.total = rows, total

    def count(self) -> int:
        return self.total

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, _wanted: slice) -> list[selectors.Line]:
        return self.rows


@require_safe
@require(Permission.REPORT_VIEW)
def work(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Visits and participants by how far they are; narrowed down by site and participant."""
    sites = list(sites_of(request.user, Permission.REPORT_VIEW))
    form = WorkFilter(sites, request.GET)
    given = form.choice()
    state = request.GET.get("state", "")
    state = state if state in selectors.STATES else "left"
    choice = selectors.Choice(
        state=state,
        site_id=next((one.pk for one in sites if one.code == given["site"]), None),
        participant=given["participant"].strip(),
    )
    page = _page(request, choice)
    context: dict[str, Any] = {
        "tabs": _tabs(state),
        "form": form,
        "state": state,
        "active": sum(bool(value) for value in given.values()),
        "page": page,
        "lines": page.object_list,
        "planned": VerificationPlan.objects.filter(ended_at=None).exists(),
    }
    return render(request, "quality/verification.html", context)


def _page(request: AuthenticatedHttpRequest, choice: selectors.Choice) -> Page[Any]:
    """One page; past the end, the first (the number in the address is anybody's)."""
    text = request.GET.get("page", "1")
    number = int(text) if text.isdecimal() and len(text) < 6 else 1
    number = max(number, 1)
    lines, total = selectors.work(request.user, choice, offset=(number - 1) * PAGE, limit=PAGE)
    if not lines and number > 1:
        number = 1
        lines, total = selectors.work(request.user, choice, offset=0, limit=PAGE)
    rows: Any = _Counted(lines, total)
    return Paginator(rows, PAGE).page(number)


WORDS: Mapping[str, Callable[[], str]] = {
    "left": lambda: _("To verify"),
    "changed": lambda: _("Changed since verified"),
    "done": lambda: _("Done"),
    "all": lambda: _("All"),
    "sites": lambda: _("Sites and plan"),
}


def _tabs(active: str) -> list[Tab]:
    here, plan = reverse("reports:verification"), reverse("reports:verification_plan")
    return [
        Tab(word(), plan if name == "sites" else f"{here}?state={name}", name == active)
        for name, word in WORDS.items()
    ]


@require_http_methods(["GET", "POST"])
@require(Permission.REPORT_VIEW)
def plan(request: AuthenticatedHttpRequest) -> HttpResponse:
    """How far each site is and what is planned; on POST, by whom may plan, a new plan."""
    sites = list(sites_of(request.user, Permission.REPORT_VIEW))
    form = PlanForm(sites, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _plan_page(request, sites, form)
    by = actor(request, Permission.SDV_PLAN)
    if not form.is_valid():
        return _plan_page(request, sites, form)
    site = next((one for one in sites if one.code == form.cleaned_data["site"]), None)
    people = Participant.objects.filter(site=site) if site else Participant.objects.all()
    try:
        services.plan(
            site=site, share=form.share, codes=people.values_list("code", flat=True),
            reason=form.cleaned_data["reason"], by=by,
        )  # fmt: skip
    except Refused as refused:
        show_refusal(form, refused)
        return _plan_page(request, sites, form)
    messages.success(request, _("The plan holds from now on."))
    return redirect("reports:verification_plan")


def _plan_page(
    request: AuthenticatedHttpRequest, sites: list[Site], form: PlanForm
) -> HttpResponse:
    mine = Q(site=None) | Q(site__in=sites)
    plans = VerificationPlan.objects.filter(mine).select_related("site").order_by("-pk")
    page = Paginator(plans, PAGE).get_page(request.GET.get("page"))
    standing = list(plans.filter(ended_at=None))
    context = {
        "tabs": _tabs("sites"),
        "sites": site_lines(sites, standing, selectors.by_site(request.user)),
        "study": next((plan_text(one) for one in standing if one.site_id is None), ""),
        "page": page,
        "plans": [(one, plan_text(one)) for one in page.object_list],
        "form": form,
        "may_plan": bool(policy.can(request.user, Permission.SDV_PLAN)),
    }
    status = 422 if form.errors else 200
    return render(request, "quality/verification_plan.html", context, status=status)
