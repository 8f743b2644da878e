"""Steroids and azathioprine at each visit as they are exported.

Nothing is worked out in SQL: each row carries the lines of treatment, the weights and the results
of the visit, from which reports/treatment_dataset.py makes doses, sums and the response.
"""

from django.db import migrations, models

VIEW = """
create view export_steroid_exposure as
select v.id, p.site_id, i.code as site, p.id as participant_id, p.code as participant,
       v.id as visit_id, v.code as visit, v.number as visit_number, v.held_on, v.protocol_version,
       t.lines, w.weights, r.results,
       greatest(v.created_at, e.changed_at, t.changed_at, w.changed_at, r.changed_at) as changed_at
from visits_visit v
join patients_participant p on p.id = v.participant_id
join access_site i on i.id = p.site_id
cross join lateral (
  select max(x.at) as changed_at from audit_event x
  where x.table_name = 'visits_visit' and x.record_id = v.id::text
) e
cross join lateral (
  select jsonb_agg(jsonb_build_object(
           'number', l.number, 'drug', l.drug, 'daily_mg', l.daily_mg::text,
           'weight_kg', l.weight_kg::text, 'started', l.started, 'stopped', l.stopped,
           'ongoing', l.ongoing) order by l.number) filter (where not l.struck) as lines,
         max(l.saved_at) as changed_at
  from patients_aihtherapy l where l.participant_id = p.id
) t
cross join lateral (
  select jsonb_agg(jsonb_build_array(s.measured_on, s.weight_kg::text)
                   order by s.measured_on, s.id) as weights,
         max(s.saved_at) as changed_at
  from visits_vitalsigns s
  where s.participant_id = p.id and s.measured_on is not null and s.weight_kg is not null
) w
cross join lateral (
  select jsonb_agg(jsonb_build_object(
           'id', o.id, 'panel', n.id, 'on', n.collected_on, 'usable', n.sample_state = 'good',
           'analyte', o.analyte, 'value', o.canonical::text, 'comparator', o.comparator,
           'lower', o.range_low::text, 'upper', o.range_high::text) order by o.analyte) as results,
         max(greatest(o.changed_at, n.saved_at)) as changed_at
  from labs_panel n
  join labs_result o on o.panel_id = n.id and o.analyte in ('ALT', 'AST', 'IGG')
  where n.visit_id = v.id and o.canonical is not null
) r
where v.held_on is not null
"""
RIGHTS = """
revoke all on export_steroid_exposure from ct_app;
grant select on export_steroid_exposure to ct_app
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0041_histology"),
        ("patients", "0006_forms_history"),
        ("visits", "0010_forms_history"),
    ]

    operations = [
        migrations.RunSQL(
            f"{VIEW}; {RIGHTS}",
            "drop view export_steroid_exposure",
            state_operations=[
                migrations.CreateModel(
                    name="SteroidExposureRow",
                    fields=[("id", models.BigAutoField(primary_key=True))],
                    options={
                        "db_table": "export_steroid_exposure",
                        "managed": False,
                        "abstract": False,
                    },
                )
            ],
        )
    ]
