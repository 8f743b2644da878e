from django.db import migrations

from trial.audit.operations import track


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0001_initial"),
        ("audit", "0001_initial"),
    ]

    operations = [
        track("patients_participant"),
        track("patients_consent"),
        track("patients_criterionanswer"),
    ]
