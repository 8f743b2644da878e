"""The casebook: its overview, the forms of a visit, and each form saved section by section."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from patients.models import Participant
from patients.views.frame import participant_or_404
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, demand, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.crf import services
from trial.crf.forms import NotDoneForm, ObjectionForm, StrikeForm
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.crf.panels import panels_of
from trial.crf.sheets import Part, Sheet, line_of, why_not_done
from trial.protocol.casebook.forms import BY_CODE
from trial.protocol.crf import Form, Section
from trial.quality.selectors.asked import asked_over, of_participant, of_visit, reason_from
from trial.quality.selectors.holds import require_open, standing_over
from trial.quality.selectors.marks import marks_of
from visits.casebook import WRITERS, Casebook
from visits.models import Visit
from visits.selectors.visits import visit_name
from visits.views.visits import visit_or_404

VIEW = Permission.REPORT_VIEW


@require_GET
@require(VIEW)
def overview(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """How far every form is: visits by forms, and the forms about the person."""
    participant = participant_or_404(request, code)
    demand(request.user, VIEW, participant.site)
    book = Casebook(participant, request.user)
    visits = list(participant.visits.all())
    context = {
        "participant": participant,
        "book": book,
        "lines": [(visit, visit_name(visit), book.cells_of(visit)) for visit in visits],
        "queries": asked_over(
            request.user, participant.site_id, of_participant(request.user, participant.pk)
        ),
    }
    return render(request, "crf/overview.html", context)


@require_GET
@require(VIEW)
def at_visit(request: AuthenticatedHttpRequest, code: str, label: str) -> HttpResponse:
    """All forms of a visit on one page."""
    visit = visit_or_404(request, code, label)
    return _draw_visit(request, visit)


@require_GET
@require(VIEW)
def lines(request: AuthenticatedHttpRequest, code: str, form: str) -> HttpResponse:
    """The lines of a form that repeats; a form with one sheet is shown at once."""
    participant, described = participant_or_404(request, code), _form_or_404(form)
    demand(request.user, VIEW, participant.site)
    if described.level == "visit":
        raise Http404
    if not described.repeats:
        return redirect("crf:sheet", code, form, "1")
    book = Casebook(participant, request.user)
    held = _held(participant, None, described)
    context = {
        "participant": participant,
        "form": described,
        "lines": [line_of(described, row) for row in book.rows(described)],
        "struck": MODELS[form].objects.filter(participant=participant, struck=True),
        "may_write": book.may_write(described, held=held),
        "panels": panels_of(described, book.facts, participant, book.protocol),
        "queries": asked_over(
            request.user, participant.site_id, of_participant(request.user, participant.pk)
        ),
    }  # fmt: skip
    return render(request, "crf/lines.html", context)


@require_GET
@require(VIEW)
def sheet(request: AuthenticatedHttpRequest, code: str, form: str, where: str) -> HttpResponse:
    """One sheet or line; that of a visit is shown among the visit's forms."""
    if _form_or_404(form).level == "visit":
        return redirect(f"{reverse('crf:visit', args=[code, where])}#sheet-{form}")
    drawn = _sheet(request, code, form, where)
    if drawn.number == services.NEW:  # a link may say what the line is about
        drawn.offered = request.GET.dict()
    return _draw_sheet(request, drawn)


@require_POST
@require(VIEW)
def save(
    request: AuthenticatedHttpRequest, code: str, form: str, where: str, section: str
) -> HttpResponse:
    """Store one section; asked by the form itself, the answer is its sheet as it is now."""
    drawn = _sheet(request, code, form, where)
    by = actor(request, WRITERS[drawn.form.writer], drawn.owner.participant.site)
    part = drawn.part(_section_or_404(drawn.form, section), request.POST)
    if not part.good:
        require_open(drawn.owner.place(form))
        return _refuse(request, part, Refused({}))
    about = part.about.cleaned_data
    try:
        saved = services.save_once(
            key=about["key"],
            owner=drawn.owner,
            entry=part.entry(),
            by=by,
            reason=about["reason"] if drawn.pk else "",  # a new sheet changes nothing
        )
    except Refused as refused:
        return _refuse(request, part, refused)
    return _saved(request, drawn, saved)


@require_POST
@require(VIEW)
def check(
    request: AuthenticatedHttpRequest, code: str, form: str, where: str, section: str
) -> HttpResponse:
    """What the checks say about a section as it is typed; nothing is stored."""
    drawn = _sheet(request, code, form, where)
    found = drawn.live(_section_or_404(drawn.form, section), request.POST)
    return render(request, "crf/_live.html", {"found": found})


@require_POST
@require(VIEW)
def not_done(request: AuthenticatedHttpRequest, code: str, form: str, where: str) -> HttpResponse:
    """Record that a sheet was not filled in."""
    drawn = _sheet(request, code, form, where)
    by = actor(request, WRITERS[drawn.form.writer], drawn.owner.participant.site)
    act = drawn.act("not-done", NotDoneForm, request.POST)
    if not act.is_valid():
        return _again(request, drawn)
    said = act.cleaned_data
    try:
        services.mark_not_done(
            owner=drawn.owner, form=drawn.form, why=said["why"], by=by,
            reason=said["reason"] if drawn.pk else "",
        )  # fmt: skip
    except Refused as refused:
        show_refusal(act, refused)
        return _again(request, drawn)
    messages.success(request, _("Recorded as not done."))
    return redirect("crf:sheet", code, form, where)


@require_POST
@require(VIEW)
def strike(request: AuthenticatedHttpRequest, code: str, form: str, where: str) -> HttpResponse:
    """Strike a line that was entered by mistake."""
    drawn = _sheet(request, code, form, where)
    by = actor(request, WRITERS[drawn.form.writer], drawn.owner.participant.site)
    act = drawn.act("strike", StrikeForm, request.POST)
    if not act.is_valid():
        return _again(request, drawn)
    try:
        services.strike(
            owner=drawn.owner, form=drawn.form, number=drawn.number, by=by,
            reason=act.cleaned_data["reason"],
        )  # fmt: skip
    except Refused as refused:
        show_refusal(act, refused)
        return _again(request, drawn)
    messages.success(request, _("The line is struck. It stays to be seen."))
    return redirect("crf:lines", code, form)


@require_POST
@require(VIEW)
def wrong_check(
    request: AuthenticatedHttpRequest, code: str, form: str, where: str
) -> HttpResponse:
    """Say that a check is wrong here: it counts for the check."""
    drawn = _sheet(request, code, form, where)
    by = actor(request, WRITERS[drawn.form.writer], drawn.owner.participant.site)
    check_id = request.POST.get("check", "")[:60]
    act = drawn.act(f"wrong-{check_id}", ObjectionForm, request.POST)
    if check_id not in {one.check.id for one in drawn.found}:
        messages.error(request, _("There is no such check here."))
        return redirect("crf:sheet", code, form, where)
    if not act.is_valid():
        return _again(request, drawn)
    try:
        services.object_to(
            owner=drawn.owner, form=drawn.form, row_id=drawn.pk or 0, check_id=check_id,
            text=act.cleaned_data["text"], by=by,
        )  # fmt: skip
    except Refused as refused:
        show_refusal(act, refused)
        return _again(request, drawn)
    messages.success(request, _("Thank you: the data manager sees what you say about this check."))
    return redirect("crf:sheet", code, form, where)


# --- what these views share ---------------------------------------------------------------------
def _form_or_404(code: str) -> Form:
    if code not in BY_CODE or code not in MODELS:
        raise Http404
    return BY_CODE[code]


def _section_or_404(form: Form, code: str) -> Section:
    try:
        return form.section(code)
    except KeyError:
        raise Http404 from None


def _sheet(request: AuthenticatedHttpRequest, code: str, form: str, where: str) -> Sheet:
    """The sheet of a participant the user may see; 404 for one that is not there."""
    described = _form_or_404(form)
    participant, visit = participant_or_404(request, code), None
    if described.level == "visit":
        visit = visit_or_404(request, code, where)
        participant = visit.participant
    demand(request.user, VIEW, participant.site)
    book = Casebook(participant, request.user)
    try:
        return book.sheet(described, where, visit, held=_held(participant, visit, described))
    except LookupError:
        raise Http404 from None


def _held(participant: Participant, visit: Visit | None, form: Form) -> bool:
    held = standing_over([participant.pk])
    return bool(held.over(participant.site_id, participant.pk, visit.pk if visit else None,
                          form.code))  # fmt: skip


def _saved(request: AuthenticatedHttpRequest, drawn: Sheet, saved: services.Saved) -> HttpResponse:
    owner, form = drawn.owner, drawn.form
    where = drawn.where if drawn.number != services.NEW else str(saved.number)
    address = reverse("crf:sheet", args=[owner.participant.code, form.code, where])
    if request.htmx and drawn.number == services.NEW:
        return HttpResponse(headers={"HX-Redirect": address})
    if request.htmx:
        fresh = _sheet(request, owner.participant.code, form.code, where)
        return render(request, "crf/_sheet.html", _context(request, fresh))
    text = _("This was saved already; nothing was done twice.") if saved.replayed else _("Saved.")
    messages.success(request, text)
    return redirect(address)


def _refuse(request: AuthenticatedHttpRequest, part: Part, refused: Refused) -> HttpResponse:
    """The form with what was typed, why it was refused, and a key for the next try."""
    part.refuse(refused)
    drawn = part.sheet
    drawn.wrong = part
    if request.htmx:
        context = _context(request, drawn)
        return render(request, "crf/_sheet.html", context, status=refused.page_status)
    if drawn.owner.visit is not None:
        return _draw_visit(request, drawn.owner.visit, wrong=drawn, status=refused.page_status)
    return _draw_sheet(request, drawn, status=refused.page_status)


def _again(request: AuthenticatedHttpRequest, drawn: Sheet) -> HttpResponse:
    """The page with what was said about the sheet and why it is refused."""
    require_open(drawn.owner.place(drawn.form.code))
    if drawn.owner.visit is not None:
        return _draw_visit(request, drawn.owner.visit, wrong=drawn, status=422)
    return _draw_sheet(request, drawn, status=422)


def _context(request: AuthenticatedHttpRequest, drawn: Sheet) -> dict[str, object]:
    owner, user = drawn.owner, request.user
    rows = of_participant(user, owner.participant.pk)
    if owner.visit is not None:
        rows = of_visit(user, owner.visit.pk)
    drawn.panels = panels_of(drawn.form, drawn.facts, owner.participant, drawn.protocol, drawn.row)
    drawn.why_not_done = next(iter(why_not_done([drawn.row] if drawn.row else []).values()), "")
    return {
        "sheet": drawn,
        "participant": owner.participant,
        "visit": owner.visit,
        "queries": asked_over(user, owner.participant.site_id, rows),
        "reason": reason_from(user, request.GET.get("query", ""), owner.participant.pk),
    }


def _draw_sheet(request: AuthenticatedHttpRequest, drawn: Sheet, status: int = 200) -> HttpResponse:
    place = drawn.owner.place(drawn.form.code)
    context = {**_context(request, drawn), "marks": marks_of(place, request.user)}
    return render(request, "crf/sheet.html", context, status=status)


def _draw_visit(
    request: AuthenticatedHttpRequest, visit: Visit, *, wrong: Sheet | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    person, user = visit.participant, request.user
    demand(user, VIEW, person.site)
    held = standing_over([person.pk])
    book = Casebook(person, user)
    sheets = book.sheets_at(visit, held=held.over(person.site_id, person.pk, visit.pk) is not None)
    for one in sheets:
        form_hold = held.over(person.site_id, person.pk, visit.pk, one.form.code)
        one.may_write = one.may_write and form_hold is None
    if wrong is not None:
        sheets = [wrong if one.form is wrong.form else one for one in sheets]
    reasons = why_not_done([one.row for one in sheets if one.row])
    for one in sheets:
        one.why_not_done = reasons.get((one.form.code, one.pk or 0), "")
        one.panels = panels_of(one.form, one.facts, person, one.protocol, one.row)
    context = {
        "participant": person,
        "visit": visit,
        "visit_name": visit_name(visit),
        "sheets": sheets,
        "marks": marks_of(Owner(person, visit).place("visit"), user),
        "queries": asked_over(user, person.site_id, of_visit(user, visit.pk)),
    }
    return render(request, "crf/visit.html", context, status=status)
