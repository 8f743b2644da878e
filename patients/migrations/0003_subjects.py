from django.db import migrations

from trial.audit.operations import backfill, of_participant, track


class Migration(migrations.Migration):
    """Each event of the trail says whose it is."""

    dependencies = [("patients", "0002_history"), ("audit", "0002_subjects_and_seals")]

    operations = [
        track(
            "patients_participant",
            subject="select (r->>'site_id')::bigint, (r->>'id')::bigint, null::bigint",
        ),
        track("patients_consent", subject=of_participant()),
        track("patients_criterionanswer", subject=of_participant()),
        backfill("patients_participant", "patients_consent", "patients_criterionanswer"),
    ]
