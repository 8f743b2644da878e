from django.db import migrations

from trial.audit.operations import track

OF_VERIFICATION = (
    "select (r->>'site_id')::bigint, (r->>'participant_id')::bigint, (r->>'visit_id')::bigint"
)
OF_PLAN = "select (r->>'site_id')::bigint, null::bigint, null::bigint"


class Migration(migrations.Migration):
    """What monitors verified, and what is planned, is under history."""

    dependencies = [("quality", "0030_verification"), ("audit", "0002_subjects_and_seals")]

    operations = [
        track("quality_verification", subject=OF_VERIFICATION),
        track("quality_verificationplan", subject=OF_PLAN),
    ]
