"""Queries that checks raise, and close by themselves once the data have healed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone

from trial.access.roles import Role
from trial.audit.context import Actor, transaction
from trial.audit.records import Place, Record
from trial.protocol.label import Label
from trial.quality.models import Action, Closing, Origin, Query, QueryMessage, Status
from trial.quality.services.threads import say, write


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found about a record. `params` are what its sentence is made of; `answer` is
    what the site has said about it already, so that only somebody who accepts it is awaited."""

    place: Place
    record: Record
    label: Label
    params: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    answer: str = ""
    role: Role = Role.COORDINATOR


@dataclass(frozen=True, slots=True)
class Checked:
    """Which records a check has looked at: queries about others stay as they are."""

    check: str
    table: str
    ids: Collection[int]


def sync_checks(
    *,
    checked: Checked,
    findings: Mapping[str, Finding],
    by: Actor,
    origin: Origin = Origin.EDIT_CHECK,
    values: Mapping[int, str] | None = None,
    reason: str = "",
) -> int:
    """Make the open queries of a check those that `findings`, by cause, call for.

    One opens per cause, unless it is open already or somebody has accepted or cancelled that very
    cause before. Those whose cause is not found any more close by themselves; `values` tells, by
    record, what stands there now; `reason` is that of the save which is checked. Returns how many
    queries were opened or closed. One statement if nothing is to be done.
    """
    if not checked.ids:
        return 0
    with transaction(by=by, reason=reason):
        known = _known(checked, findings)
        settled = {query.cause for query in known if _settled(query)}
        opened = _open([c for c in findings if c not in settled], checked, findings, origin, by)
        _keep_answers([q for q in known if q.status != Status.CLOSED], findings, by)
        healed = [q for q in known if q.status != Status.CLOSED and q.cause not in findings]
        now = {query.pk: (values or {}).get(query.record_id, "") for query in healed}
        write(healed, Action.HEALED, by=by, values=now, named=Actor.system(checked.check))
        return opened + len(healed)


def sync_all(*, check: str, table: str, findings: Mapping[str, Finding], by: Actor) -> int:
    """The same for a check that has looked at every record there is, as the sweeper does.

    Reads without a lock first, so that a round in which nothing changed disturbs nobody, and
    locks the records that differ only. Two at once do it once (F-073).
    """
    rows = Query.objects.filter(check_code=check, table_name=table).filter(
        ~Q(status=Status.CLOSED) | ~Q(closing=Closing.HEALED)
    )
    known = {cause: (record_id, status) for cause, record_id, status in rows.values_list(
        "cause", "record_id", "status")}  # fmt: skip
    ids = {found.record.id for cause, found in findings.items() if cause not in known}
    ids |= {
        record_id
        for cause, (record_id, status) in known.items()
        if status != Status.CLOSED and cause not in findings
    }
    return sync_checks(
        checked=Checked(check, table, ids),
        findings={cause: found for cause, found in findings.items() if found.record.id in ids},
        origin=Origin.MACHINE,
        by=by,
    )


def _known(checked: Checked, findings: Mapping[str, Finding]) -> list[Query]:
    rows = Query.objects.select_for_update().filter(
        ~Q(status=Status.CLOSED) | Q(cause__in=list(findings)),
        check_code=checked.check,
        table_name=checked.table,
        record_id__in=checked.ids,
    )
    return list(rows.order_by("pk"))


def _settled(query: Query) -> bool:
    """It is open, or a person has decided about it; what closed by itself may come again."""
    return query.status != Status.CLOSED or query.closing != Closing.HEALED


def _open(
    causes: Sequence[str],
    checked: Checked,
    findings: Mapping[str, Finding],
    origin: Origin,
    by: Actor,
) -> int:
    now = timezone.now()
    wanted = [_row(cause, findings[cause], checked.check, origin, by) for cause in causes]
    if not wanted:
        return 0
    Query.objects.bulk_create(wanted, ignore_conflicts=True)
    rows = (
        Query.objects.waiting()
        .filter(cause__in=causes, messages=None)
        .select_for_update(of=("self",))
    )
    new = list(rows.order_by("pk"))
    values = {query.pk: findings[query.cause].value for query in new}
    say(new, Action.RAISED, by=by, now=now, values=values, named=Actor.system(checked.check))
    answered = [query for query in new if query.status == Status.ANSWERED]
    if answered:
        texts = {query.pk: findings[query.cause].answer for query in answered}
        say(answered, Action.ANSWERED, by=by, now=now, texts=texts, values=values)
    return len(new)


def _keep_answers(kept: Sequence[Query], findings: Mapping[str, Finding], by: Actor) -> None:
    """A comment that the site has written anew is its answer to the query that is open."""
    said = [query for query in kept if query.cause in findings and findings[query.cause].answer]
    if not said:
        return
    last = dict(
        QueryMessage.objects.filter(query__in=said, action=Action.ANSWERED)
        .order_by("id")
        .values_list("query_id", "text")
    )
    texts = {query.pk: findings[query.cause].answer for query in said}
    values = {query.pk: findings[query.cause].value for query in said}
    new = [query for query in said if last.get(query.pk) != texts[query.pk]]
    write(new, Action.ANSWERED, by=by, texts=texts, values=values)


def _row(cause: str, found: Finding, check: str, origin: Origin, by: Actor) -> Query:
    now = timezone.now()
    answered = bool(found.answer.strip())
    return Query(
        site_id=found.place.site_id,
        participant_id=found.place.participant_id,
        participant_code=found.place.participant_code,
        visit_id=found.place.visit_id,
        visit_label=found.place.visit_label,
        form=found.place.form,
        table_name=found.record.table,
        record_id=found.record.id,
        field=found.record.field,
        label_en=found.label.en,
        label_zh=found.label.zh,
        origin=origin,
        check_code=check,
        params=dict(found.params),
        cause=cause,
        status=Status.ANSWERED if answered else Status.OPEN,
        role=found.role,
        opened_at=now,
        opened_by=Actor.system(check).name,
        opened_role="system",
        answered_at=now if answered else None,
        answered_by=by.name if answered else None,
    )
