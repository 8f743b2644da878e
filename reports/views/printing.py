"""The casebook on paper: that of a participant as it is, and an empty one to write on."""

import tempfile

from django.http import FileResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from patients.views.frame import participant_or_404
from reports.paper import blank as empty
from reports.print_forms import BlankForm, FilledForm
from reports.services import printing
from trial.access.http import AuthenticatedHttpRequest, actor, demand, require
from trial.access.roles import Permission
from trial.protocol import registry

VIEW = Permission.REPORT_VIEW


@require_http_methods(["GET", "HEAD", "POST"])
@require(VIEW)
def filled(request: AuthenticatedHttpRequest, code: str) -> HttpResponseBase:
    """What can be chosen of the print; POST makes it, which the trail of the participant tells."""
    participant = participant_or_404(request, code)
    demand(request.user, VIEW, participant.site)
    form = FilledForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        context = {"participant": participant, "form": form}
        return render(request, "paper/filled.html", context, status=422 if form.errors else 200)
    made = printing.print_casebook(
        participant=participant,
        user=request.user,
        by=actor(request, VIEW, participant.site),
        **form.cleaned_data,
    )
    name = f"casebook-{participant.code}-{made.at:%Y%m%d-%H%M%S}.pdf"
    return FileResponse(made.file, as_attachment=True, filename=name,
                        content_type="application/pdf")  # fmt: skip


@require_safe
@require(VIEW)
def blank(request: AuthenticatedHttpRequest) -> HttpResponseBase:
    """What can be chosen of the empty casebook; with `version` the file itself."""
    asked = request.GET if "version" in request.GET else None
    form = BlankForm(asked)
    if asked is None or not form.is_valid():
        status = 422 if form.errors else 200
        return render(request, "paper/blank.html", {"form": form}, status=status)
    protocol = registry.get(form.cleaned_data["version"])
    file = tempfile.SpooledTemporaryFile(max_size=2_000_000)  # noqa: SIM115 - the response closes it
    with translation.override(form.cleaned_data["language"]):
        empty.write(file, protocol)
    file.seek(0)
    name = f"casebook-blank-{protocol.number}-{form.cleaned_data['language']}.pdf"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/pdf")
