"""The list of queries: filtered, the oldest first, each with its newest words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from trial.access.models import Membership, User
from trial.access.roles import ROLES, Permission
from trial.quality.models import Query, QueryMessage, Status, Step
from trial.quality.selectors.asked import BUCKETS

SORTS = {
    "age": ("opened_at", "pk"),
    "-age": ("-opened_at", "-pk"),
    "participant": ("participant_code", "opened_at", "pk"),
    "-participant": ("-participant_code", "opened_at", "pk"),
}


def listed(user: User, choice: Mapping[str, Any]) -> "QuerySet[Query]":
    """The queries that `user` may see and `choice` asks for, whatever their age."""
    rows = Query.objects.visible_to(user)
    status = choice.get("status")
    if status in Status.values:
        rows = rows.filter(status=status)
    elif status != "all":
        rows = rows.unsettled()
    names = {"site": "site__code", "origin": "origin", "form": "form",
             "participant": "participant_code"}  # fmt: skip
    rows = rows.filter(**{column: choice[name] for name, column in names.items() if choice[name]})
    return rows.filter(assignee=user) if choice.get("mine") else rows


def of_age(rows: "QuerySet[Query]", code: str, now: datetime) -> "QuerySet[Query]":
    """Those of one bucket of BUCKETS; all of them for an unknown one."""
    bucket = next((one for one in BUCKETS if one.code == code), None)
    return rows.filter(bucket.among(now)) if bucket else rows


def with_words(rows: "QuerySet[Query]", sort: str = "") -> "QuerySet[Query]":
    """Sorted, each with `question` and `answer`, the newest of each."""
    return rows.annotate(
        question=_newest((Step.RAISED, Step.REOPENED), "text"),
        question_zh=_newest((Step.RAISED, Step.REOPENED), "text_zh"),
        answer=_newest((Step.ANSWERED,), "text"),
    ).order_by(*SORTS.get(sort, SORTS["age"]))


def _newest(steps: tuple[str, ...], column: str) -> Subquery:
    said = QueryMessage.objects.filter(query=OuterRef("pk"), step__in=steps).order_by("-pk")
    return Subquery(said.values(column)[:1])


def answerers(site_id: int) -> list[tuple[str, str]]:
    """(id, name) of those who answer queries at a site. One statement."""
    roles = [role for role, one in ROLES.items() if Permission.QUERY_ANSWER in one.permissions]
    rows = Membership.objects.filter(
        site=site_id, role__in=roles, ended_at=None, user__is_active=True
    ).order_by("user__full_name", "user_id")
    pairs = rows.values_list("user_id", "user__full_name")
    return [(str(pk), name) for pk, name in dict.fromkeys(pairs)]
