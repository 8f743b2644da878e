from django.db import migrations

from trial.audit.operations import track

OF_QUERY = (
    "select (r->>'site_id')::bigint, (r->>'participant_id')::bigint, (r->>'visit_id')::bigint"
)
OF_MESSAGE = (
    "select q.site_id, q.participant_id, q.visit_id from quality_query q"
    " where q.id = (r->>'query_id')::bigint"
)


class Migration(migrations.Migration):
    """Every step of a query is in the trail, under the participant it is about."""

    dependencies = [("quality", "0020_queries"), ("audit", "0002_subjects_and_seals")]

    operations = [
        track("quality_query", subject=OF_QUERY),
        track("quality_querymessage", subject=OF_MESSAGE),
    ]
