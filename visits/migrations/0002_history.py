from django.db import migrations

from trial.audit.operations import track


class Migration(migrations.Migration):
    dependencies = [
        ("visits", "0001_initial"),
        ("audit", "0001_initial"),
    ]

    operations = [
        track("visits_visit"),
    ]
