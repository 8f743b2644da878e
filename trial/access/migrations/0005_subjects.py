from django.db import migrations

from trial.audit.operations import backfill, of_site, track


class Migration(migrations.Migration):
    """Each event of the trail says whose it is."""

    dependencies = [
        ("access", "0004_delete_expired_attempts"),
        ("audit", "0002_subjects_and_seals"),
    ]

    operations = [
        track("access_site", subject=of_site("id")),
        track("access_siteprotocol", subject=of_site()),
        track("access_membership", subject=of_site()),
        backfill("access_site", "access_siteprotocol", "access_membership"),
    ]
