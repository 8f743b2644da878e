from django.db import migrations, models


class Migration(migrations.Migration):
    """An item may concern a site as a whole, such as a recall, and no participant."""

    dependencies = [
        ("access", "0011_people_history"),
        ("inbox", "0003_subjects"),
    ]

    operations = [
        migrations.AlterField(
            model_name="item",
            name="participant_code",
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AlterField(
            model_name="item",
            name="participant_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("participant_code", ""), ("participant_id", None)),
                    models.Q(
                        ("participant_id__isnull", False),
                        models.Q(("participant_code", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="inbox_item_names_participant_or_none",
            ),
        ),
    ]
