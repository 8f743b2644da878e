"""The rows that are exported, one view per dataset (docs/adr/0006-exports.md).

A view holds what the database knows. What the code knows - names and codes of the protocol, and
which algorithm's evaluation counts - is put on by reports/models.py when a query is made, so that
neither an amendment nor a new algorithm needs a migration here.
"""

from django.db import migrations, models

SITE = """
create view export_site as
select s.id, s.id as site_id, s.code as site, s.name, nullif(s.name_zh, '') as name_zh,
       s.timezone, s.opened_on, s.planned_participants,
       (select sp.version from access_siteprotocol sp
        where sp.site_id = s.id
          and sp.effective_from <= (now() at time zone s.timezone)::date
        order by sp.effective_from desc limit 1) as protocol_version,
       coalesce(c.screened, 0) as screened, coalesce(c.screen_failed, 0) as screen_failed,
       coalesce(c.enrolled, 0) as enrolled, coalesce(c.withdrawn, 0) as withdrawn,
       coalesce(c.completed, 0) as completed
from access_site s
left join (
  select p.site_id, count(*) as screened,
         count(*) filter (where p.status = 'screen_failed') as screen_failed,
         count(*) filter (where p.enrolled_on is not null) as enrolled,
         count(*) filter (where p.status = 'withdrawn') as withdrawn,
         count(*) filter (where p.status = 'completed') as completed
  from patients_participant p group by p.site_id
) c on c.site_id = s.id
"""

PARTICIPANT = """
create view export_participant as
select p.id, p.site_id, s.code as site, p.code as participant, p.sex, p.sex_for_meld,
       p.birth_year, p.status, p.screened_on, c.consent_version, c.consented_at, p.enrolled_on,
       p.day0_on, p.induction_started_on, p.ended_on, p.version,
       greatest(p.created_at, c.recorded_at,
                (select max(e.at) from audit_event e
                 where e.table_name = 'patients_participant' and e.record_id = p.id::text)
       ) as changed_at
from patients_participant p
join access_site s on s.id = p.site_id
left join lateral (
  select k.form_version as consent_version, k.given_at as consented_at,
         max(k.recorded_at) over () as recorded_at
  from patients_consent k where k.participant_id = p.id order by k.given_at limit 1
) c on true
"""

VISIT = """
create view export_visit as
select v.id, p.site_id, s.code as site, p.id as participant_id, p.code as participant,
       v.code as visit, v.number as visit_number, v.status, v.target_on,
       v.opens_on as window_opens_on, v.closes_on as window_closes_on, v.held_on,
       v.held_on < v.opens_on or v.held_on > v.closes_on as out_of_window,
       n.id as panel_id, n.version as panel_version, n.expected as analytes_expected,
       n.filled as analytes_filled, v.protocol_version, v.version,
       greatest(v.created_at, n.saved_at,
                (select max(e.at) from audit_event e
                 where e.table_name = 'visits_visit' and e.record_id = v.id::text)
       ) as changed_at
from visits_visit v
join patients_participant p on p.id = v.participant_id
join access_site s on s.id = p.site_id
left join labs_panel n on n.visit_id = v.id
"""

LAB_RESULT = """
create view export_lab_result as
select r.id, p.site_id, s.code as site, p.id as participant_id, p.code as participant,
       v.id as visit_id, v.code as visit, v.number as visit_number, v.held_on as visit_date,
       n.collected_on, n.collected_time, l.code as laboratory, r.analyte,
       nullif(r.text, '') as value_text, nullif(r.unit, '') as unit,
       nullif(r.comparator, '') as comparator, trim_scale(r.value) as value,
       trim_scale(r.canonical) as canonical_value,
       trim_scale(r.range_low) as range_low, trim_scale(r.range_high) as range_high,
       trim_scale(round(r.canonical / nullif(r.range_high, 0), 4)) as x_uln,
       nullif(r.flag, '') as flag, nullif(r.not_done, '') as not_done_reason, r.confirmed,
       n.sample_state, n.source, r.range_id, n.id as panel_id, n.version as panel_version,
       greatest(r.changed_at, n.saved_at,
                (select max(e.at) from audit_event e
                 where e.table_name = 'visits_visit' and e.record_id = v.id::text)
       ) as changed_at
from labs_result r
join labs_panel n on n.id = r.panel_id
join labs_laboratory l on l.id = n.laboratory_id
join visits_visit v on v.id = n.visit_id
join patients_participant p on p.id = v.participant_id
join access_site s on s.id = p.site_id
"""

# Every run over the series' newest version: whether one of them is of the algorithm that counts
# is for the query to say.
_RUNS = """
left join lateral (
  select array_agg(r.algorithm::text) as algorithms, max(r.computed_at) as computed_at
  from labs_evaluationrun r
  where r.series_id = e.id and r.series_version = e.version
    and r.participant_version = p.version
) run on true
"""
_CHANGED = """
       coalesce(run.computed_at, greatest(e.changed_at,
                (select max(a.at) from audit_event a
                 where a.table_name = 'patients_participant' and a.record_id = p.id::text)
       )) as changed_at
"""

# The formulas and rules below are those the code can compute; a test compares them.
MELD_SCORE = f"""
create view export_meld_score as
select n.id::text || '-' || f.formula as id, p.site_id, s.code as site, p.id as participant_id,
       p.code as participant, v.id as visit_id, v.code as visit, v.number as visit_number,
       n.collected_on, n.id as panel_id, n.version as panel_version, f.formula,
       coalesce(run.algorithms, '{{}}') as algorithms,
       m.id as last_score_id, m.run_id as last_run_id, m.formula_version as last_formula_version,
       m.protocol_version as last_protocol_version, m.value as last_value,
       m.uncapped as last_uncapped, trim_scale(m.raw) as last_raw,
       nullif(array_to_string(array(select jsonb_array_elements_text(m.missing)), ';'), '')
         as last_missing,
       (m.inputs ->> 'bilirubin')::numeric as last_bilirubin_mg_dl,
       (m.inputs ->> 'creatinine')::numeric as last_creatinine_mg_dl,
       (m.inputs ->> 'inr')::numeric as last_inr,
       (m.inputs ->> 'sodium')::numeric as last_sodium_mmol_l,
       (m.inputs ->> 'albumin')::numeric as last_albumin_g_dl,
       nullif(m.inputs ->> 'dialysis', '') as last_dialysis,
       nullif(concat_ws(';', m.inputs ->> 'bilirubin_result', m.inputs ->> 'creatinine_result',
                        m.inputs ->> 'inr_result', m.inputs ->> 'sodium_result',
                        m.inputs ->> 'albumin_result'), '') as last_inputs,
       {_CHANGED}
from labs_panel n
join visits_visit v on v.id = n.visit_id
join patients_participant p on p.id = v.participant_id
join access_site s on s.id = p.site_id
join labs_series e on e.participant_id = p.id
cross join (values ('MELD'), ('MELDNA'), ('MELD30')) f (formula)
left join labs_meldscore m
  on m.panel_id = n.id and m.formula = f.formula and m.replaced_by_id is null
{_RUNS}
"""

RESPONSE_ASSESSMENT = f"""
create view export_response_assessment as
select p.id::text || '-' || f.rule as id, p.site_id, s.code as site, p.id as participant_id,
       p.code as participant, f.rule,
       coalesce(run.algorithms, '{{}}') as algorithms,
       m.id as last_assessment_id, m.run_id as last_run_id, m.rule_version as last_rule_version,
       m.protocol_version as last_protocol_version, m.outcome as last_outcome,
       m.occurred_on as last_occurred_on, m.week as last_week,
       nullif(m.visit_code, '') as last_visit, m.panel_id as last_panel_id,
       m.reason_code as last_reason_code, m.reason_params as last_reason_params,
       m.evaluable_until as last_evaluable_until,
       nullif(array_to_string(array(
         select concat_ws(':', i ->> 0, i ->> 1, i ->> 2) from jsonb_array_elements(m.inputs) i
       ), ';'), '') as last_inputs,
       {_CHANGED}
from labs_series e
join patients_participant p on p.id = e.participant_id
join access_site s on s.id = p.site_id
cross join (values ('BASELINE_IN_CBR'), ('NON_RESPONSE'), ('RESPONSE_M6'), ('CBR'), ('HISTOLOGY'),
                   ('TRIAL-REL'), ('RS1'), ('RS2'), ('RS3'), ('RS4'), ('RS5'), ('RS6'), ('RS7')
) f (rule)
left join labs_responseassessment m
  on m.participant_id = p.id and m.rule = f.rule and m.replaced_by_id is null
{_RUNS}
"""

VIEWS = {
    "export_site": ("SiteRow", SITE),
    "export_participant": ("ParticipantRow", PARTICIPANT),
    "export_visit": ("VisitRow", VISIT),
    "export_lab_result": ("LabResultRow", LAB_RESULT),
    "export_meld_score": ("MeldScoreRow", MELD_SCORE),
    "export_response_assessment": ("ResponseAssessmentRow", RESPONSE_ASSESSMENT),
}


def view(table: str, model: str, sql: str) -> migrations.RunSQL:
    """An unmanaged model and the view behind it; the model's columns are in reports/models.py."""
    return migrations.RunSQL(
        sql,
        f"drop view {table}",
        state_operations=[
            migrations.CreateModel(
                name=model,
                fields=[("id", models.BigAutoField(primary_key=True))],
                options={"db_table": table, "managed": False, "abstract": False},
            )
        ],
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("access", "0002_history"),
        ("audit", "0001_initial"),
        ("patients", "0002_history"),
        ("visits", "0002_history"),
        ("labs", "0002_history"),
    ]

    operations = [
        *(view(table, model, sql) for table, (model, sql) in VIEWS.items()),
        migrations.RunSQL(
            # The default rights would let the application write through a simple view.
            f"revoke all on {', '.join(VIEWS)} from ct_app; "
            f"grant select on {', '.join(VIEWS)} to ct_app",
            migrations.RunSQL.noop,
        ),
    ]
