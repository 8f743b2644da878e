"""Queries as they are exported: states, dates and counts, without anybody's words."""

from django.db import migrations, models

QUERY = """
create view export_query as
select q.id, q.site_id, i.code as site, q.participant_id, q.participant_code as participant,
       v.code as visit, v.number as visit_number, q.form, q.field, q.label_en as about, q.origin,
       q.status, q.outcome, q.addressee, q.opened_at, q.answered_at, q.closed_at, m.messages,
       m.reopened, greatest(q.opened_at, m.at) as changed_at
from quality_query q
join access_site i on i.id = q.site_id
left join visits_visit v on v.id = q.visit_id
cross join lateral (
  select count(*) as messages, count(*) filter (where n.step = 'reopened') as reopened,
         max(n.at) as at
  from quality_querymessage n where n.query_id = q.id
) m
"""
RIGHTS = "revoke all on export_query from ct_app; grant select on export_query to ct_app"


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0030_verification"),
        ("quality", "0021_query_history"),
        ("visits", "0003_subjects"),
    ]

    operations = [
        migrations.RunSQL(
            QUERY,
            "drop view export_query",
            state_operations=[
                migrations.CreateModel(
                    name="QueryRow",
                    fields=[("id", models.BigAutoField(primary_key=True))],
                    options={"db_table": "export_query", "managed": False, "abstract": False},
                )
            ],
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
