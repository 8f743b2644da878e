"""The work list of signatures: choose, confirm once with the password, one signature each."""

import re
from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from patients.models import Participant
from reports.presenters.signing import title_of
from reports.seen import mark, seen_in
from reports.selectors import signing as selectors
from reports.selectors.readiness import standing_of, texts
from reports.services.signing import request_casebook, request_visit
from reports.views.signing import proof_failed
from trial.access.clients import address_of
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.roles import Permission
from trial.audit.watermark import watermark
from trial.signing import sessions
from trial.signing.forms import SignForm
from trial.signing.models import MEANING_OF, Scope
from trial.signing.rules import blocking
from trial.signing.services import Outcome, Request, sign
from trial.web.parts import Tab

PAGE = 50
KINDS = ("ready", "waiting", "casebooks")


@require_http_methods(["GET", "POST"])
@require(Permission.SIGN)
def to_sign(request: AuthenticatedHttpRequest) -> HttpResponse:
    """What waits for the user's signature; on POST the chosen records are signed."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else KINDS[0]
    needed = sessions.components(request.session, request.user.pk)
    form = SignForm(needed, request.POST or None, warned=True, many=True)
    if not form.is_bound:
        return _draw(request, kind, form)
    requests = _requests(request, kind, form)
    if not requests:
        form.add_error(None, _("Choose at least one line."))
    if not form.is_valid():
        return _draw(request, kind, form)
    try:
        outcomes = sign(
            requests=requests,
            signer=request.user,
            username=form.cleaned_data.get("username"),
            password=form.cleaned_data["password"],
            components=needed,
            by=actor(request, Permission.SIGN),
            address=address_of(request),
        )
    except Refused as refused:
        form = proof_failed(request, refused, warned=True, many=True)
        return _draw(request, kind, form, status=refused.page_status)
    sessions.note(request.session, request.user.pk)
    return render(request, "signing/outcomes.html", {"lines": _lines(outcomes), "kind": kind})


def _requests(request: AuthenticatedHttpRequest, kind: str, form: SignForm) -> list[Request]:
    """The chosen lines, of those that are the user's to sign."""
    form.is_valid()
    given: dict[str, Any] = {
        "since": seen_in(request.POST.get("seen", "")),
        "confirmed": bool(form.cleaned_data.get("confirmed")),
    }
    ids = [int(text) for text in request.POST.getlist("record") if re.fullmatch(r"\d{1,18}", text)]
    if kind == "casebooks":
        people = selectors.casebooks_to_sign(request.user).filter(pk__in=ids[:PAGE])
        return [request_casebook(person, **given) for person in people]
    visits = selectors.visits_to_sign(request.user).filter(pk__in=ids[:PAGE])
    found = visits.select_related("participant__site")
    return [request_visit(visit, **given) for visit in found]


def _lines(outcomes: Sequence[Outcome]) -> list[tuple[str, Outcome, str]]:
    """(what, outcome, why not) of each chosen record."""
    found = []
    for one in outcomes:
        subject = one.subject
        what = " · ".join(filter(None, (subject.participant_code, subject.visit_label)))
        errors = one.refused.errors.values() if one.refused else ()
        found.append((what, one, " ".join(str(text) for texts in errors for text in texts)))
    return found


def _draw(
    request: AuthenticatedHttpRequest, kind: str, form: SignForm, *, status: int = 0
) -> HttpResponse:
    seen = watermark()  # before the list is read: what is changed in between is told
    visits = selectors.visits_to_sign(request.user)
    lists = {
        "ready": selectors.complete(visits),
        "waiting": selectors.incomplete(visits),
        "casebooks": selectors.casebooks_to_sign(request.user),
    }
    shown = Paginator(lists[kind], PAGE)
    counts = {name: shown.count if name == kind else rows.count() for name, rows in lists.items()}
    page = shown.get_page(request.GET.get("page"))
    casebooks = kind == "casebooks"
    context = {
        "kind": kind,
        "tabs": _tabs(kind, counts),
        "page": page,
        "rows": _casebook_rows(page) if casebooks else _visit_rows(page),
        "chosen": request.POST.getlist("record"),
        "meaning": MEANING_OF[Scope.CASEBOOK if casebooks else Scope.VISIT].label,
        "form": form,
        "seen": mark(seen),
    }
    found = status or (422 if form.errors else 200)
    return render(request, "signing/to_sign.html", context, status=found)


def _tabs(kind: str, counts: dict[str, int]) -> list[Tab]:
    words = {
        "ready": _("Visits ready to sign"),
        "waiting": _("Visits not ready"),
        "casebooks": _("Casebooks"),
    }
    return [Tab(words[one], f"?kind={one}", one == kind, counts[one]) for one in KINDS]


def _visit_rows(page: Page[Any]) -> list[dict[str, Any]]:
    """The lines of visits; a fixed number of statements."""
    people = Participant.objects.filter(pk__in={one.participant_id for one in page.object_list})
    standing = standing_of(people.select_related("site"))
    facts = {one.id: one for found in standing.visits.values() for one in found}
    return [_line(facts[visit.pk], standing) for visit in page.object_list]


def _line(visit: Any, standing: Any) -> dict[str, Any]:
    person, against = standing.people[visit.participant_id], standing.against_visit(visit)
    return {
        "id": str(visit.id),
        "code": person.code,
        "name": visit.name,
        "slug": visit.slug,
        "held_on": visit.held_on,
        "state": standing.signatures.visit(visit.id),
        "stopping": texts(blocking(against)),
        "warnings": texts(one for one in against if not one.blocks),
    }


def _casebook_rows(page: Page[Any]) -> list[dict[str, Any]]:
    """The lines of casebooks; a fixed number of statements."""
    standing = standing_of(page.object_list)
    return [
        {
            "id": str(person.pk),
            "code": person.code,
            "name": title_of(person),
            "slug": "",
            "held_on": person.ended_on,
            "state": standing.signatures.casebook(person.pk),
            "stopping": texts(standing.against_casebook(person.pk)),
            "warnings": [],
        }
        for person in page.object_list
    ]
