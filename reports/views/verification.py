"""Source-data verification: what is to do, one visit or participant, and the plans."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from patients.forms import show_refusal
from patients.models import Participant
from patients.views.frame import participant_or_404
from reports import records
from reports.presenters import verification as presenter
from reports.query_forms import ManyRaiseForm
from reports.selectors.verification import Value, values_at
from reports.verification_forms import PlanForm
from reports.views.queries import question_about
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, demand, require
from trial.access.roles import Permission, Role
from trial.access.selectors import sites_of
from trial.audit.records import Place, Record
from trial.quality.models import Verification
from trial.quality.services import queries as query_services
from trial.quality.services import verification as services
from trial.quality.services.verification import Target
from trial.web.http import next_address
from visits.models import Visit


@require_safe
@require(Permission.SDV_VIEW)
def listing(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Progress by site, and participants with what is still to verify."""
    context = presenter.page(request.user, request.GET)
    return render(request, "reports/verification/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require(Permission.SDV_VIEW)
def participant(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """The forms of a participant that belong to no visit."""
    _may_post(request)
    return _subject(request, participant_or_404(request, code), None)


@require_http_methods(["GET", "HEAD", "POST"])
@require(Permission.SDV_VIEW)
def visit(request: AuthenticatedHttpRequest, code: str, label: str) -> HttpResponse:
    """All values of all forms of a visit, to be ticked off."""
    _may_post(request)
    person = participant_or_404(request, code)
    return _subject(request, person, visit_or_404(person, label))


def _may_post(request: AuthenticatedHttpRequest) -> None:
    """Who may only look is told so, before anything is looked for."""
    if request.method == "POST":
        demand(request.user, Permission.SDV_PERFORM)


def visit_or_404(person: Participant, label: str) -> Visit:
    """The visit by its label: "W36", "UNS-2"."""
    name, _dash, number = label.partition("-")
    if not label.isascii() or not label.isprintable() or (number and not number.isdecimal()):
        raise Http404
    found: Visit = get_object_or_404(person.visits, code=name, number=int(number[:4] or 0))
    found.participant = person
    return found


def _subject(
    request: AuthenticatedHttpRequest, person: Participant, at: Visit | None
) -> HttpResponse:
    demand(request.user, Permission.SDV_VIEW, person.site)
    if request.method != "POST":
        context = presenter.subject_page(request.user, person, at)
        return render(request, "reports/verification/subject.html", context)
    by = actor(request, Permission.SDV_PERFORM, person.site)
    seen = presenter.seen_in(request.POST.get("seen", ""), person, at)
    try:
        if seen is None:
            raise Refused({"": [_("This page is too old: compare the values once more.")]})
        done = services.verify(targets=_targets(request, person, at), seen=seen, by=by)
    except Refused as refused:
        messages.error(request, " ".join(str(m) for each in refused.errors.values() for m in each))
    else:
        count = len(done)
        said = ngettext(
            "%(count)s verification is kept.", "%(count)s verifications are kept.", count
        )
        messages.success(request, said % {"count": count})
    return redirect(request.path)


def _targets(
    request: AuthenticatedHttpRequest, person: Participant, at: Visit | None
) -> list[Target]:
    """What was ticked, as far as it is there: whole forms, and single values."""
    values = values_at(person.pk, at.pk if at else None)
    forms = {value.form for value in values}
    whole = [form for form in request.POST.getlist("form") if form in forms]
    targets = [Target(_place(person, at, form)) for form in dict.fromkeys(whole)]
    return targets + [
        Target(_place(person, at, value.form), Record(value.table, value.record, value.field))
        for value in _ticked(request, values)
        if value.form not in whole
    ]


def _ticked(request: AuthenticatedHttpRequest, values: list[Value]) -> list[Value]:
    keys = set(request.POST.getlist("value"))
    return [value for value in values if f"{value.table}:{value.record}:{value.field}" in keys]


def _place(person: Participant, at: Visit | None, form: str) -> Place:
    return Place(
        site_id=person.site_id,
        participant_id=person.pk,
        participant_code=person.code,
        visit_id=at.pk if at else None,
        visit_label=at.label if at else "",
        form=form,
    )


@require_POST
@require(Permission.QUERY_RAISE)
def ask(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """One question about every ticked value of the participant, or with `visit` of a visit."""
    person = participant_or_404(request, code)
    by = actor(request, Permission.QUERY_RAISE, person.site)
    label = request.POST.get("visit", "")
    at = visit_or_404(person, label) if label else None
    form = ManyRaiseForm(request.POST)
    ticked = _ticked(request, values_at(person.pk, at.pk if at else None))
    if not ticked:
        form.add_error(None, _("Tick the values that you ask about."))
    if form.is_valid():
        kinds = records.KIND_OF_TABLE
        questions = [
            question_about(
                records.find(request.user, kinds[value.table].code, value.record),
                value.field,
                form.cleaned_data["text"],
            )
            for value in ticked
        ]
        try:
            raised = query_services.bulk_raise(
                questions=questions, role=Role(form.cleaned_data["role"]), by=by
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            new = sum(one.created for one in raised)
            said = ngettext("%(count)s query is raised.", "%(count)s queries are raised.", new)
            messages.success(request, said % {"count": new})
            return redirect(next_address(request, "/queries/"))
    context = presenter.subject_page(request.user, person, at, form)
    return render(request, "reports/verification/subject.html", context, status=422)


@require_POST
@require(Permission.SDV_PERFORM)
def withdraw(request: AuthenticatedHttpRequest, verification: int) -> HttpResponse:
    """Take a verification back, with a reason."""
    rows = Verification.objects.visible_to(request.user, Permission.SDV_PERFORM)
    found = get_object_or_404(rows.select_related("site"), pk=verification)
    by = actor(request, Permission.SDV_PERFORM, found.site)
    try:
        services.withdraw(verification=found, reason=request.POST.get("reason", ""), by=by)
    except Refused as refused:
        messages.error(request, " ".join(str(m) for each in refused.errors.values() for m in each))
    else:
        messages.success(request, _("The verification is taken back."))
    return redirect(next_address(request, "/verification/"))


@require_http_methods(["GET", "HEAD", "POST"])
@require(Permission.SDV_VIEW)
def plans(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The plans in force and of before; a new one is made by who may plan."""
    form = PlanForm(sites_of(request.user, Permission.SDV_VIEW), request.POST or None)
    if request.method == "POST":
        by = actor(request, Permission.SDV_PLAN)
        if form.is_valid():
            try:
                services.make_plan(by=by, **form.cleaned_data)
            except Refused as refused:
                show_refusal(form, refused)
            else:
                messages.success(request, _("The plan holds from now on."))
                return redirect("reports:verification_plans")
    context = presenter.plans_page(request.user, form)
    status = 422 if request.method == "POST" else 200
    return render(request, "reports/verification/plans.html", context, status=status)
