"""That somebody was unblinded, when and why: a list, one of it, and who else learned the arm."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from randomization.forms.unblinding import LearnedForm
from randomization.models import Kind, Unblinding
from randomization.services.unblinding import note_learned
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.policy import can
from trial.access.roles import Permission

PER_PAGE = 50


@require_safe
@require(Permission.UNBLIND_VIEW)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All unblindings that the user may know of, newest first, and how many of each kind."""
    visible = Unblinding.objects.visible_to(request.user)
    rows = visible.select_related("participant__site").annotate(others=Count("learned"))
    rows = rows.order_by("-pk")
    found = dict(visible.order_by().values_list("kind").annotate(n=Count("pk")))
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "counts": [(kind.label, found.get(kind.value, 0)) for kind in Kind],
        "may_plan": can(request.user, Permission.UNBLIND_STUDY),
    }
    return render(request, "unblinding/listing.html", context)


@require_safe
@require(Permission.UNBLIND_VIEW)
def one(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """One unblinding; no arm in it."""
    return _draw(request, _unblinding_or_404(request, pk, Permission.UNBLIND_VIEW), LearnedForm())


@require_POST
@require(Permission.UNBLIND)
def learned(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Note somebody else who learned the arm of a participant."""
    found = _unblinding_or_404(request, pk, Permission.UNBLIND)
    if found.participant is None:  # that of the whole study is nobody's to add to
        raise Http404
    by = actor(request, Permission.UNBLIND, found.participant.site)
    form = LearnedForm(request.POST)
    if not form.is_valid():
        return _draw(request, found, form)
    note_learned(unblinding=found, who=form.cleaned_data["who"], by=by)
    messages.success(request, _("Noted."))
    return redirect("randomization:unblinding", found.pk)


def _unblinding_or_404(
    request: AuthenticatedHttpRequest, pk: int, permission: Permission
) -> Unblinding:
    visible = Unblinding.objects.visible_to(request.user, permission)
    return get_object_or_404(visible.select_related("participant__site"), pk=pk)


def _draw(request: AuthenticatedHttpRequest, found: Unblinding, form: LearnedForm) -> HttpResponse:
    person = found.participant
    context = {
        "unblinding": found,
        "learned": found.learned.all(),
        "form": form,
        "may_note": person is not None and can(request.user, Permission.UNBLIND, person.site_id),
    }
    status = 422 if form.errors else 200
    return render(request, "unblinding/one.html", context, status=status)
