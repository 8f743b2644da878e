from django.db import migrations

from trial.audit.operations import track


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0001_initial"),
        ("audit", "0001_initial"),
    ]

    operations = [
        track("inbox_item"),
    ]
