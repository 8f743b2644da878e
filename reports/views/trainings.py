"""What one has been trained in, and the agreement on electronic signatures (R-31)."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from reports.people_forms import ConfirmForm
from reports.presenters.agreement import text_of
from reports.presenters.people import confirmations
from reports.views.asking import Question, ask, typed
from trial.access import services
from trial.access.http import AuthenticatedHttpRequest
from trial.access.models import Kind
from trial.access.policy import main_role
from trial.audit.context import Actor


@require_safe
def trainings(request: AuthenticatedHttpRequest) -> HttpResponse:
    """One's own trainings and agreements. Open to everybody signed in."""
    context = {"trainings": confirmations(request.user)}
    return render(request, "reports/people/trainings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def training(request: AuthenticatedHttpRequest, kind: str) -> HttpResponse:
    """Read a text in its present version and confirm it. For oneself alone."""
    if kind not in Kind.values:
        raise Http404
    wanted, user = Kind(kind), request.user
    role = main_role(user)
    by = Actor.of(user, role=role.value if role else "")

    def act(data: Mapping[str, Any]) -> str:
        language = get_language() or "en"
        services.confirm_training(user=user, kind=wanted, language=language, by=by)
        return _("Confirmed.")

    question = Question(
        title=wanted.label,
        lead=_("Confirmed as %(name)s") % {"name": user.get_full_name()},
        submit=_("Confirm"),
        icon="writing-sign",
        back=reverse("people:trainings"),
        menu=_("My trainings"),
        menu_url=reverse("people:trainings"),
        text=text_of(wanted),
    )
    return ask(request, ConfirmForm(typed(request)), question, act)
