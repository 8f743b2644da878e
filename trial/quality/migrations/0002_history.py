from django.db import migrations

from trial.audit.operations import track

OF_PLACE = (
    "select (r->>'site_id')::bigint, (r->>'participant_id')::bigint, (r->>'visit_id')::bigint"
)
OF_QUERY = (
    "select q.site_id, q.participant_id, q.visit_id from quality_query q"
    " where q.id = (r->>'query_id')::bigint"
)
OF_SITE = "select (r->>'site_id')::bigint, null::bigint, null::bigint"

# What was written after a watermark is asked for by participant, once for each verification.
ORDER = """
create index audit_event_participant_order on audit_event (participant_id, generation, xid)
  where participant_id is not null;
"""


class Migration(migrations.Migration):
    dependencies = [("quality", "0001_queries"), ("audit", "0002_subjects_and_seals")]

    operations = [
        track("quality_query", subject=OF_PLACE),
        track("quality_querymessage", subject=OF_QUERY),
        track("quality_verification", subject=OF_PLACE),
        track("quality_verificationplan", subject=OF_SITE),
        migrations.RunSQL(ORDER, "drop index audit_event_participant_order"),
    ]
