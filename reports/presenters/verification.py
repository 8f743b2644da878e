"""The pages about source-data verification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patients.models import Participant
from reports.forms import SiteFilter
from reports.query_forms import ManyRaiseForm
from reports.records import KIND_OF_TABLE, Found
from reports.selectors import verification as selectors
from reports.selectors.queried import joined, value_text
from reports.selectors.verification import FormStatus, Plans, Sdv, Value
from reports.wording import FORMS
from trial.access import policy
from trial.access.models import User
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.audit.changes import field_changes
from trial.audit.models import Event
from trial.audit.watermark import Watermark, watermark
from trial.quality.forms import columns_of
from trial.quality.models import Verification, VerificationPlan
from trial.quality.selectors.queries import Marks, marks, waiting_at
from trial.quality.selectors.verification import changes_since
from trial.web.parts import Tab
from visits.models import Visit

PAGE = 50
SALT, HOURS = "verification", 12
LOOKS: Mapping[Sdv, tuple[str, str | Promise]] = {
    Sdv.NOT_ASKED: ("not-due", gettext_lazy("Not in the sample")),
    Sdv.TO_DO: ("to-do", gettext_lazy("To verify")),
    Sdv.PARTLY: ("to-do", gettext_lazy("Partly verified")),
    Sdv.VERIFIED: ("done", gettext_lazy("Verified")),
    Sdv.CHANGED: ("needs-you", gettext_lazy("Changed since verified")),
}


def tabs(active: str) -> list[Tab]:
    """What is to verify, and the plans."""
    return [
        Tab(_("To verify"), reverse("reports:verification"), active=active == "list"),
        Tab(_("Plans"), reverse("reports:verification_plans"), active=active == "plans"),
    ]


def page(user: User, query: Mapping[str, str]) -> dict[str, Any]:
    """Progress by site, and a page of participants with what is still to do."""
    form = SiteFilter(list(sites_of(user, Permission.SDV_VIEW)), query)
    site = form.choice()["site"]
    shown = Paginator(selectors.participants(user, site), PAGE).get_page(query.get("page"))
    people, plans = list(shown.object_list), Plans()
    rows = selectors.statuses([person.pk for person in people])
    found = selectors.progress_of(people, plans, rows)
    return {
        "form": form,
        "active": bool(site),
        "page": shown,
        "people": [
            (person, found[person.pk], plans.drawn(person.site_id, person.code))
            for person in people
        ],
        "sites": selectors.progress_by_site(user).items(),
        "tabs": tabs("list"),
    }


def plans_page(user: User, form: Any) -> dict[str, Any]:
    """The plans in force and those of before; who may, makes a new one."""
    rows = VerificationPlan.objects.select_related("site").order_by("-id")[:PAGE]
    return {
        "plans": [(one, [FORMS[name] for name in one.forms]) for one in rows],
        "form": form if policy.can(user, Permission.SDV_PLAN) else None,
        "tabs": tabs("plans"),
    }


# --- one participant, one visit -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a value since it was verified."""

    event: Event
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Row:
    """One value to compare: what it is called, what stands there, whether it is verified."""

    value: Value
    key: str
    label: str
    name: str
    text: str
    state: Sdv
    by: Verification | None
    changes: Sequence[Change]
    marks: Marks | None
    kind: str

    @property
    def look(self) -> str:
        return LOOKS[self.state][0]

    @property
    def word(self) -> str | Promise:
        return LOOKS[self.state][1] if self.state != Sdv.NOT_ASKED else ""


@dataclass(frozen=True, slots=True)
class Form:
    """One form with its values."""

    code: str
    name: str | Promise
    state: Sdv
    whole: Verification | None
    rows: Sequence[Row]
    gone: Sequence[Change]

    @property
    def look(self) -> str:
        return LOOKS[self.state][0]

    @property
    def word(self) -> str | Promise:
        return LOOKS[self.state][1]


def token(participant: Participant, visit: Visit | None, seen: Watermark) -> str:
    """What the page was made from, to come back with the ticks: nobody can make one up."""
    place = [participant.pk, visit.pk if visit else None]
    return signing.dumps([*place, seen.generation, seen.snapshot], salt=SALT)


def seen_in(text: str, participant: Participant, visit: Visit | None) -> Watermark | None:
    """The watermark of a page's token; None if it is of another page, too old, or made up."""
    try:
        pk, visit_id, generation, snapshot = signing.loads(text, salt=SALT, max_age=HOURS * 3600)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if (pk, visit_id) != (participant.pk, visit.pk if visit else None):
        return None
    return Watermark(generation, snapshot)


def subject_page(
    user: User, participant: Participant, visit: Visit | None, form: ManyRaiseForm | None = None
) -> dict[str, Any]:
    """All values of all forms of a visit, or of the participant.

    The watermark is read before the values: a change between the two shows as a change since, and
    never as something that was compared.
    """
    seen, plans = watermark(), Plans()
    forms = _forms(user, participant, visit, plans)
    return {
        "participant": participant,
        "visit": visit,
        "active": "verification",
        "token": token(participant, visit, seen),
        "forms": forms,
        "visits": [] if visit else _visits(participant, plans),
        "plan": plans.of(participant.site_id),
        "drawn": plans.drawn(participant.site_id, participant.code),
        "may_verify": policy.can(user, Permission.SDV_PERFORM, participant.site_id),
        "ask_form": (form or ManyRaiseForm())
        if policy.can(user, Permission.QUERY_RAISE, participant.site_id)
        else None,
        "wrong_form": form,
    }


def _visits(participant: Participant, plans: Plans) -> list[tuple[Visit, str, str | Promise]]:
    """The visits with data, each with how far its verification is: its least good form's."""
    order = [Sdv.CHANGED, Sdv.TO_DO, Sdv.PARTLY, Sdv.VERIFIED, Sdv.NOT_ASKED]
    states: dict[int, list[Sdv]] = {}
    for row in selectors.statuses([participant.pk]):
        if row.visit_id is not None:
            state = plans.state(row, participant.site_id, participant.code)
            states.setdefault(row.visit_id, []).append(state)
    return [
        (visit, *LOOKS[min(states[visit.pk], key=order.index)])
        for visit in participant.visits.order_by("position", "number")
        if visit.pk in states
    ]


def _forms(user: User, participant: Participant, visit: Visit | None, plans: Plans) -> list[Form]:
    visit_id = visit.pk if visit else None
    values = selectors.values_at(participant.pk, visit_id)
    standing = Verification.objects.standing().filter(
        participant_id=participant.pk, visit_id=visit_id
    )
    known = {(v.form, v.table_name, v.record_id, v.field): v for v in standing}
    since = changes_since([participant.pk])
    ids = {v.pk for v in known.values()}
    events = Event.objects.in_bulk(
        {event for pk, of_it in since.items() if pk in ids for event in of_it}
    )
    changed = {pk: [events[event] for event in of_it] for pk, of_it in since.items() if pk in ids}
    records = _records(values)
    asked = waiting_at(user, participant_id=participant.pk)
    by_record = marks(query for query in asked if query.visit_id == visit_id)
    status = {
        row.form: row for row in selectors.statuses([participant.pk]) if row.visit_id == visit_id
    }
    found = []
    for code, name in FORMS.items():
        mine = [
            value for value in values if value.form == code and value.record in records[value.table]
        ]
        if not mine:
            continue
        whole = known.get((code, "", None, ""))
        rows = [_row(value, records, known, whole, changed, by_record) for value in mine]
        state = _state(status.get(code), plans, participant)
        gone = _gone(whole, rows, changed)
        found.append(Form(code, name, state, whole, rows, gone))
    return found


def _state(row: FormStatus | None, plans: Plans, participant: Participant) -> Sdv:
    return plans.state(row, participant.site_id, participant.code) if row else Sdv.NOT_ASKED


def _records(values: Sequence[Value]) -> dict[str, dict[int, Any]]:
    """The rows that the values are in, by table; one statement for each table."""
    wanted: dict[str, set[int]] = {table: set() for table in KIND_OF_TABLE}
    for value in values:
        wanted[value.table].add(value.record)
    return {
        table: KIND_OF_TABLE[table]
        .model._default_manager.select_related(*KIND_OF_TABLE[table].related)
        .in_bulk(ids)
        if ids
        else {}
        for table, ids in wanted.items()
    }


def _row(
    value: Value,
    records: Mapping[str, Mapping[int, Any]],
    known: Mapping[tuple[str, str, int | None, str], Verification],
    whole: Verification | None,
    changed: Mapping[int, Sequence[Event]],
    by_record: Mapping[tuple[str, int], Marks],
) -> Row:
    found = Found(KIND_OF_TABLE[value.table], records[value.table][value.record])
    own = known.get((value.form, value.table, value.record, value.field))
    # The later of the two verifications that cover the value is the one that counts.
    by = max(filter(None, (own, whole)), key=lambda one: one.pk, default=None)
    changes = _changes(value, changed.get(by.pk, ()) if by else ())
    state = Sdv.NOT_ASKED if by is None else Sdv.CHANGED if changes else Sdv.VERIFIED
    single = (value.table, value.field) == ("labs_result", "text")
    return Row(
        value=value,
        key=f"{value.table}:{value.record}:{value.field}",
        label=found.label if single else f"{found.fields.get(value.field, value.field)}",
        name="" if single else found.label,
        text=value_text(value.table, value.field, found.row),
        state=state,
        by=by,
        changes=changes,
        marks=by_record.get((value.table, value.record)),
        kind=found.kind.code,
    )


def _changes(value: Value, events: Sequence[Event]) -> list[Change]:
    """What these events changed of a value."""
    wanted = columns_of(value.table, value.field)
    return [
        _change(event, value.table, wanted)
        for event in events
        if (event.table_name, event.record_id) == (value.table, str(value.record))
        and {change.field for change in field_changes(event)} & set(wanted)
    ]


def _change(event: Event, table: str, wanted: Sequence[str]) -> Change:
    old, new = event.old or {}, event.new or {}
    return Change(
        event,
        joined(table, {name: old.get(name) for name in wanted}),
        joined(table, {name: new.get(name) for name in wanted}),
    )


def _gone(
    whole: Verification | None, rows: Sequence[Row], changed: Mapping[int, Sequence[Event]]
) -> list[Change]:
    """Changes of a form since it was verified that none of its values shows: emptied ones, and
    columns that are no value of their own."""
    if whole is None:
        return []
    shown = {change.event.pk for row in rows for change in row.changes}
    found = []
    for event in changed.get(whole.pk, ()):
        if event.pk not in shown:
            names = [
                c.field
                for c in field_changes(event)
                if c.field in KIND_OF_TABLE[event.table_name].labels
            ]
            found.append(_change(event, event.table_name, names))
    return found
