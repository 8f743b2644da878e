from django.db import migrations

from trial.audit.operations import track


class Migration(migrations.Migration):
    dependencies = [
        ("labs", "0001_initial"),
        ("audit", "0001_initial"),
    ]

    operations = [
        track("labs_laboratory"),
        track("labs_referencerange"),
        track("labs_laboratoryunit"),
        track("labs_panel"),
        track("labs_result"),
        track("labs_series"),
        track("labs_evaluationrun"),
        track("labs_meldscore"),
        track("labs_responseassessment"),
    ]
