from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0011_people_history"),
        ("patients", "0003_subjects"),
    ]

    operations = [
        migrations.AddField(
            model_name="participant",
            name="disease_status",
            field=models.CharField(
                blank=True,
                choices=[
                    ("naive", "treatment-naive"),
                    ("insufficient", "insufficient response to treatment"),
                    ("relapsed", "relapse after treatment"),
                ],
                max_length=20,
                verbose_name="disease status",
            ),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("disease_status", ""),
                    ("disease_status__in", ["naive", "insufficient", "relapsed"]),
                    _connector="OR",
                ),
                name="participant_disease_status_known",
            ),
        ),
    ]
