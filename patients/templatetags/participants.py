"""What the templates about a participant have at hand after {% load participants %}."""

from datetime import date

from django import template
from django.template.context import Context

from patients.models import Participant, Status
from patients.withdrawals import PartialWithdrawal, partial_withdrawal
from trial.access import policy
from trial.access.roles import Permission
from trial.protocol.schedule import study_day
from trial.web import status as looks

register = template.Library()

_LOOKS = {
    Status.SCREENING: looks.Status.TO_DO,
    Status.ENROLLED: looks.Status.DONE,
    Status.COMPLETED: looks.Status.DONE,
    Status.SCREEN_FAILED: looks.Status.MISSED,
    Status.WITHDRAWN: looks.Status.MISSED,
}


@register.filter
def status_look(participant: Participant) -> str:
    """The look of a participant's status, for {% status_badge %}."""
    return _LOOKS[Status(participant.status)].value


@register.filter
def study_day_today(participant: Participant) -> int | None:
    """The study day at the site now: 1 on day 0; None before day 0 and after the end."""
    if participant.day0_on is None or participant.status != Status.ENROLLED:
        return None
    today = participant.site.today()
    return study_day(today, participant.day0_on) if today >= participant.day0_on else None


@register.simple_tag
def withdrawn_in_part(participant: Participant) -> PartialWithdrawal | None:
    """What a standing partial withdrawal of consent still allows; None where there is none."""
    return partial_withdrawal(participant)


@register.simple_tag
def visit_not_allowed(participant: Participant, on: date | None) -> PartialWithdrawal | None:
    """The partial withdrawal after which a visit of this day is not consented to, if any."""
    part = partial_withdrawal(participant)
    return part if part is not None and part.forbids_visit(on) else None


@register.simple_tag(takes_context=True)
def may_view_course(context: Context) -> bool:
    """Whether the user sees more of a participant than code and visits."""
    return bool(policy.can(context["request"].user, Permission.REPORT_VIEW))
