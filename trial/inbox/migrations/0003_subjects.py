from django.db import migrations

from trial.audit.operations import backfill, track


class Migration(migrations.Migration):
    """Each event of the trail says whose it is."""

    dependencies = [("inbox", "0002_history"), ("audit", "0002_subjects_and_seals")]

    operations = [
        track(
            "inbox_item",
            subject="select (r->>'site_id')::bigint, (r->>'participant_id')::bigint, null::bigint",
        ),
        backfill("inbox_item"),
    ]
