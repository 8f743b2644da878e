"""Queries and verifications as they are exported: states, dates and counts, no word of anybody."""

from django.db import migrations, models

QUERY = """
create view export_query as
select q.id, q.site_id, s.code as site, q.participant_id,
       nullif(q.participant_code, '') as participant, q.visit_id,
       nullif(q.visit_label, '') as visit_label, q.form, q.table_name as record_table,
       q.record_id, nullif(q.field, '') as field, q.label_en as label, q.origin,
       nullif(q.check_code, '') as check_code, q.status, nullif(q.closing, '') as closing,
       q.role as addressed_to, q.opened_at, q.opened_role, q.answered_at, q.closed_at,
       m.messages, m.answers, m.reopened,
       greatest(q.opened_at, q.answered_at, q.closed_at, m.last_at) as changed_at
from quality_query q
join access_site s on s.id = q.site_id
cross join lateral (
  select count(*) as messages, count(*) filter (where t.action = 'answered') as answers,
         count(*) filter (where t.action = 'reopened') as reopened, max(t.at) as last_at
  from quality_querymessage t where t.query_id = q.id
) m
"""

VERIFICATION = """
create view export_verification as
select v.id, v.site_id, s.code as site, v.participant_id, v.participant_code as participant,
       v.visit_id, nullif(v.visit_label, '') as visit_label, v.form,
       nullif(v.table_name, '') as record_table, v.record_id, nullif(v.field, '') as field,
       case when v.replaced then 'replaced' when v.withdrawn_at is not null then 'withdrawn'
            when c.at is not null then 'changed' else 'verified' end as state,
       v.verified_at, v.withdrawn_at, greatest(v.verified_at, v.withdrawn_at, c.at) as changed_at
from quality_verification v
join access_site s on s.id = v.site_id
left join lateral (
  select max(e.at) as at from quality_changes(v) e where v.withdrawn_at is null
) c on true
"""

VIEWS = {
    "export_query": ("QueryRow", QUERY),
    "export_verification": ("VerificationRow", VERIFICATION),
}


def view(table, model, sql):
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
    dependencies = [("reports", "0001_initial"), ("quality", "0003_changes")]

    operations = [
        *(view(table, model, sql) for table, (model, sql) in VIEWS.items()),
        migrations.RunSQL(
            # The default rights would let the application write through a simple view.
            f"revoke all on {', '.join(VIEWS)} from ct_app; "
            f"grant select on {', '.join(VIEWS)} to ct_app",
            migrations.RunSQL.noop,
        ),
    ]
