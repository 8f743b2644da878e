from django.db import migrations

from trial.audit.operations import track

OBJECTION = "select (r->>'site_id')::bigint, (r->>'participant_id')::bigint, null::bigint"


class Migration(migrations.Migration):
    dependencies = [("crf", "0001_initial"), ("audit", "0001_initial")]

    operations = [track("crf_objection", subject=OBJECTION)]
