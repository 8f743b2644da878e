"""What the pages about one participant's arm begin with."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from patients.codes import normalise
from patients.models import Participant
from trial.access.http import AuthenticatedHttpRequest
from trial.access.roles import Permission


def unblindable_or_404(request: AuthenticatedHttpRequest, code: str) -> Participant:
    """The participant at a site where the user may break the blind; Http404 for any other."""
    if normalise(code) != code:
        raise Http404
    visible = Participant.objects.visible_to(request.user, Permission.UNBLIND)
    return get_object_or_404(visible.select_related("site"), code=code)
