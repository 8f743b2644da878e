"""What there is to verify, and how far it is: per form of a participant, set-based.

The values of a form are listed by SQL over the clinical tables, so that a page of participants
costs as many statements as one participant does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection
from django.db.models import QuerySet

from patients.models import Participant
from trial.access.models import Site
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.protocol import registry
from trial.quality.models import Scope, VerificationPlan
from trial.quality.sampling import drawn
from trial.quality.selectors.verification import CHANGES_SINCE, plans

# Every value that a person compares with the source: one row each, empty ones left out.
# (table, where its rows come from, participant, visit, form, and its values with their columns)
_SOURCES: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "patients_participant",
        "patients_participant t",
        "t.id",
        "null::bigint",
        "participant",
        (
            "('sex', t.sex), ('birth_year', t.birth_year::text),"
            " ('childbearing_potential', t.childbearing_potential::text),"
            " ('screened_on', t.screened_on::text), ('enrolled_on', t.enrolled_on::text),"
            " ('day0_on', t.day0_on::text), ('induction_started_on', t.induction_started_on::text),"
            " ('ended_on', t.ended_on::text), ('status_reason', t.status_reason)"
        ),
    ),
    (
        "patients_consent",
        "patients_consent t",
        "t.participant_id",
        "null::bigint",
        "consent",
        "('form_version', t.form_version), ('given_at', t.given_at::text)",
    ),
    (
        "patients_criterionanswer",
        "patients_criterionanswer t",
        "t.participant_id",
        "null::bigint",
        "eligibility",
        "('answer', t.answer)",
    ),
    (
        "visits_visit",
        "visits_visit t",
        "t.participant_id",
        "t.id",
        "visit",
        (
            "('held_on', case when t.status <> 'planned' then coalesce(t.held_on::text,"
            " t.status) end),"
            " ('reason', case when t.status <> 'planned' then t.reason end)"
        ),
    ),
    (
        "labs_panel",
        "labs_panel t join visits_visit v on v.id = t.visit_id",
        "v.participant_id",
        "v.id",
        "labs",
        (
            "('collected_on', t.collected_on::text), ('sample_state', t.sample_state),"
            " ('dialysis', t.dialysis::text)"
        ),
    ),
    (
        "labs_result",
        (
            "labs_result t join labs_panel n on n.id = t.panel_id"
            " join visits_visit v on v.id = n.visit_id"
        ),
        "v.participant_id",
        "v.id",
        "labs",
        "('text', coalesce(nullif(t.text, ''), t.not_done))",
    ),
)


def _values_sql() -> str:
    return " union all ".join(
        f"select {participant} as participant_id, {visit} as visit_id, '{form}' as form,"  # noqa: S608 - constants
        f" '{table}' as table_name, t.id as record_id, f.field,"
        f" {_critical(table)} as critical"
        f" from {rows} cross join lateral (values {values}) f(field, value)"
        f" where f.value <> '' and {participant} = any(%(people)s)"
        for table, rows, participant, visit, form, values in _SOURCES
    )


def _critical(table: str) -> str:
    """Whether the newest protocol calls a value critical (trial/protocol/quality.py)."""
    quality = registry.latest().quality
    if table == "labs_result":
        codes = ", ".join(f"'{code}'" for code in quality.critical_analytes)
        return f"t.analyte in ({codes})"
    fields = [field for name, field in quality.critical_values if name == table]
    return " or ".join(f"f.field = '{field}'" for field in fields) if fields else "false"


VALUES = f"({_values_sql()})"
_STATUS = f"""
with broken as (
  select distinct v.id {CHANGES_SINCE} and v.participant_id = any(%(people)s)
), standing as (
  select v.*, b.id is not null as changed from quality_verification v
  left join broken b on b.id = v.id
  where v.withdrawn_at is null and v.participant_id = any(%(people)s)
)
select a.participant_id, a.visit_id, a.form, count(*), count(*) filter (where a.critical),
       count(*) filter (where s.id is not null and not s.changed),
       count(*) filter (where s.id is not null and not s.changed and a.critical),
       count(*) filter (where s.changed), max(w.id), bool_or(w.changed)
from {VALUES} a
left join standing s on s.table_name = a.table_name and s.record_id = a.record_id
  and s.field = a.field
left join standing w on w.table_name = '' and w.participant_id = a.participant_id
  and w.visit_id is not distinct from a.visit_id and w.form = a.form
group by a.participant_id, a.visit_id, a.form
"""  # noqa: S608 - constants


class Sdv(StrEnum):
    """How far the verification of a form is."""

    NOT_ASKED = "not_asked"
    TO_DO = "to_do"
    PARTLY = "partly"
    VERIFIED = "verified"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FormStatus:
    """One form: how many values it has and how many of them are verified and unchanged.

    `whole` is the verification of the whole form, if one stands; `changed` counts values, and
    `whole_changed` says it of the form: data that moved on after they were verified.
    """

    participant_id: int
    visit_id: int | None
    form: str
    values: int
    critical: int
    verified: int
    verified_critical: int
    changed: int
    whole: int | None
    whole_changed: bool

    def state(self, plan: VerificationPlan | None, *, asked: bool) -> Sdv:
        """What the plan makes of it; a change since is shown whatever the plan asks for."""
        if self.changed or self.whole_changed:
            return Sdv.CHANGED
        if self.whole is not None:
            return Sdv.VERIFIED
        critical = plan is not None and plan.scope == Scope.CRITICAL
        need = self.critical if critical else self.values
        have = self.verified_critical if critical else self.verified
        if need and have >= need:
            return Sdv.VERIFIED
        if self.verified:
            return Sdv.PARTLY
        return Sdv.TO_DO if asked and need else Sdv.NOT_ASKED


def statuses(participant_ids: Sequence[int]) -> list[FormStatus]:
    """Every form with data of these participants; one statement."""
    if not participant_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_STATUS, {"people": list(participant_ids)})
        return [FormStatus(*row[:9], bool(row[9])) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a form, by table, record and field."""

    form: str
    table: str
    record: int
    field: str
    critical: bool


def values_at(participant_id: int, visit_id: int | None) -> list[Value]:
    """The values of the forms of a visit, or (None) of the participant; one statement."""
    sql = (
        f"select a.form, a.table_name, a.record_id, a.field, a.critical from {VALUES} a"  # noqa: S608 - constants
        " where a.visit_id is not distinct from %(visit)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"people": [participant_id], "visit": visit_id})
        return [Value(*row) for row in cursor.fetchall()]


class Plans:
    """The plans in force, read once: which form of whom is to be verified."""

    def __init__(self) -> None:
        self._plans = plans()

    def of(self, site_id: int) -> VerificationPlan | None:
        return self._plans.get(site_id) or self._plans.get(None)

    def drawn(self, site_id: int, code: str) -> bool:
        """Whether the participant is in the sample of the site's plan."""
        plan = self.of(site_id)
        return plan is not None and drawn(plan.seed, code, plan.share)

    def asks(self, site_id: int, code: str, form: str) -> bool:
        plan = self.of(site_id)
        return plan is not None and form in plan.forms and self.drawn(site_id, code)

    def state(self, status: FormStatus, site_id: int, code: str) -> Sdv:
        return status.state(self.of(site_id), asked=self.asks(site_id, code, status.form))


@dataclass(slots=True)
class Progress:
    """How far the verification of a site or a participant is; in forms the plan asks for."""

    asked: int = 0
    verified: int = 0
    changed: int = 0
    to_do: int = 0

    def add(self, state: Sdv, *, asked: bool) -> None:
        self.changed += state == Sdv.CHANGED
        if asked:
            self.asked += 1
            self.verified += state == Sdv.VERIFIED
            self.to_do += state in (Sdv.TO_DO, Sdv.PARTLY)

    @property
    def percent(self) -> int | None:
        return 100 * self.verified // self.asked if self.asked else None


def participants(user: AnyUser, site: str = "") -> QuerySet[Participant]:
    """Whose verification a user may see, by code."""
    rows = Participant.objects.visible_to(user, Permission.SDV_VIEW).select_related("site")
    return (rows.filter(site__code=site) if site else rows).order_by("code")


def progress_of(
    people: Iterable[Participant], found: Plans, rows: Iterable[FormStatus]
) -> dict[int, Progress]:
    """By participant."""
    by_id = {person.pk: person for person in people}
    result = {pk: Progress() for pk in by_id}
    for row in rows:
        person = by_id[row.participant_id]
        asked = found.asks(person.site_id, person.code, row.form)
        result[row.participant_id].add(found.state(row, person.site_id, person.code), asked=asked)
    return result


def progress_by_site(user: AnyUser) -> Mapping[Site, Progress]:
    """By site, over all of its participants; three statements."""
    people = list(participants(user))
    found = progress_of(people, Plans(), statuses([person.pk for person in people]))
    sites: dict[Site, Progress] = {}
    for person in people:
        total, one = sites.setdefault(person.site, Progress()), found[person.pk]
        total.asked += one.asked
        total.verified += one.verified
        total.changed += one.changed
        total.to_do += one.to_do
    return sites
