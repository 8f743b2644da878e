"""Queries as pages need them: narrowed down, with what stands in their records now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import override

from reports.records import KIND_OF_TABLE, Found, shown
from trial.access.models import Membership, User
from trial.access.policy import AnyUser, powers
from trial.access.roles import Permission
from trial.audit.changes import field_changes
from trial.audit.models import Event
from trial.protocol.label import Label
from trial.quality.forms import columns_of
from trial.quality.models import Query, Status
from trial.quality.models.query import ADDRESSEES, QueryQuerySet
from trial.quality.selectors.queries import aged


@dataclass(frozen=True, slots=True)
class Choice:
    """What the list is narrowed down to; "" where nothing is asked for."""

    site: str = ""
    status: str = ""
    origin: str = ""
    form: str = ""
    age: str = ""
    mine: str = ""
    participant: str = ""

    @property
    def active(self) -> int:
        """How many filters are set; all that wait is what the list shows unasked."""
        values = (self.site, self.origin, self.form, self.age, self.mine, self.participant)
        return sum(bool(value) for value in values) + (self.status not in ("", "waiting"))


def narrowed(user: AnyUser, choice: Choice, *, by_age: bool = True) -> QueryQuerySet:
    """The queries a user may see that fit; those that wait unless another status is asked for."""
    rows = Query.objects.visible_to(user)
    if choice.status in Status.values:
        rows = rows.filter(status=choice.status)
    elif choice.status != "all":
        rows = rows.waiting()
    if choice.site:
        rows = rows.filter(site__code=choice.site)
    if choice.origin:
        rows = rows.filter(origin=choice.origin)
    if choice.form:
        rows = rows.filter(form=choice.form)
    if choice.participant:
        rows = rows.filter(participant_code=choice.participant)
    if choice.mine:
        rows = rows.filter(mine(user))
    return aged(rows, choice.age) if by_age and choice.age else rows


def mine(user: AnyUser) -> Q:
    """Queries that await this user: assigned to them, or to nobody of a role they hold there."""
    found = Q(assignee=user.pk)
    for role, site_id in powers(user):
        if role in ADDRESSEES:
            here = Q(role=role) if site_id is None else Q(role=role, site=site_id)
            found |= Q(assignee=None) & here
    return found


def to_answer(user: AnyUser) -> QueryQuerySet:
    """Open queries that await this user, the longest wait first."""
    rows = Query.objects.visible_to(user, Permission.QUERY_ANSWER).filter(status=Status.OPEN)
    return rows.filter(mine(user)).select_related("site").order_by("opened_at", "id")


def to_close(user: AnyUser, role: str) -> QueryQuerySet:
    """Answered queries that somebody of `role` may close, the longest wait first."""
    rows = Query.objects.visible_to(user, Permission.QUERY_CLOSE).filter(status=Status.ANSWERED)
    if role != "datamanager":
        rows = rows.filter(opened_role=role)
    return rows.select_related("site").order_by("answered_at", "id")


def answerers(site_ids: Iterable[int]) -> QuerySet[User]:
    """People who may answer queries at any of these sites."""
    held = Membership.objects.filter(role__in=ADDRESSEES, ended_at=None, site__in=set(site_ids))
    return User.objects.filter(pk__in=held.values("user_id"), is_active=True).order_by("full_name")


def values_of(queries: Iterable[Query]) -> dict[int, str]:
    """What stands now in the record of each query; one statement for each table."""
    by_table: dict[str, list[Query]] = defaultdict(list)
    for query in queries:
        by_table[query.table_name].append(query)
    found: dict[int, str] = {}
    for table, of_table in by_table.items():
        kind = KIND_OF_TABLE[table]
        rows = kind.model._default_manager.in_bulk([query.record_id for query in of_table])
        for query in of_table:
            if query.field and query.record_id in rows:
                found[query.pk] = value_text(table, query.field, rows[query.record_id])
    return found


def value_text(table: str, field: str, row: Any) -> str:
    """One value of a record with all its columns: "30 U/L"."""
    stored = {name: getattr(row, name) for name in columns_of(table, field)}
    return joined(table, stored)


def joined(table: str, stored: Mapping[str, Any]) -> str:
    """The columns of one value as a person reads them."""
    kind = KIND_OF_TABLE[table]
    return " ".join(filter(None, (shown(kind, name, value) for name, value in stored.items())))


def label_of(found: Found, field: str) -> Label:
    """What a record, or a value of it, is called, in both languages."""
    return Label(*(_label(found, field, language) for language in ("en", "zh-hans")))


def _label(found: Found, field: str, language: str) -> str:
    with override(language):
        # A result's own name says its value; other records have several.
        if not field or (found.kind.table, field) == ("labs_result", "text"):
            return found.label
        return f"{found.fields.get(field, field)} – {found.label}"


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One change of a query's value in the trail."""

    event: Event
    before: str
    after: str


def changes_of(query: Query) -> list[ValueChange]:
    """What the trail says of a query's value, oldest first; of its record, if it is about that."""
    kind = KIND_OF_TABLE[query.table_name]
    wanted = columns_of(query.table_name, query.field) if query.field else tuple(kind.labels)
    events = Event.objects.of_record(query.table_name, query.record_id).changes().order_by("id")
    found = []
    for event in events:
        if {change.field for change in field_changes(event)} & set(wanted):
            before, after = event.old or {}, event.new or {}
            found.append(
                ValueChange(
                    event,
                    joined(query.table_name, {name: before.get(name) for name in wanted}),
                    joined(query.table_name, {name: after.get(name) for name in wanted}),
                )
            )
    return found
