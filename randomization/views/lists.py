"""Lists of randomisation for the unblinded statistician: all, one, and putting one in force."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from randomization.forms.lists import ForceForm
from randomization.list_page import line, page_of
from randomization.sealed.list_plan import plan_now
from randomization.sealed.list_progress import progress_of, trial_has_ended
from randomization.sealed.lists import put_in_force
from randomization.sealed.models import AllocationList
from randomization.views.proving import proved
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission

PAGE = 25


@require_safe
@require(Permission.SEALED_LIST)
def overview(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All lists, newest first, each with how far it has come."""
    page = Paginator(AllocationList.objects.all(), PAGE).get_page(request.GET.get("page"))
    progress = progress_of(one.pk for one in page.object_list)
    lines = [line(one, progress.get(one.pk, ())) for one in page.object_list]
    active = AllocationList.objects.filter(state="active").exists()
    context = {"page": page, "lines": lines, "active": active}
    return render(request, "randomization/lists.html", context)


@require_safe
@require(Permission.SEALED_LIST)
def detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """One list: how it was made, what identifies it, how far each stratum has come."""
    found = get_object_or_404(AllocationList, pk=pk)
    strata = progress_of([found.pk]).get(found.pk, ())
    page = Paginator(strata, PAGE).get_page(request.GET.get("page"))
    context = page_of(found, strata) | {"page": page, "ended": trial_has_ended()}
    return render(request, "randomization/list.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@require(Permission.SEALED_LIST)
def force(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """What putting a draft in force means; on POST, with the password, it is done."""
    found = get_object_or_404(AllocationList, pk=pk)
    form = ForceForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        try:
            put_in_force(found=found, by=proved(request, form, "list_in_force"))
        except Refused as refused:
            show_refusal(form, refused)
            status = refused.page_status
        else:
            messages.success(request, _("The list is in force. Its hash is published."))
            return redirect("lists:list", found.pk)
    before = AllocationList.objects.filter(state="active").first()
    context = page_of(found, ()) | {
        "form": form,
        "before": before,
        "uncovered": _uncovered(found),
    }
    return render(request, "randomization/force.html", context, status=status)


def _uncovered(found: AllocationList) -> list[str]:
    """Strata of the study in which nobody could be randomised from this list."""
    if found.method == "minimisation":  # one row of numbers for all strata
        return []
    return [code for code in plan_now().strata if code not in found.strata]
