"""What becomes of a query: answered, reopened, closed, assigned; each a step of its thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError
from django.db import transaction as db_transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.exceptions import Conflict, Refused
from trial.access.models import User
from trial.access.policy import can, roles_for
from trial.access.roles import Permission
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.protocol.label import Label
from trial.quality.models import Addressee, Outcome, Query, QueryMessage, Status, Step
from trial.quality.rules import closing_role, may_answer, may_close, may_reopen
from trial.quality.services.asking import both, message, plain, require_text, tell


def answer(*, query: Query, text: str, value: str = "", by: Actor) -> Query:
    """The site's answer; `value` is the value as it stands then.

    Raises Refused without a text, Conflict if the query is closed meanwhile.
    """
    require_text(text)
    with transaction(by=by):
        query = _locked(query)
        if not may_answer(query):
            raise _closed_already()
        query.status = Status.ANSWERED
        query.answered_at, query.answered_by = timezone.now(), by.name
        query.save(update_fields=["status", "answered_at", "answered_by"])
        _say([query], Step.ANSWERED, plain(text), by, events.Act.QUERY_ANSWERED, value)
    return query


def close(*, query: Query, text: str = "", value: str = "", by: Actor) -> Query:
    """Settle it: resolved if it was answered, else cancelled, which needs a reason.

    Raises Refused where no role of theirs may close this one, Conflict if it is closed already.
    """
    if text:
        require_text(text)
    by = _closer_of(by)(query)
    with transaction(by=by):
        query = _locked(query)
        refusal = against_closing(query, text, by)
        if refusal is not None:
            raise refusal
        _settle(query, _outcome(query), by)
        query.save(update_fields=_SETTLED)
        _say([query], Step.CLOSED, _closing_text(text), by, events.Act.QUERY_CLOSED, value)
    return query


_SETTLED = ["status", "outcome", "closed_at", "closed_by"]


def against_closing(query: Query, text: str, by: Actor) -> Refused | None:
    """What stands against closing, or None."""
    if query.status == Status.CLOSED:
        return _closed_already()
    if not may_close(query, by.role):
        return Refused({"": [_("This query is closed by those who asked, or the data manager.")]})
    if query.status == Status.OPEN and not text.strip():
        return Refused({"text": [_("It is not answered: say why it is cancelled.")]})
    return None


def _closer_of(by: Actor) -> Callable[[Query], Actor]:
    """Whom the trail names for closing a query: `by`, under another of the person's roles where
    that one may close it and the one they came with may not (R-12)."""
    user = User.objects.filter(pk=by.id).first() if by.id is not None else None

    def closer(query: Query) -> Actor:
        held = roles_for(user, Permission.QUERY_CLOSE, query.site_id) if user else ()
        return replace(by, role=closing_role(query, (by.role, *held)) or by.role)

    return closer


def _outcome(query: Query) -> Outcome:
    return Outcome.RESOLVED if query.status == Status.ANSWERED else Outcome.CANCELLED


def _closing_text(text: str) -> Label:
    return plain(text) if text.strip() else both(lambda: _("The answer is accepted."))


def _settle(query: Query, outcome: Outcome, by: Actor) -> None:
    query.outcome = outcome
    query.status = Status.CLOSED
    query.closed_at, query.closed_by = timezone.now(), by.name


def reopen(*, query: Query, text: str, value: str = "", by: Actor) -> Query:
    """Ask again. Raises Refused without a text, if it is open, or if the same is asked anew."""
    require_text(text)
    try:
        with transaction(by=by), db_transaction.atomic():
            query = _locked(query)
            if not may_reopen(query):
                raise Refused({"": [_("This query is open already.")]})
            query.status, query.outcome = Status.OPEN, ""
            query.closed_at = query.closed_by = None
            query.save(update_fields=_SETTLED)
            _say([query], Step.REOPENED, plain(text), by, events.Act.QUERY_REOPENED, value)
    except IntegrityError as error:
        if "query_once" not in str(error):
            raise
        raise Refused({"": [_("The same was asked anew meanwhile: see that query.")]}) from error
    return query


def assign(*, query: Query, addressee: str, assignee: User | None, by: Actor) -> Query:
    """Say which role, or which person, of the site is to answer.

    Raises Refused for somebody who can't answer at the site, Conflict if it is closed.
    """
    with transaction(by=by):
        query = _locked(query)
        refusal = against_assigning(query, addressee, assignee)
        if refusal is not None:
            raise refusal
        query.addressee, query.assignee = addressee, assignee
        query.save(update_fields=["addressee", "assignee"])
        whom = assignee.username if assignee else addressee
        _say([query], Step.ASSIGNED, plain(""), by, events.Act.QUERY_ASSIGNED, whom)
    return query


def against_assigning(query: Query, addressee: str, assignee: User | None) -> Refused | None:
    """What stands against addressing it like that, or None."""
    if query.status == Status.CLOSED:
        return _closed_already()
    if addressee not in Addressee.values:
        return Refused({"addressee": [_("This is not a role of the site.")]})
    if assignee is not None and not can(assignee, Permission.QUERY_ANSWER, query.site_id):
        return Refused({"assignee": [_("This person does not answer queries at the site.")]})
    return None


@dataclass(frozen=True, slots=True)
class Judged:
    """One of many queries, and why nothing is done with it ("" if something is)."""

    query: Query
    refusal: str = ""


def bulk_close(
    *, queries: Sequence[Query], text: str, by: Actor, dry_run: bool = False
) -> list[Judged]:
    """Close many; those that can't be closed are left and named. `dry_run`: only say so."""
    if text:
        require_text(text)
    closer = _closer_of(by)
    with transaction(by=by):
        judged = _judge(queries, lambda one: against_closing(one, text, closer(one)))
        if dry_run:
            return judged
        groups: dict[Actor, list[Query]] = {}
        for one in judged:
            if not one.refusal:
                groups.setdefault(closer(one.query), []).append(one.query)
        for whom, doable in groups.items():
            _close_all(doable, text, whom)
    return judged


def _close_all(queries: Sequence[Query], text: str, by: Actor) -> None:
    with transaction(by=by):
        for query in queries:
            _settle(query, _outcome(query), by)
        Query.objects.bulk_update(queries, _SETTLED)
        _say(queries, Step.CLOSED, _closing_text(text), by, events.Act.QUERY_CLOSED)


def bulk_assign(
    *,
    queries: Sequence[Query],
    addressee: str,
    assignee: User | None,
    by: Actor,
    dry_run: bool = False,
) -> list[Judged]:
    """Address many; those that can't be are left and named. `dry_run`: only say so."""
    with transaction(by=by):
        judged = _judge(queries, lambda one: against_assigning(one, addressee, assignee))
        if dry_run:
            return judged
        doable = [one.query for one in judged if not one.refusal]
        for query in doable:
            query.addressee, query.assignee = addressee, assignee
        Query.objects.bulk_update(doable, ["addressee", "assignee"])
        whom = assignee.username if assignee else addressee
        _say(doable, Step.ASSIGNED, plain(""), by, events.Act.QUERY_ASSIGNED, whom)
    return judged


def heal(*, queries: Sequence[Query], text: Label, by: Actor) -> None:
    """Close queries of checks that no longer find anything. The rows are locked by the caller."""
    if not queries:
        return
    with transaction(by=by):
        for query in queries:
            _settle(query, Outcome.HEALED, by)
        Query.objects.bulk_update(queries, _SETTLED)
        _say(queries, Step.CLOSED, text, by, events.Act.QUERY_CLOSED)


def _judge(
    queries: Sequence[Query], against: Callable[[Query], Refused | None]
) -> list[Judged]:  # fmt: skip
    locked = Query.objects.select_for_update(of=("self",)).filter(pk__in=[q.pk for q in queries])
    return [Judged(one, _words(against(one))) for one in locked.order_by("pk")]


def _words(refusal: Refused | None) -> str:
    if refusal is None:
        return ""
    return " ".join(str(text) for texts in refusal.errors.values() for text in texts)


def _locked(query: Query) -> Query:
    return Query.objects.select_for_update(of=("self",)).get(pk=query.pk)


def _closed_already() -> Conflict:
    return Conflict({"": [_("This query is closed already.")]}, [])


def _say(
    queries: Sequence[Query], step: Step, text: Label, by: Actor, act: events.Act, value: str = ""
) -> None:
    QueryMessage.objects.bulk_create([message(one, step, text, value, by) for one in queries])
    # What an assignment says is to whom.
    tell(act, queries, by, to=value if step == Step.ASSIGNED else "")
