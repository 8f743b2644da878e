"""Making a list: permuted blocks, minimisation, the statistician's file; trying it first."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from randomization import listfile
from randomization.drbg import SEED_BYTES
from randomization.forms.lists import BlocksForm, FileForm, MinimisationForm
from randomization.list_charts import final_differences
from randomization.list_wording import fault_text, line_text
from randomization.sealed import lists
from randomization.sealed.list_plan import Plan, plan_now
from randomization.sealed.models import AllocationList
from randomization.simulation import Outcome, simulate, simulate_minimisation
from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest, actor, require
from trial.access.refusals import show_refusal
from trial.access.roles import Permission
from trial.audit.context import Actor
from trial.web.parts import Tab

WAYS = ("blocks", "minimisation", "file")


@dataclass(frozen=True, slots=True)
class Way:
    """One way of drawing a list: its form, trying it, storing it as a draft."""

    form: Callable[..., Any]
    template: str
    here: str
    simulate: Callable[[Any], Outcome]
    draft: Callable[[Any, Actor], AllocationList]


@require_http_methods(["GET", "POST"])
@require(Permission.SEALED_LIST)
def blocks(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Permuted blocks: choose, try, draw."""
    return _draw(request, BLOCKS)


@require_http_methods(["GET", "POST"])
@require(Permission.SEALED_LIST)
def minimisation(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Minimisation: choose, try, draw."""
    return _draw(request, MINIMISATION)


def _draw(request: AuthenticatedHttpRequest, way: Way) -> HttpResponse:
    plan = plan_now()
    form = way.form(plan, request.POST or None)
    context = _frame(plan, way.here) | {"form": form}
    if form.is_valid():
        if request.POST.get("step") == "make":
            return _made(request, way.draft(form, actor(request, Permission.SEALED_LIST)))
        context |= _shown(way.simulate(form))
    wrong = request.method == "POST" and not form.is_valid()
    return render(request, way.template, context, status=422 if wrong else 200)


def _frame(plan: Plan, here: str) -> dict[str, Any]:
    labels = {"blocks": _("Permuted blocks"), "minimisation": _("Minimisation"), "file": _("File")}
    tabs = [Tab(labels[way], reverse(f"lists:{way}"), way == here) for way in WAYS]
    starts = [(code, number) for code, number in plan.first.items() if number > 1]
    return {"plan": plan, "tabs": tabs, "starts": starts}


def _made(request: AuthenticatedHttpRequest, made: AllocationList) -> HttpResponse:
    messages.success(request, _("The list is stored as a draft. It is not in force yet."))
    return redirect("lists:list", made.pk)


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "guessed": f"{float(outcome.guessed_right):.1%}".replace("%", " %"),
        "figure": final_differences(outcome),
    }


def _try_blocks(form: BlocksForm) -> Outcome:
    data = form.cleaned_data
    return simulate(
        form.design(),
        participants=data["participants"],
        runs=data["runs"],
        seed=secrets.token_bytes(SEED_BYTES),
    )


def _try_minimisation(form: MinimisationForm) -> Outcome:
    data = form.cleaned_data
    return simulate_minimisation(
        form.scheme(),
        form.plan.strata,
        participants=data["participants"],
        runs=data["runs"],
        seed=secrets.token_bytes(SEED_BYTES),
    )


BLOCKS = Way(
    BlocksForm,
    "randomization/blocks.html",
    "blocks",
    _try_blocks,
    lambda form, by: lists.draft_blocks(design=form.design(), by=by),
)
MINIMISATION = Way(
    MinimisationForm,
    "randomization/minimisation.html",
    "minimisation",
    _try_minimisation,
    lambda form, by: lists.draft_minimisation(
        scheme=form.scheme(),
        slots=form.cleaned_data["slots"],
        first=form.plan.reached.first_everywhere,
        by=by,
    ),
)


@require_http_methods(["GET", "POST"])
@require(Permission.SEALED_LIST)
def file(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The statistician's own list: refused with every line that is wrong, or stored as it is."""
    plan = plan_now()
    form = FileForm(request.POST or None, request.FILES or None)
    context = _frame(plan, "file") | {"form": form}
    if form.is_valid():
        data = form.cleaned_data["file"]
        try:
            _compare(form, data)
            return _made(request, _take(request, plan, data))
        except Refused as refused:
            show_refusal(form, refused)
        except listfile.ListFileError as error:
            form.add_error("file", _("The file is refused; nothing of it is stored."))
            context |= {
                "faults": [(line_text(fault), fault_text(fault)) for fault in error.faults],
                "checksum": listfile.checksum(data),
            }
    wrong = request.method == "POST" and not form.is_valid()
    return render(request, "randomization/file.html", context, status=422 if wrong else 200)


def _compare(form: FileForm, data: bytes) -> None:
    """Raise Refused for a file that is not the one whose checksum was given."""
    told, found = form.cleaned_data["checksum"], listfile.checksum(data)
    if told and told != found:
        words = _("This file has another checksum: %(found)s") % {"found": found}
        raise Refused({"checksum": [words]})


def _take(request: AuthenticatedHttpRequest, plan: Plan, data: bytes) -> AllocationList:
    return lists.draft_file(
        data=data,
        arms=plan.arm_codes,
        strata=tuple(plan.strata),
        first=plan.first,
        by=actor(request, Permission.SEALED_LIST),
    )
