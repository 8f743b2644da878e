"""Results with what their grades rest on, and signals of the liver, as they are exported.

A grade is not worked out in SQL: each row of `export_lab_toxicity` carries the participant's course
of the analyte, from which safety/grading.py makes it (reports/safety_datasets.py). So there is one
rule, and a past state is graded by what could be seen then.
"""

from django.db import migrations, models

# Terms with numbers of every terminology the code knows; a test compares them.
TERMS = [
    "ALT_UP",
    "AST_UP",
    "ALP_UP",
    "GGT_UP",
    "BILI_UP",
    "ALB_DOWN",
    "INR_UP",
    "CREAT_UP",
    "SODIUM_DOWN",
    "SODIUM_UP",
    "GLUC_DOWN",
    "HGB_DOWN",
    "HGB_UP",
    "PLAT_DOWN",
    "WBC_DOWN",
    "NEUT_DOWN",
    "LYM_DOWN",
    "WBC_UP",
]
_TERMS = ", ".join(f"('{one.rpartition('_')[0]}', '{one}')" for one in TERMS)
TOXICITY = f"""
create view export_lab_toxicity as
select r.id || '-' || t.term as id, r.id as result_id, p.site_id, i.code as site,
       p.id as participant_id, p.code as participant, v.id as visit_id, v.code as visit,
       v.number as visit_number, n.id as panel_id, n.version as panel_version, n.collected_on,
       r.analyte, t.term, v.protocol_version, s.first_on,
       coalesce(n.collected_on > s.first_on, false) as on_treatment, c.course, m.anticoagulants,
       greatest(c.changed_at, s.changed_at, m.changed_at) as changed_at
from labs_result r
join (values {_TERMS}) t (analyte, term) on t.analyte = r.analyte
join labs_panel n on n.id = r.panel_id
join visits_visit v on v.id = n.visit_id
join patients_participant p on p.id = v.participant_id
join access_site i on i.id = p.site_id
cross join lateral (
  select (min(f.started) at time zone i.timezone)::date as first_on, max(f.saved_at) as changed_at
  from visits_infusion f join visits_visit w on w.id = f.visit_id
  where w.participant_id = p.id and f.started is not null
) s
cross join lateral (
  select jsonb_agg(jsonb_build_object(
           'id', o.id, 'panel', q.id, 'on', q.collected_on, 'usable', q.sample_state = 'good',
           'value', o.canonical::text, 'comparator', o.comparator, 'lower', o.range_low::text,
           'upper', o.range_high::text) order by q.collected_on, q.id) as course,
         max(greatest(o.changed_at, q.saved_at)) as changed_at
  from visits_visit w
  join labs_panel q on q.visit_id = w.id
  join labs_result o on o.panel_id = q.id and o.analyte = r.analyte
  where w.participant_id = p.id and o.canonical is not null
) c
cross join lateral (
  select jsonb_agg(jsonb_build_object('atc', d.atc, 'started', d.started, 'stopped', d.stopped,
                                      'ongoing', d.ongoing)) filter (where not d.struck)
           as anticoagulants,
         max(d.saved_at) as changed_at
  from patients_medication d
  where t.term = 'INR_UP' and d.participant_id = p.id and d.atc <> ''
) m
where r.canonical is not null
"""
SIGNAL = """
create view export_liver_signal as
select g.id, p.site_id, i.code as site, p.id as participant_id, p.code as participant,
       v.id as visit_id, v.code as visit, v.number as visit_number, g.panel_id, g.kind,
       nullif(g.against, '') as against, g.occurred_on, g.gone_at is null as standing, g.state,
       g.found as times_found, g.found_at, g.gone_at, g.judged_at, g.version,
       coalesce(c.at, g.found_at) as changed_at
from safety_liversignal g
join labs_panel n on n.id = g.panel_id
join visits_visit v on v.id = n.visit_id
join patients_participant p on p.id = g.participant_id
join access_site i on i.id = p.site_id
cross join lateral (
  select max(e.at) as at from audit_event e
  where e.table_name = 'safety_liversignal' and e.record_id = g.id::text
) c
"""
_TEXT = models.CharField(max_length=40, primary_key=True)
VIEWS: dict[str, tuple[str, str, models.Field]] = {
    "export_lab_toxicity": ("LabToxicityRow", TOXICITY, _TEXT),
    "export_liver_signal": ("LiverSignalRow", SIGNAL, models.BigAutoField(primary_key=True)),
}


def view(table: str, model: str, sql: str, key: models.Field) -> migrations.RunSQL:
    """An unmanaged model and the view behind it; its columns are in reports/models/liver.py."""
    rights = f"revoke all on {table} from ct_app; grant select on {table} to ct_app"
    return migrations.RunSQL(
        f"{sql}; {rights}",
        f"drop view {table}",
        state_operations=[
            migrations.CreateModel(
                name=model,
                fields=[("id", key)],
                options={"db_table": table, "managed": False, "abstract": False},
            )
        ],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0006_forms_history"),
        ("reports", "0034_forms_in_states"),
        ("safety", "0021_liver_signals_history"),
    ]

    operations = [view(table, *parts) for table, parts in VIEWS.items()]
