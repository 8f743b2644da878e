"""The SQL behind trial/quality/selectors/verification.py: items, what is required, and their state.

It knows the tables of the apps above by name, as trial/quality/casebook.py does: the forms of those
apps show what is verified of them.
"""

from collections.abc import Mapping
from typing import Any

from trial.protocol import registry
from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Form
from trial.quality.observed import COMPUTED

# The columns that a monitor looks at one by one, in the order of the forms. Of the other tables,
# a row is one item.
VALUES: Mapping[str, tuple[str, ...]] = {
    "patients_participant": (
        "sex", "sex_for_meld", "birth_year", "childbearing_potential", "screened_on",
        "enrolled_on", "day0_on", "induction_started_on", "disease_status",
        "status", "status_reason", "ended_on",
    ),
    "patients_consent": ("form_version", "given_at"),
    "visits_visit": ("status", "held_on", "reason"),
    "labs_panel": (
        "laboratory_id", "collected_on", "collected_time", "sample_state", "dialysis", "pt_isi",
        "pt_mnpt",
    ),
    "visits_infusion": (
        "weight_kg", "weighed_on", "prepared_cells", "prepared_ml", "preparation_note", "line",
        "gauge", "filter", "started", "ended", "given_ml", "residual_ml", "flush_ml",
        "stopped_early", "stop_reason", "end_note",
    ),
    # Of what was not done, and of a line that was entered by mistake, that alone is compared.
    **{
        form.table: (*(question.name for question in form.questions), "not_done", "struck")
        for form in FORMS
    },
}  # fmt: skip

# The participants in question, each with the plan of the site, else of the study, and whether it
# drew them: as trial/quality/drawing.py says.
_PEOPLE = """
people as materialized (
  select p.id, p.site_id, p.code, k.forms, k.mode, k.critical_of_others,
         k.mode = 'sample' and
           ('x' || substr(encode(sha256(convert_to(k.seed || ':' || p.code, 'UTF8')), 'hex'), 1, 8)
           )::bit(32)::bigint * 100 < k.percent * 4294967296 as drawn
  from patients_participant p
  left join lateral (
    select * from quality_verificationplan q
    where q.ended_at is null and (q.site_id = p.site_id or q.site_id is null)
    order by q.site_id nulls last limit 1
  ) k on true
  where {people}
)"""
_ITEMS = """
items as (
  select p.id as participant_id, null::bigint as visit_id, 'participant' as form,
         'patients_participant' as table_name, p.id as record_id, f as field, '' as analyte
  from people p, unnest(%(patients_participant)s::text[]) f
  union all
  select c.participant_id, null, 'consent', 'patients_consent', c.id, f, ''
  from people p join patients_consent c on c.participant_id = p.id,
    unnest(%(patients_consent)s::text[]) f
  union all
  select a.participant_id, null, 'eligibility', 'patients_criterionanswer', a.id, '', ''
  from people p join patients_criterionanswer a on a.participant_id = p.id
  union all
  select v.participant_id, v.id, 'visit', 'visits_visit', v.id, f, ''
  from people p join visits_visit v on v.participant_id = p.id,
    unnest(%(visits_visit)s::text[]) f
  where v.status <> 'planned'
  union all
  select v.participant_id, v.id, 'labs', 'labs_panel', l.id, f, ''
  from people p join visits_visit v on v.participant_id = p.id
  join labs_panel l on l.visit_id = v.id,
    unnest(%(labs_panel)s::text[]) f
  union all
  select v.participant_id, v.id, 'labs', 'labs_result', r.id, '', r.analyte
  from people p join visits_visit v on v.participant_id = p.id
  join labs_panel l on l.visit_id = v.id join labs_result r on r.panel_id = l.id
  union all
  select v.participant_id, v.id, 'infusion', 'visits_infusion', n.id, f, ''
  from people p join visits_visit v on v.participant_id = p.id
  join visits_infusion n on n.visit_id = v.id,
    unnest(%(visits_infusion)s::text[]) f
  union all
  select v.participant_id, v.id, 'infusion', r.name, r.id, '', ''
  from people p join visits_visit v on v.participant_id = p.id
  join visits_infusion n on n.visit_id = v.id cross join lateral (
    select 'visits_infusionsonography' as name, s.id
    from visits_infusionsonography s where s.infusion_id = n.id
    union all
    select 'visits_infusionvitals', s.id from visits_infusionvitals s where s.infusion_id = n.id
    union all
    select 'visits_infusionratechange', s.id
    from visits_infusionratechange s where s.infusion_id = n.id
    union all
    select 'visits_infusionpremedication', s.id
    from visits_infusionpremedication s where s.infusion_id = n.id
    union all
    select 'visits_infusionreaction', s.id
    from visits_infusionreaction s where s.infusion_id = n.id
  ) r
  {forms}
)"""
# Each answer of a described form, and each question that is always asked: nothing said is
# compared with the source too.
_ITEMS_OF_FORM = """union all
  select t.participant_id, {visit}, '{code}', '{table}', t.id, f, ''
  from people p join {table} t on t.participant_id = p.id,
    unnest(%({table})s::text[]) f
  where case when t.struck then f = 'struck' when t.not_done <> '' then f = 'not_done'
    else f not in ('struck', 'not_done')
      and (not f = any(%({table}_conditional)s) or coalesce(to_jsonb(t) ->> f, '') <> '') end"""


def _items() -> str:
    return _ITEMS.format(forms=" ".join(_items_of(form) for form in FORMS))


def _items_of(form: Form) -> str:
    visit = "t.visit_id" if form.level == "visit" else "null"
    return _ITEMS_OF_FORM.format(code=form.code, table=form.table, visit=visit)


_ASKED = """
asked as (
  select i.*, p.site_id, c.critical,
         coalesce(i.form = any(p.forms) and (
           p.mode = 'all' or p.drawn
           or c.critical and (p.mode = 'critical' or p.critical_of_others)), false) as required
  from items i join people p on p.id = i.participant_id
  cross join lateral (
    select i.form = any(%(critical_forms)s) or i.analyte = any(%(critical_analytes)s)
        or i.table_name || '.' || i.field = any(%(critical_fields)s) as critical
  ) c
  where {items}
)"""
# An event that changes an item: as trial/quality/observed.py says.
CHANGES_ITEM = """
e.table_name = a.table_name and e.record_id = a.record_id::text
and (e.kind in ('insert', 'delete') or e.kind = 'update' and case when a.field = ''
       then not e.fields <@ %(computed)s::text[] else a.field = any(e.fields) end)
and audit_after(e.generation, e.xid, v.seen_generation, v.seen_snapshot)
"""
_STATE = f"""
state as (
  select a.*, s.id as verification_id, s.changed, s.verified_at, s.verified_by,
         s.seen_generation, s.seen_snapshot,
         case when s.id is null then 'open' when s.changed then 'changed' else 'verified' end
           as state
  from asked a
  left join lateral (
    select v.*, exists (select from audit_event e where {CHANGES_ITEM}) as changed
    from quality_verification v
    where v.withdrawn_at is null and v.participant_id = a.participant_id
      and coalesce(v.visit_id, 0) = coalesce(a.visit_id, 0) and v.form = a.form
      and (v.record_id is null or v.table_name = a.table_name and v.record_id = a.record_id
           and v.field in ('', a.field))
    order by changed, v.id desc limit 1
  ) s on true
)"""  # noqa: S608 - no value of anybody's is put in


def with_state(*, people: str = "true", items: str = "true") -> str:
    """`with … state as (…)`: the items of the participants and of these that fit, with `state`
    (open, verified, changed), `required` and `critical`. Conditions name columns of `p` and `i`
    and parameters; they are SQL of this project."""
    parts = (_PEOPLE.format(people=people), _items(), _ASKED.format(items=items), _STATE)
    return "with " + ",".join(parts)


def parameters() -> dict[str, Any]:
    """What the SQL above needs: the protocol's critical fields, and the values of each form."""
    critical = registry.latest().critical
    return {
        **{table: list(columns) for table, columns in VALUES.items()},
        **{
            f"{form.table}_conditional": [one.name for one in form.questions if one.when]
            for form in FORMS
        },
        "critical_forms": list(critical.forms),
        "critical_analytes": list(critical.analytes),
        "critical_fields": [f"{table}.{column}" for table, column in critical.fields],
        "computed": list(COMPUTED),
    }
