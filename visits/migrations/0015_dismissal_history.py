from django.db import migrations

from trial.audit.operations import of_participant, track


class Migration(migrations.Migration):
    """What was said about findings is in the trail."""

    dependencies = [("visits", "0014_dismissal"), ("audit", "0001_initial")]

    operations = [track("visits_dismissal", subject=of_participant())]
