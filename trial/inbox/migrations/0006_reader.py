from django.db import migrations, models


class Migration(migrations.Migration):
    """One more role."""

    dependencies = [
        ("access", "0013_reader"),
        ("inbox", "0005_mail"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="item",
            name="inbox_item_role_known",
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "coordinator",
                            "investigator",
                            "sponsor",
                            "monitor",
                            "datamanager",
                            "pharmacist",
                            "safety",
                            "statistician",
                            "reader",
                            "admin",
                        ],
                    )
                ),
                name="inbox_item_role_known",
            ),
        ),
    ]
