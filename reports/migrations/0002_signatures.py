"""Signatures as they are exported: with the printed name, the time, the meaning and the state."""

from django.db import migrations, models

TABLES = (
    "'patients_participant', 'patients_consent', 'patients_criterionanswer', 'visits_visit',"
    " 'labs_panel', 'labs_result'"
)
SIGNATURE = f"""
create view export_signature as
select s.id, s.site_id, i.code as site, s.participant_id, s.participant_code as participant,
       v.code as visit, v.number as visit_number, s.scope, s.meaning, s.printed_name, s.role,
       s.signed_at, s.components, s.schema as schema_version, s.sha256,
       case when n.newer then 'superseded' when c.at is not null then 'changed' else 'intact' end
         as state,
       greatest(s.signed_at, c.at) as changed_at
from signing_signature s
join access_site i on i.id = s.site_id
left join visits_visit v on v.id = s.visit_id
cross join lateral (
  select exists (
    select from signing_signature l
    where l.scope = s.scope and l.participant_id = s.participant_id
      and l.visit_id is not distinct from s.visit_id and l.id > s.id
  ) as newer
) n
cross join lateral (
  select max(e.at) as at from audit_event e
  where e.participant_id = s.participant_id and (s.visit_id is null or e.visit_id = s.visit_id)
    and e.table_name in ({TABLES})
    and (e.kind in ('insert', 'delete') or e.kind = 'update' and e.fields <> '{{}}')
    and audit_after(e.generation, e.xid, s.seen_generation, s.seen_snapshot)
) c
"""
RIGHTS = "revoke all on export_signature from ct_app; grant select on export_signature to ct_app"


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_initial"),
        ("signing", "0002_append_only"),
        ("audit", "0002_subjects_and_seals"),
    ]

    operations = [
        migrations.RunSQL(
            SIGNATURE,
            "drop view export_signature",
            state_operations=[
                migrations.CreateModel(
                    name="SignatureRow",
                    fields=[("id", models.BigAutoField(primary_key=True))],
                    options={"db_table": "export_signature", "managed": False, "abstract": False},
                )
            ],
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
