"""The form's question while somebody types: is this right, and what would it mean?"""

from django.http import JsonResponse
from django.views.decorators.http import require_POST

from labs.checking import check as check_form
from labs.desk import Desk
from labs.forms import Submitted
from labs.merge import with_picks
from labs.views.entry import visible_visit
from trial.access.http import AuthenticatedHttpRequest, demand, require
from trial.access.roles import Permission


@require(Permission.LAB_ENTER)
@require_POST
def check(request: AuthenticatedHttpRequest, visit_id: int) -> JsonResponse:
    """Judge the form as it stands. Writes nothing."""
    desk = Desk(visible_visit(request, visit_id))
    demand(request.user, Permission.LAB_ENTER, desk.site)
    data = with_picks(request.POST, desk, Submitted.of(request.POST).picks)
    return JsonResponse(check_form(desk, desk.form(data), Submitted.of(data)))
