from django.db import migrations, models


class Migration(migrations.Migration):
    """A set-up link ends with its account."""

    dependencies = [
        ("access", "0011_people_history"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="setuplink",
            name="setup_link_end_has_by",
        ),
        migrations.AlterField(
            model_name="setuplink",
            name="end",
            field=models.CharField(
                blank=True,
                choices=[("used", "Used"), ("replaced", "Replaced"), ("withdrawn", "Withdrawn")],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="setuplink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end", ""), ("ended_at", None), ("ended_by", None)),
                    models.Q(
                        ("end__in", ["used", "replaced", "withdrawn"]),
                        ("ended_at__isnull", False),
                        ("ended_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="setup_link_end_has_by",
            ),
        ),
    ]
