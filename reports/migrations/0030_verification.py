"""Verifications as they are exported: what is covered, since when, and whether it holds."""

from django.db import migrations, models

# Which tables belong to which form: as trial/quality/casebook.py says when this view is made.
FORM = """case e.table_name
  when 'patients_participant' then 'participant' when 'patients_consent' then 'consent'
  when 'patients_criterionanswer' then 'eligibility' when 'visits_visit' then 'visit'
  when 'labs_panel' then 'labs' when 'labs_result' then 'labs' end"""
COMPUTED = "'{canonical,range_id,range_low,range_high,flag}'::text[]"
VERIFICATION = f"""
create view export_verification as
select q.id, q.site_id, i.code as site, q.participant_id, q.participant_code as participant,
       v.code as visit, v.number as visit_number, q.form,
       case when q.record_id is null then 'form' when q.field = '' then 'record' else 'value' end
         as scope,
       nullif(q.table_name, '') as table_name, q.record_id, nullif(q.field, '') as field,
       q.verified_at, q.withdrawn_at,
       case when q.withdrawn_at is not null then 'withdrawn' when c.at is not null then 'changed'
         else 'verified' end as state,
       greatest(q.verified_at, q.withdrawn_at, c.at) as changed_at
from quality_verification q
join access_site i on i.id = q.site_id
left join visits_visit v on v.id = q.visit_id
cross join lateral (
  select max(e.at) as at from audit_event e
  where e.participant_id = q.participant_id and e.visit_id is not distinct from q.visit_id
    and ({FORM}) = q.form
    and (q.record_id is null or e.table_name = q.table_name and e.record_id = q.record_id::text)
    and (e.kind in ('insert', 'delete') or e.kind = 'update'
         and case when q.field = '' then not e.fields <@ {COMPUTED}
             else q.field = any(e.fields) end)
    and audit_after(e.generation, e.xid, q.seen_generation, q.seen_snapshot)
) c
"""
RIGHTS = (
    "revoke all on export_verification from ct_app; grant select on export_verification to ct_app"
)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0004_snapshots_and_trail"),
        ("quality", "0031_verification_history"),
        ("audit", "0002_subjects_and_seals"),
    ]

    operations = [
        migrations.RunSQL(
            VERIFICATION,
            "drop view export_verification",
            state_operations=[
                migrations.CreateModel(
                    name="VerificationRow",
                    fields=[("id", models.BigAutoField(primary_key=True))],
                    options={
                        "db_table": "export_verification",
                        "managed": False,
                        "abstract": False,
                    },
                )
            ],
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
