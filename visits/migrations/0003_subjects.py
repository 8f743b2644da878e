from django.db import migrations

from trial.audit.operations import backfill, of_visit, track


class Migration(migrations.Migration):
    """Each event of the trail says whose it is. A window that moves changes no observation."""

    dependencies = [("visits", "0002_history"), ("patients", "0003_subjects")]

    operations = [
        track(
            "visits_visit",
            subject=of_visit("id"),
            bookkeeping=("target_on", "opens_on", "closes_on", "position", "protocol_version"),
        ),
        backfill("visits_visit"),
    ]
