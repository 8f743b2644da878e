"""What the pages of a case begin with."""

from django.shortcuts import get_object_or_404

from safety.models import SafetyCase
from safety.selectors.cases import Held, held
from trial.access.http import AuthenticatedHttpRequest
from trial.access.roles import Permission


def case_or_404(
    request: AuthenticatedHttpRequest, pk: int, permission: Permission = Permission.REPORT_VIEW
) -> SafetyCase:
    """A case at a site where the user may do this; Http404 for any other."""
    visible = SafetyCase.objects.visible_to(request.user, permission)
    return get_object_or_404(visible.select_related("participant__site"), pk=pk)


def held_or_404(request: AuthenticatedHttpRequest, pk: int) -> Held:
    """The same with everything known of it. Six statements."""
    (found,) = held([case_or_404(request, pk)])
    return found
