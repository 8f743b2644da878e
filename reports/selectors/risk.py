"""Where in the trail to look first: changes that deserve a second look, each kind a condition.

Risk-based review (ICH E6(R3) 4.2.3, R-23, R-58). The limits are those of this study's monitoring;
what is beyond them is not wrong, only worth asking about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import BooleanField, Count, Max
from django.db.models.expressions import RawSQL
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.audit.models import EventQuerySet
from trial.protocol.casebook.forms import FORMS
from trial.quality.casebook import CLINICAL_TABLES

LATE_ENTRY = 7  # days from the observation to its entry
LATE_CHANGE = 30  # days from the visit to a change
MANY = 50  # changes by one person on one day
ENDPOINT_ANALYTES = ("ALT", "AST", "IGG")
# Where response and relapse are counted from; a described form may well ask for a date of the
# same name.
ENDPOINT_TABLES = tuple(set(CLINICAL_TABLES) - {form.table for form in FORMS})
VISIT_FORMS = tuple(form.table for form in FORMS if form.level == "visit")
ENDPOINT_DATES = ("collected_on", "held_on", "day0_on", "induction_started_on")

_CHANGE = (
    "audit_event.kind in ('update', 'delete') and audit_event.fields is distinct from '{}'"
    " and audit_event.table_name = any(%s)"
)
_AFTER = (
    f"{_CHANGE} and exists (select from audit_event a where a.id < audit_event.id"
    " and a.participant_id = audit_event.participant_id and a.kind = any(%s)"
)
_SAME_RECORD = " and a.table_name = audit_event.table_name and a.record_id = audit_event.record_id)"
_SAME_VISIT = " and a.visit_id is not distinct from audit_event.visit_id)"


@dataclass(frozen=True, slots=True)
class Risk:
    """A kind of change to look at. `sql` is a condition on audit_event with `values`; `daily`: it
    counts within the period, which goes in twice."""

    code: str
    name: str | Promise
    text: str | Promise
    sql: str
    values: tuple[object, ...]
    daily: bool = False

    def among(self, rows: EventQuerySet, since: date | None, until: date | None) -> EventQuerySet:
        """Those of some events that are of this kind. The SQL is this module's own, never typed."""
        period = (since or date.min, until or date(9998, 12, 31)) if self.daily else ()
        values = [list(v) if isinstance(v, tuple) else v for v in (*self.values, *period)]
        return rows.filter(RawSQL(self.sql, values, output_field=BooleanField()))  # noqa: S611  # nosec B611


RISKS: Mapping[str, Risk] = {
    one.code: one
    for one in (
        Risk(
            "after_check",
            _("Changed after verification or signature"),
            _("The visit had been verified against the source or signed before."),
            _AFTER + _SAME_VISIT,
            (CLINICAL_TABLES, ("act:verified", "act:signed")),
        ),
        Risk(
            "after_query",
            _("Changed after a query"),
            _("Somebody had asked about the record before."),
            _AFTER + _SAME_RECORD,
            (CLINICAL_TABLES, ("act:query_raised",)),
        ),
        Risk(
            "endpoint",
            _("Endpoint data changed"),
            _("ALT, AST or IgG, or a date from which response and relapse are counted."),
            f"{_CHANGE} and ((audit_event.table_name = 'labs_result'"
            " and coalesce(audit_event.new, audit_event.old) ->> 'analyte' = any(%s)"
            " and audit_event.fields && array['text', 'unit', 'canonical', 'not_done'])"
            " or exists (select from unnest(%s::text[]) f where f = any(audit_event.fields)"
            " and audit_event.old ->> f is not null))",
            (ENDPOINT_TABLES, ENDPOINT_ANALYTES, ENDPOINT_DATES),
        ),
        Risk(
            "late_change",
            _("Changed long after the visit"),
            _("More than 30 days after the day of the visit."),
            f"{_CHANGE} and audit_event.at::date - (select v.held_on from visits_visit v"
            " where v.id = audit_event.visit_id) > %s",
            (CLINICAL_TABLES, LATE_CHANGE),
        ),
        Risk(
            "late_entry",
            _("Entered late"),
            _("More than 7 days after the sample was taken or the visit was held."),
            "((audit_event.table_name = 'labs_panel' and audit_event.kind = 'insert')"
            " or (audit_event.table_name = 'visits_visit'"
            " and audit_event.fields @> array['held_on'] and audit_event.old ->> 'held_on' is null)"
            ") and audit_event.at::date - coalesce(audit_event.new ->> 'collected_on',"
            " audit_event.new ->> 'held_on')::date > %s"
            " or audit_event.table_name = any(%s) and audit_event.kind = 'insert'"
            " and audit_event.at::date - (select v.held_on from visits_visit v"
            " where v.id = audit_event.visit_id) > %s",
            (LATE_ENTRY, VISIT_FORMS, LATE_ENTRY),
        ),
        Risk(
            "many",
            _("Many changes by one person in a day"),
            _("More than 50 changes of recorded data on one day."),
            f"{_CHANGE} and (audit_event.actor, audit_event.at::date) in ("
            " select m.actor, m.at::date from audit_event m"
            " where m.kind = 'update' and m.fields <> '{}' and m.table_name = any(%s)"
            " and m.actor_role <> 'system' and m.at >= %s and m.at < %s::date + 1"
            f" group by 1, 2 having count(*) > {MANY})",
            (CLINICAL_TABLES, CLINICAL_TABLES),
            daily=True,
        ),
        Risk(
            "night",
            _("Entered or changed at night"),
            _("Between 22 and 6 o'clock at the site."),
            "audit_event.kind in ('insert', 'update') and audit_event.table_name = any(%s)"
            " and audit_event.fields is distinct from '{}' and audit_event.actor_role <> 'system'"
            " and extract(hour from audit_event.at at time zone (select s.timezone"
            " from access_site s where s.id = audit_event.site_id)) not between 6 and 21",
            (CLINICAL_TABLES,),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Found:
    """How many events of a kind there are at a site, and the newest of them."""

    site_id: int
    events: int
    upto: int


def counts(
    risk: Risk, rows: EventQuerySet, since: date | None, until: date | None
) -> Mapping[int, Found]:
    """Events of one kind by site; one statement."""
    found = risk.among(rows, since, until).exclude(site_id=None).order_by().values("site_id")
    lines = found.annotate(events=Count("id"), upto=Max("id"))
    return {
        number: Found(number, line["events"], line["upto"])
        for line in lines
        if (number := line["site_id"]) is not None
    }
