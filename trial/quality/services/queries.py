"""Queries as people use them: raised, answered, closed, reopened, assigned; one or many.

Each service is one transaction with row locks, a message in the thread and an act in the trail.
Many at once can be tried first: a dry run says what would be done and what refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trial.access import policy
from trial.access.exceptions import Refused
from trial.access.models import User
from trial.access.roles import Permission, Role
from trial.audit.context import Actor, transaction
from trial.audit.records import Place, Record
from trial.protocol.label import Label
from trial.quality.models import Action, Origin, Query, Status
from trial.quality.models.query import ADDRESSEES
from trial.quality.rights import not_yours
from trial.quality.services.threads import Outcome, act, locked, say, write

MAX_TEXT = 2_000
_ORIGINS = {Role.MONITOR.value: Origin.MONITOR, Role.DATA_MANAGER.value: Origin.DATA_MANAGER}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one record; `value` is what stands there, `label` what it is called."""

    place: Place
    record: Record
    label: Label
    text: str
    value: str = ""

    @property
    def cause(self) -> str:
        """Of one value one query at a time; of a whole record one per question."""
        if self.record.field:
            return f"asked:{self.record}"
        words = " ".join(self.text.split()).casefold()
        return f"asked:{self.record}:{sha256(words.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Raised:
    """The query that now stands for a question; `created` says whether it is a new one."""

    query: Query
    created: bool


def raise_query(*, question: Question, role: Role = Role.COORDINATOR, by: Actor) -> Raised:
    """Ask a site about a record. Raises Refused ("text", "role") for what cannot be asked.

    Two who ask about the same value at the same moment get one query (F-023, F-025): the second
    question goes into its thread, unless it says the same.
    """
    return bulk_raise(questions=[question], role=role, by=by)[0]


def bulk_raise(
    *,
    questions: Sequence[Question],
    role: Role = Role.COORDINATOR,
    by: Actor,
    dry_run: bool = False,
) -> list[Raised]:
    """Ask about many records, one query each; a dry run only says which would be new.

    A fixed number of statements, and three more for each query that was open already.
    """
    if role not in ADDRESSEES:
        raise Refused({"role": [_("This role answers no queries.")]})
    for question in questions:
        _require_text(question.text)
    wanted = {question.cause: question for question in questions}
    with transaction(by=by):
        known = {query.cause: query for query in _open_of(wanted)}
        if dry_run:
            return [
                Raised(known.get(cause) or _row(one, role, by), cause not in known)
                for cause, one in wanted.items()
            ]
        new = [_row(one, role, by) for cause, one in wanted.items() if cause not in known]
        Query.objects.bulk_create(new, ignore_conflicts=True)
        # Whoever lost the race finds the winner's row here, after waiting for its commit.
        stored = {query.cause: query for query in _open_of(wanted)}
        made = {query.cause for query in new}
        ours = [stored[c] for c in made if c in stored and not stored[c].messages.exists()]
        _say_raised(ours, wanted, by)
        if len(stored) < len(wanted):
            raise Refused({"": [_("Somebody closed the same query at this moment. Try again.")]})
        mine = {query.cause for query in ours}
        for cause, query in stored.items():
            if cause not in mine:
                _ask_again(query, wanted[cause], by)
        return [Raised(stored[cause], cause in mine) for cause in wanted]


def _open_of(wanted: Iterable[str]) -> list[Query]:
    rows = Query.objects.select_for_update().waiting().filter(cause__in=list(wanted))
    return list(rows.order_by("pk"))


def _row(question: Question, role: Role, by: Actor) -> Query:
    place, record = question.place, question.record
    return Query(
        site_id=place.site_id,
        participant_id=place.participant_id,
        participant_code=place.participant_code,
        visit_id=place.visit_id,
        visit_label=place.visit_label,
        form=place.form,
        table_name=record.table,
        record_id=record.id,
        field=record.field,
        label_en=question.label.en[:200],
        label_zh=question.label.zh[:200],
        origin=_ORIGINS.get(by.role, Origin.DATA_MANAGER),
        text=question.text.strip(),
        cause=question.cause,
        role=role,
        opened_at=timezone.now(),
        opened_by=by.name,
        opened_role=by.role,
    )


def _say_raised(queries: Sequence[Query], wanted: Mapping[str, Question], by: Actor) -> None:
    if queries:
        say(
            queries,
            Action.RAISED,
            by=by,
            now=timezone.now(),
            texts={query.pk: wanted[query.cause].text.strip() for query in queries},
            values={query.pk: wanted[query.cause].value for query in queries},
        )


def _ask_again(query: Query, question: Question, by: Actor) -> None:
    said = query.messages.filter(action__in=(Action.RAISED, Action.ASKED))
    if question.text.strip() not in set(said.values_list("text", flat=True)):
        write(
            [query],
            Action.ASKED,
            by=by,
            text=question.text.strip(),
            values={query.pk: question.value},
        )


def answer(*, query: Query, text: str, value: str = "", by: Actor) -> Query:
    """The site's answer. Raises Refused if the query is closed or the text is empty."""
    _require_text(text)
    return _one(query, Action.ANSWERED, _open, by, text, value)


def close(*, query: Query, text: str = "", value: str = "", by: Actor) -> Query:
    """Accept the answer. A query that nobody answered is cancelled instead (see `cancel`)."""

    def allowed(row: Query) -> str | Promise:
        return _open(row) or not_yours(row, by.role) or _answered(row)

    return _one(query, Action.CLOSED, allowed, by, text, value)


def cancel(*, query: Query, text: str, value: str = "", by: Actor) -> Query:
    """Close a query that should not be asked any more, answered or not; `text` says why."""
    _require_text(text)

    def allowed(row: Query) -> str | Promise:
        return _open(row) or not_yours(row, by.role)

    return _one(query, Action.CANCELLED, allowed, by, text, value)


def reopen(*, query: Query, text: str, value: str = "", by: Actor) -> Query:
    """Ask again, after an answer or after closing; `text` says what is still unclear."""
    _require_text(text)

    def allowed(row: Query) -> str | Promise:
        if row.status == Status.OPEN:
            return gettext_lazy("This query is open already.")
        twin = Query.objects.waiting().filter(cause=row.cause).exclude(pk=row.pk)
        if row.status == Status.CLOSED and twin.exists():
            return gettext_lazy("The same question is open in another query.")
        return not_yours(row, by.role)

    return _one(query, Action.REOPENED, allowed, by, text, value)


def assign(*, query: Query, role: Role, assignee: User | None, by: Actor, text: str = "") -> Query:
    """Say whose answer is awaited: a role at the site, or one person of it."""
    outcome = bulk_assign(ids=[query.pk], role=role, assignee=assignee, by=by, text=text)
    return _the_one(outcome)


def bulk_close(
    *,
    ids: Iterable[int],
    text: str,
    by: Actor,
    values: Mapping[int, str] | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Accept the answers of many queries; those without one, or of others, are left alone."""

    def allowed(row: Query) -> str | Promise:
        return _open(row) or not_yours(row, by.role) or _answered(row)

    with transaction(by=by, reason=text):
        return act(ids, Action.CLOSED, allowed, by=by, text=text, values=values, dry_run=dry_run)


def bulk_assign(
    *,
    ids: Iterable[int],
    role: Role,
    assignee: User | None,
    by: Actor,
    text: str = "",
    dry_run: bool = False,
) -> Outcome:
    """Address many queries to a role, or to one person, who must answer queries at each site."""
    if role not in ADDRESSEES:
        raise Refused({"role": [_("This role answers no queries.")]})

    def refusal(row: Query) -> str | Promise:
        if (row.role, row.assignee_id) == (role.value, assignee.pk if assignee else None):
            return gettext_lazy("Nothing would change.")
        answers = assignee is None or policy.can(assignee, Permission.QUERY_ANSWER, row.site_id)
        return _open(row) or ("" if answers else _not_at_site(assignee))

    with transaction(by=by, reason=text):
        rows = locked(ids)
        verdicts = [(row, refusal(row)) for row in rows]
        done = [row for row, why in verdicts if not why]
        for row in done:
            row.role, row.assignee = role, assignee
        if not dry_run:
            named = assignee.full_name if assignee else str(role.value)
            write(done, Action.ASSIGNED, by=by, text=text or named)
        return Outcome(done, [(row, why) for row, why in verdicts if why])


def _not_at_site(user: User | None) -> str:
    name = user.full_name if user else ""
    return _("%(name)s answers no queries at this site.") % {"name": name}


def _open(query: Query) -> str | Promise:
    return gettext_lazy("This query is closed.") if query.status == Status.CLOSED else ""


def _answered(query: Query) -> str | Promise:
    if query.status == Status.ANSWERED:
        return ""
    return gettext_lazy("Nobody has answered this query: it can be cancelled, with a reason.")


def _one(
    query: Query,
    action: Action,
    allowed: Callable[[Query], str | Promise],
    by: Actor,
    text: str,
    value: str,
) -> Query:
    _require_short(text)
    with transaction(by=by, reason=text):
        return _the_one(
            act([query.pk], action, allowed, by=by, text=text.strip(), values={query.pk: value})
        )


def _the_one(outcome: Outcome) -> Query:
    """The query that was acted on. Raises Refused with why it was not."""
    for _query, why in outcome.refused:
        raise Refused({"": [why]})
    return outcome.done[0]


def _require_text(text: str) -> None:
    if not text.strip():
        raise Refused({"text": [_("Write what you want to say.")]})
    _require_short(text)


def _require_short(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise Refused({"text": [_("At most %(count)s characters.") % {"count": MAX_TEXT}]})
    if "\x00" in text:
        raise Refused({"text": [_("The text holds a character that cannot be stored.")]})
