"""What the page about data and API shows: exports taken, keys held, how small the groups are."""

from django.db.models import Count, QuerySet

from patients.models import Participant
from trial.access.models import ApiToken, User
from trial.access.roles import Permission
from trial.audit.events import Act
from trial.audit.models import Event

SHOWN = 10


def exports_of(user: User) -> QuerySet[Event]:
    """The user's last exports, newest first."""
    taken = Event.objects.filter(actor=user.username, kind=f"act:{Act.EXPORTED}")
    return taken.order_by("-id")[:SHOWN]


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The user's last tokens, newest first."""
    return ApiToken.objects.filter(user=user).order_by("-id")[:SHOWN]


def smallest_group(user: User) -> tuple[int, int]:
    """(size of the smallest group, number of groups of one) among those who share site, sex and
    year of birth: how easily a row could be tied to a person (R-53). (0, 0) without participants.
    """
    people = Participant.objects.visible_to(user, Permission.DATA_EXPORT).order_by()
    groups = people.values("site", "sex", "birth_year").annotate(size=Count("id"))
    sizes = list(groups.values_list("size", flat=True))
    return (min(sizes), sizes.count(1)) if sizes else (0, 0)
