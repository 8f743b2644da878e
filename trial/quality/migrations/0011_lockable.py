from django.db import migrations

from trial.audit.operations import track
from trial.quality.operations import lockable

OF_HOLD = "select (r->>'site_id')::bigint, (r->>'participant_id')::bigint, (r->>'visit_id')::bigint"
PLAN = ("target_on", "opens_on", "closes_on", "position", "protocol_version")


class Migration(migrations.Migration):
    """What was observed can be frozen and locked, and the database sees to it."""

    dependencies = [
        ("quality", "0010_hold"),
        ("audit", "0002_subjects_and_seals"),
        ("patients", "0003_subjects"),
        ("visits", "0003_subjects"),
        ("labs", "0004_subjects"),
    ]

    operations = [
        track("quality_hold", subject=OF_HOLD),
        lockable("patients_participant", "participant"),
        lockable("patients_consent", "consent"),
        lockable("patients_criterionanswer", "eligibility"),
        lockable("visits_visit", "visit", bookkeeping=PLAN),
        lockable("labs_panel", "labs", bookkeeping=("expected", "filled", "source")),
        lockable("labs_result", "labs", bookkeeping=("range_id",)),
    ]
