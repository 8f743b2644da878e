"""The pages about queries: the list, one query with all that was said, the measures by site."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.query_forms import AGES, AnswerForm, AssignForm, BulkForm, DecisionForm, QueryFilter
from reports.records import Found
from reports.selectors import queried
from reports.wording import FORMS
from trial.access import policy
from trial.access.models import User
from trial.access.roles import ROLES, Permission, Role
from trial.access.selectors import sites_of
from trial.quality.models import Action, Query, QueryMessage, Status
from trial.quality.rights import not_yours
from trial.quality.selectors import queries as selectors
from trial.quality.selectors.queries import AGES as BUCKETS
from trial.quality.wording import question_text
from trial.web.parts import Entry, Tab

PAGE = 50
_SORTS = {"age": ("opened_at", "id"), "-age": ("-opened_at", "-id")}
_LOOKS: Mapping[str, tuple[str, str]] = {
    Action.RAISED: ("message-question", "amber"),
    Action.ASKED: ("message-plus", "amber"),
    Action.ANSWERED: ("message-check", "blue"),
    Action.REOPENED: ("rotate-clockwise", "amber"),
    Action.ASSIGNED: ("user-question", "grey"),
    Action.CLOSED: ("circle-check", "green"),
    Action.CANCELLED: ("circle-x", "grey"),
    Action.HEALED: ("circle-check", "green"),
}
_HEALED = gettext_lazy("The value now passes.")


@dataclass(frozen=True, slots=True)
class Line:
    """One query of a list."""

    query: Query
    question: str
    form: Any
    days: int
    awaits: Any


@dataclass(frozen=True, slots=True)
class Bucket:
    """One age group of the list, with its address."""

    label: Any
    count: int
    url: str
    active: bool


def line(query: Query, now: datetime) -> Line:
    """A query as a list shows it."""
    until = query.closed_at or now
    return Line(
        query=query,
        question=question_text(query),
        form=FORMS[query.form],
        days=(until - query.opened_at).days,
        awaits=query.assignee.full_name if query.assignee else ROLES[Role(query.role)].name,
    )


def tabs(active: str) -> list[Tab]:
    """The list and the measures."""
    return [
        Tab(_("Queries"), reverse("reports:queries"), active=active == "list"),
        Tab(_("By site"), reverse("reports:query_metrics"), active=active == "sites"),
    ]


def page(user: User, query: Any, refused: BulkForm | None = None) -> dict[str, Any]:
    """The list: filtered, aged, sorted and paged by what the address says."""
    form = QueryFilter(list(sites_of(user, Permission.QUERY_VIEW)), query)
    choice, now = form.chosen(), timezone.now()
    order = _SORTS.get(query.get("sort", ""), _SORTS["age"])
    rows = queried.narrowed(user, choice).select_related("site", "assignee").order_by(*order)
    shown = Paginator(rows, PAGE).get_page(query.get("page"))
    may_close = bool(policy.can(user, Permission.QUERY_CLOSE))
    lines = [line(one, now) for one in shown]
    return {
        "form": form,
        "active": choice.active,
        "page": shown,
        "lines": lines,
        "buckets": _buckets(user, query, choice, now),
        "tabs": tabs("list"),
        "may_close": may_close,
        "bulk": (refused or BulkForm([], _people(lines))) if may_close and lines else None,
    }


def _people(lines: Sequence[Line]) -> Any:
    return queried.answerers({one.query.site_id for one in lines})


def _buckets(user: User, query: Any, choice: queried.Choice, now: datetime) -> list[Bucket]:
    counts = selectors.ageing(queried.narrowed(user, choice, by_age=False), now)
    found = []
    for key, _low, _high in BUCKETS:
        changed = query.copy()
        changed.pop("page", None)
        active = choice.age == key
        changed["age"] = "" if active else key
        found.append(Bucket(AGES[key], counts[key], f"?{changed.urlencode()}", active))
    return found


# --- one query ----------------------------------------------------------------------------------


def form_address(query: Query, found: Found | None) -> str:
    """The screen where the value is entered, told which query leads there; "" if there is none."""
    if query.form == "labs" and query.visit_id:
        address = reverse("labs:entry", args=[query.visit_id])
        tail = found.url.partition("#")[2] if found else ""
    elif found:
        address, _hash, tail = found.url.partition("#")
    else:
        return ""
    return f"{address}?query={query.pk}" + (f"#{tail}" if tail else "")


def one(
    user: User,
    query: Query,
    found: Found | None,
    *,
    answer: AnswerForm | None = None,
    decision: DecisionForm | None = None,
    assign: AssignForm | None = None,
) -> dict[str, Any]:
    """A query's page; a form that was just refused comes back as it was typed."""
    messages = list(query.messages.all())
    closing = policy.can(user, Permission.QUERY_CLOSE, query.site_id)
    why = not_yours(query, closing.role.value) if isinstance(closing, policy.Allowed) else ""
    waits = query.status != Status.CLOSED
    may_answer = bool(policy.can(user, Permission.QUERY_ANSWER, query.site_id)) and waits
    now = queried.values_of([query]).get(query.pk, "")
    return {
        "query": query,
        "line": line(query, timezone.now()),
        "site_zone": query.site.timezone,
        "participant_url": _address("reports:participant", query.participant_code),
        "form_url": form_address(query, found),
        "then": messages[0].value if messages else "",
        "now": now,
        "thread": _thread(query, messages),
        "answer_form": (answer or AnswerForm()) if may_answer else None,
        "decision_form": (decision or DecisionForm()) if closing and not why else None,
        "not_yours": why if closing else "",
        "assign_form": (
            assign
            or AssignForm(
                queried.answerers([query.site_id]),
                initial={"role": query.role, "assignee": query.assignee_id},
            )
        )
        if closing and waits
        else None,
        "wrong_form": answer or decision or assign,
    }


def _address(name: str, *parts: object) -> str:
    try:
        return reverse(name, args=parts)
    except NoReverseMatch:
        return ""


def _thread(query: Query, messages: Sequence[QueryMessage]) -> list[Entry]:
    """What was said and what became of the value, in the order in which it happened (R-12)."""
    entries = [_said(query, message) for message in messages]
    entries += [_changed(query, change) for change in queried.changes_of(query)]
    return sorted(entries, key=lambda entry: entry.at)


def _said(query: Query, message: QueryMessage) -> Entry:
    icon, tone = _LOOKS[message.action]
    text = message.text
    if message.action == Action.RAISED and not text:
        text = question_text(query)
    if message.action == Action.HEALED:
        text = str(_HEALED)
    if message.value:
        text = f"{text} ({_('value then: %(value)s') % {'value': message.value}})".strip()
    return Entry(
        at=message.at,
        title=f"{_('Query')}: {message.get_action_display()}",
        who=_who(message.by, message.role),
        body=text,
        icon=icon,
        tone=tone,
        zone=query.site.timezone,
    )


def _changed(query: Query, change: queried.ValueChange) -> Entry:
    event = change.event
    first = event.kind == "insert"
    words = {"before": change.before or "–", "after": change.after or "–"}
    body = words["after"] if first else _("%(before)s → %(after)s") % words
    return Entry(
        at=event.at,
        title=_("Value entered") if first else _("Value changed"),
        who=_who(event.actor, event.actor_role),
        body=f"{body} · {event.reason}" if event.reason else body,
        icon="pencil",
        tone="grey",
        zone=query.site.timezone,
    )


def _who(name: str, role: str) -> str:
    known = role in set(Role)
    return f"{name} · {ROLES[Role(role)].name}" if known else name


# --- measures ---------------------------------------------------------------------------------


def metrics(user: User) -> dict[str, Any]:
    """How the queries of each site go."""
    return {"rows": selectors.measures(user), "tabs": tabs("sites")}


def metrics_csv(user: User) -> str:
    """The same as a file; column names are those of the code, in English."""
    out = io.StringIO()
    names = [one.name for one in fields(selectors.SiteMeasures)]
    writer = csv.writer(out)
    writer.writerow(names)
    for row in selectors.measures(user):
        writer.writerow("" if (v := getattr(row, name)) is None else v for name in names)
    return out.getvalue()
