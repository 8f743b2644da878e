"""Where a list's rows lead: to the form for those who may fill it in, else to the page to read."""

from django.urls import reverse

from reports.states import VisitRow
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission


class Links:
    """Addresses for one user; asks the database nothing."""

    def __init__(self, user: AnyUser) -> None:
        self._entry = sites_for(user, Permission.LAB_ENTER)

    def visit(self, visit: VisitRow) -> str:
        """The visit's lab form, or its place on the participant's page."""
        if visit.site_id in self._entry:
            return lab_form(visit.id)
        return f"{participant(visit.participant)}#visit-{visit.id}"


def participant(code: str) -> str:
    """A participant's page."""
    return reverse("reports:participant", args=[code])


def lab_form(visit_id: int) -> str:
    """The form for the labs of a visit."""
    return reverse("labs:entry", args=[visit_id])
